import type { HttpStream } from '../http/filter.ts'
import type { HeaderMap, RequestHeaders, ResponseHeaders } from '../http/header-map.ts'
import { grpcStatusOf } from '../http/local-reply.ts'
import { RESPONSE_FLAGS } from '../response-flags.ts'
import type { LoggedStream } from '../telemetry/access-log/logged-stream.ts'
import type { Host } from '../upstream/host.ts'
import type { PluginConfig } from './plugin-config.ts'
import {
  duration,
  EMPTY_MAP,
  encodeMap,
  fromJson,
  int64,
  locality,
  type PropertyValue,
  textOrNone,
  utf8,
} from './property-encoding.ts'

export type { PropertyValue } from './property-encoding.ts'

/** Prefix of what guests store with `proxy_set_property`, in the state of the stream. */
export const STATE_PREFIX = 'wasm.'

const DIRECTIONS = { unspecified: 0, inbound: 1, outbound: 2 } as const

const FLAG_NAMES: readonly string[] = Object.keys(RESPONSE_FLAGS)

/** The plugin that asks. */
export interface PropertyOwner {
  readonly config: PluginConfig
  readonly vmId: string
}

/** Groups that are no value of their own: Envoy has them and cannot hand them over. */
const GROUPS: ReadonlySet<string> = new Set([
  'request',
  'response',
  'source',
  'destination',
  'connection',
  'upstream',
  'xds',
  'filter_state',
])

/** Members of groups that go on: a map, or a message. */
const DEEP: ReadonlySet<string> = new Set(['headers', 'trailers'])

/**
 * Properties that need no request.
 *
 * Differs from Envoy: `node`, `cluster_name`, `route_name`, `route_metadata` and `listener_direction` are there without
 * `xds.` as well, as they were in Envoy before; older modules ask for them.
 *
 * Differs from Envoy: `xds.node` and other messages as a whole are maps, not encoded messages.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/advanced/attributes
 */
export function pluginProperty(owner: PropertyOwner, path: readonly string[]): PropertyValue {
  const { config } = owner
  const first = path[0]!
  if (first.startsWith('plugin_') && path.length > 1) return undefined
  switch (first) {
    case 'plugin_name':
      return utf8(config.name)
    case 'plugin_root_id':
      return utf8(config.rootId)
    case 'plugin_vm_id':
      return utf8(owner.vmId)
    case 'node':
      return fromJson({ ...config.node }, path, 1)
    case 'listener_direction':
      return int64(DIRECTIONS[config.direction])
    case 'xds':
      if (path[1] === 'node') return fromJson({ ...config.node }, path, 2)
      if (path[1] === 'listener_direction') return int64(DIRECTIONS[config.direction])
      return path.length === 1 ? null : undefined
    default:
      return undefined
  }
}

/** A stream as filters know it, with what only the streams of a connection manager know in addition. */
type PropertyStream = HttpStream & Partial<LoggedStream>

/** What the properties of a request are read from. */
export interface PropertySource {
  readonly owner: PropertyOwner
  readonly stream: PropertyStream
  /** Undefined once the request went on, as in Envoy: what is read from headers is absent then. */
  readonly requestHeaders: RequestHeaders | undefined
  readonly responseHeaders: ResponseHeaders | undefined
  readonly responseTrailers: HeaderMap | undefined
}

/** Properties of a request. */
export function streamProperty(source: PropertySource, path: readonly string[]): PropertyValue {
  const { owner, stream } = source
  const first = path[0]!
  if (GROUPS.has(first)) {
    if (path.length === 1) return null
    if (path.length > 2 && isScalar(first, path[1]!, path.length)) return undefined
  }
  switch (first) {
    case 'request':
      return requestProperty(source, path)
    case 'response':
      return responseProperty(source, path)
    case 'source':
      return addressProperty(stream.downstreamRemoteAddress ?? stream.connection.remoteAddress, path)
    case 'destination':
      return addressProperty(stream.connection.localAddress, path)
    case 'upstream':
      return upstreamProperty(stream, path)
    case 'connection':
      return connectionProperty(stream, path)
    case 'connection_id':
      return path.length > 1 ? undefined : int64(stream.connection.id)
    case 'cluster_name':
      return textOrNone(stream.cluster?.name)
    case 'route_name':
      return textOrNone(stream.route?.name)
    case 'route_metadata':
      return fromJson({ filter_metadata: stream.route?.metadata ?? {} }, path, 1)
    case 'metadata':
      if (path.length === 1 && stream.metadata.size === 0) return ''
      return path[1] === 'filter_metadata' || path.length === 1
        ? fromJson(Object.fromEntries(stream.metadata), path, path.length === 1 ? 1 : 2)
        : undefined
    case 'filter_state':
      return stateProperty(stream, path.slice(1).join('\0'))
    case 'xds':
      return xdsProperty(owner, stream, path)
    default:
      return pluginProperty(owner, path) ?? stateProperty(stream, STATE_PREFIX + first)
  }
}

