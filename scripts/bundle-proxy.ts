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
import { type Plugin, rolldown } from 'rolldown'
import { licensesOf } from './bundled-licenses.ts'

const FOLDER = resolve('dist/bundle')

/** Libraries that a proxy may never need, each a file of its own that is loaded when something of it is used. */
const LAZY = ['pino', 're2js', 'yaml']

/** Built-in modules that every proxy uses from its first moment on. */
const EAGER = new Set(['buffer', 'fs', 'net', 'path', 'util'])

/** What went into the files. */
const moduleIds: string[] = []

/** What the bundle loads when it runs. */
const NEIGHBOURS = [...LAZY.map((name) => `./${fileOf(name)}`), '../../package.json']

const BUILTIN = '\0builtin:'
const LIBRARY = '\0library:'

/**
 * A module that is loaded by whoever first asks for something of it: what imports it finds all of that in the prototype.
 */
const onDemand = (load: string) =>
  `module.exports = Object.create(new Proxy({}, { get: (_, name) => ${load}[name] }))`

/** `node:zlib` and the like take memory when they are loaded, half a megabyte each. */
const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  resolveId: (id) => (isBuiltin(id) && !EAGER.has(bareName(id)) ? BUILTIN + bareName(id) : null),
  load: (id) =>
    id.startsWith(BUILTIN) ? onDemand(`process.getBuiltinModule('node:${id.slice(BUILTIN.length)}')`) : null,
}

const lazyLibraries: Plugin = {
  name: 'lazy-libraries',
  resolveId: (id) => (LAZY.includes(id) ? LIBRARY + id : null),
  load: (id) =>
    id.startsWith(LIBRARY) ? onDemand(`require('./${fileOf(id.slice(LIBRARY.length))}')`) : null,
  // Our own modules wait by themselves where that matters without a bundle, too.
  transform: (code) => {
    let changed = code
    for (const name of LAZY)
      changed = changed.replace(`createRequire(import.meta.url)('${name}')`, `require('./${fileOf(name)}')`)
    return changed.replace(
      `createRequire(import.meta.url)('../../package.json')`,
      `require('../../package.json')`,
    )
  },
}

/**
 * The description of Envoy's messages is a fifth of all text. As a literal V8 would keep it twice: in the source, and as
 * the string that it stands for.
 */
const descriptorFile: Plugin = {
  name: 'descriptor-file',
  load: async (id) => {
    if (!id.endsWith('/xds/dist/gen/descriptor.js')) return null
    const { DESCRIPTOR } = (await import(id)) as { DESCRIPTOR: string }
    writeFileSync(resolve(FOLDER, 'descriptor.txt'), DESCRIPTOR, 'latin1')
    return `import { readFileSync } from 'node:fs'
export const DESCRIPTOR = readFileSync(\`\${__dirname}/descriptor.txt\`, 'latin1')`
  },
}

rmSync(FOLDER, { recursive: true, force: true })
mkdirSync(FOLDER)
await write(
  'batten-proxy.cjs',
  resolve('dist/bin.js'),
  [descriptorFile, lazyLibraries, lazyBuiltins],
  NEIGHBOURS,
)
for (const name of LAZY) await write(fileOf(name), entryOf(name), [], [])

writeFileSync(resolve(FOLDER, 'LICENSES.txt'), licensesOf(moduleIds))

/** CommonJS, because Node's loader of ES modules takes half a megabyte. */
async function write(file: string, input: string, plugins: Plugin[], external: string[]): Promise<void> {
  const bundle = await rolldown({
    input,
    plugins,
    platform: 'node',
    external,
    makeAbsoluteExternalsRelative: false,
    logLevel: 'warn',
  })
  const { output } = await bundle.generate({
    format: 'cjs',
    codeSplitting: false,
    // As ES modules are: a write to what is frozen is an error there.
    strict: true,
    comments: false,
    // Stack traces are read by people: lines stay, and the names of functions, classes and public methods.
    minify: {
      compress: true,
      mangle: { keepNames: { function: true, class: true } },
      codegen: { removeWhitespace: false },
    },
  })
  await bundle.close()
  for (const chunk of output) {
    if (chunk.type !== 'chunk') continue
    writeFileSync(resolve(FOLDER, file), withoutWideCharacters(chunk.code))
    moduleIds.push(...chunk.moduleIds)
  }
}

function bareName(id: string): string {
  return id.replace(/^node:/, '')
}

function fileOf(library: string): string {
  return `${library.replace(/^@.*\//, '')}.cjs`
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
