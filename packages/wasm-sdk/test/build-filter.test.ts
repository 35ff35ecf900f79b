import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildFilter, formatDiagnostic } from '../src/build/index.ts'
import { exportsOf, importsOf } from './support/module-names.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'batten-build-'))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

const IMPORTS =
  "import { Action, HttpFilter, NoConfig, RequestHeaders, FilterRoot } from '@batten/wasm-sdk/assembly'\n"
const FILTER = `export class Simple extends HttpFilter<NoConfig> {
  onRequestHeaders(headers: RequestHeaders, endOfStream: bool): Action {
    headers.set('x-simple', 'yes')
    return Action.Continue
  }
}
`

/** Findings for a source, with the name of the file in place of its path. */
async function findings(source: string, files: Readonly<Record<string, string>> = {}): Promise<string[]> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  const entry = join(folder, 'filter.ts')
  await writeFile(entry, source)
  const { diagnostics } = await buildFilter({ entry, debug: true })
  return diagnostics.map((diagnostic) =>
    formatDiagnostic(diagnostic, (file) => file.slice(folder.length + 1)),
  )
}

describe('building a filter', () => {
  it('exports only what the filter overrides, and imports nothing but Proxy-Wasm and WASI', async () => {
    const entry = join(folder, 'simple.ts')
    await writeFile(
      entry,
      `${IMPORTS}${FILTER}
      export function unrelated(): f64 { return Math.random() + <f64>Date.now() }
      export const when = new Date(0).getTime()
      console.log('starting')`,
    )
    const { wasm, diagnostics, sources, ms } = await buildFilter({ entry })
    expect(diagnostics).toEqual([])
    expect(sources).toEqual([entry])
    expect(ms).toBeGreaterThan(0)
    expect(exportsOf(wasm!)).toEqual([
      'malloc',
      'proxy_abi_version_0_2_1',
      'proxy_on_context_create',
      'proxy_on_vm_start',
      'proxy_on_configure',
      'proxy_on_request_headers',
      'proxy_on_delete',
      'memory',
      '_initialize',
    ])
    for (const name of importsOf(wasm!)) {
      expect(name).toMatch(/^env\.proxy_|^wasi_snapshot_preview1\.(random_get|clock_time_get)$/)
    }
  })

  it('finds callbacks of a base class in another file, with type imports as editors write them', async () => {
    const base = `import type { RequestHeaders } from '@batten/wasm-sdk/assembly'
      import { Action, HttpFilter, type NoConfig } from '@batten/wasm-sdk/assembly'
      export abstract class Base extends HttpFilter<NoConfig> {
        onRequestHeaders(headers: RequestHeaders, endOfStream: bool): Action { return Action.Continue }
      }`
    await writeFile(join(folder, 'base.ts'), base)
    const entry = join(folder, 'derived.ts')
    await writeFile(entry, "import { Base } from './base'\nexport class Derived extends Base {}")
    const { wasm, diagnostics, sources } = await buildFilter({ entry, debug: true })
    expect(diagnostics).toEqual([])
    expect(sources).toEqual([entry, join(folder, 'base.ts')])
    expect(exportsOf(wasm!)).toContain('proxy_on_request_headers')
  })

  it.each([
    ['is the default export', IMPORTS + FILTER.replace('export class', 'export default class')],
    [
      'names the SDK by a namespace',
      `import * as sdk from '@batten/wasm-sdk/assembly'
      export class A extends sdk.HttpFilter<sdk.NoConfig> {
        onRequestHeaders(headers: sdk.RequestHeaders, endOfStream: bool): sdk.Action { return sdk.Action.Continue }
        private onRequestHeader(): void {}
      }`,
    ],
  ])('finds a filter that %s', async (_title, source) => {
    expect(await findings(source)).toEqual([])
  })

  it('writes the module in one step, and leaves the old one when there are errors', async () => {
    const entry = join(folder, 'written.ts')
    const out = join(folder, 'out', 'written.wasm')
    await writeFile(entry, IMPORTS + FILTER)
    const good = await buildFilter({ entry, out, debug: true })
    expect(new Uint8Array(await readFile(out))).toEqual(good.wasm)
    await writeFile(entry, `${IMPORTS}${FILTER}let x: i32 = 'no'`)
    const bad = await buildFilter({ entry, out, debug: true })
    expect(bad.wasm).toBeUndefined()
    expect(new Uint8Array(await readFile(out))).toEqual(good.wasm)
    expect(await readdir(join(folder, 'out'))).toEqual(['written.wasm'])
  })

  it('builds several filters at the same time', async () => {
    const entries = ['a', 'b', 'c'].map((name) => join(folder, `${name}.ts`))
    for (const entry of entries) await writeFile(entry, IMPORTS + FILTER)
    const results = await Promise.all(entries.map((entry) => buildFilter({ entry, debug: true })))
    expect(results.map(({ sources }) => sources)).toEqual(entries.map((entry) => [entry]))
  })
})