/** Whether a path goes on below a value that has nothing below it. */
function isScalar(group: string, member: string, length: number): boolean {
  if (group === 'xds' || group === 'filter_state') return false
  return DEEP.has(member) ? length > 3 : true
}

function requestProperty(source: PropertySource, path: readonly string[]): PropertyValue {
  const { stream, requestHeaders: headers } = source
  switch (path[1]) {
    case 'protocol':
      return stream.protocol
    case 'time':
      return int64(Math.round(stream.startTimeMs * 1000), 1000n)
    case 'duration':
      return duration(stream.startMs, stream.timing?.endMs)
    case 'size':
      return int64(Number(headers?.get('content-length') ?? stream.requestBytes))
    case 'total_size':
      return int64(stream.requestBytes + (headers?.byteSize ?? 0))
    case 'headers':
      return headersProperty(headers, path)
    case 'headers_bytes':
      return int64(headers?.byteSize ?? 0)
    default:
      return headers === undefined ? undefined : requestHeadersProperty(headers, path)
  }
}

function requestHeadersProperty(headers: RequestHeaders, path: readonly string[]): PropertyValue {
  switch (path[1]) {
    case 'path':
      return headers.path
    case 'url_path': {
      const end = headers.path.search(/[?#]/)
      return end < 0 ? headers.path : headers.path.slice(0, end)
    }
    case 'query': {
      const start = headers.path.indexOf('?')
      if (start < 0) return ''
      const end = headers.path.indexOf('#', start)
      return headers.path.slice(start + 1, end < 0 ? undefined : end)
    }
    case 'host':
      return headers.authority
    case 'scheme':
      return headers.scheme
    case 'method':
      return headers.method
    case 'referer':
      return headers.get('referer')
    case 'useragent':
      return headers.get('user-agent')
    case 'id':
      return headers.get('x-request-id')
    default:
      return undefined
  }
}

function responseProperty(source: PropertySource, path: readonly string[]): PropertyValue {
  const { stream, responseHeaders: headers, responseTrailers: trailers } = source
  switch (path[1]) {
    case 'code':
      return stream.responseHeaders === undefined ? undefined : int64(stream.responseHeaders.status)
    case 'code_details':
      return textOrNone(stream.responseCodeDetails)
    case 'flags':
      return int64(flagBits(stream.responseFlags))
    case 'grpc_status': {
      const status = trailers?.get('grpc-status') ?? headers?.get('grpc-status')
      if (status !== undefined) return int64(Number(status))
      const code = stream.responseHeaders?.status
      return code === undefined ? undefined : int64(grpcStatusOf(code))
    }
    case 'headers':
      return headersProperty(headers, path)
    case 'headers_bytes':
      return int64(headers?.byteSize ?? 0)
    case 'trailers':
      return headersProperty(trailers, path)
    case 'backend_latency':
      return duration(stream.timing?.upstreamTxStartMs, stream.timing?.upstreamRxEndMs)
    case 'size':
      return int64(stream.responseBytes)
    case 'total_size':
      return int64(stream.responseBytes + (headers?.byteSize ?? 0))
    default:
      return undefined
  }
}

/** One header, its values joined by commas; or all of them. Headers that are out of reach read as none. */
function headersProperty(headers: HeaderMap | undefined, path: readonly string[]): PropertyValue {
  const name = path[2]
  if (name !== undefined) {
    if (headers === undefined) return undefined
    const key = name.toLowerCase()
    const values = headers.getAll(key)
    return values.length === 0 ? headers.get(key) : values.join(',')
  }
  if (headers === undefined) return EMPTY_MAP
  const joined = new Map<string, string>()
  headers.forEach((key, value) => {
    const before = joined.get(key)
    joined.set(key, before === undefined ? value : `${before},${value}`)
  })
  return encodeMap([...joined])
}

/** The flags of a response as the bits of a number, in the order of Envoy's list. */
function flagBits(flags: readonly string[]): number {
  let bits = 0
  for (const flag of flags) bits += 2 ** FLAG_NAMES.indexOf(flag)
  return bits
}

function addressProperty(address: string, path: readonly string[]): PropertyValue {
  if (path[1] === 'address') return address
  if (path[1] !== 'port') return undefined
  return int64(Number(address.slice(address.lastIndexOf(':') + 1)))
}

function upstreamProperty(stream: PropertyStream, path: readonly string[]): PropertyValue {
  const address = stream.upstreamAddress
  switch (path[1]) {
    case 'local_address':
      return stream.upstreamLocalAddress
    case 'transport_failure_reason': {
      const reason = stream.upstreamTransportFailureReason
      return address === undefined ? textOrNone(reason) : utf8(reason ?? '')
    }
    case 'request_attempt_count':
      return int64(stream.upstreamAttemptCount ?? 0)
    case 'num_endpoints':
      return stream.cluster === undefined ? undefined : int64(stream.cluster.hosts.length)
    case 'locality': {
      const host = upstreamHost(stream)
      return host === undefined ? undefined : locality(host.locality)
    }
    default:
      return address === undefined ? undefined : addressProperty(address, path)
  }
}

/** The host that the request went to, while its cluster still has it. */
function upstreamHost(stream: PropertyStream): Host['config'] | undefined {
  const address = stream.upstreamAddress
  if (address === undefined) return undefined
  return stream.cluster?.hosts.find((host) => host.address === address)?.config
}

function connectionProperty(stream: HttpStream, path: readonly string[]): PropertyValue {
  const { id, requestedServerName, tls } = stream.connection
  switch (path[1]) {
    case 'id':
      return int64(id)
    case 'mtls':
      return Uint8Array.of(tls?.mutual === true ? 1 : 0)
    case 'requested_server_name':
      return utf8(requestedServerName)
    case 'tls_version':
      return tls?.version
    case 'subject_local_certificate':
      return tls === undefined ? undefined : utf8(tls.localSubject)
    case 'subject_peer_certificate':
      return tls === undefined ? undefined : utf8(tls.peerSubject)
    case 'dns_san_peer_certificate':
      return textOrNone(tls?.peerDnsSans[0])
    case 'uri_san_peer_certificate':
      return textOrNone(tls?.peerUriSans[0])
    case 'uri_san_local_certificate':
      return textOrNone(tls?.localUriSans[0])
    case 'sha256_peer_certificate_digest':
      return textOrNone(tls?.peerCertificateSha256)
    default:
      return undefined
  }
}

function xdsProperty(owner: PropertyOwner, stream: HttpStream, path: readonly string[]): PropertyValue {
  switch (path[1]) {
    case 'cluster_name':
      return textOrNone(stream.cluster?.name)
    case 'route_name':
      return textOrNone(stream.route?.name)
    case 'route_metadata':
      return filterMetadata(stream.route?.metadata ?? {}, path)
    case 'cluster_metadata':
      return stream.cluster === undefined ? undefined : filterMetadata(stream.cluster.config.metadata, path)
    case 'upstream_host_metadata': {
      const host = upstreamHost(stream)
      return host === undefined ? undefined : filterMetadata(host.metadata, path)
    }
    case 'virtual_host_name':
      return textOrNone(stream.route?.virtualHost.name)
    case 'filter_chain_name':
      return textOrNone(stream.connection.filterChainName)
    default:
      return pluginProperty(owner, path)
  }
}

function filterMetadata(metadata: Readonly<Record<string, unknown>>, path: readonly string[]): PropertyValue {
  return fromJson({ filter_metadata: metadata }, path, 2)
}

function stateProperty(stream: HttpStream, key: string): PropertyValue {
  const value = stream.state.get(key)
  if (value instanceof Uint8Array) return value
  return typeof value === 'string' ? utf8(value) : undefined
}
