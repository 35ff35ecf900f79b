import { describe, expect, it } from 'vitest'
import { goDuration } from './functions/time.ts'
import { parse } from './parser.ts'

function parses(source: string, isPlain: boolean): boolean {
  try {
    parse(source, { isPlain })
    return true
  } catch {
    return false
  }
}

describe('the syntax of CEL', () => {
  const both: readonly (readonly [source: string, expected: boolean])[] = [
    ['', false],
    ['a.b[0](c)', false],
    ['!!a', true],
    ['--a', true],
    ['!-a', false],
    ['-!a', false],
    ['!-1', true],
    ['[,]', true],
    ['{,}', true],
    ['[a,]', true],
    ['{a: b,}', true],
    ['f(a,)', false],
    ['f(,)', false],
    ['a.`b-c/d.e`', true],
    ['`a`', false],
    ['a.true', false],
    ['a.in', false],
    ['.true', false],
    ['.a.b', true],
    ['if', false],
    ['a.if', true],
    ['a ? b', false],
    ['a ? b : c ? d : e', true],
    ['a == b == c', true],
    ['has(a)', false],
    ['a.exists(x.y, x)', false],
    ['b"\\x41"', true],
    ['b"\\u0041"', false],
    ['"\\q"', false],
    ["'open", false],
    ['9223372036854775808', false],
    ['-9223372036854775808', true],
    ['1..2', false],
  ]
  for (const [source, expected] of both)
    it(`${expected ? 'has' : 'does not have'} ${source}`, () =>
      expect([parses(source, false), parses(source, true)]).toEqual([expected, expected]))

  it('has optional values with the additions of Kubernetes only', () => {
    for (const source of ['a.?b', 'a[?b]', '[?a]', '{?a: b}'])
      expect([source, parses(source, false), parses(source, true)]).toEqual([source, true, false])
  })

  it('has messages without them only: the rules of a CRD know no types', () => {
    for (const source of ['T{}', 'a.b.T{f: 1, g: [2],}', 'T{,}'])
      expect([source, parses(source, false), parses(source, true)]).toEqual([source, false, true])
    for (const source of ['T{"a": 1}', 'f(){}', 'T{a}'])
      expect([source, parses(source, false), parses(source, true)]).toEqual([source, false, false])
  })
})

it('reads fractions of a duration in floating point, as Go does', () => {
  const cases = {
    '1.5s': 1_500_000_000n,
    '0.9999999999999999999999s': 1_000_000_000n,
    '1.9999999999999999999999ns': 2n,
    '0.0000000000000000000001h': 0n,
    '.5m': 30_000_000_000n,
    '9223372036.854775807s': 9_223_372_036_854_775_807n,
    '9223372036.854775808s': undefined,
    '-9223372036854775808ns': -9_223_372_036_854_775_808n,
  }
  const read = Object.fromEntries(Object.keys(cases).map((text) => [text, goDuration(text)]))
  expect(read).toEqual(cases)
})
