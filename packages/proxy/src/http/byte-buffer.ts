const EMPTY = Buffer.alloc(0)

/** Bytes collected over several chunks; appending is amortised, reading is a view. */
export class ByteBuffer {
  #bytes: Buffer = EMPTY
  #length = 0

  get length(): number {
    return this.#length
  }

  /** A view that is valid until the next `append`. */
  get view(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  append(chunk: Uint8Array): void {
    const needed = this.#length + chunk.length
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2, 1024))
      grown.set(this.view)
      this.#bytes = grown
    }
    this.#bytes.set(chunk, this.#length)
    this.#length = needed
  }

  /** Replaces everything. */
  set(bytes: Uint8Array): void {
    this.#length = 0
    this.append(bytes)
  }

  /** Takes the bytes out. */
  take(): Buffer {
    const taken = this.view
    this.#bytes = EMPTY
    this.#length = 0
    return taken
  }
}
