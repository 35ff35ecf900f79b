/**
 * Puts the modules behind the entries of `@batten/api` into a few files, `packages/api/dist/bundle`: what Node imports.
 * Most of what a cold import costs is opening files, half a millisecond each, and `@batten/api/validate` alone has 85.
 * Bundlers get the modules themselves and keep what is used of them (docs/adr/0012-start-up-of-the-api.md).
 *
 *   node ../../scripts/bundle-api.ts      # in packages/api, after `tsc -b`
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { rolldown } from 'rolldown'
import { licensesOf } from './bundled-licenses.ts'

const BUNDLE = './dist/bundle/'

interface Target {
  readonly node?: string
  readonly default: string
}

const { exports, dependencies, peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  exports: Record<string, string | Target>
  dependencies: Record<string, string>
  peerDependencies: Record<string, string>
}
const input: Record<string, string> = {}
for (const target of Object.values(exports)) {
  if (typeof target === 'string' || target.node?.startsWith(BUNDLE) !== true) continue
  input[target.node.slice(BUNDLE.length).replace(/\.js$/, '')] = target.default
}
/** `yaml` is 72 files, half of what the import of an entry that reads YAML takes; bundlers and types get the package. */
const packages = Object.keys({ ...dependencies, ...peerDependencies }).filter((name) => name !== 'yaml')

const bundle = await rolldown({
  input,
  platform: 'neutral',
  external: (id) => packages.some((name) => id === name || id.startsWith(`${name}/`)),
  logLevel: 'warn',
})
rmSync(BUNDLE, { recursive: true, force: true })
const { output } = await bundle.write({
  dir: BUNDLE,
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: 'shared/[name].js',
  codeSplitting: {
    groups: [
      // What every entry needs is a few kilobytes in a handful of modules.
      {
        name: 'base',
        test: /\/dist\/(errors|k8s|gen\/kinds|validate\/(check|findings)|yaml\/(limits|scalar))\.js$/,
      },
    ],
  },
  // Names and lines stay: stack traces are read by people.
  minify: { compress: true, mangle: false, codegen: { removeWhitespace: false } },
  comments: false,
})
await bundle.close()
const moduleIds = output.flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []))
writeFileSync(`${BUNDLE}LICENSES.txt`, licensesOf(moduleIds))
const size = output.reduce((bytes, file) => bytes + (file.type === 'chunk' ? file.code.length : 0), 0)
console.log(`${Object.keys(input).length} entries in ${output.length} files, ${Math.round(size / 1024)} KB`)
