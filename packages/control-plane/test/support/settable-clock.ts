import { type Clock, systemClock } from '@batten/core'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR

/** A wall clock that stands still until it is told; timers stay real. For tests of lifetimes. */
export function settableClock(start: number): Clock & { advance(ms: number): void } {
  let now = start
  return {
    ...systemClock,
    now: () => now,
    advance: (ms) => {
      now += ms
    },
  }
}
