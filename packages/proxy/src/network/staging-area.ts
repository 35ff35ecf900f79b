import { BULK_BUFFER_BYTES, BulkBuffer } from './read-buffer.ts'

/**
 * Where small messages wait for the end of a turn: head and body one behind the other, outside of V8's heap, in buffers
 * that all connections share. A part belongs to its connection until it is written; when all of a buffer are, it is
 * used from its beginning again.
 */
export class StagingArea {
  #buffer: BulkBuffer | undefined
  /** Where what was handed out last ends. */
  #end = 0

  /** The buffer that parts are handed out from. Whoever takes the first one of a message retains it. */
  get buffer(): BulkBuffer {
    return this.#buffer!
  }

  /** Takes so many bytes, at most those of a bulk buffer; returns where they start in {@link buffer}. */
  take(length: number): number {
    let buffer = this.#buffer
    if (buffer !== undefined && !buffer.inUse) this.#end = 0
    if (buffer === undefined || this.#end + length > BULK_BUFFER_BYTES) {
      buffer?.giveBack()
      buffer = this.#buffer = BulkBuffer.take()
      this.#end = 0
    }
    const start = this.#end
    this.#end = start + length
    return start
  }

  /** Takes the bytes right behind a part that ends at `end`; false when they are not free. */
  extend(buffer: BulkBuffer, end: number, length: number): boolean {
    if (buffer !== this.#buffer || end !== this.#end || end + length > BULK_BUFFER_BYTES) return false
    this.#end = end + length
    return true
  }
}

/** The one of the process. */
export const stagingArea: StagingArea = new StagingArea()
