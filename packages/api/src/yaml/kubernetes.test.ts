import { describe, expect, it } from 'vitest'
import { parseDocuments } from './parse.ts'

/** What sigs.k8s.io/yaml 1.6 (strict) makes of a text; undefined where it refuses it. */
const CASES: Readonly<Record<string, readonly (readonly [text: string, value: unknown])[]>> = {
  'tags that YAML does not define make text': [
    ['a: ! 5', { a: '5' }],
    ['a: !foo 5', { a: '5' }],
    ['a: !<!foo> 5', { a: '5' }],
    ['a: !!foo 5', { a: '5' }],
    ['a: !', { a: '' }],
    ['a: !foo [1]', { a: [1] }],
    ['! 5: a', { '5': 'a' }],
  ],
  'scalars must be what their tags say': [
    ['a: !!null ~', { a: null }],
    ['a: !!null', { a: null }],
    ['a: !!null x', undefined],
    ["a: !!int '5'", { a: 5 }],
    ['a: !!int 1.5', undefined],
    ['a: !!int', undefined],
    ['a: !!float 1', { a: 1 }],
    ['a: !!float x', undefined],
    ['a: !!float 18446744073709551615', undefined],
    ['a: !!bool yes', { a: true }],
    ['a: !!bool 1', undefined],
    ['a: !!str', { a: '' }],
    ['a: !!timestamp 2000-02-29T1:2:3Z', { a: '2000-02-29T1:2:3Z' }],
    ['a: !!timestamp 2001-02-29', undefined],
    ['a: !!timestamp 2001-01-01 10:00:00', { a: '2001-01-01 10:00:00' }],
    ['a: !!timestamp x', undefined],
    ['a: !<tag:yaml.org,2002:int> 5', { a: 5 }],
  ],
  '!!binary is decoded': [
    ['a: !!binary aGVsbG8=', { a: 'hello' }],
    ['a: !!binary |\n  aGVs\n  bG8=\n', { a: 'hello' }],
    ['a: !!binary 4pi6', { a: '\u263a' }],
    ['a: !!binary', { a: '' }],
    ['a: !!binary /w==', { a: '\ufffd' }],
    ['a: !!binary 4pg=', { a: '\ufffd\ufffd' }],
    ['a: !!binary 7aCA', { a: '\ufffd\ufffd\ufffd' }],
    ['!!binary aGVsbG8=: a', { hello: 'a' }],
    ['a: !!binary aGVsbG', undefined],
    ['a: !!binary "aGVs bG8="', undefined],
  ],
  'keys become text': [
    ['.inf: a', { '.inf': 'a' }],
    ['-.inf: a', { '-.inf': 'a' }],
    ['.nan: a', { '.nan': 'a' }],
    ['a: .inf', undefined],
    ['1e300: a', { '.inf': 'a' }],
    ['0.1: a', { '0.1': 'a' }],
    ['1.0: a', { '1': 'a' }],
    ['1e6: a', { '1e+06': 'a' }],
    ['1e-7: a', { '1e-07': 'a' }],
    ['16777217.0: a', { '1.6777216e+07': 'a' }],
    ['9007199254740993: a', { '9007199254740993': 'a' }],
    ['18446744073709551615: a', undefined],
    ['!!float 1: a', { '1': 'a' }],
    ["!!int '5': a", { '5': 'a' }],
    ['? |\n  x\n: a', { 'x\n': 'a' }],
    ['~: a', undefined],
    ['+.inf: a\n.inf: b', undefined],
  ],
  'indicators in flow collections': [
    ['{a: -}', { a: '-' }],
    ['{a: -, b: c}', { a: '-', b: 'c' }],
    ['[-]', ['-']],
    ['[-, a]', ['-', 'a']],
    ['{-: a}', { '-': 'a' }],
    ['[- a]', undefined],
    ['{a: b:, c: 1}', { a: 'b:', c: 1 }],
    ['{a: b::, c: 1}', { a: 'b::', c: 1 }],
    ['{a: b: , c: 1}', undefined],
    ['{a:}', { 'a:': null }],
    ['{a :}', { 'a :': null }],
    ['{a\n:}', { 'a :': null }],
    ['[a:, b]', ['a:', 'b']],
    ['{a:[b]}', undefined],
    ['{"a":}', { a: null }],
    ['{"a":-}', { a: '-' }],
    ['{a: :x}', undefined],
    ['[:x]', undefined],
    ['{"a"::x}', undefined],
    ['{a:1}', { 'a:1': null }],
    ['{a: b?c}', undefined],
    ['[a ?x]', undefined],
    ['{a: ?, b: c}', undefined],
    ['[?x]', [{ x: null }]],
    ['{?a: b}', { a: 'b' }],
    ['[? a, ? b : c]', [{ a: null }, { b: 'c' }]],
    ['{a: b, # c\n ? c : d}', { a: 'b', c: 'd' }],
  ],
  'merges do not replace a key, whichever stands first': [
    ['a: &x {p: 1}\nb: {<<: *x, q: 2}', { a: { p: 1 }, b: { p: 1, q: 2 } }],
    ['a: &x {p: 1}\nb: {<<: *x, p: 2}', undefined],
    ['a: &x {p: 1}\nb: {p: 2, <<: *x}', undefined],
    ['a: &x {p: 1}\nb: {<<: [*x, {p: 2}]}', undefined],
    ['a: &x {p: 1}\nb: {<<: [*x, {q: 2}]}', { a: { p: 1 }, b: { p: 1, q: 2 } }],
    ['a: &x {p: 1}\nb: {! <<: *x}', { a: { p: 1 }, b: { p: 1 } }],
    ['a: &x {p: 1}\nb: {!!merge "<<": *x}', { a: { p: 1 }, b: { p: 1 } }],
    ['a: &x {p: 1}\nb: {"<<": *x}', { a: { p: 1 }, b: { '<<': { p: 1 } } }],
    ['a: &x {p: 1}\nb: {!!str <<: *x}', { a: { p: 1 }, b: { '<<': { p: 1 } } }],
    ['x: &a <<\ny: {*a : {b: 1}}', { x: '<<', true: { '<<': { b: 1 } } }],
    ['a: &x [{p: 1}]\nb: {<<: *x}', undefined],
    ['a: {<<: ~}', undefined],
  ],
  'escapes of JSON are for JSON': [
    ['a: "a\\/b"', undefined],
    ['a: "\\ud83d\\ude00"', undefined],
    ['a: "\\\\/ \\u00e9 \\\\ud800 \\U0001F600"', { a: '\\/ \u00e9 \\ud800 \u{1f600}' }],
  ],
}

