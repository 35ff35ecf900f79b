import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readFast } from '../src/yaml/fast.ts'
import { DEFAULT_LIMITS } from '../src/yaml/limits.ts'
import { toYaml } from '../src/yaml/print.ts'
import { YamlReader } from '../src/yaml/reader.ts'
import { splitDocuments } from '../src/yaml/split.ts'
import { corpusFiles, corpusText, hasCorpus } from './corpus.ts'

/** Asserts that the fast reader says what the full parser says, or nothing; tells whether it said something. */
function agrees(text: string): boolean {
  const fast = readFast(text, DEFAULT_LIMITS)
  if (fast === undefined) return false
  const full = new YamlReader(text, 1, DEFAULT_LIMITS, { fast: false }).read()
  expect({ value: fast.value, problems: [], isEmpty: false }, JSON.stringify(text)).toEqual(full)
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

describe('the fast reader', () => {
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
