import { describe, expect, it } from 'vitest'
import { anyOfStrings, compileStringMatch, type StringMatch } from './string-match.ts'

describe('compileStringMatch', () => {
  it.each<[StringMatch, string[], string[]]>([
    [{ exact: 'a' }, ['a'], ['A', 'ab', '']],
    [{ prefix: '/api' }, ['/api', '/api/x'], ['/ap', 'x/api']],
    [{ suffix: '.svc' }, ['.svc', 'a.svc'], ['svc', '.svc.']],
    [{ contains: 'x' }, ['x', 'axb'], ['', 'ab']],
    [{ regex: 'v[0-9]+' }, ['v1', 'v22'], ['v', 'xv1']],
    [{ exact: 'Ab', ignoreCase: true }, ['ab', 'AB'], ['a']],
    [{ prefix: 'Ab', ignoreCase: true }, ['aBc'], ['b']],
    [{ regex: 'v[a-z]', ignoreCase: true }, ['VX'], ['V1']],
  ])('%j', (match, yes, no) => {
    const matcher = compileStringMatch(match)
    for (const text of yes) expect([text, matcher.matches(text)]).toEqual([text, true])
    for (const text of no) expect([text, matcher.matches(text)]).toEqual([text, false])
  })
})

describe('anyOfStrings', () => {
  it('matches when one of several does', () => {
    const matcher = anyOfStrings([{ exact: 'a' }, { exact: 'B', ignoreCase: true }, { prefix: '/' }])
    expect(['a', 'b', '/x', 'A', ''].map((text) => matcher.matches(text))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ])
  })

  it('matches nothing when there is nothing', () => {
    expect(anyOfStrings([]).matches('')).toBe(false)
  })
})
