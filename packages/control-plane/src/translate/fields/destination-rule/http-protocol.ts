import type { ConnectionPoolSettings } from '@batten/api'
import { type Any, type HttpProtocolOptions, packAny } from '@batten/xds'
import type { NodeCapabilities } from '../../../model/node.ts'
import { isHttp, isHttp2, type Protocol } from '../../../model/protocol.ts'
import { toDuration } from '../../duration.ts'
import { connectionPoolToHttpOptions } from './connection-pool.ts'

/** How a cluster speaks HTTP: `http1` and `http2` are fixed, `downstream` follows the caller, `none` is TCP. */
export type UpstreamHttp = 'http1' | 'http2' | 'downstream' | 'none'

/** Concurrent streams that Istio allows; Envoy's default would be the same but is not written in its name. */
const MAX_CONCURRENT_STREAMS = 1_073_741_824

/**
 * `h2UpgradePolicy` and `useClientProtocol`, with the port's protocol -> how the cluster speaks HTTP. HTTP/2 only to
 * nodes that can.
 *
 * @translates DestinationRule spec.trafficPolicy.connectionPool.http.h2UpgradePolicy -> HttpProtocolOptions.explicit_http_config
 * @translates DestinationRule spec.trafficPolicy.connectionPool.http.useClientProtocol -> HttpProtocolOptions.use_downstream_protocol_config
 * @see https://istio.io/latest/docs/reference/config/networking/destination-rule/#ConnectionPoolSettings-HTTPSettings
 */
export function upstreamHttpOf(
  protocol: Protocol,
  pool: ConnectionPoolSettings | undefined,
  capabilities: NodeCapabilities,
): UpstreamHttp {
  const isAuto = protocol === 'AUTO'
  if (!isHttp(protocol) && !isAuto) return 'none'
  if (!capabilities.http2) return 'http1'
  if (pool?.http?.useClientProtocol === true || isAuto) return 'downstream'
  if (isHttp2(protocol) || pool?.http?.h2UpgradePolicy === 'UPGRADE') return 'http2'
  return 'http1'
}

/**
 * The HTTP options of a cluster; undefined when Envoy's defaults (HTTP/1.1) will do.
 *
 * @translates DestinationRule spec.trafficPolicy.connectionPool.http.maxConcurrentStreams -> Http2ProtocolOptions.max_concurrent_streams
 * @translates DestinationRule spec.trafficPolicy.connectionPool.http.http2KeepAlive -> Http2ProtocolOptions.connection_keepalive
 */
export function httpProtocolOptions(
  upstream: UpstreamHttp,
  pool: ConnectionPoolSettings | undefined,
): Any | undefined {
  const common = connectionPoolToHttpOptions(pool)
  const hasCommon = Object.keys(common).length > 0
  if (upstream === 'none' || (upstream === 'http1' && !hasCommon)) return undefined
  const options: HttpProtocolOptions = hasCommon ? { commonHttpProtocolOptions: common } : {}
  const http2ProtocolOptions = http2Options(pool)
  if (upstream === 'http1') options.explicitHttpConfig = { httpProtocolOptions: {} }
  else if (upstream === 'http2') options.explicitHttpConfig = { http2ProtocolOptions }
  else options.useDownstreamProtocolConfig = { httpProtocolOptions: {}, http2ProtocolOptions }
  return packAny('envoy.extensions.upstreams.http.v3.HttpProtocolOptions', options)
}

function http2Options(pool: ConnectionPoolSettings | undefined) {
  const interval = toDuration(pool?.http?.http2KeepAlive?.interval)
  const timeout = toDuration(pool?.http?.http2KeepAlive?.timeout)
  return {
    maxConcurrentStreams: { value: pool?.http?.maxConcurrentStreams || MAX_CONCURRENT_STREAMS },
    ...(interval === undefined || timeout === undefined
      ? {}
      : { connectionKeepalive: { interval, timeout } }),
  }
}
