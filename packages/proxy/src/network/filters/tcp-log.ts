import type { RequestHeaders } from '../../http/header-map.ts'
import type { LoggedStream, StreamTiming } from '../../telemetry/access-log/logged-stream.ts'

/** A connection without HTTP has no headers. */
const NO_HEADERS: RequestHeaders = Object.freeze({
  method: '',
  path: '',
  authority: '',
  scheme: '',
  size: 0,
  byteSize: 0,
  get: () => undefined,
  getAll: () => [],
  has: () => false,
  set() {},
  add() {},
  remove: () => false,
  forEach() {},
})

/** What a relayed connection tells of itself. */
export type RelayedConnection = Pick<
  LoggedStream,
  | 'connection'
  | 'cluster'
  | 'upstreamAddress'
  | 'upstreamLocalAddress'
  | 'upstreamTransportFailureReason'
  | 'upstreamAttemptCount'
  | 'requestBytes'
  | 'responseBytes'
  | 'responseFlags'
  | 'startMs'
  | 'startTimeMs'
> & { readonly endMs: number }

/** A relayed connection that has ended, as access logs see it: what is about HTTP is absent. */
export function loggedConnection(relayed: RelayedConnection): LoggedStream {
  const { endMs, ...known } = relayed
  const timing: StreamTiming = {
    requestEndMs: undefined,
    upstreamTxStartMs: undefined,
    upstreamTxEndMs: undefined,
    upstreamRxStartMs: undefined,
    upstreamRxEndMs: undefined,
    downstreamTxStartMs: undefined,
    endMs,
  }
  return {
    ...known,
    id: relayed.connection.id,
    requestHeaders: NO_HEADERS,
    responseHeaders: undefined,
    responseTrailers: undefined,
    route: undefined,
    responseCodeDetails: '',
    protocol: '',
    upstreamProtocol: '',
    logType: 'TcpConnectionEnd',
    downstreamRemoteAddress: relayed.connection.remoteAddress,
    state: new Map(),
    metadata: new Map(),
    timing,
  }
}
