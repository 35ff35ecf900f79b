import type { Pod, WorkloadEntry } from '@batten/api'
import { DEFAULT_NAMESPACE } from './object-key.ts'

/** Where a workload runs. */
export interface Locality {
  readonly region: string
  readonly zone: string
  readonly subZone: string
}

/** One instance of an application: a Pod, or a WorkloadEntry. */
export interface Workload {
  /** `namespace/name` */
  readonly key: string
  readonly kind: 'Pod' | 'WorkloadEntry'
  readonly name: string
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  readonly serviceAccount: string
  readonly addresses: readonly string[]
  readonly isReady: boolean
  /** Ports by name: container ports of a Pod, `ports` of a WorkloadEntry. */
  readonly namedPorts: Readonly<Record<string, number>>
  readonly network: string
  readonly locality: Locality
  readonly weight: number
}

/** Label by which Istio's injector says that a workload has a sidecar: clients then use mutual TLS to it. */
export const TLS_MODE_LABEL = 'security.istio.io/tlsMode'

const NO_LOCALITY: Locality = Object.freeze({ region: '', zone: '', subZone: '' })
const GONE_PHASES: ReadonlySet<string> = new Set(['Succeeded', 'Failed'])

/** A Pod as a workload; undefined when it has no address or has ended. */
export function workloadFromPod(pod: Pod): Workload | undefined {
  const name = pod.metadata?.name ?? ''
  const namespace = pod.metadata?.namespace ?? DEFAULT_NAMESPACE
  const status = pod.status ?? {}
  if (GONE_PHASES.has(status.phase ?? '')) return undefined
  const addresses = (status.podIPs ?? []).flatMap(({ ip }) => (ip === undefined ? [] : [ip]))
  if (addresses.length === 0 && status.podIP !== undefined) addresses.push(status.podIP)
  if (addresses.length === 0) return undefined
  const namedPorts: Record<string, number> = {}
  for (const container of pod.spec?.containers ?? [])
    for (const port of container.ports ?? [])
      if (port.name !== undefined) namedPorts[port.name] = port.containerPort
  const labels = pod.metadata?.labels ?? {}
  return {
    key: `${namespace}/${name}`,
    kind: 'Pod',
    name,
    namespace,
    labels,
    serviceAccount: pod.spec?.serviceAccountName ?? 'default',
    addresses,
    isReady:
      pod.metadata?.deletionTimestamp == null &&
      (status.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True'),
    namedPorts,
    network: labels['topology.istio.io/network'] ?? '',
    locality: parseLocality(labels['istio-locality']),
    weight: 1,
  }
}

/**
 * A WorkloadEntry as a workload.
 *
 * @translates WorkloadEntry spec.address -> LbEndpoint.endpoint.address
 * @translates WorkloadEntry spec.ports -> LbEndpoint.endpoint.address
 * @translates WorkloadEntry spec.labels -> ClusterLoadAssignment.endpoints (selectors and subsets)
 * @translates WorkloadEntry spec.locality -> LocalityLbEndpoints.locality
 * @translates WorkloadEntry spec.weight -> LbEndpoint.load_balancing_weight
 * @translates WorkloadEntry spec.serviceAccount -> CertificateValidationContext.match_typed_subject_alt_names
 * @see https://istio.io/latest/docs/reference/config/networking/workload-entry/
 */
export function workloadFromEntry(entry: WorkloadEntry): Workload {
  const name = entry.metadata?.name ?? ''
  const namespace = entry.metadata?.namespace ?? DEFAULT_NAMESPACE
  const spec = entry.spec
  return {
    key: `${namespace}/${name}`,
    kind: 'WorkloadEntry',
    name,
    namespace,
    labels: { ...entry.metadata?.labels, ...spec.labels },
    serviceAccount: spec.serviceAccount ?? 'default',
    addresses: spec.address === undefined ? [] : [spec.address],
    isReady: true,
    namedPorts: spec.ports ?? {},
    network: spec.network ?? '',
    locality: parseLocality(spec.locality),
    weight: spec.weight ?? 1,
  }
}

/** `region/zone/subzone`, with dots where labels allow no slash. */
export function parseLocality(text: string | undefined): Locality {
  if (text === undefined || text === '') return NO_LOCALITY
  const [region = '', zone = '', subZone = ''] = text.includes('/') ? text.split('/') : text.split('.')
  return { region, zone, subZone }
}

/** Whether every label of a selector is there; an empty selector takes everything. */
export function selects(
  selector: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
): boolean {
  for (const key in selector) if (labels[key] !== selector[key]) return false
  return true
}
