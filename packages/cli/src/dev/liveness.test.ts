import { FakeClock } from '@batten/testing'
import { expect, it } from 'vitest'
import { LivenessWatch, type ProbeResult } from './liveness.ts'

it('ends a process that three times in a row accepts a connection and says nothing', async () => {
  const clock = new FakeClock()
  const abort = new AbortController()
  const events: string[] = []
  const answers: Record<string, ProbeResult[]> = {
    stuck: ['answers', 'hangs', 'hangs', 'answers', 'hangs', 'hangs', 'hangs', 'down', 'answers'],
    down: ['down', 'down', 'down', 'down', 'down', 'down', 'down', 'down', 'down'],
  }
  const targets = Object.keys(answers).map((name) => ({
    name,
    url: name,
    kill: () => void events.push(`kill ${name}`),
  }))
  new LivenessWatch().start(
    () => targets,
    async (url) => answers[url]!.shift()!,
    ({ name }) => void events.push(`tell ${name}`),
    clock,
    abort.signal,
  )
  const left: number[] = []
  for (let i = 0; i < 9; i++) {
    clock.advance(5000)
    for (let turn = 0; turn < 10; turn++) await Promise.resolve()
    if (events.length > left.length * 2) left.push(answers['stuck']!.length)
  }
  expect(events).toEqual(['tell stuck', 'kill stuck'])
  expect(left).toEqual([2])
  abort.abort()
  expect(answers['stuck']).toEqual([])
})
