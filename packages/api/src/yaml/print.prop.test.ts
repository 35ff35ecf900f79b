import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { parseDocuments } from './parse.ts'
import { toYaml } from './print.ts'

const words = fc.constantFrom(
  'no',
  'on',
  '1:20',
  '0x10',
  '1e3',
  '-',
  '- a',
  'a: b',
  'a #b',
  '~',
  '',
  ' x',
  'x ',
  '|',
  '>',
  '2001-01-01',
  '.5',
  '<<',
  '=',
  '0o7',
  "it's",
  '"',
  '\t',
  'a\nb',
  '\n',
  'a\n\n',
  ' a\nb',
  'é',
  '\u2028',
  '\ufeff',
  '😀',
  '%a',
  '@a',
  '`',
  '!x',
  '&x',
  '*x',
  '{',
  ']',
  '?',
  ':',
  'a:',
  '-1_0',
)
const text = fc.oneof(
  words,
  fc.string({ unit: 'binary' }).filter((value) => value.isWellFormed()),
  fc.string(),
)
const number = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }))
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    text,
    number,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(
      text.filter((key) => key !== '__proto__'),
      tie('tree'),
      { maxKeys: 4 },
    ),
  ),
}))

/** JSON has no negative zero. */
const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

it('reads back what it printed, by the rules of YAML 1.1 as Kubernetes has them and by those of YAML 1.2', () => {
  fc.assert(
    fc.property(tree, (value) => {
      const printed = toYaml({ value })
      expect(parseDocuments(printed).map((document) => document.value ?? document.findings)).toEqual([
        json({ value }),
      ])
      expect(parse(printed, { version: '1.2', uniqueKeys: false })).toEqual(json({ value }))
    }),
    { numRuns: 2000 },
  )
})

it('prints the same text whatever the order in which keys were written', () => {
  const one = {
    spec: { b: 1, a: [{ z: 1, name: 'x' }] },
    kind: 'K',
    metadata: { name: 'k' },
    apiVersion: 'v1',
  }
  const two = {
    apiVersion: 'v1',
    kind: 'K',
    metadata: { name: 'k' },
    spec: { a: [{ name: 'x', z: 1 }], b: 1 },
  }
  const expected = `apiVersion: v1
kind: K
metadata:
  name: k
spec:
  a:
  - name: x
    z: 1
  b: 1
`
  expect([toYaml(one), toYaml(two)]).toEqual([expected, expected])
})
