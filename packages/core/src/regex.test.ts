import fc from 'fast-check'
import { RE2JS } from 're2js'
import { describe, expect, it } from 'vitest'
import { compileRegex } from './regex.ts'

describe('compileRegex', () => {
  it.each<[string, string, string[], string[]]>([
    ['/exact', 'string', ['/exact'], ['/exact/', 'x/exact', '']],
    ['^/a\\.b$', 'string', ['/a.b'], ['/aXb']],
    ['/prefix.*', 'string', ['/prefix', '/prefix/x'], ['/prefi', 'x/prefix', '/prefix\n']],
    ['.*\\.svc', 'string', ['a.svc', '.svc'], ['a.svc.', 'asvc']],
    ['.*mid.*', 'string', ['mid', 'amidb'], ['mi d', 'mid\n']],
    ['.*', 'string', ['', 'anything'], ['two\nlines']],
    ['.+', 'string', ['a'], ['', '\n']],
    ['', 'string', [''], ['a']],
    ['a\\.*', 'builtin', ['a', 'a..'], ['ab']],
    ['/api/v[0-9]+/.*', 'builtin', ['/api/v1/', '/api/v22/x/y'], ['/api/v/', '/api/v1']],
    ['^/a/.*/b$', 'builtin', ['/a//b', '/a/x/y/b'], ['/a/b', '/a/x/bc']],
    ['(GET|POST)', 'builtin', ['GET', 'POST'], ['PUT', 'GETPOST']],
    ['\\d{3}-\\w+', 'builtin', ['123-ab_9'], ['12-ab', '123-']],
    ['[^/]+', 'builtin', ['abc', 'a\nb'], ['', 'a/b']],
    ['a\\sb', 'builtin', ['a b', 'a\tb'], ['a\u00a0b', 'a\vb']],
    ['^a|b$', 're2', ['a', 'b'], ['ab', 'x']],
    ['(a+)+$', 're2', ['aaaa'], ['aaab']],
    ['(x|y)*', 're2', ['', 'xyx'], ['xyz']],
    ['.*a.*b', 're2', ['ab', 'xaxb'], ['ba']],
    ['(?i)abc', 're2', ['ABC', 'abc'], ['abd']],
    ['[[:alpha:]]+', 're2', ['abC'], ['a1']],
    ['\\bword\\b', 're2', ['word'], ['words']],
    ['a{2,3}?', 'builtin', ['aa', 'aaa'], ['a', 'aaaa']],
    ['(?P<name>[a-z]+)-\\d', 'builtin', ['ab-1'], ['-1']],
    ['\\Qa.b\\E', 're2', ['a.b'], ['axb']],
  ])('matches %s in the %s engine', (pattern, engine, yes, no) => {
    const regex = compileRegex(pattern)
    expect(regex.engine).toBe(engine)
    for (const text of yes) expect([text, regex.matches(text)]).toEqual([text, true])
    for (const text of no) expect([text, regex.matches(text)]).toEqual([text, false])
  })

  it.each([
    '(?=a)b',
    '(a)\\1',
    'a{1001}',
    '(',
    'a**',
    'a*+',
    '[z-a]',
    '*',
    '\\',
    '[a',
    '(?<!x)y',
    '+',
    'x'.repeat(20_000),
  ])('refuses %j, which RE2 does not take', (pattern) => {
    expect(() => compileRegex(pattern)).toThrow(expect.objectContaining({ code: 'REGEX_INVALID' }))
  })

  it('refuses a program that is too large', () => {
    expect(() => compileRegex('((a{100}){100}){10}')).toThrow(
      expect.objectContaining({ code: 'REGEX_INVALID' }),
    )
  })

  it.each([
    '(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)x',
    'a?a?a?a?a?a?a?aaaaaaa',
    '(.*)(.*)(.*)x',
    '[ab]*a[ab]*c',
    '(a|aa)+',
    '(a*)*',
  ])('does not give %s to an engine that backtracks', (pattern) => {
    expect(compileRegex(pattern).engine).toBe('re2')
  })

  it('ignores case when asked to', () => {
    expect(compileRegex('/Api/.*', { ignoreCase: true }).matches('/aPI/x')).toBe(true)
  })

  it('finds parts of a text', () => {
    expect(compileRegex('b+').finds('abbc')).toBe(true)
    expect(compileRegex('^b').finds('abbc')).toBe(false)
    expect(compileRegex('^a[a-z]').finds('abbc')).toBe(true)
    expect(compileRegex('lit').finds('a literal')).toBe(true)
  })

  it.each([
    ['^/old/(.*)$', '/new/\\1', '/old/a/b', '/new/a/b'],
    ['^/service/([^/]+)(/.*)$', '\\2/instance/\\1', '/service/foo/v1/api', '/v1/api/instance/foo'],
    ['one', 'two', '/xxx/one/yyy/one/zzz', '/xxx/two/yyy/two/zzz'],
    ['^(.*?)one(.*)$', '\\1two\\2', '/xxx/one/yyy/one/zzz', '/xxx/two/yyy/one/zzz'],
    ['a*', '-', 'baac', '-b-c-'],
    ['(a)|(b)', '[\\1\\2\\9]', 'ab', '[a][b]'],
    ['(?i)/xxx/', '/yyy/', '/aaa/XxX/bbb', '/aaa/yyy/bbb'],
    ['x', '\\\\0\\0', 'axb', 'a\\0xb'],
    ['nothing', 'y', 'text', 'text'],
  ])('replaces %s by %s as RE2 does', (pattern, substitution, text, expected) => {
    expect(compileRegex(pattern).replaceAll(text, substitution)).toBe(expected)
  })

  it('agrees with RE2 on every pattern that it does not give to RE2', () => {
    const atom = fc.constantFrom(
      'a',
      'b',
      '/',
      '.',
      '[ab]',
      '[^a]',
      '\\d',
      '\\.',
      '1',
      '\\s',
      '(a|b)',
      '(?:/|1)',
    )
    const quantified = fc
      .tuple(atom, fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,2}', '*?'))
      .map((parts) => parts.join(''))
    const sequence = fc.array(quantified, { maxLength: 5 }).map((parts) => parts.join(''))
    const pattern = fc
      .tuple(
        fc.constantFrom('', '^'),
        sequence,
        fc.constantFrom('', '$'),
        fc.option(sequence, { nil: undefined, freq: 4 }),
      )
      .map(([start, body, end, other]) =>
        other === undefined ? `${start}${body}${end}` : `${body}|${other}`,
      )
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '/', '.', '1', ' ', '\n', 'x'), maxLength: 10 })
    const engines = new Set<string>()
    fc.assert(
      fc.property(pattern, fc.array(text, { minLength: 1, maxLength: 8 }), (source, texts) => {
        const regex = compileRegex(source)
        engines.add(regex.engine)
        const re2 = RE2JS.compile(source)
        for (const candidate of texts) {
          expect([source, candidate, regex.matches(candidate)]).toEqual([
            source,
            candidate,
            re2.testExact(candidate),
          ])
          expect([source, candidate, regex.finds(candidate)]).toEqual([
            source,
            candidate,
            re2.test(candidate),
          ])
        }
      }),
      { numRuns: 3000 },
    )
    expect([...engines].sort()).toEqual(['builtin', 're2', 'string'])
  })
})
