/**
 * One byte stream to a peer, plain or TLS, downstream or upstream: all that codecs know of sockets.
 *
 * Reading is push: {@link TransportHandler.onData} gets a view of a buffer that is shared by every connection of the
 * process, so it must be consumed (parsed, or copied) before the call returns. Writing never blocks: it queues, and
 * says when the reader of the source should be paused.
 */
export interface Transport {
  /** Replaced when a connection changes hands (inspector -> TLS -> codec; pool -> request). */
  handler: TransportHandler
  /** `ip:port` */
  readonly remoteAddress: string
  readonly localAddress: string
  /** True while written bytes wait above the high watermark; `onDrain` tells when that ends. */
  readonly blocked: boolean
  /** Bytes written that the system has not taken yet. */
  readonly bufferedBytes: number
  /** Writes one code unit a byte. Returns false when `blocked`. */
  writeLatin1(text: string): boolean
  /** The bytes must not change until `onDrain`, or the call after it: hand over a buffer you own. */
  writeBytes(bytes: Uint8Array): boolean
  /** Between these two, small writes are gathered into one system call. */
  cork(): void
  uncork(): void
  /** Stops reading (backpressure). */
  pause(): void
  resume(): void
  /** Sends what is queued, then FIN. */
  end(): void
  /** Closes at once; queued bytes are lost. Idempotent. `onClose` still comes, once. */
  destroy(): void
  /** RST instead of FIN where the system can. */
  reset(): void
}

export interface TransportHandler {
  /** `chunk` is valid during the call only. */
  onData(chunk: Buffer): void
  /** The peer sent FIN. */
  onEnd(): void
  /** The write queue went below the low watermark. */
  onDrain(): void
  /** The last callback. `error` is set unless both sides ended in order. */
  onClose(error: Error | undefined): void
}
