import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

const MAIN = new URL('../main.ts', import.meta.url).href
const FOLDER = mkdtempSync(join(tmpdir(), 'batten-validate-'))

afterAll(() => rmSync(FOLDER, { recursive: true, force: true }))

function validate(args: readonly string[], input = ''): { code: number | null; out: string; err: string } {
  const script = `import { run } from ${JSON.stringify(MAIN)}; await run(process.argv.slice(1))`
  const flags = ['--conditions=@batten/source', '--input-type=module', '-e', script, '--', 'validate']
  const ran = spawnSync(process.execPath, [...flags, ...args], {
    input,
    encoding: 'utf8',
    cwd: FOLDER,
    env: { ...process.env, NO_COLOR: '1' },
    timeout: 60_000,
  })
  return { code: ran.status, out: ran.stdout, err: ran.stderr }
}

interface Entry {
  readonly index: number
  readonly file: string
  readonly apiVersion: string | null
  readonly kind: string | null
  readonly namespace: string | null
  readonly name: string | null
  readonly accepted: boolean
  readonly findings: readonly { code: string; line: number | null; column: number | null }[]
}

/** What `-o json` says of a text on standard input. */
function judged(text: string, code: number): readonly Entry[] {
  const ran = validate(['-f', '-', '-o', 'json'], text)
  expect({ code: ran.code, err: ran.err }).toEqual({ code, err: '' })
  return (JSON.parse(ran.out) as { objects: Entry[] }).objects
}

function write(name: string, text: string): void {
  const path = join(FOLDER, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, text)
}

const object = (name: string, more = ''): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n${more}`

describe('batten validate -o json', () => {
  it('has one entry for each document in order, whatever is in it', () => {
    const documents = [
      object('first'),
      '# nothing but a comment\n',
      'apiVersion: v1\nkind: [\n',
      object('second'),
      'just a text\n',
      '- a list\n',
      'null\n',
      'kind: 5\nmetadata: {name: {toString: 1}, namespace: null}\n',
      'apiVersion: example.org/v1\nkind: Unknown\nmetadata: {name: third, namespace: shop}\n',
      'apiVersion: networking.istio.io/v1\nkind: VirtualServce\nmetadata: {name: fourth}\n',
      'apiVersion: networking.istio.io/v9\nkind: Gateway\nmetadata: {name: fifth}\n',
      object('sixth', 'data: {a: b, a: c}\n'),
      object('seventh'),
    ]
    const entries = judged(`# of no document\n---\n${documents.join('---\n')}---\n# of no document\n`, 65)
    expect(
      entries.map(({ index, kind, name, accepted, findings }) => [
        index,
        kind,
        name,
        accepted,
        findings.map(({ code, line }) => `${code} ${line}`),
      ]),
    ).toEqual([
      [0, 'ConfigMap', 'first', true, []],
      [1, null, null, true, []],
      [2, null, null, false, [expect.stringMatching(/^YAML_SYNTAX /)]],
      [3, 'ConfigMap', 'second', true, []],
      [4, null, null, false, ['YAML_NOT_AN_OBJECT 16']],
      [5, null, null, false, ['YAML_NOT_AN_OBJECT 18']],
      [6, null, null, false, ['YAML_NOT_AN_OBJECT 20']],
      [7, null, null, false, ['YAML_NOT_AN_OBJECT 22']],
      [8, 'Unknown', 'third', true, []],
      [9, 'VirtualServce', 'fourth', false, ['SCHEMA_UNKNOWN_KIND 29']],
      [10, 'Gateway', 'fifth', false, ['SCHEMA_UNKNOWN_KIND 33']],
      [11, null, null, false, ['YAML_DUPLICATE_KEY 40']],
      [12, 'ConfigMap', 'seventh', true, []],
    ])
  })

  it('has one entry for each item of a list, and one for a list without items', () => {
    const text = `apiVersion: v1
kind: List
items:
- ${object('first').trim().replaceAll('\n', '\n  ')}
- nothing
- ${object('Second').trim().replaceAll('\n', '\n  ')}
---
apiVersion: v1
kind: List
items: []
`
    expect(
      judged(text, 65).map(({ kind, name, accepted, findings }) => [
        kind,
        name,
        accepted,
        findings.map(({ code, line, column }) => [code, line, column]),
      ]),
    ).toEqual([
      ['ConfigMap', 'first', true, []],
      [null, null, false, [['YAML_NOT_AN_OBJECT', 7, 3]]],
      ['ConfigMap', 'Second', false, [['SCHEMA_METADATA', 10, 20]]],
      ['List', null, true, []],
    ])
  })

  it('names the file of each entry and goes on counting', () => {
    write('one/b.yaml', `${object('first')}---\n${object('second')}`)
    write(
      'one/a/c.json',
      JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'third' } }),
    )
    write('one/node_modules/d.yaml', 'a: [')
    write('two.txt', object('fourth'))
    const { code, out } = validate(['-f', 'one', '-f', 'two.txt', '-o', 'json'])
    expect(code).toBe(0)
    expect(
      (JSON.parse(out) as { objects: Entry[] }).objects.map(({ index, file, name }) => [index, file, name]),
    ).toEqual([
      [0, 'one/a/c.json', 'third'],
      [1, 'one/b.yaml', 'first'],
      [2, 'one/b.yaml', 'second'],
      [3, 'two.txt', 'fourth'],
    ])
  })

  it('has no entries for a text without documents', () => {
    expect(judged('', 0)).toEqual([])
    expect(judged('# only a comment\n---\n', 0)).toEqual([])
  })
})

it('the objects of a cluster may be one document', () => {
  const items = Array.from({ length: 600 }, (_, i) => object(`c${i}`, `data: {text: ${'x'.repeat(8000)}}\n`))
  const list = items.map((item) => item.replaceAll(/^(?=.)/gm, '  ').replace(' ', '-')).join('')
  const entries = judged(`apiVersion: v1\nkind: List\nitems:\n${list}`, 0)
  expect(entries.map(({ name, accepted }) => [name, accepted])).toEqual(items.map((_, i) => [`c${i}`, true]))
})

describe('batten validate exits with 64', () => {
  const cases: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['without input', [], /nothing to validate/],
    ['for a file that does not exist', ['-f', 'nowhere.yaml'], /cannot read nowhere.yaml: it does not exist/],
    ['for a folder without YAML', ['-f', 'empty'], /there is no .yaml, .yml, .json file in empty/],
    ['for an unknown flag', ['--no-such-flag'], /no-such-flag/],
    ['for an unknown format', ['-f', '-', '-o', 'xml'], /xml/],
  ]
  for (const [title, args, message] of cases) {
    it(title, () => {
      mkdirSync(join(FOLDER, 'empty'), { recursive: true })
      const { code, out, err } = validate(args)
      expect({ code, out }).toEqual({ code: 64, out: '' })
      expect(err).toMatch(message)
    })
  }
})
