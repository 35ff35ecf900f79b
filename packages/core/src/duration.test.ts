import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  formatDuration,
  formatProtoDuration,
  msToProtoDuration,
  parseDuration,
  parseProtoDuration,
  protoDurationToMs,
} from './duration.ts'

describe('durations as Go writes them', () => {
  it.each([
    ['0', 0],
    ['0s', 0],
    ['5s', 5000],
    ['1h2m3.5s', 3_723_500],
    ['250ms', 250],
    ['.5s', 500],
    ['1.s', 1000],
    ['100us', 0.1],
    ['100µs', 0.1],
    ['1ns', 1e-6],
    ['-1.5h', -5_400_000],
    ['+1m', 60_000],
    ['0.1s0.2s', 300],
  ])('reads %s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms)
  })

  it.each(['', '5', '-', 's', '1 s', '1s ', '1d', '1e3s', '1.2.3s', 'abc', `${'9'.repeat(400)}h`])(
    'refuses %j',
    (text) => {
      expect(() => parseDuration(text)).toThrow(expect.objectContaining({ code: 'DURATION_INVALID' }))
    },
  )

  it.each([
    [0, '0s'],
    [1e-6, '1ns'],
    [0.0015, '1.5µs'],
    [1.5, '1.5ms'],
    [1000, '1s'],
    [60_000, '1m0s'],
    [3_723_500, '1h2m3.5s'],
    [-90_000, '-1m30s'],
    [3_600_000, '1h0m0s'],
  ])('prints %d ms', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })

  it('reads back what it prints', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e12, max: 1e12 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms + 0)
      }),
    )
  })
})

describe('durations as protobuf writes them', () => {
  it.each([
    ['0s', {}, '0s'],
    ['10s', { seconds: 10 }, '10s'],
    ['1.5s', { seconds: 1, nanos: 500_000_000 }, '1.500s'],
    ['0.000001s', { nanos: 1000 }, '0.000001s'],
    ['0.000000001s', { nanos: 1 }, '0.000000001s'],
    ['-0.5s', { nanos: -500_000_000 }, '-0.500s'],
    ['-3.25s', { seconds: -3, nanos: -250_000_000 }, '-3.250s'],
  ])('reads and prints %s', (text, duration, printed) => {
    expect(parseProtoDuration(text)).toEqual(duration)
    expect(formatProtoDuration(duration)).toBe(printed)
  })

  it.each(['5', '5ms', '1m', '+1s', '1.s', '.5s', '1.0000000001s', '999999999999s', ''])(
    'refuses %j',
    (text) => {
      expect(() => parseProtoDuration(text)).toThrow(expect.objectContaining({ code: 'DURATION_INVALID' }))
    },
  )

  it('turns into milliseconds and back without loss', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e11, max: 1e11 }), (ms) => {
        expect(protoDurationToMs(msToProtoDuration(ms / 8))).toBeCloseTo(ms / 8, 6)
      }),
    )
    expect(msToProtoDuration(1500)).toEqual({ seconds: 1, nanos: 500_000_000 })
    expect(protoDurationToMs(undefined)).toBeUndefined()
  })
})
