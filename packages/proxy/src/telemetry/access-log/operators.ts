import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { HeaderMap } from '../../http/header-map.ts'
import type { ConnectionTls } from '../../network/connection.ts'
import { longResponseFlag } from '../../response-flags.ts'
import type { Host } from '../../upstream/host.ts'
import { GRPC_OPERATORS } from './grpc-operators.ts'
import type { LoggedStream } from './logged-stream.ts'
import {
  invalidOperator,
  type LogOperator,
  type LogValue,
  type OperatorFactory,
  parameterised,
  plain,
} from './operator.ts'
import { PATH_OPERATORS } from './path-operators.ts'
import { compileTimeFormat } from './start-time.ts'

type Moment = (stream: LoggedStream) => number | undefined

const start: Moment = (stream) => stream.startMs

/** Milliseconds between two moments; undefined while one of them has not come. */
function between(from: Moment, to: Moment): OperatorFactory {
  return plain((stream) => {
    const [fromMs, toMs] = [from(stream), to(stream)]
    return fromMs === undefined || toMs === undefined ? undefined : Math.max(0, Math.floor(toMs - fromMs))
  })
}

/** The points that `%COMMON_DURATION%` knows. */
const TIME_POINTS: Readonly<Record<string, Moment>> = {
  DS_RX_BEG: start,
  DS_RX_END: (stream) => stream.timing.requestEndMs,
  US_TX_BEG: (stream) => stream.timing.upstreamTxStartMs,
  US_TX_END: (stream) => stream.timing.upstreamTxEndMs,
  US_RX_BEG: (stream) => stream.timing.upstreamRxStartMs,
  US_RX_END: (stream) => stream.timing.upstreamRxEndMs,
  DS_TX_BEG: (stream) => stream.timing.downstreamTxStartMs,
  DS_TX_END: (stream) => stream.timing.endMs,
}

function commonDuration(parameter: string): LogOperator {
  const [from, to, unit = 'ms'] = parameter.split(':')
  const fromPoint = TIME_POINTS[from ?? '']
  const toPoint = TIME_POINTS[to ?? '']
  const scale = { ms: 1, us: 1e3, ns: 1e6 }[unit]
  if (fromPoint === undefined || toPoint === undefined || scale === undefined)
    throw invalidOperator(`%COMMON_DURATION(${parameter})% names no time points that are known`)
  return (stream) => {
    const [fromMs, toMs] = [fromPoint(stream), toPoint(stream)]
    return fromMs === undefined || toMs === undefined
      ? undefined
      : Math.max(0, Math.floor((toMs - fromMs) * scale))
  }
}

/** `%REQ(X?Y)%`: the first value of X, else of Y. */
function header(of: (stream: LoggedStream) => HeaderMap | undefined): OperatorFactory {
  return parameterised((parameter, name) => {
    const names = parameter.toLowerCase().split('?')
    if (names.length > 2) throw invalidOperator(`%${name}(${parameter})% has more than one alternative`)
    const [main, alternative] = names
    return (stream) => {
      const headers = of(stream)
      const value = headers?.get(main!)
      if (value !== undefined || alternative === undefined) return value
      return headers?.get(alternative)
    }
  })
}

/** `%REQ_WITHOUT_QUERY(X?Y)%`: the same, up to a question mark. */
const headerWithoutQuery: OperatorFactory = (parameter, name) => {
  const whole = header((stream) => stream.requestHeaders)(parameter, name)
  return (stream) => {
    const value = whole(stream)
    return typeof value === 'string' ? value.replace(/\?.*$/s, '') : value
  }
}

const ipOf = (address: string | undefined) => {
  if (address === undefined) return undefined
  const colon = address.lastIndexOf(':')
  return colon < 0 ? address : address.slice(0, colon).replace(/^\[|\]$/g, '')
}
const portOf = (address: string | undefined) => {
  const colon = address?.lastIndexOf(':') ?? -1
  return colon < 0 ? undefined : Number(address!.slice(colon + 1))
}

