import type { Clock } from '@batten/core'

/**
 * How many frames that carry nothing forward a peer may send: so many at once, and so many a second in the long run.
 * Each of them costs us more than it costs the peer, or makes us answer.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9113#section-10.5
 */
export class FrameBudget {
  readonly #clock: Clock
  readonly #burst: number
  readonly #perSecond: number
  #left: number
  #filledAtMs: number

  constructor(clock: Clock, burst: number, perSecond: number) {
    this.#clock = clock
    this.#burst = burst
    this.#perSecond = perSecond
    this.#left = burst
    this.#filledAtMs = clock.monotonicMs()
  }

  /** Takes one frame's share; false when nothing is left. */
  take(): boolean {
    if (this.#left < 1) this.#fill()
    this.#left -= 1
    return this.#left >= 0
  }

  /** The peer has earned more: it may answer what we sent. */
  earn(frames: number): void {
    this.#left = Math.min(this.#left + frames, this.#burst)
  }

  #fill(): void {
    const now = this.#clock.monotonicMs()
    this.earn(((now - this.#filledAtMs) / 1000) * this.#perSecond)
    this.#filledAtMs = now
  }
}
