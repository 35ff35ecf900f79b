/**
 * Time, injected: everything that waits or measures takes a `Clock`, so that tests decide what time it is.
 * `@batten/testing` has a fake one.
 */
export interface Clock {
  /** Wall clock, milliseconds since the epoch. */
  now(): number
  /** Monotonic milliseconds, with fractions; only differences mean something. */
  monotonicMs(): number
  setTimeout(callback: () => void, delayMs: number): Timer
  setInterval(callback: () => void, periodMs: number): Timer
}

/** A running timer. `cancel` may be called any number of times. A timer never keeps the process alive. */
export interface Timer {
  cancel(): void
}

/** Looked up once, since `process` is a getter; and not before it is used: browsers have no such thing. */
let hrtime: typeof process.hrtime | undefined

/** The machine's clock. Its timers are unreferenced: a server's sockets keep a process alive, timers do not. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs() {
    // `performance` would load perf_hooks, half a megabyte in every proxy, and is no faster.
    hrtime ??= process.hrtime
    const time = hrtime()
    return time[0] * 1000 + time[1] / 1e6
  },
  setTimeout(callback, delayMs) {
    // setTimeout fires at once for delays over 2^31-1; nothing here may wait 25 days by accident.
    const timer = setTimeout(callback, Math.min(delayMs, 2_147_483_647)).unref()
    return { cancel: () => clearTimeout(timer) }
  },
  setInterval(callback, periodMs) {
    const timer = setInterval(callback, Math.min(periodMs, 2_147_483_647)).unref()
    return { cancel: () => clearInterval(timer) }
  },
}
