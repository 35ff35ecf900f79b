import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

const MAIN = new URL('../main.ts', import.meta.url).href
// Below the package, so that a file in it finds `@batten/api`.
const FOLDER = mkdtempSync(join(fileURLToPath(new URL('../..', import.meta.url)), '.test-'))

afterAll(() => rmSync(FOLDER, { recursive: true, force: true }))

function batten(args: readonly string[], input = ''): { code: number | null; out: string; err: string } {
  const script = `import { run } from ${JSON.stringify(MAIN)}; await run(process.argv.slice(1))`
  const flags = ['--conditions=@batten/source', '--input-type=module', '-e', script, '--']
  const ran = spawnSync(process.execPath, [...flags, ...args], {
    input,
    encoding: 'utf8',
    cwd: FOLDER,
    env: { ...process.env, NO_COLOR: '1' },
    timeout: 60_000,
  })
  return { code: ran.status, out: ran.stdout, err: ran.stderr }
}

function write(name: string, text: string): void {
  const path = join(FOLDER, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, text)
}

const GOOD = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n'

const BAD = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: shop}
spec:
  htp: []
  http: [{route: [{destination: {host: reviews}}]}]
`

describe('batten validate', () => {
  it('prints one JSON entry for each document in order, and exits with 65', () => {
    const { code, out } = batten(['validate', '-f', '-', '-o', 'json'], `${GOOD}---\n---\n${BAD}---\na: [\n`)
    const { objects } = JSON.parse(out) as { objects: Record<string, unknown>[] }
    expect(code).toBe(65)
    expect(objects.map(({ index, kind, accepted }) => [index, kind, accepted])).toEqual([
      [0, 'Namespace', true],
      [1, null, true],
      [2, 'VirtualService', false],
      [3, null, false],
    ])
    expect(objects[2]).toEqual({
      index: 2,
      file: '-',
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      namespace: 'shop',
      name: 'reviews',
      accepted: false,
      findings: [
        {
          code: 'SCHEMA_UNKNOWN_FIELD',
          severity: 'error',
          layer: 'schema',
          path: 'spec.htp',
          message: 'unknown field "spec.htp"',
          hint: null,
          file: '-',
          line: 10,
          column: 3,
        },
      ],
    })
  })

  it('reads folders and prints a frame of the line', () => {
    write('config/deep/bad.yaml', BAD)
    write('config/good.yml', GOOD)
    write('config/notes.txt', 'a: [')
    expect(batten(['validate', 'config'])).toEqual({
      code: 65,
      out: `× VirtualService shop/reviews: unknown field "spec.htp"   [SCHEMA_UNKNOWN_FIELD]
   config/deep/bad.yaml:5:3
   3 | metadata: {name: reviews, namespace: shop}
   4 | spec:
 > 5 |   htp: []
     |   ^
1 object accepted, 1 refused
`,
      err: '',
    })
  })

  it('exits with 0 when all are accepted, and with 64 for wrong usage', () => {
    expect(batten(['validate', '-f', '-'], GOOD)).toMatchObject({
      code: 0,
      out: '1 object accepted, 0 refused\n',
    })
    expect(batten(['validate'])).toMatchObject({ code: 64 })
    expect(batten(['validate', '-f', 'nowhere.yaml'])).toMatchObject({
      code: 64,
      err: expect.stringContaining('cannot read nowhere.yaml: it does not exist'),
    })
  })
})

describe('batten convert and batten render', () => {
  it('are each the way back of the other', () => {
    write('reviews.yaml', BAD.replace('  htp: []\n', '  hosts: [reviews]\n'))
    expect(batten(['convert', 'reviews.yaml', '-o', 'reviews.ts'])).toEqual({ code: 0, out: '', err: '' })
    expect(batten(['render', 'reviews.ts'])).toEqual({
      code: 0,
      out: `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: reviews
  namespace: shop
spec:
  hosts:
  - reviews
  http:
  - route:
    - destination:
        host: reviews
`,
      err: '',
    })
  })

  it('say what is wrong with a file that exports something else', () => {
    write('other.ts', 'export default [{ apiVersion: "v1", kind: "Pod", metadata: {} }, 7]\n')
    expect(batten(['render', 'other.ts'])).toMatchObject({
      code: 65,
      err: expect.stringContaining('other.ts: the default export, item 2, is no object of Kubernetes: 7'),
    })
  })
})

describe('batten crds', () => {
  it('prints the definitions that are asked for', () => {
    const one = batten(['crds', '--kind', 'vs', '-o', 'json'])
    expect(JSON.parse(one.out)).toMatchObject({
      kind: 'CustomResourceDefinition',
      metadata: { name: 'virtualservices.networking.istio.io' },
    })
    expect(batten(['crds']).out.match(/^kind: CustomResourceDefinition$/gm)).toHaveLength(15)
    expect(batten(['crds', '--kind', 'Pod'])).toMatchObject({ code: 64, out: '' })
  })
})

describe('batten explain', () => {
  it('explains fields and codes', () => {
    expect(
      batten(['explain', 'VirtualService.spec.http[0].timeout']).out,
    ).toBe(`VirtualService.spec.http.timeout <string>

Time limit of a request, all its attempts included. Default: no limit.

Example:
  10s

See https://istio.io/latest/docs/reference/config/networking/virtual-service/
`)
    expect(batten(['explain', 'ist0101']).out).toContain('IST0101 ReferencedResourceNotFound (Error)')
    expect(batten(['explain', 'Nothing'])).toMatchObject({ code: 64, out: '' })
  })
})
