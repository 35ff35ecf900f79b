import type { Destination, L4MatchAttributes, RouteDestination, TLSMatchAttributes } from '@batten/api'
import type { FilterChainMatch } from '@batten/xds'

/** A share of the connections of a route. */
export interface ConnectionTarget {
  readonly cluster: string
  readonly weight: number
}

/**
 * `tls[].match` and `tcp[].match` -> `FilterChainMatch`: server names and destination subnets.
 *
 * @translates VirtualService spec.tls[].match[].sniHosts -> FilterChainMatch.server_names
 * @translates VirtualService spec.tls[].match[].destinationSubnets -> FilterChainMatch.prefix_ranges
 * @translates VirtualService spec.tcp[].match[].destinationSubnets -> FilterChainMatch.prefix_ranges
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#TLSMatchAttributes
 */
export function l4MatchToFilterChainMatch(
  match: Partial<TLSMatchAttributes> | L4MatchAttributes | undefined,
): FilterChainMatch {
  const out: FilterChainMatch = {}
  const sniHosts = match !== undefined && 'sniHosts' in match ? (match.sniHosts ?? []) : []
  const names = sniHosts.filter((name) => name !== '*')
  if (names.length > 0) out.serverNames = names
  const subnets = match?.destinationSubnets ?? []
  if (subnets.length > 0) out.prefixRanges = subnets.map(parseCidr)
  return out
}

/**
 * `tls[].route` and `tcp[].route` -> clusters with weights.
 *
 * @translates VirtualService spec.tls[].route -> TcpProxy.cluster, weighted_clusters
 * @translates VirtualService spec.tcp[].route -> TcpProxy.cluster, weighted_clusters
 */
export function routeToConnectionTargets(
  route: readonly RouteDestination[] | undefined,
  clusterOf: (destination: Destination) => string,
): ConnectionTarget[] {
  const destinations = route ?? []
  if (destinations.length === 1)
    return [{ cluster: clusterOf(destinations[0]!.destination), weight: destinations[0]!.weight || 100 }]
  return destinations
    .filter(({ weight }) => (weight ?? 0) > 0)
    .map(({ destination, weight }) => ({ cluster: clusterOf(destination), weight: weight ?? 0 }))
}

/** An address with its prefix length; a single address is its own network. */
export function parseCidr(text: string): { addressPrefix: string; prefixLen: { value: number } } {
  const [addressPrefix = '', length] = text.split('/')
  return { addressPrefix, prefixLen: { value: Number(length ?? (addressPrefix.includes(':') ? 128 : 32)) } }
}
