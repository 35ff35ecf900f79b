import { FakeClock } from '@batten/testing'
import { expect, it } from 'vitest'
import { RepeatedLines } from './repeated-lines.ts'

it('prints what several proxies say once, and how many others said it', () => {
  const clock = new FakeClock()
  const printed: string[] = []
  const lines = new RepeatedLines((child, text) => printed.push(`${child} | ${text}`), clock)
  lines.line('gateway', 'lost the management server (retryInMs: 51)')
  lines.line('sidecar cart', 'lost the management server (retryInMs: 7)')
  lines.line('sidecar web', 'lost the management server (retryInMs: 190)')
  lines.line('sidecar web', 'a filter trapped')
  clock.advance(1000)
  lines.line('gateway', 'lost the management server (retryInMs: 110)')
  clock.advance(1000)
  expect(printed).toEqual([
    'gateway | lost the management server (retryInMs: 51)',
    'sidecar web | a filter trapped',
    '2 other proxies | lost the management server',
    'gateway | lost the management server (retryInMs: 110)',
  ])
})
