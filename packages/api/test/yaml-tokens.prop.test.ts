import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lexed } from '../src/yaml/lexed.ts'
import { DEFAULT_LIMITS } from '../src/yaml/limits.ts'
import { toYaml } from '../src/yaml/print.ts'
import { YamlReader } from '../src/yaml/reader.ts'
import { splitDocuments } from '../src/yaml/split.ts'
import { readTokens } from '../src/yaml/token-reader.ts'
import { corpusFiles, corpusText, hasCorpus } from './corpus.ts'

/** Asserts that reading from tokens says what the full parser says, or nothing; tells whether it said something. */
function agrees(text: string): boolean {
  const quick = readTokens(lexed(text, DEFAULT_LIMITS), DEFAULT_LIMITS)
  if (quick === undefined) return false
  const full = new YamlReader(text, 1, DEFAULT_LIMITS).readTree()
  expect({ value: quick.value, problems: [], isEmpty: false }, JSON.stringify(text)).toEqual(full)
  return true
}

/** Pieces of YAML, of which texts are put together that are mostly wrong. */
const PIECES = [
  'a',
  'b: ',
  'a:',
  ':',
  ' ',
  '  ',
  '    ',
  '\n',
  '\n  ',
  '\n    ',
  '- ',
  '-',
  '\n- ',
  '\n  - ',
  '[',
  ']',
  '{',
  '}',
  ',',
  ', ',
  '"',
  "'",
  "''",
  '\\',
  '\\n',
  '#',
  ' # c',
  '|',
  '|-',
  '>',
  '&x',
  '*x',
  '!t ',
  '? ',
  'null',
  'yes',
  '1e3',
  '0x1f',
  '~',
  '"q": ',
  "'k': v",
  '[a, b]',
  '{a: b}',
  '---',
  '...',
  '%',
  '@',
  '`',
  '<<: ',
  '\t',
  'é',
  '\u{1f600}',
  '1:30',
]

/** What {@link lines} are made of. */
const LINES = [
  ...['a', 'b: 1', '- ', '-', '- - x', 'k:', 'k: ', '"q": z', "'s': ", 'text', '# c', 'x # c', 'k: v # c'],
  ...['[a, b]', '{a: 1}', '{"a":1}', '[', ']', '{', '}', '|', '>', '|-', '|+', '|2', '"a\\nb"', "'it''s'"],
  ...['? a', ': b', '&a x', '*a', '!t y', '~', '', 'a: b: c', '- a: 1', '-  b: 2', 'k: |', 'k: >-', '- |'],
  ...[
    'k: - a',
    'k: [a,',
    'b]',
    '"open',
    'close"',
    '---',
    '...',
    '--- a',
    '%YAML 1.1',
    'a:b',
    ':a',
    '-a',
    '?a',
  ],
  ...['"a":b', '"a"#', 'a#b', '0x1f', 'key with space: v', '@x', '`x', ',x', '"a" b', '{a: b}: c', '[a]: c'],
  ...[
    'k: "open',
    '- "open',
    "k: 'open",
    "close'",
    'close" # c',
    'mid \\',
    'k: plain',
    '- plain',
    'more text',
    '{a}',
    '[a: b]',
    '{a: }',
    '[a,,b]',
    '[a,]',
    '{? a: b}',
    '<<: {a: 1}',
    'k: "m',
    "'''",
    '.inf',
    '\ufeffa: 1',
  ],
]

/** Lines that are mostly indented as people do. */
const lines = fc
  .array(
    fc.tuple(
      fc.constantFrom(0, 0, 0, 1, 2, 2, 4, -1, -2, -4),
      fc.constantFrom(...LINES),
      fc.constantFrom('\n', '\n', '\n', '\r\n', '', ' \n', '\n\n', '\n \n', '\t\n'),
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map((all) => {
    let indent = 0
    return all
      .map(([step, line, end]) => {
        indent = Math.max(0, indent + step)
        return `${' '.repeat(indent)}${line}${end}`
      })
      .join('')
  })

describe('reading from tokens', () => {
  it('says what the full parser says, or nothing, of lines that are indented in any way', () => {
    let read = 0
    fc.assert(
      fc.property(lines, (text) => {
        if (agrees(text)) read++
      }),
      { numRuns: 10_000 },
    )
    expect(read).toBeGreaterThan(200)
  })

  it('says what the full parser says, or nothing, of texts that are mostly wrong', () => {
    let read = 0
    const texts = fc
      .array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 14 })
      .map((pieces) => `${pieces.join('')}\n`)
    fc.assert(
      fc.property(texts, (text) => {
        if (agrees(text)) read++
      }),
      { numRuns: 20_000 },
    )
    expect(read).toBeGreaterThan(200)
  })

  it.skipIf(!hasCorpus)(
    'says what the full parser says, or nothing, of documents with a part taken out',
    () => {
      const documents = corpusFiles('samples').flatMap((file) => {
        const text = corpusText(file)
        return splitDocuments(text)
          .map(({ start, end }) => text.slice(start, end))
          .filter(({ length }) => length < 2000)
      })
      let read = 0
      const cuts = fc.tuple(
        fc.nat(documents.length - 1),
        fc.nat(2000),
        fc.nat(4),
        fc.constantFrom('', '', ' ', '  ', '\n', ...PIECES),
      )
      fc.assert(
        fc.property(cuts, ([index, at, length, piece]) => {
          const text = documents[index]!
          const from = at % (text.length + 1)
          if (agrees(text.slice(0, from) + piece + text.slice(from + length))) read++
        }),
        { numRuns: 1500 },
      )
      expect(read).toBeGreaterThan(500)
    },
  )

  it('reads what is printed', () => {
    const key = fc.oneof(fc.string(), fc.constantFrom('a', 'name', 'x-y'))
    const json = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.string(),
        fc.constantFrom('yes', '1', 'a: b', 'a #b', '- a', 'two\nlines\n', 'é'),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(key, tie('value'), { maxKeys: 4 }),
      ),
    }))
    let read = 0
    fc.assert(
      fc.property(fc.dictionary(key, json.value, { minKeys: 1, maxKeys: 4 }), (value) => {
        if (agrees(toYaml(value))) read++
      }),
      { numRuns: 2000 },
    )
    expect(read).toBeGreaterThan(500)
  })

  it.skipIf(!hasCorpus)('reads most of what people write', () => {
    const documents = ['accepted', 'samples', 'gateway-api', 'analysis', 'authz', 'inject']
      .flatMap(corpusFiles)
      .flatMap((file) => {
        const text = corpusText(file)
        return splitDocuments(text).map(({ start, end }) => text.slice(start, end))
      })
    const read = documents.filter(agrees).length
    expect(read / documents.length).toBeGreaterThan(0.8)
  })
})
