/** How many streams are remembered. */
const CAPACITY = 256

/**
 * Which streams we have reset: what the peer had sent by then still arrives and is ignored. On a stream that came to
 * its end in order nothing may follow.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9113#section-5.1
 */
export class StreamHistory {
  readonly #ids = new Set<number>()
  /** Of streams up to this one nothing is known any more. */
  #forgotten = 0

  reset(streamId: number): void {
    this.#ids.add(streamId)
    if (this.#ids.size <= CAPACITY) return
    for (const oldest of this.#ids) {
      this.#ids.delete(oldest)
      this.#forgotten = Math.max(this.#forgotten, oldest)
      break
    }
  }

  /** True in case of doubt. */
  wasReset(streamId: number): boolean {
    return streamId <= this.#forgotten || this.#ids.has(streamId)
  }
}
