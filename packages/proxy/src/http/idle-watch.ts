import { TimerEntry, type TimerTarget, type TimerWheel } from './timer-wheel.ts'

const PARTS = 4

/**
 * Notices that nothing happened for a while. What happens is noted by setting a flag, so a busy connection pays nothing
 * for its timers: the watch looks at the flag four times in its period and fires after four quiet looks. That makes it
 * up to a quarter of the period late, never early.
 */
export class IdleWatch implements TimerTarget {
  /** Set it when something happens. */
  touched = true
  readonly #wheel: TimerWheel
  readonly #entry: TimerEntry
  readonly #partMs: number
  readonly #onIdle: () => void
  #quiet = 0

  /** @param onIdle - called once; {@link start} begins anew */
  constructor(wheel: TimerWheel, periodMs: number, onIdle: () => void) {
    this.#wheel = wheel
    this.#partMs = periodMs / PARTS
    this.#onIdle = onIdle
    this.#entry = new TimerEntry(this)
  }

  get isRunning(): boolean {
    return this.#entry.isScheduled
  }

  start(): void {
    this.touched = false
    this.#quiet = 0
    this.#wheel.schedule(this.#entry, this.#partMs)
  }

  stop(): void {
    this.#wheel.cancel(this.#entry)
  }

  onTimer(): void {
    if (this.touched) {
      this.touched = false
      this.#quiet = 0
    } else if (++this.#quiet === PARTS) {
      this.#onIdle()
      return
    }
    this.#wheel.schedule(this.#entry, this.#partMs)
  }
}
