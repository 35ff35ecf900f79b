import { describe, expect, it } from 'vitest'
import { fromYaml, parseDocuments } from './parse.ts'

const VALUE = (text: string): unknown => parseDocuments(text)[0]?.value

describe('plain scalars are read as Kubernetes reads them', () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ['no', false],
    ['on', true],
    ['y', true],
    ['N', false],
    ['0120', 80],
    ['0o17', 15],
    ['0xFFFF', 65535],
    ['8_080', 8080],
    ['80.0', 80],
    ['8e1', 80],
    ['12e4', 120000],
    ['1:20', '1:20'],
    ['0b11', 3],
    ['08', 8],
    ['2001-01-01', '2001-01-01'],
    ['~', null],
    ['null', null],
    ['yeS', 'yeS'],
    ["'no'", 'no'],
    ['"80"', '80'],
    ['!!str 80', '80'],
    ['.5', 0.5],
    ['+1', 1],
    ['-0x10', -16],
    ['1_000.5', 1000.5],
    ['1.2.3', '1.2.3'],
    ['v1', 'v1'],
  ]
  for (const [source, value] of cases) {
    it(`reads ${source} as ${JSON.stringify(value)}`, () => {
      expect(VALUE(`key: ${source}\n`)).toEqual({ key: value })
    })
  }

  it('turns keys that are numbers or booleans into strings', () => {
    expect(VALUE('{8080: a, on: b, 1.5: c}')).toEqual({ '8080': 'a', true: 'b', '1.5': 'c' })
  })
})

describe('documents', () => {
  it('goes on after a document that is broken', () => {
    const text = 'a: [\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: x}\n---\nb: "\n'
    const { documents, objects, findings } = fromYaml(text, { file: 'f.yaml' })
    expect(documents.map(({ index, findings }) => [index, findings[0]?.code])).toEqual([
      [0, 'YAML_SYNTAX'],
      [1, undefined],
      [2, 'YAML_SYNTAX'],
    ])
    expect(objects.map(({ object, index, file }) => [object.kind, index, file])).toEqual([
      ['Namespace', 1, 'f.yaml'],
    ])
    expect(findings.map(({ range }) => range?.line)).toEqual([1, 7])
  })

  it('flattens lists and finds places in their items', () => {
    const text = `apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Namespace
  metadata:
    name: one
- apiVersion: v1
  kind: Namespace
  metadata:
    name: two
`
    const { objects } = fromYaml(text)
    expect(objects.map(({ object }) => object.metadata.name)).toEqual(['one', 'two'])
    expect(objects[1]!.position('metadata.name')).toEqual({
      line: 11,
      column: 11,
      endLine: 11,
      endColumn: 14,
    })
  })

  it('skips empty documents and counts the others', () => {
    const { documents } = fromYaml(
      '---\n# nothing\n---\n\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: a}\n',
    )
    expect(documents.map(({ index, objects }) => [index, objects.length])).toEqual([[0, 1]])
  })

  it('expands anchors and merges', () => {
    expect(VALUE('a: &x {p: 1}\nb: *x\nc: {<<: *x, q: 2}\n')).toEqual({
      a: { p: 1 },
      b: { p: 1 },
      c: { p: 1, q: 2 },
    })
  })
})

