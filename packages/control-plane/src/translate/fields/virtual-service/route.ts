import type { Destination, HTTPRouteDestination } from '@batten/api'
import type { RouteAction, WeightedCluster_ClusterWeight } from '@batten/xds'
import { headersToMutations } from './headers.ts'

/** Fields of `RouteAction` that say where a request goes. */
export type RouteTarget = Pick<RouteAction, 'cluster' | 'weightedClusters' | 'hostRewriteLiteral'>

/**
 * `route` -> `RouteAction.cluster` or `weighted_clusters`. One destination gets everything, whatever its weight; of
 * several those with weight 0 get nothing. Weights are shares of their sum.
 *
 * @translates VirtualService spec.http[].route[].weight -> WeightedCluster.clusters.weight
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRouteDestination
 */
export function routeToTarget(
  destinations: readonly HTTPRouteDestination[],
  clusterOf: (destination: Destination) => string,
): RouteTarget {
  const [only] = destinations
  if (only === undefined) return {}
  if (destinations.length === 1 && only.headers === undefined) return { cluster: clusterOf(only.destination) }
  const weighted = destinations.filter(({ weight }) => destinations.length === 1 || (weight ?? 0) > 0)
  const clusters = weighted.map(({ destination, weight, headers }): WeightedCluster_ClusterWeight => {
    const { hostRewriteLiteral, ...mutations } = headersToMutations(headers)
    return {
      name: clusterOf(destination),
      weight: { value: destinations.length === 1 ? (weight ?? 100) || 100 : (weight ?? 0) },
      ...mutations,
      ...(hostRewriteLiteral === undefined ? {} : { hostRewriteLiteral }),
    }
  })
  return { weightedClusters: { clusters } }
}
