import { describe, expect, it } from 'vitest'
import { parseDurationMs } from './duration.ts'

describe('parseDurationMs', () => {
  it.each([
    ['10s', 10_000],
    ['1.5h', 5_400_000],
    ['1m30s', 90_000],
    ['300ms', 300],
    ['+1s', 1000],
    ['-1s', -1000],
    ['.5s', 500],
    ['5.s', 5000],
    ['1s1h1s', 3_602_000],
    ['1us', 0.001],
    ['1\u00b5s', 0.001],
    ['1\u03bcs', 0.001],
    ['100ns', 0.0001],
    ['0', 0],
    ['2562047h', 9_223_369_200_000],
  ])('reads %s', (text, milliseconds) => {
    expect(parseDurationMs(text)).toBe(milliseconds)
  })

  it.each(['', '-', '1', '1d', '1S', '1s ', ' 1s', 's', '.s', '1.2.3s', '2562048h', '1s2'])(
    'refuses "%s"',
    (text) => {
      expect(parseDurationMs(text)).toBeUndefined()
    },
  )
})
