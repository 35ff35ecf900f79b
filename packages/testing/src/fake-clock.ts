import type { Clock, Timer } from '@batten/core'

interface Waiting {
  at: number
  readonly order: number
  readonly periodMs: number | undefined
  readonly callback: () => void
}

/**
 * A clock that stands still until it is told to go on. Timers fire in the order of their times.
 *
 * @example
 * const clock = new FakeClock()
 * clock.setTimeout(() => log('late'), 1000)
 * clock.advance(999) // nothing
 * clock.advance(1) // 'late'
 */
export class FakeClock implements Clock {
  #now: number
  #elapsed = 0
  #order = 0
  readonly #waiting = new Set<Waiting>()

  /** @param now - wall clock at the start, milliseconds since the epoch */
  constructor(now = Date.UTC(2026, 0, 1)) {
    this.#now = now
  }

  now(): number {
    return this.#now + this.#elapsed
  }

  monotonicMs(): number {
    return this.#elapsed
  }

  setTimeout(callback: () => void, delayMs: number): Timer {
    return this.#add(callback, delayMs, undefined)
  }

  setInterval(callback: () => void, periodMs: number): Timer {
    return this.#add(callback, periodMs, Math.max(1, periodMs))
  }

  /** Timers that have not fired. */
  get pending(): number {
    return this.#waiting.size
  }

  /** Lets time pass; every timer that is due fires at its own time. */
  advance(ms: number): void {
    const end = this.#elapsed + ms
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#elapsed = Math.max(this.#elapsed, next.at)
      if (next.periodMs === undefined) this.#waiting.delete(next)
      else next.at += next.periodMs
      next.callback()
    }
    this.#elapsed = end
  }

  #next(until: number): Waiting | undefined {
    let first: Waiting | undefined
    for (const waiting of this.#waiting)
      if (
        waiting.at <= until &&
        (!first || waiting.at < first.at || (waiting.at === first.at && waiting.order < first.order))
      )
        first = waiting
    return first
  }

  #add(callback: () => void, delayMs: number, periodMs: number | undefined): Timer {
    const waiting = { at: this.#elapsed + Math.max(0, delayMs), order: this.#order++, periodMs, callback }
    this.#waiting.add(waiting)
    return { cancel: () => this.#waiting.delete(waiting) }
  }
}
