import { ViewCache } from './view-cache.ts'

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
const sharedViews = new ViewCache(sharedBuffer)

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

/** Decides into which buffer a connection reads next, and when what it has read is handed on. */
export interface ReadBuffers {
  /** Where the next read goes. */
  next(): Buffer
  /** `length` bytes were read into the buffer given last; returns what to hand on now, if anything. */
  received(length: number): Buffer | undefined
  /** What `received` kept back. */
  flush(): Buffer | undefined
  close(): void
}

/** One buffer a read: the shared one, or a bulk buffer while reads fill it. */
export class PlainReadBuffers implements ReadBuffers {
  #current: Buffer = sharedBuffer
  #bulk: BulkBuffer | undefined
  #lastBytes = 0

  next(): Buffer {
    const isBulk = this.#lastBytes >= SHARED_BUFFER_BYTES
    if (this.#bulk !== undefined && (!isBulk || this.#bulk.inUse)) this.close()
    if (isBulk) this.#bulk ??= BulkBuffer.take()
    this.#current = this.#bulk?.bytes ?? sharedBuffer
    return this.#current
  }

  received(length: number): Buffer {
    this.#lastBytes = length
    return this.#current === sharedBuffer ? sharedViews.of(length) : this.#current.subarray(0, length)
  }

  flush(): undefined {}

  close(): void {
    this.#bulk?.giveBack()
    this.#bulk = undefined
  }
}

/**
 * TLS hands over records of at most 16 KiB one by one, several for each read of the socket. While they are full, a
 * large body is passing: they are gathered in a bulk buffer, and go on together.
 */
export class TlsReadBuffers implements ReadBuffers {
  #bulk: BulkBuffer | undefined
  #isGathering = false
  /** What is gathered and not handed on lies between these. Only `next` moves back: the system may be reading to `end`. */
  #start = 0
  #end = 0

  next(): Buffer {
    if (this.#start === this.#end) {
      if (!this.#isGathering || this.#bulk?.inUse) this.close()
      this.#start = this.#end = 0
      if (!this.#isGathering) return sharedBuffer
    }
    this.#bulk ??= BulkBuffer.take()
    return this.#bulk.bytes.subarray(this.#end, this.#end + SHARED_BUFFER_BYTES)
  }

  received(length: number): Buffer | undefined {
    const bulk = this.#bulk
    this.#isGathering = length === SHARED_BUFFER_BYTES
    if (bulk === undefined) return sharedViews.of(length)
    this.#end += length
    const isRoomLeft = this.#end + SHARED_BUFFER_BYTES <= BULK_BUFFER_BYTES
    return this.#isGathering && isRoomLeft ? undefined : this.flush()
  }

  flush(): Buffer | undefined {
    if (this.#start === this.#end) return undefined
    const chunk = this.#bulk!.bytes.subarray(this.#start, this.#end)
    this.#start = this.#end
    return chunk
  }

  close(): void {
    this.#bulk?.giveBack()
    this.#bulk = undefined
    this.#start = this.#end = 0
  }
}
