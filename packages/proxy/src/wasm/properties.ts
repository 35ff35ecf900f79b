import type { HttpStream } from '../http/filter.ts'
import type { HeaderMap, RequestHeaders, ResponseHeaders } from '../http/header-map.ts'
import type { LoggedStream } from '../telemetry/access-log/logged-stream.ts'
import { encodePairs } from './pairs.ts'
import type { PluginConfig } from './plugin-config.ts'

/** A property as the guest gets it: bytes, or text whose code units are bytes. */
export type PropertyValue = Uint8Array | string | undefined

/** Prefix of what guests store with `proxy_set_property`, in the state of the stream. */
export const STATE_PREFIX = 'wasm.'

const DIRECTIONS = { unspecified: 0, inbound: 1, outbound: 2 } as const

/** The plugin that asks. */
export interface PropertyOwner {
  readonly config: PluginConfig
  readonly vmId: string
}

/**
 * Properties that need no request.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/advanced/attributes
 */
export function pluginProperty(owner: PropertyOwner, path: readonly string[]): PropertyValue {
  const { config } = owner
  switch (path[0]) {
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
      return undefined
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
}

/** Properties of a request. */
export function streamProperty(source: PropertySource, path: readonly string[]): PropertyValue {
  const { owner, stream } = source
  switch (path[0]) {
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
      return int64(stream.connection.id)
    case 'cluster_name':
      return textOrNone(stream.cluster?.name)
    case 'route_name':
      return textOrNone(stream.route?.name)
    case 'route_metadata':
      return fromJson({ filter_metadata: stream.route?.metadata ?? {} }, path, 1)
    case 'metadata':
      return path[1] === 'filter_metadata' || path.length === 1
        ? fromJson(Object.fromEntries(stream.metadata), path, path.length === 1 ? 1 : 2)
        : undefined
    case 'filter_state':
      return stateProperty(stream, path.slice(1).join('\0'))
    case 'xds':
      return xdsProperty(owner, stream, path)
    default:
      return stateProperty(stream, STATE_PREFIX + path[0]) ?? pluginProperty(owner, path)
  }
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
    case 'headers':
      return headersProperty(headers, path)
    case 'headers_bytes':
      return int64(headers.byteSize)
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
  const { stream, responseHeaders: headers } = source
  switch (path[1]) {
    case 'code':
      return stream.responseHeaders === undefined ? undefined : int64(stream.responseHeaders.status)
    case 'code_details':
      return textOrNone(stream.responseCodeDetails)
    case 'grpc_status': {
      const status = headers?.get('grpc-status')
      return status === undefined ? undefined : int64(Number(status))
    }
    case 'headers':
      return headers === undefined ? undefined : headersProperty(headers, path)
    case 'headers_bytes':
      return headers === undefined ? undefined : int64(headers.byteSize)
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

/** One header, its values joined by commas; or all of them. */
function headersProperty(headers: HeaderMap, path: readonly string[]): PropertyValue {
  const name = path[2]
  if (name === undefined) {
    const pairs: [string, string][] = []
    headers.forEach((key, value) => {
      pairs.push([key, value])
    })
    return encodePairs(pairs)
  }
  const values = headers.getAll(name.toLowerCase())
  return values.length === 0 ? headers.get(name.toLowerCase()) : values.join(',')
}

function addressProperty(address: string, path: readonly string[]): PropertyValue {
  if (path[1] === 'address') return address
  if (path[1] !== 'port') return undefined
  return int64(Number(address.slice(address.lastIndexOf(':') + 1)))
}

function upstreamProperty(stream: PropertyStream, path: readonly string[]): PropertyValue {
  switch (path[1]) {
    case 'local_address':
      return stream.upstreamLocalAddress
    case 'transport_failure_reason':
      return textOrNone(stream.upstreamTransportFailureReason)
    case 'request_attempt_count':
      return int64(stream.upstreamAttemptCount ?? 0)
    default:
      return stream.upstreamAddress === undefined ? undefined : addressProperty(stream.upstreamAddress, path)
  }
}

function connectionProperty(stream: HttpStream, path: readonly string[]): PropertyValue {
  const { id, requestedServerName, tls } = stream.connection
  switch (path[1]) {
    case 'id':
      return int64(id)
    case 'mtls':
      return Uint8Array.of(tls?.mutual === true ? 1 : 0)
    case 'requested_server_name':
      return textOrNone(requestedServerName)
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
      return fromJson({ filter_metadata: stream.route?.metadata ?? {} }, path, 2)
    case 'virtual_host_name':
      return textOrNone(stream.route?.virtualHost.name)
    case 'filter_chain_name':
      return textOrNone(stream.connection.filterChainName)
    default:
      return pluginProperty(owner, path)
  }
}

function stateProperty(stream: HttpStream, key: string): PropertyValue {
  const value = stream.state.get(key)
  if (value instanceof Uint8Array) return value
  return typeof value === 'string' ? utf8(value) : undefined
}

/** Walks JSON and encodes what it finds: text, numbers as doubles, booleans, objects and lists as pairs. */
function fromJson(value: unknown, path: readonly string[], from: number): PropertyValue {
  let found = value
  for (let i = from; i < path.length; i++) {
    const segment = path[i]!
    if (Array.isArray(found)) found = found[Number(segment)]
    else if (typeof found === 'object' && found !== null && Object.hasOwn(found, segment)) {
      found = (found as Record<string, unknown>)[segment]
    } else return undefined
  }
  return encodeJson(found)
}

function encodeJson(value: unknown): PropertyValue {
  if (typeof value === 'string') return utf8(value)
  if (typeof value === 'number') return double(value)
  if (typeof value === 'boolean') return Uint8Array.of(value ? 1 : 0)
  if (Array.isArray(value)) return encodePairs(value.map((item) => [latin1(encodeJson(item)), '']))
  if (typeof value === 'object' && value !== null) {
    return encodePairs(
      Object.entries(value).map(([key, item]) => [latin1(utf8(key)), latin1(encodeJson(item))]),
    )
  }
  return undefined
}

function latin1(value: PropertyValue): string {
  if (value === undefined) return ''
  return typeof value === 'string' ? value : Buffer.from(value).toString('latin1')
}

function utf8(text: string): Uint8Array {
  return Buffer.from(text, 'utf8')
}

/** Envoy leaves empty text out. */
function textOrNone(text: string | undefined): PropertyValue {
  return text === undefined || text === '' ? undefined : utf8(text)
}

/** Eight bytes, little endian; `scale` multiplies, for nanoseconds. */
function int64(value: number, scale = 1n): Uint8Array {
  const bytes = new Uint8Array(8)
  if (!Number.isFinite(value)) return bytes
  new DataView(bytes.buffer).setBigInt64(0, BigInt(Math.trunc(value)) * scale, true)
  return bytes
}

/** Nanoseconds between two moments; undefined until the second one has come. */
function duration(startMs: number | undefined, endMs: number | undefined): PropertyValue {
  if (startMs === undefined || endMs === undefined) return undefined
  return int64(Math.round((endMs - startMs) * 1000), 1000n)
}

function double(value: number): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setFloat64(0, value, true)
  return bytes
}
