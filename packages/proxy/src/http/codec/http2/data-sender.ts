import type { Transport } from '../../../network/transport.ts'
import { SendWindow } from './flow-control.ts'
import { DEFAULT_MAX_FRAME_BYTES, DEFAULT_WINDOW_BYTES } from './frame.ts'
import type { FrameWriter } from './frame-writer.ts'
import type { Http2Stream } from './http2-stream.ts'

/**
 * Sends the DATA of all streams of a connection as far as the windows and the transport allow, one frame of each in
 * turn.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9113#section-5.2
 */
export class DataSender {
  /** Of the connection. */
  readonly window = new SendWindow(DEFAULT_WINDOW_BYTES)
  readonly #transport: Transport
  readonly #writer: FrameWriter
  readonly #onSent: (stream: Http2Stream) => void
  /** Streams that have something to send, in the order of their turns. */
  readonly #streams = new Set<Http2Stream>()
  #isSending = false

  /** @param onSent - called after each frame, before anything else is sent */
  constructor(transport: Transport, writer: FrameWriter, onSent: (stream: Http2Stream) => void) {
    this.#transport = transport
    this.#writer = writer
    this.#onSent = onSent
  }

  /** The stream has something to send, or has got a larger window. It is sent with the next {@link send}. */
  add(stream: Http2Stream): void {
    this.#streams.add(stream)
  }

  remove(stream: Http2Stream): void {
    this.#streams.delete(stream)
  }

  send(): void {
    if (this.#isSending) return
    this.#isSending = true
    // What is added while this runs comes to its turn at the end.
    for (const stream of this.#streams) {
      if (this.#transport.blocked) break
      const room = Math.min(this.window.available, stream.sendWindow.available, DEFAULT_MAX_FRAME_BYTES)
      if (room > 0 || stream.queuedBytes === 0) this.#sendOne(stream, room)
      else if (this.window.available <= 0) break
      // It comes back with its own WINDOW_UPDATE.
      else this.#streams.delete(stream)
    }
    this.#isSending = false
  }

  clear(): void {
    this.#streams.clear()
  }

  #sendOne(stream: Http2Stream, room: number): void {
    this.#streams.delete(stream)
    const piece = stream.take(room)
    this.window.available -= piece.length
    stream.sendWindow.available -= piece.length
    stream.localEnded = stream.endsWithLast
    this.#writer.data(stream.id, piece, stream.localEnded)
    if (stream.hasPending) this.#streams.add(stream)
    this.#onSent(stream)
    stream.drained()
  }
}
