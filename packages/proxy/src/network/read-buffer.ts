/**
 * Read buffers of the process.
 *
 * Every connection reads into one shared buffer, whose content is consumed before the next read: a thousand idle
 * connections hold no memory. A connection that fills it (a large body passes) gets a bulk buffer of its own from a
 * pool, which can be written to another socket without a copy: while such a write is under way the buffer has a
 * user, and the reading connection takes another one.
 */

/** Larger reads than this are rare for heads and small bodies; a native write of so much text needs no allocation. */
export const SHARED_BUFFER_BYTES = 16 * 1024
export const BULK_BUFFER_BYTES = 64 * 1024
const MAX_POOLED = 32

export const sharedBuffer: Buffer = Buffer.allocUnsafeSlow(SHARED_BUFFER_BYTES)

const pool: BulkBuffer[] = []
const owners = new WeakMap<ArrayBufferLike, BulkBuffer>()

/** A large read buffer on loan to one connection. */
export class BulkBuffer {
  readonly bytes: Buffer = Buffer.allocUnsafeSlow(BULK_BUFFER_BYTES)
  #users = 0
  #lent = true

  constructor() {
    owners.set(this.bytes.buffer, this)
  }

  static take(): BulkBuffer {
    const buffer = pool.pop()
    if (buffer === undefined) return new BulkBuffer()
    buffer.#lent = true
    return buffer
  }

  /** Whether a write still reads from it. */
  get inUse(): boolean {
    return this.#users > 0
  }

  /** A write begins to read from it. */
  retain(): void {
    this.#users++
  }

  release(): void {
    this.#users--
    this.#recycle()
  }

  /** The connection reads into it no more. */
  giveBack(): void {
    this.#lent = false
    this.#recycle()
  }

  #recycle(): void {
    if (!this.#lent && this.#users === 0 && pool.length < MAX_POOLED) pool.push(this)
  }
}

/** The bulk buffer that these bytes are a view of, if any. */
export function bulkBufferOf(bytes: Uint8Array): BulkBuffer | undefined {
  return owners.get(bytes.buffer)
}