describe('mistakes in a filter', () => {
  it('are found by the compiler, with file, line and column', async () => {
    expect(await findings(`${IMPORTS}${FILTER}let x: i32 = 'no'\n`)).toEqual([
      `filter.ts:8:14 - error TS2322: Type '~lib/string/String' is not assignable to type 'i32'.
 8 | let x: i32 = 'no'
   |              ^^^^`,
    ])
  })

  it('print themselves, with the path from the working directory', async () => {
    const entry = join(folder, 'printed.ts')
    await writeFile(entry, 'export class Other {}\n')
    const { diagnostics } = await buildFilter({ entry, debug: true })
    expect(`${diagnostics[0]}`).toBe(
      `${relative(process.cwd(), entry)}:1:1 - error BATTEN: this file has no filter: write a class that extends HttpFilter
 1 | export class Other {}
   | ^`,
    )
  })

  it('are found in other files too', async () => {
    const found = await findings(`${IMPORTS}import { f } from './other'\n${FILTER}f()`, {
      'other.ts': 'export function f(): void {\n  nope()\n}\n',
    })
    expect(found).toEqual([
      `other.ts:2:3 - error TS2304: Cannot find name 'nope'.\n 2 |   nope()\n   |   ^^^^`,
    ])
  })

  it.each([
    [
      'no filter',
      'export class Other {}\n',
      'filter.ts:1:1 - error BATTEN: this file has no filter: write a class that extends HttpFilter',
    ],
    [
      'two filters',
      `${IMPORTS}${FILTER}export class Second extends HttpFilter<NoConfig> {}\n`,
      'filter.ts:8:14 - error BATTEN: a file is one filter: this is a second class that extends HttpFilter',
    ],
    [
      'no word on the configuration',
      `${IMPORTS}export class A extends HttpFilter {}\n`,
      'filter.ts:2:24 - error BATTEN: say which class the configuration has: HttpFilter<MyConfig>, or HttpFilter<NoConfig>',
    ],
    [
      'a callback with a slip in its name',
      IMPORTS + FILTER.replace('onRequestHeaders', 'onRequestHeader'),
      'filter.ts:3:3 - error BATTEN: there is no callback onRequestHeader: did you mean onRequestHeaders? (a method of your own with this name can be private)',
    ],
    [
      'a filter with type parameters',
      IMPORTS + FILTER.replace('Simple', 'Simple<T>'),
      'filter.ts:2:14 - error BATTEN: a filter cannot have type parameters',
    ],
    [
      'a callback with other parameters, said once',
      IMPORTS + FILTER.replace(', endOfStream: bool', ''),
      'filter.ts:3:3 - error TS2394: This overload signature is not compatible with its implementation signature.',
    ],
    [
      'something that no proxy has',
      IMPORTS + FILTER.replace('return', 'process.exit(1)\n    return'),
      'error BATTEN: the filter uses process.exit, which no proxy has',
    ],
    [
      'a configuration that is not marked',
      `${IMPORTS}class C { a: i32 = 0 }\nexport class A extends HttpFilter<C> {}\n`,
      'filter.ts:2:7 - error BATTEN: mark the class C with @config, so that it can be read from JSON',
    ],
    [
      'a configuration with a type that JSON does not have',
      `${IMPORTS}@config\nclass C { a: Uint8Array = new Uint8Array(0) }\nexport class A extends HttpFilter<C> {}\n`,
      'filter.ts:3:14 - error BATTEN: a configuration cannot have this type: use string, bool, a number type, an array, Map<string, T>, or a @config class',
    ],
    [
      'a number that may be null',
      `${IMPORTS}@config\nclass C { a: i32 | null = null }\nexport class A extends HttpFilter<C> {}\n`,
      'filter.ts:3:14 - error BATTEN: a number or a bool cannot be null; give it a default value instead',
    ],
    [
      'a function that captures',
      `${IMPORTS}export class A extends HttpFilter<NoConfig> {
  onRequestHeaders(headers: RequestHeaders, endOfStream: bool): Action {
    const names: string[] = ['a']
    let count = 0
    names.forEach((name) => { count += 1 })
    return Action.Continue
  }
}\n`,
      'filter.ts:6:31 - error AS100: a function cannot use variables of the function around it (AssemblyScript has no closures): pass them as arguments, or keep them in the filter and use `self`',
    ],
  ])('%s', async (_title, source, expected) => {
    expect((await findings(source)).map((text) => text.split('\n')[0])).toEqual([expected])
  })

  it('are no file at all, or not a .ts file', async () => {
    const missing = await buildFilter({ entry: join(folder, 'missing.ts') })
    expect(missing).toMatchObject({ wasm: undefined, diagnostics: [{ severity: 'error', code: 'BATTEN' }] })
    expect(missing.diagnostics[0]!.message).toContain('cannot read it: ENOENT')
    const other = await buildFilter({ entry: join(folder, 'filter.js') })
    expect(other.diagnostics[0]!.message).toBe('a filter is a .ts file')
  })
})
