import { rmSync } from 'node:fs'
import { createContext, Script } from 'node:vm'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Bundle, bundleForBrowser } from './support/browser-bundle.ts'
import { API_ENTRIES, documentedSizes, TYPICAL_IMPORTS } from './support/bundle-sizes.ts'
import { type Install, installTarballs, temporaryFolder } from './support/packed-install.ts'
import { packPackages } from './support/packed-packages.ts'

/** What every browser has beside the language itself. No `process`, `require`, `Buffer`, `setImmediate`. */
const WEB_GLOBALS = { URL, TextEncoder, TextDecoder, structuredClone, performance }

let packed: string
let install: Install

beforeAll(async () => {
  packed = temporaryFolder('packed')
  install = await installTarballs(await packPackages(['@batten/core', '@batten/api'], packed))
}, 120_000)

afterAll(() => {
  install?.[Symbol.dispose]()
  if (packed !== undefined) rmSync(packed, { recursive: true, force: true })
})

it.each(TYPICAL_IMPORTS)(
  '$title bundles for a browser without built-ins of Node, within its limit',
  async ({ title, entries, limit }) => {
    const bundle = await bundleForBrowser(install.folder, entries)
    expect(bundle.externals).toEqual([])
    if (limit !== undefined) expect(bundle.gzipSize).toBeLessThanOrEqual(limit)
    const documented = documentedSizes().get(title)
    expect(
      documented,
      'docs/package-sizes.md: run `node benchmarks/bundle-size.bench.ts --write`',
    ).toBeDefined()
    // A small bundle may move by a few hundred bytes.
    const difference = Math.abs(bundle.gzipSize - documented!)
    expect(difference, 'docs/package-sizes.md').toBeLessThanOrEqual(Math.max(500, documented! / 5))
  },
)

it('a built-in of Node would be seen', async () => {
  const { externals } = await bundleForBrowser(install.folder, [{ from: 'node:fs', names: ['readFileSync'] }])
  expect(externals.join()).toContain('node:fs')
})

it('builders do not pull in reading, validation or analysis', async () => {
  const { modules } = await bundleForBrowser(install.folder, [{ from: '@batten/api' }])
  const heavy =
    /\/(analyze|cel|crd|convert|rules|validators)\/|yaml\/(parse|reader)\.js$|node_modules\/(yaml|re2js)\//
  expect(modules.length).toBeGreaterThan(10)
  expect(modules.filter(({ id }) => heavy.test(id))).toEqual([])
})

it('everything runs where there is neither Node nor `eval`', async () => {
  const bundle = await bundleForBrowser(install.folder, API_ENTRIES, 'batten')
  const { program } = run(bundle, () => {
    const { analyze, api, convert, validate, yaml } = globalThis as unknown as BrowserNames
    const reviews = api.virtualService({ name: 'reviews', namespace: 'shop', hosts: ['reviews'] })
    const text = api.toYaml({ ...reviews, spec: { ...reviews.spec, http: [{ timeout: 'soon', retry: 3 }] } })
    const { documents, objects } = yaml.fromYaml(text, { file: 'reviews.yaml' })
    return {
      findings: validate.validate(documents).map(({ code, path, range }) => `${range?.line} ${code} ${path}`),
      codes: [...new Set(analyze.analyze(objects).map(({ code }) => code))].sort(),
      typescript: convert.toTypeScript(api.toYaml(reviews)).code,
    }
  })
  expect(program).toEqual({
    findings: [
      '10 SCHEMA_UNKNOWN_FIELD spec.http[0].retry',
      '11 CEL_RULE spec.http[0].timeout',
      '10 RULE_ROUTE spec.http[0]',
    ],
    codes: ['IST0106'],
    typescript: expect.stringContaining("= virtualService({ name: 'reviews'"),
  })
})

type BrowserNames = {
  api: typeof import('@batten/api')
  analyze: typeof import('@batten/api/analyze')
  convert: typeof import('@batten/api/convert')
  validate: typeof import('@batten/api/validate')
  yaml: typeof import('@batten/api/yaml')
}

/** Runs a bundle and then a program in a realm with the globals of a browser, where no text becomes code. */
function run<T>(bundle: Bundle, program: () => T): { program: T } {
  const context = createContext({ ...WEB_GLOBALS }, { codeGeneration: { strings: false, wasm: false } })
  new Script(bundle.code).runInContext(context)
  const result = new Script(`Object.assign(globalThis, batten); JSON.stringify((${program})())`).runInContext(
    context,
  )
  return { program: JSON.parse(result) as T }
}
