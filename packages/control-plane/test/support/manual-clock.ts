import type { Clock, Timer } from '@batten/core'

/** A clock that moves only when told, and fires what is due on the way. For tests of protocols. */
export class ManualClock implements Clock {
  #now = 1_900_000_000_000
  #timers: { at: number; callback: () => void }[] = []

  now(): number {
    return this.#now
  }

  monotonicMs(): number {
    return this.#now
  }

  setTimeout(callback: () => void, delayMs: number): Timer {
    const timer = { at: this.#now + delayMs, callback }
    this.#timers.push(timer)
    return { cancel: () => void (this.#timers = this.#timers.filter((other) => other !== timer)) }
  }

  setInterval(callback: () => void, periodMs: number): Timer {
    let timer = this.setTimeout(() => repeat(), periodMs)
    const repeat = () => {
      timer = this.setTimeout(repeat, periodMs)
      callback()
    }
    return { cancel: () => timer.cancel() }
  }

  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const due = this.#timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0]
      if (due === undefined) break
      this.#timers = this.#timers.filter((timer) => timer !== due)
      this.#now = Math.max(this.#now, due.at)
      due.callback()
    }
    this.#now = end
  }
}
