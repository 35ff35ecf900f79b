import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

const MAIN = new URL('../main.ts', import.meta.url).href
// Below the package, so that a file in it finds `@batten/api`.
const FOLDER = mkdtempSync(join(fileURLToPath(new URL('../..', import.meta.url)), '.test-'))

afterAll(() => rmSync(FOLDER, { recursive: true, force: true }))

function batten(...args: readonly string[]): { code: number | null; out: string; err: string } {
  const script = `import { run } from ${JSON.stringify(MAIN)}; await run(process.argv.slice(1))`
  const flags = ['--conditions=@batten/source', '--input-type=module', '-e', script, '--']
  const env = { ...process.env, NO_COLOR: '1', CANARY: '10' }
  const ran = spawnSync(process.execPath, [...flags, ...args], {
    encoding: 'utf8',
    cwd: FOLDER,
    env,
    timeout: 60_000,
  })
  return { code: ran.status, out: ran.stdout, err: ran.stderr }
}

function write(name: string, text: string): string {
  const path = join(FOLDER, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, text)
  return name
}

/** Names of the objects that a module exports, as `batten render` prints them. */
function names(out: string): string[] {
  return [...out.matchAll(/^ {2}name: (.+)$/gm)].map(([, name]) => name!)
}

const IMPORT = "import { namespace } from '@batten/api'\n"

describe('batten render', () => {
  it('takes lists of lists, maps, functions, promises and generators as the default export', () => {
    const file = write(
      'shapes.ts',
      `${IMPORT}
async function* made() { yield namespace({ name: 'e' }); yield [namespace({ name: 'f' })] }
export default async () => ({
  one: namespace({ name: 'a' }),
  more: [[namespace({ name: 'b' })], Promise.resolve(namespace({ name: 'c' })), () => namespace({ name: 'd' })],
  made: made(),
})
`,
    )
    const { code, out, err } = batten('render', file)
    expect({ code, names: names(out), err }).toEqual({
      code: 0,
      names: ['a', 'b', 'c', 'd', 'e', 'f'],
      err: '',
    })
  })

  it('prints each object among the exports once, when there is no default export', () => {
    const file = write(
      'named.ts',
      `${IMPORT}
export const a = namespace({ name: 'a' })
export const all = [a, namespace({ name: 'b' })]
export const canary = 10
export function helper(): number { return 1 }
`,
    )
    expect(names(batten('render', file).out)).toEqual(['a', 'b'])
  })

  it('finds imports that are written as the compiler takes them', () => {
    write('parts/a.ts', `${IMPORT}export const a = namespace({ name: 'a' })\n`)
    write('parts/index.ts', "export { a } from './a.js'\n")
    const file = write('imports.ts', "export { a as b } from './parts'\nexport { a } from './parts/a'\n")
    expect(batten('render', file)).toMatchObject({ code: 0, err: '' })
  })

  it('keeps what the file prints out of the YAML', () => {
    const file = write(
      'prints.ts',
      `${IMPORT}console.log('hello')\nexport default namespace({ name: 'a' })\n`,
    )
    const { out, err } = batten('render', file)
    expect({ out, err }).toEqual({
      out: 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n',
      err: 'hello\n',
    })
  })

  it('writes a file in a folder that does not exist yet', () => {
    const file = write('out.ts', `${IMPORT}export default namespace({ name: process.env['CANARY'] ?? '' })\n`)
    expect(batten('render', file, '--out', 'build/deep/mesh.yaml')).toEqual({ code: 0, out: '', err: '' })
    expect(names(readFileSync(join(FOLDER, 'build/deep/mesh.yaml'), 'utf8'))).toEqual(["'10'"])
  })

  it.each([
    [
      'a mistake in the syntax',
      'export default [\n  { a: }\n]\n',
      `× no valid TypeScript: Expression expected   [CLI_RENDER]
   bad.ts:2:8
   1 | export default [
 > 2 |   { a: }
     |        ^
`,
    ],
    [
      'something thrown while the file runs',
      "function stop(): never {\n  throw new Error('no region')\n}\nexport default stop()\n",
      `× no region   [CLI_RENDER]
   bad.ts:2:9
   1 | function stop(): never {
 > 2 |   throw new Error('no region')
     |         ^
`,
    ],
    [
      'something thrown while a function of it runs',
      'export default () => {\n  const region: any = undefined\n  return region.name\n}\n',
      `× TypeError: Cannot read properties of undefined (reading 'name')   [CLI_RENDER]
   bad.ts:3:17
   1 | export default () => {
   2 |   const region: any = undefined
 > 3 |   return region.name
     |                 ^
`,
    ],
    [
      'an error of a builder, at the line that calls it',
      "import { split } from '@batten/api'\nconst canary: number = 20\nexport default split({ v1: 90, v2: canary })\n",
      `× the shares of a split must sum to 100, these sum to 110: v1: 90, v2: 20   [BUILDER_SPLIT_SUM]
   bad.ts:3:16
   1 | import { split } from '@batten/api'
   2 | const canary: number = 20
 > 3 | export default split({ v1: 90, v2: canary })
     |                ^
  hint: for other proportions give each destination a weight: to(host, { subset, weight })
`,
    ],
    [
      'an import that does not exist',
      "import { a } from './nowhere'\nexport default a\n",
      `× cannot find nowhere   [CLI_RENDER]
   bad.ts:1:19
 > 1 | import { a } from './nowhere'
     |                   ^
`,
    ],
    [
      'a package that is not installed',
      "import { a } from 'no-such-package/sub'\nexport default a\n",
      `× cannot find the package "no-such-package"   [CLI_RENDER]
   bad.ts:1:19
 > 1 | import { a } from 'no-such-package/sub'
     |                   ^
  hint: install it: npm install no-such-package
`,
    ],
    [
      'a value that is no JSON',
      "export default { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec: { a: [Number.NaN] } }\n",
      `× bad.ts: Pod a: spec.a[0] is NaN   [CLI_RENDER]
  hint: objects of Kubernetes are JSON: text, finite numbers, true, false, null, lists and maps
`,
    ],
    [
      'a route that is in no VirtualService',
      "import { route, to } from '@batten/api'\nexport default [route(to('a'))]\n",
      `× bad.ts: the default export, item 1, is no object of Kubernetes: RouteBuilder { fields: { route: [Array] } }   [CLI_RENDER]
  hint: a route belongs into a VirtualService: virtualService({ name, hosts, http: [route(...)] })
`,
    ],
    [
      'a promise that fails while another is waited for',
      `const later = new Promise((done) => setTimeout(done, 20, { apiVersion: 'v1', kind: 'Pod' }))
export default [later, Promise.reject(new Error('no region'))]
`,
      `× no region   [CLI_RENDER]
   bad.ts:2:39
   1 | const later = new Promise((done) => setTimeout(done, 20, { apiVersion: 'v1', kind: 'Pod' }))
 > 2 | export default [later, Promise.reject(new Error('no region'))]
     |                                       ^
`,
    ],
    [
      'a promise that is never kept',
      'await new Promise(() => {})\nexport default []\n',
      `× it waits for something that never happens   [CLI_RENDER]
   bad.ts
`,
    ],
    [
      'nothing to print',
      'export const canary = 10\n',
      `× bad.ts exports no object of Kubernetes   [CLI_RENDER]
  hint: export what the builders of @batten/api give: export default [virtualService({ ... })]
`,
    ],
  ])('says in place of a stack where the mistake is: %s', (_title, text, err) => {
    expect(batten('render', write('bad.ts', text))).toEqual({ code: 65, out: '', err })
  })

  it('exits with 64 for what is no file of a program', () => {
    write('mesh.yaml', 'a: 1\n')
    expect(batten('render', 'mesh.yaml')).toEqual({
      code: 64,
      out: '',
      err: `× mesh.yaml is no TypeScript or JavaScript file   [CLI_INPUT]
  hint: YAML needs no rendering; \`batten convert\` turns it into TypeScript
`,
    })
    expect(batten('render', 'nowhere.ts')).toMatchObject({
      code: 64,
      err: expect.stringContaining('does not exist'),
    })
  })
})

