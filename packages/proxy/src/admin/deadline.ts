import type { Clock, Timer } from '@batten/core'

/**
 * One point in time after which something is overdue, moved often and reached rarely: putting it off costs no timer,
 * the one that runs looks again when it fires.
 */
export class Deadline {
  readonly #clock: Clock
  readonly #onDue: () => void
  #dueMs = Number.POSITIVE_INFINITY
  #timer: Timer | undefined
  /** When the timer fires. */
  #wakeMs = Number.POSITIVE_INFINITY

  constructor(clock: Clock, onDue: () => void) {
    this.#clock = clock
    this.#onDue = onDue
  }

  /** Replaces the deadline there was. */
  set(delayMs: number): void {
    const nowMs = this.#clock.monotonicMs()
    this.#dueMs = nowMs + delayMs
    if (this.#dueMs < this.#wakeMs) this.#wakeAt(this.#dueMs, nowMs)
  }

  clear(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#dueMs = this.#wakeMs = Number.POSITIVE_INFINITY
  }

  #wakeAt(atMs: number, nowMs: number): void {
    this.#timer?.cancel()
    this.#wakeMs = atMs
    this.#timer = this.#clock.setTimeout(this.#onWake, Math.ceil(atMs - nowMs))
  }

  readonly #onWake = (): void => {
    this.#timer = undefined
    this.#wakeMs = Number.POSITIVE_INFINITY
    const nowMs = this.#clock.monotonicMs()
    if (this.#dueMs > nowMs) {
      this.#wakeAt(this.#dueMs, nowMs)
      return
    }
    this.#dueMs = Number.POSITIVE_INFINITY
    this.#onDue()
  }
}
