import type { HttpStream } from '../../http/filter.ts'
import type { HeaderMap } from '../../http/header-map.ts'

/** Moments of a stream, monotonic milliseconds; undefined while they have not come. */
export interface StreamTiming {
  /** Last byte of the request received. */
  readonly requestEndMs: number | undefined
  /** First byte of the request sent upstream. */
  readonly upstreamTxStartMs: number | undefined
  /** Last byte of the request sent upstream. */
  readonly upstreamTxEndMs: number | undefined
  /** Response headers received from upstream. */
  readonly upstreamRxStartMs: number | undefined
  /** Last byte of the response received from upstream. */
  readonly upstreamRxEndMs: number | undefined
  /** Response headers sent to the client. */
  readonly downstreamTxStartMs: number | undefined
  /** Last byte of the response sent to the client, or the stream reset. */
  readonly endMs: number | undefined
  /** Now, for durations that are asked for before the end (by headers that are added). */
  readonly nowMs?: number
}

/** What filters see of a stream and logs know, too. */
type SeenStream = Pick<
  HttpStream,
  | 'id'
  | 'connection'
  | 'requestHeaders'
  | 'responseHeaders'
  | 'route'
  | 'cluster'
  | 'upstreamAddress'
  | 'requestBytes'
  | 'responseBytes'
  | 'startMs'
  | 'startTimeMs'
  | 'responseFlags'
  | 'responseCodeDetails'
  | 'protocol'
  | 'state'
  | 'metadata'
>

/** What access logs and header values know of a stream, or of a connection that was relayed. */
export interface LoggedStream extends SeenStream {
  /** `%ACCESS_LOG_TYPE%`. Default: `DownstreamEnd`. */
  readonly logType?: string
  /** The protocol of the upstream connection. Default: that of HTTP; empty for a relayed connection. */
  readonly upstreamProtocol?: string
  readonly timing: StreamTiming
  /**
   * Where the request is taken to come from: `ip:port` of the peer, or an address of `x-forwarded-for` with port 0 where
   * the connection manager trusts it.
   */
  readonly downstreamRemoteAddress: string
  /** `ip:port` of our side of the upstream connection, once connected. */
  readonly upstreamLocalAddress: string | undefined
  /** Why no connection to the host came about; empty when there was none to fail. */
  readonly upstreamTransportFailureReason: string
  /** Times that the request was sent, or tried to be; 0 before the router ran. */
  readonly upstreamAttemptCount: number
  /** Trailers of the response as they were sent; undefined when there were none. */
  readonly responseTrailers: HeaderMap | undefined
}