/** Three operators for an address: as it is, without its port, the port alone. */
function address(
  prefix: string,
  of: (stream: LoggedStream) => string | undefined,
): Record<string, OperatorFactory> {
  return {
    [`${prefix}_ADDRESS`]: plain(of),
    [`${prefix}_ADDRESS_WITHOUT_PORT`]: plain((stream) => ipOf(of(stream))),
    [`${prefix}_PORT`]: plain((stream) => portOf(of(stream))),
  }
}

function tls(of: (info: ConnectionTls) => LogValueOfTls): OperatorFactory {
  return plain((stream) => {
    const info = stream.connection.tls
    const value = info === undefined ? undefined : of(info)
    if (typeof value !== 'object') return value === '' ? undefined : value
    return value.length === 0 ? undefined : value.join(',')
  })
}
type LogValueOfTls = string | readonly string[] | undefined

/** A date of the peer's certificate, formatted as `%START_TIME%` is. */
function peerDate(of: (info: ConnectionTls) => number): OperatorFactory {
  return (format) => {
    const print = compileTimeFormat(format)
    return (stream) => {
      const atMs = stream.connection.tls === undefined ? Number.NaN : of(stream.connection.tls)
      return Number.isNaN(atMs) ? undefined : print(atMs)
    }
  }
}

