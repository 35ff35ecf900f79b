import { createHash } from 'node:crypto'
import type { KubernetesObject } from '@batten/api'
import type { PortPool } from './port-pool.ts'

/** A pod of this machine: one process of the application and one sidecar. */
export interface LocalPod {
  readonly name: string
  readonly namespace: string
  readonly deployment: string
  /** Identifies the pod template: a pod of another template is another pod, under another name. */
  readonly template: string
  readonly labels: Readonly<Record<string, string>>
  readonly serviceAccount: string
  /** `env` of the container. */
  readonly env: Readonly<Record<string, string>>
  /** For each container port: where the application and where its sidecar listens. */
  readonly ports: readonly LocalPort[]
  /** Port of the sidecar's HTTP proxy listener. */
  readonly httpProxyPort: number
  readonly adminPort: number
}

export interface LocalPort {
  readonly containerPort: number
  readonly name: string
  readonly appPort: number
  readonly inboundPort: number
}

/** The ingress gateway of this machine. */
export interface LocalGateway {
  readonly adminPort: number
  /** Port of a Gateway's server -> port on this machine. */
  readonly ports: ReadonlyMap<number, number>
}

export interface LocalPlan {
  readonly pods: readonly LocalPod[]
  readonly gateway: LocalGateway
  /** Deployments that nothing runs. */
  readonly notRun: readonly string[]
  /** Deployments that ask for more than {@link MAX_REPLICAS} pods. */
  readonly limited: readonly string[]
}

/** Most pods of one Deployment: every one is two processes of this machine. */
export const MAX_REPLICAS = 16

/** Label that selects one pod; its Sidecar uses it. */
export const POD_LABEL = 'batten.dev/pod'

export const GATEWAY_NAMESPACE = 'istio-system'
export const GATEWAY_NAME = 'istio-ingressgateway'
export const GATEWAY_LABELS = { app: GATEWAY_NAME, istio: 'ingressgateway' }

/**
 * Decides which pods a mesh on this machine has and on which ports they listen. A pod that was planned before keeps
 * its ports, so that a saved file only starts and stops what really changed.
 *
 * @param runs - whether anything runs the pods of a Deployment
 * @param gatewayPort - wanted for the first HTTP server of the gateway; the next free one is taken otherwise, 0 is any
 */
export async function planMesh(
  objects: readonly KubernetesObject[],
  runs: (deployment: string) => boolean,
  gatewayPort: number,
  ports: PortPool,
  before?: LocalPlan,
): Promise<LocalPlan> {
  const pods: LocalPod[] = []
  const notRun: string[] = []
  const limited: string[] = []
  for (const object of objects) {
    if (object.kind !== 'Deployment') continue
    const deployment = object as unknown as DeploymentShape
    const name = deployment.metadata.name
    if (!runs(name)) {
      notRun.push(name)
      continue
    }
    const replicas = Math.min(deployment.spec.replicas ?? 1, MAX_REPLICAS)
    if (replicas !== (deployment.spec.replicas ?? 1)) limited.push(name)
    const template = templateOf(deployment)
    const base = podNameOf(deployment, template, before)
    for (let i = 0; i < replicas; i++)
      pods.push(
        await planPod(deployment, objects, template, replicas === 1 ? base : `${base}-${i}`, ports, before),
      )
  }
  return { pods, notRun, limited, gateway: await planGateway(objects, gatewayPort, ports, before?.gateway) }
}

/** Changes with everything of a Deployment that a running pod cannot take over. */
function templateOf({ spec }: DeploymentShape): string {
  return createHash('sha256').update(JSON.stringify(spec.template)).digest('hex').slice(0, 5)
}

/** The pods of a Deployment have its name; after its template has changed, the new ones have the template's as well. */
function podNameOf(deployment: DeploymentShape, template: string, before: LocalPlan | undefined): string {
  const { name, namespace = 'default' } = deployment.metadata
  const old = (before?.pods ?? []).filter((pod) => pod.deployment === name && pod.namespace === namespace)
  if (old.length === 0) return name
  const same = old.find((pod) => pod.template === template)
  return same !== undefined && !same.name.startsWith(`${name}-${template}`) ? name : `${name}-${template}`
}

