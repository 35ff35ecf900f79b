import type { GrpcMethod } from '@batten/xds'
import type { RejectedResource } from './resource-handler.ts'

/** What became of a response. */
export interface ResponseOutcome {
  readonly typeUrl: string
  readonly nonce: string
  readonly arrived: number
  readonly removed: number
  readonly rejected: readonly RejectedResource[]
  /** The ACK or NACK. */
  readonly reply: Uint8Array
}

/**
 * The client side of one xDS stream, without the stream: bytes in, bytes out. Keeps what it knows over reconnections.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol
 */
export interface XdsProtocol {
  readonly method: GrpcMethod
  /** Wants one resource. Takes effect with the next {@link flush}. */
  want(typeUrl: string, name: string): void
  drop(typeUrl: string, name: string): void
  /** A stream was opened: the first request of every type that is wanted. */
  open(): Uint8Array[]
  /**
   * A response arrived. One at a time: the next one when the promise has settled. It gives undefined when
   * {@link open} was called meanwhile, so that there is nobody to answer.
   *
   * @throws BattenError `PROXY_XDS_PROTOCOL` if it is no response; the stream is of no use then
   */
  receive(bytes: Uint8Array): Promise<ResponseOutcome | undefined>
  /** Requests for what was wanted and dropped since; empty when there is nothing to say. */
  flush(): Uint8Array[]
}
