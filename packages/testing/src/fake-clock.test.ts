import { describe, expect, it } from 'vitest'
import { FakeClock } from './fake-clock.ts'

describe('FakeClock', () => {
  it('fires timers at their time and in the order of their times', () => {
    const clock = new FakeClock(1000)
    const seen: string[] = []
    clock.setTimeout(() => seen.push(`b at ${clock.now()}`), 20)
    clock.setTimeout(() => seen.push(`a at ${clock.now()}`), 10)
    clock.setTimeout(() => seen.push(`c at ${clock.now()}`), 20)
    clock.advance(19)
    expect(seen).toEqual(['a at 1010'])
    clock.advance(1)
    expect(seen).toEqual(['a at 1010', 'b at 1020', 'c at 1020'])
  })

  it('repeats intervals until they are cancelled', () => {
    const clock = new FakeClock()
    let count = 0
    const timer = clock.setInterval(() => count++, 10)
    clock.advance(35)
    timer.cancel()
    clock.advance(100)
    expect({ count, pending: clock.pending }).toEqual({ count: 3, pending: 0 })
  })

  it('fires a timer that another timer set for a time that has come', () => {
    const clock = new FakeClock()
    let at = 0
    clock.setTimeout(() => clock.setTimeout(() => (at = clock.monotonicMs()), 5), 10)
    clock.advance(15)
    expect(at).toBe(15)
  })
})
