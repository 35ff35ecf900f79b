/**
 * Type URLs of xDS resources, by the name of their discovery service.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#resource-types
 */
export const TYPE_URLS = {
  LDS: 'type.googleapis.com/envoy.config.listener.v3.Listener',
  RDS: 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration',
  SRDS: 'type.googleapis.com/envoy.config.route.v3.ScopedRouteConfiguration',
  VHDS: 'type.googleapis.com/envoy.config.route.v3.VirtualHost',
  CDS: 'type.googleapis.com/envoy.config.cluster.v3.Cluster',
  EDS: 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment',
  SDS: 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret',
  ECDS: 'type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig',
  RTDS: 'type.googleapis.com/envoy.service.runtime.v3.Runtime',
  /** Istio: host names for the node's DNS proxy. */
  NDS: 'type.googleapis.com/istio.networking.nds.v1.NameTable',
  /** Istio: the mesh's trust bundle. */
  PCDS: 'type.googleapis.com/istio.mesh.v1alpha1.ProxyConfig',
  /** Istio: health of a workload that runs outside Kubernetes, from the node to the control plane. */
  HEALTH: 'type.googleapis.com/istio.v1.HealthInformation',
  /** Istio ambient. */
  ADDRESS: 'type.googleapis.com/istio.workload.Address',
  WORKLOAD: 'type.googleapis.com/istio.workload.Workload',
  AUTHORIZATION: 'type.googleapis.com/istio.security.Authorization',
  /** Istio: debug pages over xDS. */
  DEBUG: 'istio.io/debug',
} as const

export type TypeName = keyof typeof TYPE_URLS
export type TypeUrl = (typeof TYPE_URLS)[TypeName]

/**
 * The order in which changes of several types are sent, so that nothing refers to what is not there yet
 * (make before break). Removals go the other way round.
 */
export const PUSH_ORDER: readonly TypeUrl[] = [
  TYPE_URLS.CDS,
  TYPE_URLS.EDS,
  TYPE_URLS.LDS,
  TYPE_URLS.RDS,
  TYPE_URLS.SDS,
  TYPE_URLS.ECDS,
  TYPE_URLS.ADDRESS,
  TYPE_URLS.WORKLOAD,
  TYPE_URLS.AUTHORIZATION,
  TYPE_URLS.NDS,
  TYPE_URLS.PCDS,
]

/**
 * Types that a node gets in full without naming a resource (a "wildcard subscription" by an empty first request).
 * Envoy has two; Istio treats its own types like that as well.
 */
export const WILDCARD_TYPES: ReadonlySet<string> = new Set<TypeUrl>([
  TYPE_URLS.LDS,
  TYPE_URLS.CDS,
  TYPE_URLS.NDS,
  TYPE_URLS.PCDS,
  TYPE_URLS.ADDRESS,
  TYPE_URLS.WORKLOAD,
  TYPE_URLS.AUTHORIZATION,
])

/** State of the world only: a response lists everything, and what it does not list is deleted. */
export const FULL_STATE_TYPES: ReadonlySet<string> = new Set<TypeUrl>([TYPE_URLS.LDS, TYPE_URLS.CDS])

const SHORT_NAMES = new Map<string, TypeName>(
  Object.entries(TYPE_URLS).map(([name, url]) => [url, name as TypeName]),
)

/** `CDS` for a type URL that we know, for logs and metrics; else the message name. */
export function shortTypeName(typeUrl: string): string {
  return SHORT_NAMES.get(typeUrl) ?? typeUrl.slice(typeUrl.lastIndexOf('/') + 1)
}
