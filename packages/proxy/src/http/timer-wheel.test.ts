import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ManualClock } from '../../test/support/fake-clock.ts'
import { TimerEntry, TimerWheel } from './timer-wheel.ts'

class Recorder {
  readonly fired: [number, number][] = []
  readonly #clock: ManualClock
  constructor(clock: ManualClock) {
    this.#clock = clock
  }
  onTimer(kind: number): void {
    this.fired.push([kind, this.#clock.monotonicMs()])
  }
}

it('fires entries in order of their time, never early and at most a tick late', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 60_000 }), fc.integer({ min: 0, max: 3000 })), {
        maxLength: 40,
      }),
      (delays) => {
        const clock = new ManualClock()
        const wheel = new TimerWheel(clock)
        const recorder = new Recorder(clock)
        const deadlines: number[] = []
        for (const [i, [delay, pause]] of delays.entries()) {
          deadlines.push(clock.monotonicMs() + delay)
          wheel.schedule(new TimerEntry(recorder, i), delay)
          clock.advance(pause)
        }
        clock.advance(70_000)
        expect(recorder.fired.length).toBe(delays.length)
        for (const [i, at] of recorder.fired) {
          expect(at).toBeGreaterThanOrEqual(deadlines[i]!)
          expect(at - deadlines[i]!).toBeLessThanOrEqual(6)
        }
        expect([wheel.size, clock.pendingTimers]).toEqual([0, 0])
      },
    ),
  )
})

it('does not fire what was cancelled, and moves what is scheduled again', () => {
  const clock = new ManualClock()
  const wheel = new TimerWheel(clock)
  const recorder = new Recorder(clock)
  const cancelled = new TimerEntry(recorder, 1)
  const moved = new TimerEntry(recorder, 2)
  wheel.schedule(cancelled, 50)
  wheel.schedule(moved, 50)
  wheel.cancel(cancelled)
  wheel.cancel(cancelled)
  wheel.schedule(moved, 200)
  clock.advance(1000)
  expect(recorder.fired.map(([kind]) => kind)).toEqual([2])
  expect(recorder.fired[0]![1]).toBeGreaterThanOrEqual(1200)
})

it('lets a target cancel and start entries while it is told', () => {
  const clock = new ManualClock()
  const wheel = new TimerWheel(clock)
  const fired: string[] = []
  const victim = new TimerEntry({ onTimer: () => fired.push('victim') })
  const again: TimerEntry = new TimerEntry({
    onTimer() {
      fired.push('again')
      wheel.cancel(victim)
      if (fired.length < 3) wheel.schedule(again, 10)
    },
  })
  wheel.schedule(victim, 10)
  wheel.schedule(again, 10)
  clock.advance(100)
  expect(fired).toEqual(['again', 'again', 'again'])
})

it('sleeps while nothing is scheduled and fires nothing after close', () => {
  const clock = new ManualClock()
  const wheel = new TimerWheel(clock)
  expect(clock.pendingTimers).toBe(0)
  const recorder = new Recorder(clock)
  wheel.schedule(new TimerEntry(recorder), 3_600_000)
  expect(clock.pendingTimers).toBe(1)
  wheel.close()
  clock.advance(4_000_000)
  expect([recorder.fired, clock.pendingTimers]).toEqual([[], 0])
})