/** `namespace:key:key` */
function metadata(of: (stream: LoggedStream, namespace: string) => unknown): OperatorFactory {
  return parameterised((parameter) => {
    const [namespace, ...keys] = parameter.split(':')
    return (stream) => {
      let value = of(stream, namespace!)
      for (const key of keys) value = isObject(value) ? value[key] : undefined
      return logValue(value)
    }
  })
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function logValue(value: unknown): LogValue {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8')
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  return isObject(value) ? value : undefined
}

function filterState(parameter: string): LogOperator {
  const key = parameter.split(':')[0]!
  return (stream) => logValue(stream.state.get(key))
}

function environment(name: string): LogOperator {
  const value = process.env[name] ?? '-'
  return () => value
}

const notKept: OperatorFactory = plain(() => undefined)

/** Whether a connection to the host stood. */
function isConnected(stream: LoggedStream): boolean {
  return stream.upstreamLocalAddress !== undefined
}

function hostOf(stream: LoggedStream): Host | undefined {
  const { upstreamAddress } = stream
  if (upstreamAddress === undefined) return undefined
  return stream.cluster?.hosts.find((host) => host.address === upstreamAddress)
}

/** The name of the endpoint; its address where it has none. */
function hostNameOf(stream: LoggedStream): string | undefined {
  return hostOf(stream)?.config.hostname || stream.upstreamAddress
}

/** Operators whose values are bytes of headers, one character each. */
export const HEADER_OPERATORS: ReadonlySet<string> = new Set([
  'REQ',
  'REQ_WITHOUT_QUERY',
  'RESP',
  'TRAILER',
  'STREAM_ID',
  ...Object.keys(PATH_OPERATORS),
])

/** Operators whose values may be cut to a length. */
export const MEASURED_OPERATORS: ReadonlySet<string> = new Set([
  'REQ',
  'REQ_WITHOUT_QUERY',
  'RESP',
  'TRAILER',
  'DYNAMIC_METADATA',
  'CLUSTER_METADATA',
  'UPSTREAM_METADATA',
  'METADATA',
  'FILTER_STATE',
  'ENVIRONMENT',
  ...Object.keys(PATH_OPERATORS),
])

/**
 * The command operators of HTTP access logs and header values, by name. Some name what this proxy does not have; they are
 * accepted, because Istio's formats use them, and print `-`.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage#command-operators
 */
export const OPERATORS: Readonly<Record<string, OperatorFactory>> = {
  START_TIME: (format) => {
    const print = compileTimeFormat(format)
    return (stream) => print(stream.startTimeMs)
  },
  PROTOCOL: plain((stream) => stream.protocol || undefined),
  RESPONSE_CODE: plain((stream) => stream.responseHeaders?.status ?? 0),
  RESPONSE_CODE_DETAILS: plain((stream) => stream.responseCodeDetails || undefined),
  RESPONSE_FLAGS: plain((stream) => stream.responseFlags.join(',') || '-'),
  RESPONSE_FLAGS_LONG: plain((stream) => stream.responseFlags.map(longResponseFlag).join(',') || '-'),
  CONNECTION_TERMINATION_DETAILS: notKept,
  BYTES_RECEIVED: plain((stream) => stream.requestBytes),
  BYTES_SENT: plain((stream) => stream.responseBytes),
  REQUEST_HEADERS_BYTES: plain((stream) => stream.requestHeaders.byteSize),
  RESPONSE_HEADERS_BYTES: plain((stream) => stream.responseHeaders?.byteSize ?? 0),
  RESPONSE_TRAILERS_BYTES: plain((stream) => stream.responseTrailers?.byteSize ?? 0),
  DURATION: between(start, (stream) => stream.timing.endMs ?? stream.timing.nowMs),
  REQUEST_DURATION: between(start, (stream) => stream.timing.requestEndMs),
  REQUEST_TX_DURATION: between(start, (stream) => stream.timing.upstreamTxEndMs),
  RESPONSE_DURATION: between(start, (stream) => stream.timing.upstreamRxStartMs),
  RESPONSE_TX_DURATION: between(
    (stream) => stream.timing.upstreamRxStartMs,
    (stream) => stream.timing.endMs,
  ),
  COMMON_DURATION: parameterised(commonDuration),
  REQ: header((stream) => stream.requestHeaders),
  REQ_WITHOUT_QUERY: headerWithoutQuery,
  RESP: header((stream) => stream.responseHeaders),
  TRAILER: header((stream) => stream.responseTrailers),
  ...GRPC_OPERATORS,
  ...PATH_OPERATORS,
  ROUTE_NAME: plain((stream) => stream.route?.name || undefined),
  VIRTUAL_CLUSTER_NAME: notKept,
  UPSTREAM_HOST: plain((stream) => stream.upstreamAddress),
  UPSTREAM_CLUSTER: plain((stream) => stream.cluster?.config.statName),
  UPSTREAM_CLUSTER_RAW: plain((stream) => stream.cluster?.name),
  ...address('UPSTREAM_LOCAL', (stream) => stream.upstreamLocalAddress),
  ...address('UPSTREAM_REMOTE', (stream) => (isConnected(stream) ? stream.upstreamAddress : undefined)),
  UPSTREAM_HOST_NAME: plain((stream) => hostNameOf(stream)),
  UPSTREAM_HOST_NAME_WITHOUT_PORT: plain((stream) => ipOf(hostNameOf(stream))),
  UPSTREAM_METADATA: metadata((stream, namespace) => hostOf(stream)?.config.metadata[namespace]),
  UPSTREAM_TRANSPORT_FAILURE_REASON: plain(
    (stream) => stream.upstreamTransportFailureReason.replaceAll(' ', '_') || undefined,
  ),
  UPSTREAM_REQUEST_ATTEMPT_COUNT: plain((stream) => stream.upstreamAttemptCount),
  UPSTREAM_PROTOCOL: plain((stream) =>
    isConnected(stream) ? (stream.upstreamProtocol ?? 'HTTP/1.1') || undefined : undefined,
  ),
  ...address('DOWNSTREAM_REMOTE', (stream) => stream.downstreamRemoteAddress),
  ...address('DOWNSTREAM_DIRECT_REMOTE', (stream) => stream.connection.remoteAddress),
  ...address('DOWNSTREAM_LOCAL', (stream) => stream.connection.localAddress),
  // Nothing replaces the address of the socket here.
  ...address('DOWNSTREAM_DIRECT_LOCAL', (stream) => stream.connection.localAddress),
  // A connection whose handshake failed has no requests.
  DOWNSTREAM_TRANSPORT_FAILURE_REASON: notKept,
  CONNECTION_ID: plain((stream) => stream.connection.id),
  STREAM_ID: plain((stream) => stream.requestHeaders.get('x-request-id')),
  REQUESTED_SERVER_NAME: plain((stream) => stream.connection.requestedServerName || undefined),
  FILTER_CHAIN_NAME: plain((stream) => stream.connection.filterChainName || undefined),
  LISTENER_NAME: plain((stream) => stream.connection.listenerName || undefined),
  DOWNSTREAM_TLS_VERSION: tls((info) => info.version),
  DOWNSTREAM_TLS_CIPHER: tls((info) => info.cipher),
  DOWNSTREAM_TLS_SESSION_ID: notKept,
  DOWNSTREAM_LOCAL_URI_SAN: tls((info) => info.localUriSans),
  DOWNSTREAM_LOCAL_SUBJECT: tls((info) => info.localSubject),
  DOWNSTREAM_PEER_URI_SAN: tls((info) => info.peerUriSans),
  DOWNSTREAM_PEER_DNS_SAN: tls((info) => info.peerDnsSans),
  DOWNSTREAM_PEER_SUBJECT: tls((info) => info.peerSubject),
  DOWNSTREAM_LOCAL_DNS_SAN: tls((info) => info.localDnsSans),
  DOWNSTREAM_PEER_ISSUER: tls((info) => info.peerIssuer),
  DOWNSTREAM_PEER_SERIAL: tls((info) => info.peerSerial),
  DOWNSTREAM_PEER_FINGERPRINT_256: tls((info) => info.peerCertificateSha256),
  DOWNSTREAM_PEER_CERT: tls((info) => encodeURIComponent(info.peerCertificatePem)),
  DOWNSTREAM_PEER_CERT_V_START: peerDate((info) => info.peerValidFromMs),
  DOWNSTREAM_PEER_CERT_V_END: peerDate((info) => info.peerValidToMs),
  DYNAMIC_METADATA: metadata((stream, namespace) => stream.metadata.get(namespace)),
  CLUSTER_METADATA: metadata((stream, namespace) => stream.cluster?.config.metadata[namespace]),
  METADATA: metadataOfKind(),
  FILTER_STATE: parameterised(filterState),
  HOSTNAME: plain(constant(hostname())),
  ACCESS_LOG_TYPE: plain((stream) => stream.logType ?? 'DownstreamEnd'),
  UNIQUE_ID: plain(() => randomUUID()),
  // No spans are produced, and no filter sets flags of its own.
  TRACE_ID: notKept,
  SPAN_ID: notKept,
  CUSTOM_FLAGS: plain(constant('')),
  ENVIRONMENT: parameterised(environment),
}

function constant(value: string): LogOperator {
  return () => value
}

/** `%METADATA(ROUTE:namespace:key)%` */
function metadataOfKind(): OperatorFactory {
  return parameterised((parameter, name) => {
    const colon = parameter.indexOf(':')
    const kind = parameter.slice(0, Math.max(colon, 0))
    const rest = parameter.slice(colon + 1)
    const kinds: Readonly<Record<string, (stream: LoggedStream, namespace: string) => unknown>> = {
      DYNAMIC: (stream, namespace) => stream.metadata.get(namespace),
      CLUSTER: (stream, namespace) => stream.cluster?.config.metadata[namespace],
      ROUTE: (stream, namespace) => stream.route?.metadata[namespace],
      UPSTREAM_HOST: (stream, namespace) => hostOf(stream)?.config.metadata[namespace],
    }
    const of = kinds[kind]
    if (of === undefined)
      throw invalidOperator(`%${name}(${parameter})%: ${kind || parameter} is no kind of metadata`)
    return metadata(of)(rest, name)
  })
}
