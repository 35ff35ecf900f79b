import { describe, expect, it } from 'vitest'
import type { Clock } from './clock.ts'
import { DrainTrigger, runWithDrain } from './drain.ts'

/** Timers that fire when the test says so. */
function manualClock() {
  let now = 0
  const timers = new Set<{ at: number; callback: () => void }>()
  const clock: Clock = {
    now: () => now,
    monotonicMs: () => now,
    setTimeout(callback, delayMs) {
      const timer = { at: now + delayMs, callback }
      timers.add(timer)
      return { cancel: () => void timers.delete(timer) }
    },
    setInterval: () => ({ cancel() {} }),
  }
  const advance = (ms: number) => {
    now += ms
    for (const timer of timers)
      if (timer.at <= now) {
        timers.delete(timer)
        timer.callback()
      }
  }
  return { clock, advance, timers }
}

describe('DrainTrigger', () => {
  it('waits until all work is released and leaves no timer behind', async () => {
    const { clock, advance, timers } = manualClock()
    const trigger = new DrainTrigger(clock)
    const first = trigger.watch.hold()
    const second = trigger.watch.hold()
    const drained = trigger.drain(1000)
    expect([trigger.watch.isDraining, trigger.watch.deadline.aborted, trigger.holds]).toEqual([
      true,
      false,
      2,
    ])
    first.release()
    first.release()
    advance(400)
    second.release()
    expect(await drained).toEqual({ complete: true, abandoned: 0, elapsedMs: 400 })
    expect([trigger.watch.deadline.aborted, timers.size]).toEqual([true, 0])
  })

  it('gives up after the time limit and says what was left', async () => {
    const { clock, advance } = manualClock()
    const trigger = new DrainTrigger(clock)
    trigger.watch.hold()
    const drained = trigger.drain(1000)
    advance(1000)
    expect(await drained).toEqual({ complete: false, abandoned: 1, elapsedMs: 1000 })
    expect(trigger.watch.deadline.aborted).toBe(true)
  })

  it('is over at once when nothing is going on, and twice is the same drain', async () => {
    const trigger = new DrainTrigger(manualClock().clock)
    const drained = trigger.drain(1000)
    expect(trigger.drain(5)).toBe(drained)
    expect(await drained).toMatchObject({ complete: true })
  })
})

describe('runWithDrain', () => {
  it('holds the drain while the work runs and gives its result', async () => {
    const trigger = new DrainTrigger(manualClock().clock)
    const work = runWithDrain(
      trigger.watch,
      ({ draining }) =>
        new Promise<string>((resolve) => draining.addEventListener('abort', () => resolve('done'))),
    )
    expect(trigger.holds).toBe(1)
    const drained = trigger.drain(1000)
    expect(await work).toBe('done')
    expect(await drained).toMatchObject({ complete: true, abandoned: 0 })
  })

  it('rejects work that goes on after the deadline, and releases when work fails', async () => {
    const { clock, advance } = manualClock()
    const trigger = new DrainTrigger(clock)
    const endless = runWithDrain(trigger.watch, () => new Promise<never>(() => {}))
    await expect(runWithDrain(trigger.watch, () => Promise.reject(new Error('broken')))).rejects.toThrow(
      'broken',
    )
    expect(trigger.holds).toBe(1)
    const drained = trigger.drain(10)
    advance(10)
    expect((await drained).abandoned).toBe(1)
    await expect(endless).rejects.toThrow()
  })
})
