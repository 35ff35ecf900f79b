import type { Cluster, CoreHttpProtocolOptions, HttpProtocolOptions } from '@batten/xds'
import type { UpstreamHttpOptions } from '../upstream/cluster-config.ts'
import { MessageReader } from './message-reader.ts'
import { unpackAs } from './unpack.ts'

const KEY = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions'
const HOUR_MS = 3_600_000

/** `typed_extension_protocol_options` and the deprecated fields of the cluster -> options of upstream connections. */
export function compileUpstreamHttp(cluster: MessageReader<Cluster>): UpstreamHttpOptions {
  const deprecatedRequests = cluster.number('maxRequestsPerConnection')
  let common = cluster.nested('commonHttpProtocolOptions', 'HttpProtocolOptions')
  const extensions = cluster.take('typedExtensionProtocolOptions') ?? {}
  for (const [key, any] of Object.entries(extensions)) {
    const at = cluster.path('typedExtensionProtocolOptions').key(key)
    if (key !== KEY) throw at.unsupported(`${key} is not supported yet`)
    const options = new MessageReader(unpackAs(KEY, any, at), 'upstreams.HttpProtocolOptions', at)
    checkProtocol(options)
    common = options.nested('commonHttpProtocolOptions', 'HttpProtocolOptions') ?? common
    options.done()
  }
  const result = {
    protocol: 'http1' as const,
    idleTimeoutMs: common?.durationMs('idleTimeout') ?? HOUR_MS,
    maxRequestsPerConnection: common?.number('maxRequestsPerConnection') ?? deprecatedRequests ?? 0,
    maxConnectionDurationMs: common?.durationMs('maxConnectionDuration'),
  }
  refuseRest(common)
  return Object.freeze(result)
}

function refuseRest(common: MessageReader<CoreHttpProtocolOptions> | undefined): void {
  common?.choice('headersWithUnderscoresAction', ['ALLOW'], 'ALLOW')
  common?.done()
}

/** HTTP/1.1 is all that is spoken upstream yet. A peer that may choose by ALPN is offered nothing else. */
function checkProtocol(options: MessageReader<HttpProtocolOptions>): void {
  const explicit = options.nested('explicitHttpConfig', 'ExplicitHttpConfig')
  explicit?.nested('httpProtocolOptions', 'Http1ProtocolOptions')?.done()
  explicit?.done()
  const downstream = options.nested('useDownstreamProtocolConfig', 'UseDownstreamHttpConfig')
  downstream?.nested('httpProtocolOptions', 'Http1ProtocolOptions')?.done()
  downstream?.done()
  const automatic = options.nested('autoConfig', 'AutoHttpConfig')
  automatic?.nested('httpProtocolOptions', 'Http1ProtocolOptions')?.done()
  automatic?.done()
}
