import type { ConnectionPoolSettings, RetryBudget } from '@batten/api'
import { parseDurationMs } from '@batten/core'
import type { CircuitBreakers_Thresholds, Cluster, CoreHttpProtocolOptions } from '@batten/xds'
import { msToDuration, toDuration } from '../../duration.ts'

/** Envoy's own limits are low; Istio lifts them unless the rule sets some. */
const UNLIMITED = 4_294_967_295

/** Fields of a cluster that a connection pool sets, apart from HTTP's. */
export type ConnectionPoolFields = Pick<
  Cluster,
  'connectTimeout' | 'circuitBreakers' | 'upstreamConnectionOptions'
>

/**
 * `connectionPool` -> circuit breakers, connect timeout and TCP keepalive of a cluster.
 *
 * @translates DestinationRule spec.trafficPolicy.connectionPool.tcp.maxConnections -> CircuitBreakers.max_connections
 * @translates DestinationRule spec.trafficPolicy.connectionPool.tcp.connectTimeout -> Cluster.connect_timeout
 * @translates DestinationRule spec.trafficPolicy.connectionPool.tcp.tcpKeepalive -> Cluster.upstream_connection_options.tcp_keepalive
 * @translates DestinationRule spec.trafficPolicy.connectionPool.http.http1MaxPendingRequests -> CircuitBreakers.max_pending_requests
 * @translates DestinationRule spec.trafficPolicy.connectionPool.http.http2MaxRequests -> CircuitBreakers.max_requests
 * @translates DestinationRule spec.trafficPolicy.connectionPool.http.maxRetries -> CircuitBreakers.max_retries
 * @translates DestinationRule spec.trafficPolicy.retryBudget -> CircuitBreakers.retry_budget
 * @see https://istio.io/latest/docs/reference/config/networking/destination-rule/#ConnectionPoolSettings
 */
export function connectionPoolToCluster(
  pool: ConnectionPoolSettings | undefined,
  defaultConnectTimeoutMs: number,
  retryBudget?: RetryBudget,
): ConnectionPoolFields {
  const { tcp, http } = pool ?? {}
  const thresholds: CircuitBreakers_Thresholds = {
    maxConnections: { value: positive(tcp?.maxConnections) ?? UNLIMITED },
    maxPendingRequests: { value: positive(http?.http1MaxPendingRequests) ?? UNLIMITED },
    maxRequests: { value: positive(http?.http2MaxRequests) ?? UNLIMITED },
    maxRetries: { value: positive(http?.maxRetries) ?? UNLIMITED },
  }
  if (retryBudget !== undefined)
    thresholds.retryBudget = {
      budgetPercent: { value: retryBudget.percent ?? 20 },
      minRetryConcurrency: { value: retryBudget.minRetryConcurrency ?? 3 },
    }
  const keepalive = tcp?.tcpKeepalive
  return {
    connectTimeout: toDuration(tcp?.connectTimeout) ?? msToDuration(defaultConnectTimeoutMs),
    circuitBreakers: { thresholds: [thresholds] },
    ...(keepalive === undefined
      ? {}
      : {
          upstreamConnectionOptions: {
            tcpKeepalive: {
              ...(positive(keepalive.probes) === undefined
                ? {}
                : { keepaliveProbes: { value: keepalive.probes! } }),
              ...seconds('keepaliveTime', keepalive.time),
              ...seconds('keepaliveInterval', keepalive.interval),
            },
          },
        }),
  }
}

/**
 * `connectionPool` -> options of HTTP connections; empty when there are none.
 *
 * @translates DestinationRule spec.trafficPolicy.connectionPool.http.idleTimeout -> HttpProtocolOptions.idle_timeout
 * @translates DestinationRule spec.trafficPolicy.connectionPool.http.maxRequestsPerConnection -> HttpProtocolOptions.max_requests_per_connection
 * @translates DestinationRule spec.trafficPolicy.connectionPool.tcp.maxConnectionDuration -> HttpProtocolOptions.max_connection_duration
 */
export function connectionPoolToHttpOptions(
  pool: ConnectionPoolSettings | undefined,
): CoreHttpProtocolOptions {
  const options: CoreHttpProtocolOptions = {}
  const idleTimeout = toDuration(pool?.http?.idleTimeout)
  if (idleTimeout !== undefined) options.idleTimeout = idleTimeout
  const perConnection = positive(pool?.http?.maxRequestsPerConnection)
  if (perConnection !== undefined) options.maxRequestsPerConnection = { value: perConnection }
  const duration = toDuration(pool?.tcp?.maxConnectionDuration)
  if (duration !== undefined) options.maxConnectionDuration = duration
  return options
}

/** What a protobuf integer of 0 means: not set. */
function positive(value: number | undefined): number | undefined {
  return value === undefined || value <= 0 ? undefined : value
}

function seconds<K extends string>(key: K, text: string | undefined): { [P in K]?: { value: number } } {
  const ms = text === undefined ? undefined : parseDurationMs(text)
  if (ms === undefined) return {}
  return { [key]: { value: Math.max(1, Math.round(ms / 1000)) } } as { [P in K]: { value: number } }
}
