import type { KubernetesObject } from '@batten/api'
import {
  GATEWAY_LABELS,
  GATEWAY_NAME,
  GATEWAY_NAMESPACE,
  type LocalPlan,
  type LocalPod,
  type LocalPort,
  POD_LABEL,
  type ServiceShape,
  selectsPod,
} from './plan.ts'

const LOOPBACK = '127.0.0.1'

/**
 * What a cluster would add to the user's objects, for this machine: a Pod for each process, an EndpointSlice for each
 * Service and Pod that says on which port its sidecar listens, a Sidecar without interception for each Pod, and the
 * Service of the ingress gateway. What the user's own Sidecars say about the outbound side is taken over.
 *
 * Differs from Istio: a Pod's containers share no network here, so each container port has a loopback port of its own.
 */
export function platformObjects(
  plan: LocalPlan,
  objects: readonly KubernetesObject[],
  isReady: (pod: LocalPod) => boolean = () => true,
): KubernetesObject[] {
  const services = objects.filter((object) => object.kind === 'Service') as unknown as ServiceShape[]
  return [
    ...plan.pods.flatMap((pod) => [
      podOf(pod, isReady(pod)),
      sidecarOf(pod, services, userSidecarOf(pod, objects)),
      ...services
        .filter((service) => selectsPod(service, pod))
        .map((service) => sliceOf(service, pod, isReady(pod))),
    ]),
    ...gatewayObjects(plan),
  ] as unknown as KubernetesObject[]
}

function podOf(pod: LocalPod, isReady: boolean) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: pod.name,
      namespace: pod.namespace,
      // Istio's injector sets this label on a pod with a sidecar: clients then use mutual TLS to it.
      labels: { ...pod.labels, 'security.istio.io/tlsMode': 'istio' },
    },
    spec: {
      serviceAccountName: pod.serviceAccount,
      containers: [
        { name: 'app', image: 'local', ports: pod.ports.map(({ containerPort }) => ({ containerPort })) },
      ],
    },
    status: {
      phase: 'Running',
      podIP: LOOPBACK,
      podIPs: [{ ip: LOOPBACK }],
      conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }],
    },
  }
}

/** The Sidecar of the user that a cluster would use for a pod: one that selects it, else a namespace's default. */
function userSidecarOf(pod: LocalPod, objects: readonly KubernetesObject[]): SidecarShape | undefined {
  const sidecars = objects.filter((object) => object.kind === 'Sidecar') as unknown as SidecarShape[]
  const inNamespace = (namespace: string) =>
    sidecars
      .filter(({ metadata }) => (metadata.namespace ?? 'default') === namespace)
      .sort((a, b) => compareText(ageOf(a), ageOf(b)))
  const selectorOf = ({ spec }: SidecarShape) => Object.entries(spec?.workloadSelector?.labels ?? {})
  const own = inNamespace(pod.namespace)
  return (
    own.find((one) => {
      const selector = selectorOf(one)
      return selector.length > 0 && selector.every(([key, value]) => pod.labels[key] === value)
    }) ?? [...own, ...inNamespace(GATEWAY_NAMESPACE)].find((one) => selectorOf(one).length === 0)
  )
}

function ageOf({ metadata }: SidecarShape): string {
  return `${metadata.creationTimestamp ?? ''} ${metadata.name}`
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/**
 * Differs from Istio: `ingress` of the user's Sidecar is not taken over, since every container port has a loopback port
 * of its own here.
 */
function sidecarOf(pod: LocalPod, services: readonly ServiceShape[], user: SidecarShape | undefined) {
  const { egress = [], outboundTrafficPolicy, inboundConnectionPool } = user?.spec ?? {}
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'Sidecar',
    // Of several Sidecars that select a pod the oldest counts: this one, whatever the user's are called.
    metadata: { name: `0-pod-${pod.name}`, namespace: pod.namespace },
    spec: {
      workloadSelector: { labels: { [POD_LABEL]: pod.name } },
      ingress: pod.ports.map((port) => ({
        port: {
          // No protocol: what the Service says counts, and what is spoken when it says nothing.
          number: port.inboundPort,
          name: portName(pod, port, services),
        },
        bind: LOOPBACK,
        captureMode: 'NONE',
        defaultEndpoint: `${LOOPBACK}:${port.appPort}`,
      })),
      egress: egress.length > 0 ? egress : [{ hosts: ['*/*'] }],
      ...(outboundTrafficPolicy && { outboundTrafficPolicy }),
      ...(inboundConnectionPool && { inboundConnectionPool }),
    },
  }
}

function sliceOf(service: ServiceShape, pod: LocalPod, isReady: boolean) {
  const ports = (service.spec?.ports ?? []).flatMap((port) => {
    const target = pod.ports.find(
      (p) =>
        p.containerPort === (port.targetPort ?? port.port) || (p.name !== '' && p.name === port.targetPort),
    )
    return target === undefined
      ? []
      : [
          {
            name: port.name ?? '',
            port: target.inboundPort,
            protocol: 'TCP',
            ...(port.appProtocol && { appProtocol: port.appProtocol }),
          },
        ]
  })
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${service.metadata.name}-${pod.name}`,
      namespace: pod.namespace,
      labels: { 'kubernetes.io/service-name': service.metadata.name },
    },
    addressType: 'IPv4',
    ports,
    endpoints: [
      {
        addresses: [LOOPBACK],
        conditions: { ready: isReady, serving: isReady, terminating: false },
        targetRef: { kind: 'Pod', name: pod.name, namespace: pod.namespace },
      },
    ],
  }
}

function gatewayObjects(plan: LocalPlan) {
  const metadata = { name: GATEWAY_NAME, namespace: GATEWAY_NAMESPACE, labels: GATEWAY_LABELS }
  const ports = [...plan.gateway.ports].map(([port, targetPort]) => ({
    name: `http-${port}`,
    port,
    targetPort,
    protocol: 'TCP',
  }))
  return [
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata,
      spec: { serviceAccountName: GATEWAY_NAME, containers: [{ name: 'gateway', image: 'local' }] },
      status: {
        phase: 'Running',
        podIP: LOOPBACK,
        podIPs: [{ ip: LOOPBACK }],
        conditions: [{ type: 'Ready', status: 'True' }],
      },
    },
    // Kubernetes wants at least one port in a Service: without a Gateway there is nothing to expose.
    ...(ports.length === 0
      ? []
      : [{ apiVersion: 'v1', kind: 'Service', metadata, spec: { selector: GATEWAY_LABELS, ports } }]),
  ]
}

function portName(
  pod: LocalPod,
  { containerPort, name }: LocalPort,
  services: readonly ServiceShape[],
): string {
  for (const service of services.filter((s) => selectsPod(s, pod)))
    for (const { port, targetPort = port, name: own } of service.spec?.ports ?? [])
      if (targetPort === containerPort || (name !== '' && targetPort === name)) return own ?? 'app'
  return 'app'
}

interface SidecarShape {
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly creationTimestamp?: string
  }
  readonly spec?: {
    readonly workloadSelector?: { readonly labels?: Record<string, string> }
    readonly egress?: readonly object[]
    readonly outboundTrafficPolicy?: object
    readonly inboundConnectionPool?: object
  }
}