describe('positions', () => {
  const text = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: reviews
  annotations:
    example.com/a.b: yes
spec:
  hosts:
  - reviews
  http:
  - route:
    - destination:
        host: reviews
`
  const [parsed] = fromYaml(text).objects
  const cases: readonly (readonly [string, 'key' | 'value', readonly number[]])[] = [
    ['spec.hosts[0]', 'value', [9, 5, 9, 12]],
    ['spec.hosts', 'key', [8, 3, 8, 8]],
    ['metadata.annotations.example.com/a.b', 'value', [6, 22, 6, 25]],
    ['spec.http[0].route[0].destination.host', 'value', [13, 15, 13, 22]],
    // The nearest part that is there: its key.
    ['spec.http[0].route[0].destination.subset', 'value', [12, 7, 12, 18]],
  ]
  for (const [path, at, [line, column, endLine, endColumn]] of cases) {
    it(`finds the ${at} of ${path}`, () => {
      expect(parsed!.position(path, { at })).toEqual({ line, column, endLine, endColumn })
    })
  }
})

describe('hostile text is refused', () => {
  const bomb = `a: &a [${'x,'.repeat(9)}x]\n${[...'bcdefghij'].map((name, i) => `${name}: &${name} [${`*${'abcdefghi'[i]},`.repeat(9)}*${'abcdefghi'[i]}]`).join('\n')}\n`
  const cases: readonly (readonly [string, string, string])[] = [
    ['an alias bomb', bomb, 'YAML_ALIASES'],
    ['an anchor that contains itself', 'a: &a [*a]\n', 'YAML_ALIASES'],
    ['deep brackets', '['.repeat(100_000), 'YAML_TOO_DEEP'],
    ['deep dashes', `${'- '.repeat(50_000)}x`, 'YAML_TOO_DEEP'],
    ['deep blocks', [...Array(600).keys()].map((i) => `${' '.repeat(i)}a:`).join('\n'), 'YAML_TOO_DEEP'],
    ['deep brackets that are closed', `a: ${'['.repeat(250)}${']'.repeat(250)}\n`, 'YAML_TOO_DEEP'],
    [
      'deep lists',
      `${[...Array(250).keys()].map((i) => `${' '.repeat(i)}-`).join('\n')} x\n`,
      'YAML_TOO_DEEP',
    ],
    ['a quote that is never closed', `a: "${'x\n '.repeat(20_000)}`, 'YAML_SYNTAX'],
    ['an anchor that contains itself below a tag', 'a: !!python/object {b: 1}\nc: &x [*x]\n', 'YAML_ALIASES'],
    ['tags without end', `a: ${'!x '.repeat(100_000)}\n`, 'YAML_SYNTAX'],
    ['more anchors than a tree may have', `a: &a x\nb:\n${'-\n'.repeat(260_000)}`, 'YAML_ALIASES'],
    ['a list as a key', '[a, b]: c\n', 'YAML_KEY'],
    ['a list as a key of a flow map', 'a: {[b]: c}\n', 'YAML_KEY'],
    ['a key twice, written in two ways', 'true: 1\nyes: 2\n', 'YAML_DUPLICATE_KEY'],
    ['not a number', 'a: [.nan]\n', 'YAML_VALUE'],
    ['a key twice', 'a: 1\nb: {c: 1, c: 2}\n', 'YAML_DUPLICATE_KEY'],
    ['a key that a merge brings again', 'a: &x {p: 1}\nb: {<<: *x, p: 2}\n', 'YAML_DUPLICATE_KEY'],
    ['a map as a key', '? {a: 1}\n: 2\n', 'YAML_KEY'],
    ['null as a key', '~: 2\n', 'YAML_KEY'],
    ['NUL', 'a: b\u0000c\n', 'YAML_CONTROL_CHARACTER'],
    ['infinity', 'a: .inf\n', 'YAML_VALUE'],
    ['an unknown anchor', 'a: *nobody\n', 'YAML_SYNTAX'],
  ]
  for (const [title, text, code] of cases) {
    it(`refuses ${title}`, () => {
      expect(parseDocuments(text).flatMap(({ findings }) => findings.map((finding) => finding.code))).toEqual(
        [code],
      )
    })
  }

  it('refuses more nodes than the limit, whatever they are', () => {
    const texts = [
      '- a\n'.repeat(2000),
      `[${'a,'.repeat(2000)}a]\n`,
      `a: {x: [${'{},'.repeat(2000)}{}]}\n`,
      `a: &a x\nb: [${'*a,'.repeat(2000)}x]\n`,
    ]
    for (const text of texts) {
      const [document] = parseDocuments(text, { limits: { maxNodes: 1000 } })
      expect(document!.findings.map(({ code }) => code)).toEqual(['YAML_ALIASES'])
    }
  })

  it('reports a hundred duplicate keys of a document and no more', () => {
    const [document] = parseDocuments('k: 1\n'.repeat(5000))
    expect(document!.findings).toHaveLength(100)
    expect(document!.findings[99]).toMatchObject({ code: 'YAML_DUPLICATE_KEY', range: { line: 101 } })
  })

  it('knows no places in a document that is too large for a tree, but reads it', () => {
    const text = `items:\n${'-\n'.repeat(260_000)}`
    const [document] = parseDocuments(text)
    expect(document!.findings).toEqual([])
    expect(document!.position(['items', 3])).toEqual(document!.range)
  })

  it('refuses a document over the limit, and reads those beside it', () => {
    const text = `a: 1\n---\nb: ${'x'.repeat(500)}\n---\nc: 3\n`
    const documents = parseDocuments(text, { limits: { maxDocumentLength: 100 } })
    expect(documents.map(({ value, findings }) => value ?? findings[0]!.code)).toEqual([
      { a: 1 },
      'YAML_TOO_LARGE',
      { c: 3 },
    ])
  })

  it('refuses a text over the limit without reading it', () => {
    const [document] = parseDocuments('a'.repeat(1000), { limits: { maxLength: 999 } })
    expect(document!.findings[0]).toMatchObject({ code: 'YAML_TOO_LARGE', severity: 'error' })
  })

  it('refuses a text with more documents than the limit, empty ones too', () => {
    const limits = { maxDocuments: 3 }
    expect(parseDocuments('a: 1\n---\n---\nc: 3\n', { limits }).map(({ value }) => value)).toEqual([
      { a: 1 },
      { c: 3 },
    ])
    expect(parseDocuments('a: 1\n---\n---\n---\nd: 4\n', { limits }).map(({ findings }) => findings)).toEqual(
      [[expect.objectContaining({ code: 'YAML_TOO_LARGE', message: 'the text has more than 3 documents' })]],
    )
  })

  it('refuses a million documents', () => {
    expect(parseDocuments('---\n'.repeat(1_000_000))).toMatchObject([
      { findings: [{ message: 'the text has more than 100000 documents' }] },
    ])
  })

  it('expands aliases to half a million nodes, also where more are allowed without them', () => {
    const text = `a: &a [${'x,'.repeat(1000)}]\nb: [${'*a,'.repeat(600)}]\n`
    expect(parseDocuments(text, { limits: { maxNodes: 2_000_000 } })[0]!.findings).toMatchObject([
      { code: 'YAML_ALIASES', message: 'the document has more than 500000 nodes with its aliases expanded' },
    ])
  })

  it('refuses a List whose items are no list', () => {
    const { objects, findings } = fromYaml('apiVersion: v1\nkind: List\nitems: text\n')
    expect(objects).toEqual([])
    expect(findings).toMatchObject([
      { path: 'items', message: 'the items of a List must be a list, not a string', range: { line: 3 } },
    ])
    expect(fromYaml('apiVersion: v1\nkind: List\nitems: {}\n').findings).toMatchObject([
      { message: 'the items of a List must be a list, not a map' },
    ])
  })

  it('keeps a key called __proto__ as a key', () => {
    const value = VALUE('__proto__: {polluted: 1}\n') as object
    expect(Object.keys(value)).toEqual(['__proto__'])
    expect(({} as { polluted?: number }).polluted).toBeUndefined()
  })
})

describe('comments', () => {
  it('stay with what they are about', () => {
    const text = `# Canary of reviews.
# Owned by the shop team.
apiVersion: v1
kind: Service
metadata:
  # The short name.
  name: reviews # not reviews-v2
spec:
  ports:
  # Plain HTTP.
  - port: 9080
---
kind: List
apiVersion: v1
items:
# The first.
- { apiVersion: v1, kind: Pod, metadata: { name: a } }
- { apiVersion: v1, kind: Pod, metadata: { name: b } }
`
    const { documents, objects } = fromYaml(text)
    expect(objects.map(({ comment }) => comment)).toEqual([
      'Canary of reviews.\nOwned by the shop team.',
      'The first.',
      undefined,
    ])
    expect(documents[0]?.comment(['metadata', 'name'])).toBe('The short name.\nnot reviews-v2')
    expect(documents[0]?.comment(['spec', 'ports', 0])).toBe('Plain HTTP.')
    expect(documents[0]?.comment(['spec', 'selector'])).toBeUndefined()
  })
})
