/**
 * One byte stream to a peer, plain or TLS, downstream or upstream: all that codecs know of sockets.
 *
 * Reading is push: {@link TransportHandler.onData} gets a view of a buffer that is shared by every connection of the
 * process, so it must be consumed (parsed, written on, or copied) before the call returns. Writing never blocks: it
 * queues, and says when the reader of the source should be paused.
 */
export interface Transport {
  /** Replaced when a connection changes hands (inspector -> TLS -> codec; pool -> request). */
  handler: TransportHandler
  /** `ip:port`, `[ip6]:port`, or the path of a Unix domain socket. */
  readonly remoteAddress: string
  readonly localAddress: string
  /** True while written bytes wait above the high watermark; `onDrain` tells when that ends. */
  readonly blocked: boolean
  /** Bytes written that the system has not taken yet. */
  readonly bufferedBytes: number
  /** No more callbacks come and writes are ignored. */
  readonly closed: boolean
  /**
   * Writes one code unit a byte. What is written in one turn of the event loop goes out together at its end. Returns
   * false when `blocked`. Ignored after `end` and on a closed transport.
   */
  writeLatin1(text: string): boolean
  /**
   * Writes bytes behind what waits: few of them are copied and go out at the end of the turn, many are lent and go at
   * once. A view of the chunk that `onData` was given may be passed on as it is. Any other memory must not change until
   * the bytes are gone (`bufferedBytes` is 0): hand over a buffer you own and forget it.
   */
  writeBytes(bytes: Uint8Array): boolean
  /** Stops reading (backpressure): no `onData` and no `onEnd` until `resume`. */
  pause(): void
  resume(): void
  /** Sends what is queued, then FIN. Reading goes on. */
  end(): void
  /** Closes at once; bytes that the system does not take at once are lost. Idempotent. `onClose` still comes, once, and later. */
  destroy(): void
  /** RST instead of FIN where the system can. */
  reset(): void
}

export interface TransportHandler {
  /** `chunk` is valid during the call only. What it throws destroys the transport and is given to `onClose`. */
  onData(chunk: Buffer): void
  /** The peer sent FIN; the other direction stays open until `end` or `destroy`. */
  onEnd(): void
  /** The write queue is empty again after it was `blocked`. */
  onDrain(): void
  /** The last callback. `error` is set unless both sides ended in order or we destroyed it. */
  onClose(error: Error | undefined): void
}
