import type { HeaderTable, RequestHeaderTable, ResponseHeaderTable } from '../header-table.ts'
import type { HeadError } from './http1-parser.ts'

/** What a server codec tells about one request. Views of bytes are valid during the call only. */
export interface RequestSink {
  onRequestHeaders(headers: RequestHeaderTable, endStream: boolean): void
  onRequestData(chunk: Buffer, endStream: boolean): void
  onRequestTrailers(trailers: HeaderTable): void
  /** The client closed its side of a tunnel; the end of the data follows. */
  onTunnelEnd?(): void
  /** The bytes that arrived together are used up: write on what was gathered. */
  onRequestBatchEnd(): void
  /** The request will not be complete: the peer went away, or broke the protocol. */
  onRequestReset(reason: 'remote-close' | 'protocol-error'): void
  /** The response can be written again after `blocked`. */
  onResponseDrain(): void
}

/** One response, written. A codec that serves one request at a time implements it itself. */
export interface ResponseEncoder {
  /** More response bytes than the peer takes are waiting. */
  readonly blocked: boolean
  encodeContinue(): void
  encodeHeaders(headers: ResponseHeaderTable, endStream: boolean): void
  encodeData(chunk: Uint8Array, endStream: boolean): void
  encodeTrailers(trailers: HeaderTable): void
  /** Writes what was gathered. */
  flush(): void
  /** Stops reading the request (backpressure). Counted: each needs its `resumeRequest`. */
  holdRequest(): void
  resumeRequest(): void
  /** Gives up the response: the connection, or the HTTP/2 stream, is reset. */
  resetStream(): void
  /** The connection closes after this response. */
  closeAfterResponse(): void
}

/** The connection manager's side of a server codec. */
export interface ServerCodecOwner {
  /** A request begins; it gets its headers at once. */
  newStream(encoder: ResponseEncoder): RequestSink
  /** A head began to arrive but is not complete. */
  onPartialHead(): void
  /** A client that waits for `100 Continue` was sent it. */
  onContinue?(): void
  /** A head is refused. The owner answers on `encoder`, or closes. */
  onRefusedHead(error: HeadError, encoder: ResponseEncoder): void
  /** Request and response are complete, the connection is ready for the next. */
  onExchangeEnd(): void
  /** The response is complete and the connection must close. */
  onFinalResponse(): void
  /**
   * A response ends before its time; the connection must close. The peer may have its beginning, unless only a reset tells
   * that it was not all. Reset without.
   */
  onCutResponse?(mustReset: boolean): void
  /** The peer sent FIN while no request was under way, be it because its last response is written. */
  onIdleEnd(): void
  /** The connection is gone. */
  onClose(error: Error | undefined): void
}

/** Why an upstream exchange ended before its time, in the words of Envoy's response code details. */
export type UpstreamReset =
  | 'connection_termination'
  | 'local_connection_failure'
  | 'remote_connection_failure'
  | 'connection_timeout'
  | 'overflow'
  | 'protocol_error'
  | 'remote_reset'
  | 'local_reset'

/** What a client codec tells about one response. */
export interface ResponseSink {
  /** An interim response, which goes no further. */
  onInterimResponse?(status: number): void
  onResponseHeaders(headers: ResponseHeaderTable, endStream: boolean): void
  onResponseData(chunk: Buffer, endStream: boolean): void
  onResponseTrailers(trailers: HeaderTable): void
  /** The host closed its side of a tunnel; the end of the data follows. */
  onTunnelEnd?(): void
  onResponseBatchEnd(): void
  onUpstreamReset(reason: UpstreamReset, details: string): void
  /** The request can be written again after `blocked`. */
  onRequestDrain(): void
}
