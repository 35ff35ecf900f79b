import { ReceiveWindow, SendWindow } from './flow-control.ts'
import { ErrorCode } from './frame.ts'
import type { HeaderField } from './header-fields.ts'

/** Who ended a stream before its time: the server by RST_STREAM, we because of an error, or the end of the connection. */
export type ResetOrigin = 'peer' | 'local' | 'connection'

/** Why a stream ended before its time. */
export interface Http2Reset {
  readonly origin: ResetOrigin
  /** An error code of HTTP/2. */
  readonly code: number
  readonly message: string
  /** The server has not begun with the request: it may be sent again, whatever it is. */
  readonly isRetryable: boolean
}

/**
 * What is told about one response. After `onEnd` only `onDrain` and `onReset` may come, as long as the request is not
 * complete; nothing after `onReset`, or once the stream was reset by us.
 */
export interface Http2StreamSink {
  /** The head of the final response; informational ones are not told. */
  onHeaders(status: number, fields: readonly HeaderField[], endStream: boolean): void
  /** `chunk` is valid during the call. The peer gets room for more when {@link Http2Stream.consumed} says so. */
  onData(chunk: Buffer): void
  /** The response is complete. */
  onEnd(trailers: readonly HeaderField[]): void
  onReset(reset: Http2Reset): void
  /** The request can be written again after `blocked`. */
  onDrain(): void
}

/** What a stream asks of its connection. */
export interface Http2StreamOwner {
  /** It has something to send. */
  schedule(stream: Http2Stream): void
  resetStream(stream: Http2Stream, code: number): void
  consumed(stream: Http2Stream, bytes: number): void
}

/** Request bytes above which a stream is `blocked`. */
const HIGH_WATERMARK_BYTES = 64 * 1024

/**
 * One exchange on a connection, the client's side.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9113#section-5.1
 */
export class Http2Stream {
  /** 0 until HEADERS went out: the server may allow no more streams at the moment. */
  id = 0
  readonly sink: Http2StreamSink
  readonly receiveWindow: ReceiveWindow
  sendWindow = new SendWindow(0)
  /** Request bytes that wait for the peer's windows. */
  queuedBytes = 0
  /** END_STREAM was sent. */
  localEnded = false
  /** END_STREAM arrived. */
  remoteEnded = false
  isClosed = false
  /** Whether the final head arrived. */
  hasHead = false
  /** A response to HEAD has no body, whatever its `content-length` says. */
  isHead = false
  /** What is left of the `content-length` of the response; undefined without one. */
  expectedBytes: number | undefined
  readonly #owner: Http2StreamOwner
  #queue: Uint8Array[] = []
  #isEnding = false
  #wasBlocked = false

  constructor(owner: Http2StreamOwner, sink: Http2StreamSink, windowBytes: number) {
    this.#owner = owner
    this.sink = sink
    this.receiveWindow = new ReceiveWindow(windowBytes)
  }

  /** More request bytes are waiting than should be. */
  get blocked(): boolean {
    return this.queuedBytes >= HIGH_WATERMARK_BYTES
  }

  get hasPending(): boolean {
    return this.queuedBytes > 0 || (this.#isEnding && !this.localEnded)
  }

  /**
   * Sends bytes of the request, as far as the peer takes them; the rest waits. Returns false when `blocked`.
   *
   * @param bytes - not to be changed afterwards
   */
  write(bytes: Uint8Array, endStream = false): boolean {
    if (this.isClosed || this.#isEnding) return !this.blocked
    if (bytes.length > 0) this.#queue.push(bytes)
    this.queuedBytes += bytes.length
    if (endStream) this.#isEnding = true
    if (this.hasPending) this.#owner.schedule(this)
    if (this.blocked) this.#wasBlocked = true
    return !this.blocked
  }

  /** The request is complete. */
  end(): void {
    this.write(NOTHING, true)
  }

  /** Gives up the exchange. No callback comes any more. */
  reset(code: number = ErrorCode.cancel): void {
    if (!this.isClosed) this.#owner.resetStream(this, code)
  }

  /** Bytes of `onData` are of no concern any more: the peer may send as many again. */
  consumed(bytes: number): void {
    if (!this.isClosed && bytes > 0) this.#owner.consumed(this, bytes)
  }

  /** @internal The next piece to send, of no more bytes than that; empty when only END_STREAM is left. */
  take(maxBytes: number): Uint8Array {
    const first = this.#queue[0]
    if (first === undefined) return NOTHING
    const piece = first.length <= maxBytes ? first : first.subarray(0, maxBytes)
    if (piece === first) this.#queue.shift()
    else this.#queue[0] = first.subarray(maxBytes)
    this.queuedBytes -= piece.length
    return piece
  }

  /** @internal Nothing follows what was taken last. */
  get endsWithLast(): boolean {
    return this.#isEnding && this.queuedBytes === 0
  }

  /** @internal */
  drained(): void {
    if (!this.#wasBlocked || this.blocked || this.isClosed) return
    this.#wasBlocked = false
    this.sink.onDrain()
  }

  /** @internal */
  close(): void {
    this.isClosed = true
    this.#queue = []
    this.queuedBytes = 0
  }
}

const NOTHING = new Uint8Array(0)
