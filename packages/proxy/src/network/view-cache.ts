const SLOTS = 64

/**
 * Views of the beginning of one buffer. Messages of a connection are often as long as the last ones, and a view is an
 * object of a hundred bytes: those of the last lengths are kept.
 */
export class ViewCache {
  readonly #buffer: Buffer
  readonly #views: Buffer[]

  constructor(buffer: Buffer) {
    this.#buffer = buffer
    this.#views = Array.from({ length: SLOTS }, () => buffer)
  }

  /** The first `length` bytes. The view is shared: it must not outlive what the bytes stand for. */
  of(length: number): Buffer {
    const slot = length % SLOTS
    const kept = this.#views[slot]!
    if (kept.length === length) return kept
    const view = this.#buffer.subarray(0, length)
    this.#views[slot] = view
    return view
  }
}
