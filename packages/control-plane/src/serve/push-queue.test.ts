import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { PushQueue } from './push-queue.ts'

function start(pushMs = 0) {
  const clock = new ManualClock()
  const begin = clock.now()
  const pushes: { at: number; changes: number }[] = []
  const queue = new PushQueue({
    clock,
    push: ({ changes }) => {
      pushes.push({ at: clock.now() - begin, changes })
      if (pushMs === 0) return undefined
      return new Promise((resolve) => clock.setTimeout(resolve, pushMs))
    },
  })
  /** Time goes on millisecond by millisecond, so that what a push continues with gets its turn. */
  const pass = async (ms: number, each: () => void = () => {}) => {
    for (let i = 0; i < ms; i++) {
      each()
      clock.advance(1)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  return { queue, pushes, pass }
}

describe('the push queue', () => {
  it('pushes a change after a pause within two milliseconds, with everything that came meanwhile', async () => {
    const { queue, pushes, pass } = start()
    queue.enqueue()
    await pass(1)
    queue.enqueue()
    await pass(10)
    expect(pushes).toEqual([{ at: 2, changes: 2 }])
    expect(queue.isIdle).toBe(true)
  })

  it('waits for a pause when changes come one after another and pushes are expensive', async () => {
    const { queue, pushes, pass } = start(30)
    await pass(300, () => queue.enqueue())
    await pass(300)
    // At once, then none until the changes end, then 30 ms of quiet: what a push takes.
    expect(pushes).toHaveLength(2)
    expect(pushes[0]).toEqual({ at: 2, changes: 2 })
    expect(pushes[1]!.at).toBeGreaterThanOrEqual(329)
    expect(pushes[0]!.changes + pushes[1]!.changes).toBe(300)
  })

  it('never waits longer than a second after the first change', async () => {
    const { queue, pushes, pass } = start(30)
    await pass(1500, () => queue.enqueue())
    expect(pushes).toHaveLength(2)
    expect(pushes[1]!.at).toBeLessThan(1100)
  })

  it('pushes what came during a push after it', async () => {
    const { queue, pushes, pass } = start(10)
    queue.enqueue()
    await pass(5)
    queue.enqueue()
    expect(queue.isIdle).toBe(false)
    await pass(100)
    expect(pushes.map(({ changes }) => changes)).toEqual([1, 1])
    expect(queue.isIdle).toBe(true)
  })

  it('pushes nothing after it was closed', async () => {
    const { queue, pushes, pass } = start()
    queue.enqueue()
    queue.close()
    await pass(100)
    expect(pushes).toEqual([])
  })
})