async function planPod(
  deployment: DeploymentShape,
  objects: readonly KubernetesObject[],
  template: string,
  name: string,
  ports: PortPool,
  before: LocalPlan | undefined,
): Promise<LocalPod> {
  const namespace = deployment.metadata.namespace ?? 'default'
  const { spec, metadata } = deployment.spec.template
  const containers = spec?.containers ?? []
  const old = before?.pods.find((pod) => pod.name === name && pod.namespace === namespace)
  const planned: LocalPort[] = []
  for (const port of portsOf(deployment, objects)) {
    const kept = old?.ports.find((p) => p.containerPort === port.containerPort)
    planned.push(
      kept ?? {
        containerPort: port.containerPort,
        name: port.name ?? '',
        appPort: await ports.take(),
        inboundPort: await ports.take(),
      },
    )
  }
  const env = Object.fromEntries((containers[0]?.env ?? []).map(({ name, value }) => [name, value ?? '']))
  return {
    name,
    namespace,
    deployment: deployment.metadata.name,
    template,
    labels: { ...metadata?.labels, [POD_LABEL]: name },
    serviceAccount: spec?.serviceAccountName ?? 'default',
    env,
    ports: planned,
    httpProxyPort: old?.httpProxyPort ?? (await ports.take()),
    adminPort: old?.adminPort ?? (await ports.take()),
  }
}

/**
 * The ports of a pod: those that its containers name, and those that Services send to. A container need not name its
 * ports, in a cluster they are open all the same.
 */
function portsOf(
  { metadata, spec: { template } }: DeploymentShape,
  objects: readonly KubernetesObject[],
): readonly { readonly containerPort: number; readonly name?: string }[] {
  const ports = (template.spec?.containers ?? []).flatMap((container) => container.ports ?? [])
  const known = new Set(ports.map(({ containerPort }) => containerPort))
  const pod = { namespace: metadata.namespace ?? 'default', labels: template.metadata?.labels ?? {} }
  for (const object of objects) {
    const service = object as unknown as ServiceShape
    if (object.kind !== 'Service' || !selectsPod(service, pod)) continue
    for (const { port, targetPort = port } of service.spec?.ports ?? []) {
      if (typeof targetPort !== 'number' || known.has(targetPort)) continue
      known.add(targetPort)
      ports.push({ containerPort: targetPort })
    }
  }
  return ports
}

/** Whether a Service sends to the pods with these labels. */
export function selectsPod(
  service: ServiceShape,
  pod: { readonly namespace: string; readonly labels: Readonly<Record<string, string>> },
): boolean {
  if ((service.metadata.namespace ?? 'default') !== pod.namespace) return false
  const selector = Object.entries(service.spec?.selector ?? {})
  return selector.length > 0 && selector.every(([key, value]) => pod.labels[key] === value)
}

/** The first HTTP server gets the wanted port; every other one its own number when that is free and allowed. */
async function planGateway(
  objects: readonly KubernetesObject[],
  wanted: number,
  pool: PortPool,
  before: LocalGateway | undefined,
): Promise<LocalGateway> {
  const ports = new Map(before?.ports)
  const servers = objects.flatMap((o) =>
    o.kind === 'Gateway' ? ((o as unknown as GatewayShape).spec?.servers ?? []) : [],
  )
  const first = servers.find((server) => server.port?.protocol === 'HTTP')?.port?.number
  for (const server of servers) {
    const number = server.port?.number
    if (number === undefined || ports.has(number)) continue
    ports.set(
      number,
      await (wanted === 0
        ? pool.take()
        : pool.takeFrom(number === first ? wanted : number < 1024 ? number + 8000 : number)),
    )
  }
  return { ports, adminPort: before?.adminPort ?? (await pool.take()) }
}

interface DeploymentShape {
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly spec: {
    readonly replicas?: number
    readonly template: {
      readonly metadata?: { readonly labels?: Record<string, string> }
      readonly spec?: {
        readonly serviceAccountName?: string
        readonly containers?: readonly {
          readonly ports?: readonly { readonly containerPort: number; readonly name?: string }[]
          readonly env?: readonly { readonly name: string; readonly value?: string }[]
        }[]
      }
    }
  }
}

/** What is read of a Service here. */
export interface ServiceShape {
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly spec?: {
    readonly selector?: Record<string, string>
    readonly ports?: readonly {
      readonly name?: string
      readonly port: number
      readonly targetPort?: number | string
      readonly appProtocol?: string
    }[]
  }
}

interface GatewayShape {
  readonly spec?: {
    readonly servers?: readonly { readonly port?: { readonly number?: number; readonly protocol?: string } }[]
  }
}
