import {
  type Cluster,
  type CoreHttpProtocolOptions,
  codec,
  type Http1ProtocolOptions,
  type HttpProtocolOptions,
} from '@batten/xds'
import type { UpstreamHttpOptions } from '../upstream/cluster-config.ts'
import { MessageReader } from './message-reader.ts'
import { unpackAs } from './unpack.ts'

const KEY = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions'
const HOUR_MS = 3_600_000

/**
 * `typed_extension_protocol_options` and the deprecated fields of the cluster -> options of upstream connections.
 *
 * @param grpcOnly - nothing but our own gRPC clients uses the cluster, so HTTP/2 is what it must say
 */
export function compileUpstreamHttp(cluster: MessageReader<Cluster>, grpcOnly = false): UpstreamHttpOptions {
  if (grpcOnly) {
    cluster.skip('http2ProtocolOptions', 'typedExtensionProtocolOptions')
    return GRPC_OPTIONS
  }
  let enableTrailers = readHttp1(cluster.nested('httpProtocolOptions', 'Http1ProtocolOptions'))
  const deprecatedRequests = cluster.number('maxRequestsPerConnection')
  let common = cluster.nested('commonHttpProtocolOptions', 'HttpProtocolOptions')
  const extensions = cluster.take('typedExtensionProtocolOptions') ?? {}
  for (const [key, any] of Object.entries(extensions)) {
    const at = cluster.path('typedExtensionProtocolOptions').key(key)
    if (key !== KEY) throw at.unsupported(`${key} is not supported yet`)
    const options = new MessageReader(unpackAs(KEY, any, at), 'upstreams.HttpProtocolOptions', at)
    enableTrailers = checkProtocol(options)
    common = options.nested('commonHttpProtocolOptions', 'HttpProtocolOptions') ?? common
    options.done()
  }
  const result = {
    protocol: 'http1' as const,
    idleTimeoutMs: common?.durationMs('idleTimeout') ?? HOUR_MS,
    maxRequestsPerConnection: common?.number('maxRequestsPerConnection') ?? deprecatedRequests ?? 0,
    maxConnectionDurationMs: common?.durationMs('maxConnectionDuration'),
    ...(enableTrailers ? { enableTrailers } : {}),
  }
  refuseRest(common)
  return Object.freeze(result)
}

const GRPC_OPTIONS: UpstreamHttpOptions = Object.freeze({
  protocol: 'http1',
  idleTimeoutMs: HOUR_MS,
  maxRequestsPerConnection: 0,
  maxConnectionDurationMs: undefined,
})

/** Whether a cluster asks for HTTP/2, as the clusters of management servers do. */
export function asksForHttp2(cluster: Cluster): boolean {
  if (cluster.http2ProtocolOptions !== undefined) return true
  const any = cluster.typedExtensionProtocolOptions?.[KEY]
  if (any === undefined || !(any.typeUrl ?? '').endsWith(`/${KEY}`)) return false
  return (
    codec(KEY).decode(any.value ?? new Uint8Array(0)).explicitHttpConfig?.http2ProtocolOptions !== undefined
  )
}

function refuseRest(common: MessageReader<CoreHttpProtocolOptions> | undefined): void {
  common?.choice('headersWithUnderscoresAction', ['ALLOW'], 'ALLOW')
  common?.done()
}

/**
 * HTTP/1.1 is all that is spoken upstream yet. A peer that may choose by ALPN is offered nothing else.
 *
 * @returns whether trailers are passed on
 */
function checkProtocol(options: MessageReader<HttpProtocolOptions>): boolean {
  const explicit = options.nested('explicitHttpConfig', 'ExplicitHttpConfig')
  const downstream = options.nested('useDownstreamProtocolConfig', 'UseDownstreamHttpConfig')
  const automatic = options.nested('autoConfig', 'AutoHttpConfig')
  const trailers = [
    readHttp1(explicit?.nested('httpProtocolOptions', 'Http1ProtocolOptions')),
    readHttp1(downstream?.nested('httpProtocolOptions', 'Http1ProtocolOptions')),
    readHttp1(automatic?.nested('httpProtocolOptions', 'Http1ProtocolOptions')),
  ]
  explicit?.done()
  downstream?.done()
  automatic?.done()
  return trailers.includes(true)
}

/** Options of the HTTP/1 codec: whether trailers are passed on. Those of servers say nothing about a client. */
function readHttp1(options: MessageReader<Http1ProtocolOptions> | undefined): boolean {
  if (options === undefined) return false
  options.skip('allowAbsoluteUrl', 'acceptHttp10', 'defaultHostForHttp10', 'allowCustomMethods')
  const enableTrailers = options.flag('enableTrailers')
  options.done()
  return enableTrailers
}