for (const [title, cases] of Object.entries(CASES)) {
  describe(title, () => {
    for (const [text, value] of cases) {
      it(value === undefined ? `refuses ${JSON.stringify(text)}` : `reads ${JSON.stringify(text)}`, () => {
        const [document] = parseDocuments(text)
        expect(document!.findings.map(({ severity }) => severity)).toEqual(
          value === undefined ? ['error'] : [],
        )
        expect(document!.value).toEqual(value)
      })
    }
  })
}

// sigs.k8s.io/yaml takes these, and which of the two values counts differs from run to run.
it('refuses keys of two types that are one key in JSON', () => {
  for (const text of ['!!str 1: a\n1: b\n', "'1': a\n1: b\n", '1.0: a\n1: b\n', '.nan: a\n.nan: b\n']) {
    expect(parseDocuments(text)[0]!.findings).toMatchObject([
      { code: 'YAML_DUPLICATE_KEY', range: { line: 2 } },
    ])
  }
})

// sigs.k8s.io/yaml takes these, too: a tag or quote without a blank after the indicator.
it('refuses what would be read otherwise', () => {
  for (const text of ['[?"x"]', '{?!!str 1}', '{?&x 1: a}', "[?'x' : y]"])
    expect(parseDocuments(text)[0]!.findings).toMatchObject([{ code: 'YAML_SYNTAX' }])
})

it('reads escapes of slashes and pairs of halves in JSON, which kubectl reads as JSON', () => {
  expect(parseDocuments('{"a": "b\\/c \\ud83d\\ude00"}')[0]!.value).toEqual({ a: 'b/c \u{1f600}' })
})

it('stops at indicators without end', () => {
  const long = 300_000
  for (const [text, codes] of [
    [`{a: ${':'.repeat(long)}x}`, ['YAML_SYNTAX']],
    [`{a: ${'?'.repeat(long)}}`, ['YAML_SYNTAX']],
    [`[${'-, '.repeat(long * 2)}]`, ['YAML_ALIASES']],
    [`[a${'\n'.repeat(long)}:]`, []],
  ] as const) {
    expect(parseDocuments(text)[0]!.findings.map(({ code }) => code)).toEqual(codes)
  }
})

it('finds the places of keys that are not written as they are read', () => {
  const [document] = parseDocuments('a: 1\n1e6: {b: -, c: d:}\n!!null x:\n')
  expect(document!.findings).toMatchObject([
    { code: 'YAML_VALUE', range: { line: 3, column: 8, endColumn: 9 } },
  ])
  const [other] = parseDocuments('a: 1\n1e6: {b: -, c: d:, e: 1}\n')
  expect(other!.position(['1e+06', 'c'])).toMatchObject({ line: 2, column: 16, endColumn: 18 })
  expect(other!.position(['1e+06', 'e'], { at: 'key' })).toMatchObject({ line: 2, column: 20, endColumn: 21 })
})
