import type { EndpointSlice, ServiceEntry } from '@batten/api'
import type { MeshService, ServicePort } from './service.ts'
import { type Locality, parseLocality, TLS_MODE_LABEL, type Workload } from './workload.ts'

/** One address that serves one port of a service. */
export interface Endpoint {
  /** IP address, DNS name or `unix://` path. */
  readonly address: string
  readonly port: number
  /** Port of the container, by which policies name it; the same, except where a sidecar has a port of its own. */
  readonly containerPort: number
  /** Name of the service port. */
  readonly portName: string
  /** Key of the workload behind it; empty when none is known. */
  readonly workload: string
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  /** Empty when unknown. */
  readonly serviceAccount: string
  readonly network: string
  readonly locality: Locality
  readonly weight: number
  /** Whether a sidecar in front of it takes mutual TLS. */
  readonly hasSidecar: boolean
  /** `draining` takes no new traffic but finishes what it has. */
  readonly health: 'healthy' | 'draining'
}

/** Gives the workload for `namespace/name`. */
export type WorkloadLookup = (key: string) => Workload | undefined

/** Endpoints that the EndpointSlices of a service list. Those that are not ready are left out. */
export function endpointsFromSlices(
  service: MeshService,
  slices: readonly EndpointSlice[],
  workloadOf: WorkloadLookup,
): Endpoint[] {
  const endpoints: Endpoint[] = []
  for (const slice of slices) {
    for (const entry of slice.endpoints ?? []) {
      const conditions = entry.conditions ?? {}
      const isServing = conditions.serving ?? conditions.ready ?? true
      const isTerminating = conditions.terminating ?? false
      const isReady = conditions.ready ?? true
      if (!isReady && !service.publishNotReadyAddresses && !(isServing && isTerminating)) continue
      const target = entry.targetRef
      const workload =
        target?.kind === 'Pod'
          ? workloadOf(`${target.namespace ?? service.namespace}/${target.name ?? ''}`)
          : undefined
      const address = entry.addresses[0]
      if (address === undefined) continue
      for (const port of slice.ports ?? []) {
        if (port.port == null) continue
        const servicePort = service.ports.find(({ name }) => name === (port.name ?? ''))
        endpoints.push({
          address,
          port: port.port,
          containerPort: (workload && servicePort && targetPortOf(servicePort, workload)) ?? port.port,
          portName: port.name ?? '',
          ...workloadPart(workload, service.namespace),
          health: isReady ? 'healthy' : 'draining',
        })
      }
    }
  }
  return endpoints.sort(compareEndpoints)
}

/** Endpoints of a service without EndpointSlices: the ready workloads that its selector takes. */
export function endpointsFromWorkloads(service: MeshService, workloads: readonly Workload[]): Endpoint[] {
  const endpoints: Endpoint[] = []
  for (const workload of workloads) {
    const address = workload.addresses[0]
    if (address === undefined || !(workload.isReady || service.publishNotReadyAddresses)) continue
    for (const port of service.ports) {
      const number = targetPortOf(port, workload)
      if (number === undefined) continue
      endpoints.push({
        address,
        port: number,
        containerPort: number,
        portName: port.name,
        ...workloadPart(workload, service.namespace),
        health: 'healthy',
      })
    }
  }
  return endpoints.sort(compareEndpoints)
}

/**
 * Endpoints of a ServiceEntry's service: its own list; with resolution DNS and no list, the host itself. (With a
 * selector they come from {@link endpointsFromWorkloads}.)
 *
 * @translates ServiceEntry spec.endpoints -> ClusterLoadAssignment.endpoints
 */
export function endpointsFromEntry(service: MeshService, entry: ServiceEntry): Endpoint[] {
  const listed = entry.spec.endpoints ?? []
  const isDns = service.resolution === 'dns' || service.resolution === 'dns-round-robin'
  if (listed.length === 0)
    return isDns && !service.hostname.startsWith('*') ? endpointsAtHost(service, service.hostname) : []
  return listed.flatMap((endpoint) =>
    service.ports.map((port) => {
      const number = endpoint.ports?.[port.from?.port ?? port.name] ?? numberOf(port)
      return {
        address: endpoint.address ?? '',
        port: number,
        containerPort: number,
        portName: port.name,
        workload: '',
        namespace: service.namespace,
        labels: endpoint.labels ?? {},
        serviceAccount: endpoint.serviceAccount ?? '',
        network: endpoint.network ?? '',
        locality: parseLocality(endpoint.locality),
        weight: endpoint.weight ?? 1,
        hasSidecar: endpoint.labels?.[TLS_MODE_LABEL] === 'istio',
        health: 'healthy' as const,
      }
    }),
  )
}

/** A name that stands for the whole service: the proxy resolves it. */
export function endpointsAtHost(service: MeshService, host: string): Endpoint[] {
  return service.ports.map((port) => ({
    address: host,
    port: numberOf(port),
    containerPort: numberOf(port),
    portName: port.name,
    ...workloadPart(undefined, service.namespace),
    health: 'healthy',
  }))
}

function numberOf(port: ServicePort): number {
  return typeof port.targetPort === 'number' ? port.targetPort : port.number
}

/** Number of the port on a workload that a service port leads to. */
export function targetPortOf(
  port: Pick<ServicePort, 'name' | 'targetPort' | 'from'>,
  workload: Workload,
): number | undefined {
  const ownName = port.from?.port ?? port.name
  if (workload.kind === 'WorkloadEntry' && workload.namedPorts[ownName] !== undefined)
    return workload.namedPorts[ownName]
  return typeof port.targetPort === 'number' ? port.targetPort : workload.namedPorts[port.targetPort]
}

function workloadPart(workload: Workload | undefined, namespace: string) {
  if (workload === undefined)
    return {
      workload: '',
      namespace,
      labels: {},
      serviceAccount: '',
      network: '',
      locality: parseLocality(undefined),
      weight: 1,
      hasSidecar: false,
    }
  return {
    workload: workload.key,
    namespace: workload.namespace,
    labels: workload.labels,
    serviceAccount: workload.serviceAccount,
    network: workload.network,
    locality: workload.locality,
    weight: workload.weight,
    hasSidecar: workload.labels[TLS_MODE_LABEL] === 'istio',
  }
}

/** Any fixed order will do; this one is also the easiest to read. */
function compareEndpoints(a: Endpoint, b: Endpoint): number {
  if (a.portName !== b.portName) return a.portName < b.portName ? -1 : 1
  if (a.workload !== b.workload) return a.workload < b.workload ? -1 : 1
  if (a.address !== b.address) return a.address < b.address ? -1 : 1
  return a.port - b.port
}
