import type { ConsistentHashLB, LoadBalancerSettings } from '@batten/api'
import type { Cluster, Cluster_SlowStartConfig, RouteAction_HashPolicy } from '@batten/xds'
import { toDuration } from '../../duration.ts'

/** Fields of a cluster that choose a host. */
export type LoadBalancerFields = Pick<
  Cluster,
  'lbPolicy' | 'ringHashLbConfig' | 'maglevLbConfig' | 'roundRobinLbConfig' | 'leastRequestLbConfig'
> & {
  /** PASSTHROUGH: the connection goes where the caller wanted it. */
  readonly isPassthrough?: boolean
}

/** Ring size unless the rule says otherwise. */
const RING_SIZE = 1024

/**
 * `loadBalancer` -> `Cluster.lb_policy` and its options. Unset means least request.
 *
 * @translates DestinationRule spec.trafficPolicy.loadBalancer.simple -> Cluster.lb_policy
 * @translates DestinationRule spec.trafficPolicy.loadBalancer.consistentHash.ringHash -> Cluster.ring_hash_lb_config
 * @translates DestinationRule spec.trafficPolicy.loadBalancer.consistentHash.minimumRingSize -> Cluster.ring_hash_lb_config
 * @translates DestinationRule spec.trafficPolicy.loadBalancer.consistentHash.maglev -> Cluster.maglev_lb_config
 * @translates DestinationRule spec.trafficPolicy.loadBalancer.warmup -> slow_start_config
 * @translates DestinationRule spec.trafficPolicy.loadBalancer.warmupDurationSecs -> slow_start_config.slow_start_window
 * @see https://istio.io/latest/docs/reference/config/networking/destination-rule/#LoadBalancerSettings
 */
export function loadBalancerToCluster(settings: LoadBalancerSettings | undefined): LoadBalancerFields {
  if (settings?.consistentHash !== undefined) return consistentHash(settings.consistentHash)
  const slowStartConfig = slowStart(settings)
  switch (settings?.simple) {
    case 'ROUND_ROBIN':
      return {
        lbPolicy: 'ROUND_ROBIN',
        ...(slowStartConfig === undefined ? {} : { roundRobinLbConfig: { slowStartConfig } }),
      }
    case 'RANDOM':
      return { lbPolicy: 'RANDOM' }
    case 'PASSTHROUGH':
      return { lbPolicy: 'CLUSTER_PROVIDED', isPassthrough: true }
    default:
      return {
        lbPolicy: 'LEAST_REQUEST',
        ...(slowStartConfig === undefined ? {} : { leastRequestLbConfig: { slowStartConfig } }),
      }
  }
}

/**
 * `consistentHash` -> `RouteAction.hash_policy`: what of a request decides its host.
 *
 * @translates DestinationRule spec.trafficPolicy.loadBalancer.consistentHash.httpHeaderName -> RouteAction.hash_policy.header
 * @translates DestinationRule spec.trafficPolicy.loadBalancer.consistentHash.httpCookie -> RouteAction.hash_policy.cookie
 * @translates DestinationRule spec.trafficPolicy.loadBalancer.consistentHash.useSourceIp -> RouteAction.hash_policy.connection_properties
 * @translates DestinationRule spec.trafficPolicy.loadBalancer.consistentHash.httpQueryParameterName -> RouteAction.hash_policy.query_parameter
 */
export function loadBalancerToHashPolicy(
  settings: LoadBalancerSettings | undefined,
): RouteAction_HashPolicy | undefined {
  const hash = settings?.consistentHash
  if (hash === undefined) return undefined
  if (hash.httpHeaderName !== undefined) return { header: { headerName: hash.httpHeaderName } }
  if (hash.httpQueryParameterName !== undefined)
    return { queryParameter: { name: hash.httpQueryParameterName } }
  if (hash.useSourceIp === true) return { connectionProperties: { sourceIp: true } }
  const cookie = hash.httpCookie
  if (cookie === undefined) return undefined
  const ttl = toDuration(cookie.ttl)
  return {
    cookie: {
      name: cookie.name,
      ...(cookie.path === undefined ? {} : { path: cookie.path }),
      ...(ttl === undefined ? {} : { ttl }),
      ...(cookie.attributes === undefined ? {} : { attributes: cookie.attributes }),
    },
  }
}

function consistentHash(hash: ConsistentHashLB): LoadBalancerFields {
  if (hash.maglev !== undefined)
    return {
      lbPolicy: 'MAGLEV',
      ...(hash.maglev.tableSize === undefined
        ? {}
        : { maglevLbConfig: { tableSize: { value: hash.maglev.tableSize } } }),
    }
  const size = hash.ringHash?.minimumRingSize ?? hash.minimumRingSize ?? RING_SIZE
  return { lbPolicy: 'RING_HASH', ringHashLbConfig: { minimumRingSize: { value: size } } }
}

function slowStart(settings: LoadBalancerSettings | undefined): Cluster_SlowStartConfig | undefined {
  const { warmup } = settings ?? {}
  const window = toDuration(warmup?.duration ?? settings?.warmupDurationSecs)
  if (window === undefined) return undefined
  const config: Cluster_SlowStartConfig = { slowStartWindow: window }
  if (warmup?.aggression != null) config.aggression = { defaultValue: warmup.aggression, runtimeKey: '' }
  if (warmup?.minimumPercent != null) config.minWeightPercent = { value: warmup.minimumPercent }
  return config
}
