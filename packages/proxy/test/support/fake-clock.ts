import type { Clock, Timer } from '@batten/core'

interface Pending {
  atMs: number
  order: number
  periodMs: number
  callback: () => void
}

/** A clock that stands still until `advance`. */
export class ManualClock implements Clock {
  #nowMs = 1000
  #order = 0
  readonly #pending = new Set<Pending>()

  now(): number {
    return 1_700_000_000_000 + this.#nowMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  setTimeout(callback: () => void, delayMs: number): Timer {
    return this.#add(callback, delayMs, 0)
  }

  setInterval(callback: () => void, periodMs: number): Timer {
    return this.#add(callback, periodMs, periodMs)
  }

  /** Timers that wait. */
  get pendingTimers(): number {
    return this.#pending.size
  }

  /** Lets time pass and calls back what is due, in order. */
  advance(ms: number): void {
    const target = this.#nowMs + ms
    for (;;) {
      let first: Pending | undefined
      for (const timer of this.#pending)
        if (
          timer.atMs <= target &&
          (first === undefined ||
            timer.atMs < first.atMs ||
            (timer.atMs === first.atMs && timer.order < first.order))
        )
          first = timer
      if (first === undefined) break
      this.#nowMs = Math.max(this.#nowMs, first.atMs)
      if (first.periodMs > 0) first.atMs += first.periodMs
      else this.#pending.delete(first)
      first.callback()
    }
    this.#nowMs = target
  }

  #add(callback: () => void, delayMs: number, periodMs: number): Timer {
    const timer = { atMs: this.#nowMs + Math.max(delayMs, 0), order: this.#order++, periodMs, callback }
    this.#pending.add(timer)
    return { cancel: () => this.#pending.delete(timer) }
  }
}
