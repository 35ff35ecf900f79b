/** No bytes: what a filter lets through when it keeps a chunk to itself. */
export const NO_BYTES: Uint8Array = new Uint8Array(0)

/**
 * The bytes of one direction that the guest can see: the chunk of the running callback, or, while the manager collects
 * the body, all of it. When the guest changes bytes that stay collected, the changed form is kept here until they go on.
 */
export class BodyWindow {
  /** What the guest sees during the callback; undefined outside of it. */
  bytes: Uint8Array | undefined
  /** Whether the guest changed it. */
  isChanged = false
  /** True while the manager collects. */
  isCollecting = false
  #held: Uint8Array | undefined
  /** Bytes of the manager's that {@link #held} stands for. */
  #heldLength = 0
  #chunkLength = 0

  /** Opens the window on a chunk, which is everything collected when the manager collects. */
  open(chunk: Uint8Array): void {
    this.#chunkLength = chunk.length
    this.isChanged = this.#held !== undefined
    if (this.#held === undefined) {
      this.bytes = chunk
      return
    }
    const tail = chunk.subarray(this.#heldLength)
    const bytes = new Uint8Array(this.#held.length + tail.length)
    bytes.set(this.#held)
    bytes.set(tail, this.#held.length)
    this.bytes = bytes
  }

  change(bytes: Uint8Array): void {
    this.bytes = bytes
    this.isChanged = true
  }

  /** Closes it; the bytes go on. What to send in place of the chunk, if the guest changed it. */
  pass(): Uint8Array | undefined {
    const result = this.isChanged ? this.bytes : undefined
    this.bytes = undefined
    this.#held = undefined
    this.isCollecting = false
    return result
  }

  /** Closes it; the manager collects. */
  collect(): void {
    this.isCollecting = true
    if (this.isChanged) this.hold(this.bytes!)
    this.bytes = undefined
  }

  /** Keeps a changed form of everything that the manager has collected so far. */
  hold(bytes: Uint8Array): void {
    this.#held = bytes
    this.#heldLength = this.#chunkLength
  }

  /** The changed form of what is collected, if there is one; forgotten after this. */
  takeHeld(): Uint8Array | undefined {
    const held = this.#held
    this.#held = undefined
    this.isCollecting = false
    return held
  }

  /** The changed form of what is collected, if there is one. */
  get held(): Uint8Array | undefined {
    return this.#held
  }
}
