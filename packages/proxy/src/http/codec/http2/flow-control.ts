import { MAX_31_BITS } from './frame.ts'

/**
 * What may still be sent, of a stream or of a connection. It may be negative: a peer that lowers its
 * SETTINGS_INITIAL_WINDOW_SIZE takes back what it has granted.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9113#section-6.9.1
 */
export class SendWindow {
  available: number

  constructor(bytes: number) {
    this.available = bytes
  }

  /** Returns false when the window would be larger than the protocol allows. */
  grow(bytes: number): boolean {
    this.available += bytes
    return this.available <= MAX_31_BITS
  }
}

/**
 * What the peer may still send. It gets room for as much as was consumed, so that whoever reads slowly holds no more
 * than one window.
 */
export class ReceiveWindow {
  readonly #limit: number
  #available: number
  /** Consumed, and not announced yet. */
  #owed = 0

  /**
   * @param limit - the window is this large when everything was consumed
   * @param announced - what the peer takes it to be at the beginning
   */
  constructor(limit: number, announced = limit) {
    this.#limit = limit
    this.#available = announced
    this.#owed = limit - announced
  }

  /** What was received and not consumed. */
  get unconsumed(): number {
    return this.#limit - this.#available - this.#owed
  }

  /** Returns false when the peer sent more than it was allowed to. */
  receive(bytes: number): boolean {
    this.#available -= bytes
    return this.#available >= 0
  }

  /**
   * Returns the increment to announce, or 0 while that is not worth a frame.
   *
   * @param bytes - that were received and are of no concern any more
   */
  consume(bytes: number): number {
    this.#owed += bytes
    if (this.#owed * 2 < this.#limit) return 0
    const increment = this.#owed
    this.#available += increment
    this.#owed = 0
    return increment
  }
}