describe('batten convert', () => {
  it('makes one module of several files, which gives the same objects back', () => {
    write('two/a.yaml', '# first\napiVersion: v1\nkind: Namespace\nmetadata: {name: a}')
    write('two/b.yaml', '# second\napiVersion: v1\nkind: Namespace\nmetadata: {name: b}\n')
    expect(batten('convert', 'two', '-o', 'made/two.ts')).toEqual({ code: 0, out: '', err: '' })
    expect(readFileSync(join(FOLDER, 'made/two.ts'), 'utf8')).toBe(`import { namespace } from '@batten/api'

// first
export const a = namespace({ name: 'a' })

// second
export const b = namespace({ name: 'b' })

export default [a, b]
`)
    expect(names(batten('render', 'made/two.ts').out)).toEqual(['a', 'b'])
  })

  it('names the file and the line of what cannot be read, and writes nothing', () => {
    write('odd/a.yaml', 'apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n')
    write('odd/b.yaml', 'kind: Namespace\n')
    expect(batten('convert', 'odd', '-o', 'made/odd.ts')).toEqual({
      code: 65,
      out: '',
      err: `× the document is no object of Kubernetes: "apiVersion" missing   [YAML_NOT_AN_OBJECT]
   odd/b.yaml:1:1
 > 1 | kind: Namespace
     | ^
`,
    })
    expect(existsSync(join(FOLDER, 'made/odd.ts'))).toBe(false)
  })
})

describe('batten crds', () => {
  it('takes kinds, plurals and short names, each printed once', () => {
    const { out } = batten('crds', '--kind', 'vs,destinationrules', '--kind', 'VirtualService')
    expect(names(out)).toEqual([
      'virtualservices.networking.istio.io',
      'destinationrules.networking.istio.io',
    ])
  })

  it.each([
    ['virtualservce', 'did you mean VirtualService?'],
    ['HTTPRoute', 'HTTPRoute is a kind of the Gateway API'],
    ['Pod', 'Pod is a kind of Kubernetes itself, which needs no CRD'],
    ['xyz', 'kinds are VirtualService, DestinationRule, Gateway, '],
  ])('says what is wrong with the kind %s', (kind, hint) => {
    const { code, out, err } = batten('crds', '--kind', kind)
    expect({ code, out }).toEqual({ code: 64, out: '' })
    expect(err).toContain(`× there is no CRD of a kind "${kind}"   [CLI_KIND]\n  hint: ${hint}`)
  })
})
