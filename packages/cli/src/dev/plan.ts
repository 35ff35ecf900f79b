import type { KubernetesObject } from '@batten/api'
import type { BattenConfig, WorkloadCommand } from '../config/define-config.ts'
import { commandFor } from '../config/define-config.ts'
import type { PortPool } from './ports.ts'

/** A pod of this machine: one process of the application and one sidecar. */
export interface PlannedPod {
  readonly name: string
  readonly namespace: string
  readonly deployment: string
  readonly labels: Readonly<Record<string, string>>
  readonly serviceAccount: string
  readonly command: WorkloadCommand
  /** `env` of the container. */
  readonly env: Readonly<Record<string, string>>
  /** For each container port: where the application and where its sidecar listens. */
  readonly ports: readonly PlannedPort[]
  /** Port of the sidecar's HTTP proxy listener. */
  readonly httpProxyPort: number
  readonly adminPort: number
}

export interface PlannedPort {
  readonly containerPort: number
  readonly name: string
  readonly appPort: number
  readonly inboundPort: number
}

/** The ingress gateway of this machine. */
export interface PlannedGateway {
  readonly adminPort: number
  /** Port of a Gateway's server -> port on this machine. */
  readonly ports: ReadonlyMap<number, number>
}

export interface DevPlan {
  readonly pods: readonly PlannedPod[]
  readonly gateway: PlannedGateway
  /** Deployments that `batten.config.ts` does not say how to run. */
  readonly notRun: readonly string[]
}

/** Label that selects one pod; its Sidecar uses it. */
export const POD_LABEL = 'batten.dev/pod'

export const GATEWAY_NAMESPACE = 'istio-system'
export const GATEWAY_NAME = 'istio-ingressgateway'
export const GATEWAY_LABELS = { app: GATEWAY_NAME, istio: 'ingressgateway' }

/**
 * Decides which processes run for a mesh and on which ports. A pod that was planned before keeps its ports, so that a
 * saved file only starts and stops what really changed.
 */
export async function planMesh(
  objects: readonly KubernetesObject[],
  config: BattenConfig,
  gatewayPort: number,
  ports: PortPool,
  before?: DevPlan,
): Promise<DevPlan> {
  const pods: PlannedPod[] = []
  const notRun: string[] = []
  for (const object of objects) {
    if (object.kind !== 'Deployment') continue
    const deployment = object as unknown as DeploymentShape
    const name = deployment.metadata.name
    const command = commandFor(config, name)
    if (command === undefined) {
      notRun.push(name)
      continue
    }
    const replicas = deployment.spec.replicas ?? 1
    for (let i = 0; i < replicas; i++)
      pods.push(await planPod(deployment, replicas === 1 ? name : `${name}-${i}`, command, ports, before))
  }
  return { pods, notRun, gateway: await planGateway(objects, gatewayPort, ports, before?.gateway) }
}

async function planPod(
  deployment: DeploymentShape,
  name: string,
  command: WorkloadCommand,
  ports: PortPool,
  before: DevPlan | undefined,
): Promise<PlannedPod> {
  const namespace = deployment.metadata.namespace ?? 'default'
  const template = deployment.spec.template
  const containers = template.spec?.containers ?? []
  const old = before?.pods.find((pod) => pod.name === name && pod.namespace === namespace)
  const planned: PlannedPort[] = []
  for (const port of containers.flatMap((container) => container.ports ?? [])) {
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
    labels: { ...template.metadata?.labels, [POD_LABEL]: name },
    serviceAccount: template.spec?.serviceAccountName ?? 'default',
    command,
    env,
    ports: planned,
    httpProxyPort: old?.httpProxyPort ?? (await ports.take()),
    adminPort: old?.adminPort ?? (await ports.take()),
  }
}

/** The first HTTP server gets the wanted port; every other one its own number when that is free and allowed. */
async function planGateway(
  objects: readonly KubernetesObject[],
  wanted: number,
  pool: PortPool,
  before: PlannedGateway | undefined,
): Promise<PlannedGateway> {
  const ports = new Map(before?.ports)
  const servers = objects.flatMap((o) =>
    o.kind === 'Gateway' ? ((o as unknown as GatewayShape).spec?.servers ?? []) : [],
  )
  const first = servers.find((server) => server.port?.protocol === 'HTTP')?.port?.number
  for (const server of servers) {
    const number = server.port?.number
    if (number === undefined || ports.has(number)) continue
    ports.set(number, await pool.takeFrom(number === first ? wanted : number < 1024 ? number + 8000 : number))
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

interface GatewayShape {
  readonly spec?: {
    readonly servers?: readonly { readonly port?: { readonly number?: number; readonly protocol?: string } }[]
  }
}
