/**
 * Puts the proxy and everything it uses into a few files, `packages/proxy/dist/bundle`: what `batten-proxy` runs. A
 * sidecar stands beside every workload, so its memory counts many times over, and a fifth of it is how modules are
 * loaded (docs/adr/0010-memory-of-a-sidecar.md). Whoever imports `@batten/proxy` gets the modules themselves.
 *
 *   node ../../scripts/bundle-proxy.ts      # in packages/proxy, after `tsc -b`
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire, isBuiltin } from 'node:module'
import { resolve } from 'node:path'
import { type InputOptions, type OutputOptions, type Plugin, rolldown } from 'rolldown'
import { licensesOf } from './bundled-licenses.ts'

const FOLDER = resolve('dist/bundle')

/** Libraries that a proxy may never need, each a file of its own. Our code asks for them by `createRequire`. */
const LAZY = ['@grpc/grpc-js', 'pino', 'yaml']

/** What went into the files. */
const moduleIds: string[] = []

const BUILTIN = '\0builtin:'

/**
 * An `import` of a built-in module evaluates all of its exports, and with `node:http` that loads undici, 12 MB. Asked
 * for as a value, a module shows what is used and no more.
 */
const builtins: Plugin = {
  name: 'builtins-as-values',
  resolveId: (id, importer) =>
    isBuiltin(id) && importer?.startsWith('\0') !== true ? `${BUILTIN}${id.replace(/^node:/, '')}` : null,
  load: (id) =>
    id.startsWith(BUILTIN)
      ? `module.exports = process.getBuiltinModule('node:${id.slice(BUILTIN.length)}')`
      : null,
}

const lazyRequires: Plugin = {
  name: 'lazy-requires',
  transform: (code) => {
    let changed = code
    for (const name of LAZY)
      changed = changed.replace(
        `createRequire(import.meta.url)('${name}')`,
        `createRequire(import.meta.url)('./${fileOf(name)}')`,
      )
    return changed
  },
}

/** grpc-js reads .proto files for its channelz service, which a proxy does not offer: a protobuf library less. */
const withoutChannelz: Plugin = {
  name: 'without-channelz',
  resolveId: (id) => (id === '@grpc/proto-loader' ? '\0proto-loader' : null),
  load: (id) =>
    id === '\0proto-loader'
      ? `export function loadSync() { throw new Error('channelz is not part of the bundled proxy') }`
      : null,
}

rmSync(FOLDER, { recursive: true, force: true })
mkdirSync(FOLDER)
await write(
  { input: { 'batten-proxy': resolve('dist/bin.js') }, plugins: [lazyRequires, builtins] },
  {
    format: 'esm',
    codeSplitting: { includeDependenciesRecursively: false, groups: [{ name: partOf, debugName: 'part' }] },
  },
)
for (const name of LAZY)
  await write(
    { input: entryOf(name), plugins: [withoutChannelz] },
    { format: 'cjs', codeSplitting: false, entryFileNames: fileOf(name) },
  )

writeFileSync(resolve(FOLDER, 'LICENSES.txt'), licensesOf(moduleIds))

async function write(input: InputOptions, format: OutputOptions): Promise<void> {
  const bundle = await rolldown({
    preserveEntrySignatures: false,
    ...input,
    platform: 'node',
    logLevel: 'warn',
  })
  const { output } = await bundle.generate({
    ...format,
    chunkFileNames: '[name].js',
    comments: false,
    // Names and lines stay: stack traces are read by people.
    minify: { compress: true, mangle: false, codegen: { removeWhitespace: false } },
  })
  await bundle.close()
  for (const file of output) {
    if (file.type !== 'chunk') continue
    writeFileSync(resolve(FOLDER, file.fileName), withoutWideCharacters(file.code))
    moduleIds.push(...file.moduleIds)
  }
}

/** The memory that parsing a file took at most stays with the process, and of files over 1 MB V8 keeps two copies. */
function partOf(id: string): string | null {
  if (id.startsWith(BUILTIN)) return 'node'
  return id.includes('/node_modules/') ? 'libraries' : null
}

function fileOf(name: string): string {
  return `${name.replace(/^@.*\//, '')}.cjs`
}

/** The CommonJS entry of a library as the package that depends on it resolves it. */
function entryOf(name: string): string {
  for (const from of ['package.json', '../core/package.json']) {
    const { dependencies } = JSON.parse(readFileSync(from, 'utf8')) as {
      dependencies: Record<string, string>
    }
    if (name in dependencies) return createRequire(resolve(from)).resolve(name)
  }
  throw new Error(`${name} is a dependency of neither @batten/proxy nor @batten/core`)
}

/** One character above U+00FF, and V8 keeps the whole file with two bytes a character. */
function withoutWideCharacters(code: string): string {
  return code.replaceAll(
    /[\u0100-\uffff]/g,
    (wide) => `\\u${wide.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
