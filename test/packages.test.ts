import { execFileSync } from 'node:child_process'
import { globSync, readFileSync, rmSync } from 'node:fs'
import { createRequire, isBuiltin } from 'node:module'
import { join, matchesGlob, posix } from 'node:path'
import {
  checkPackage,
  createPackageFromTarballData,
  type Package,
  type Problem,
} from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Install, installTarballs, temporaryFolder } from './support/packed-install.ts'
import {
  type ExportTarget,
  folderOf,
  type Manifest,
  type PackedPackage,
  PUBLISHED,
  type PublishedName,
  packPackages,
} from './support/packed-packages.ts'

/** What a package may have at its top, beside `dist`, `src` and what every package has. */
const EXTRA_FOLDERS: Partial<Record<PublishedName, readonly string[]>> = {
  '@batten/cli': ['bin'],
  '@batten/proxy': ['bin'],
  '@batten/wasm-sdk': ['assembly'],
}

/** Files whose import alone does something: they must survive tree-shaking. */
const SIDE_EFFECTS: Partial<Record<PublishedName, readonly string[]>> = {
  '@batten/testing': ['./src/vitest.ts', './dist/vitest.js'],
}

/** Entries whose peer no package brings. */
const NEEDS_PEER = ['@batten/api/schema', '@batten/testing/vitest']
const PEERS = ['typebox', 'vitest']

const TSC = createRequire(import.meta.url).resolve('typescript/lib/tsc.js')

/** Many modules in a few files, which is what Node imports; a bundler for browsers gets the modules themselves. */
const BUNDLE = 'dist/bundle/'

/** AssemblyScript: read by `asc` as source, never imported by Node or TypeScript. */
const ASSEMBLY = './assembly'

let folder: string
let install: Install
const packed = new Map<PublishedName, PackedPackage>()
const opened = new Map<PublishedName, Package>()

beforeAll(async () => {
  folder = temporaryFolder('packed')
  for (const each of await packPackages(PUBLISHED, folder)) {
    packed.set(each.name, each)
    opened.set(each.name, createPackageFromTarballData(readFileSync(each.tarball)))
  }
  install = await installTarballs([...packed.values()])
  for (const peer of [...PEERS, '@types/node']) install.link(peer)
}, 300_000)

afterAll(() => {
  install?.[Symbol.dispose]()
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
})

it('every package that is not private is published and tested here', () => {
  const manifests = globSync('packages/*/package.json').map((path) => JSON.parse(readFileSync(path, 'utf8')))
  expect(
    manifests
      .filter((each) => each.private !== true)
      .map((each) => each.name)
      .sort(),
  ).toEqual([...PUBLISHED].sort())
})

describe.each(PUBLISHED)('%s as a tarball', (name) => {
  const files = () => packed.get(name)!.files
  const read = (path: string) => opened.get(name)!.readFile(`/node_modules/${name}/${path}`)

  it('has a licence, a README, and nothing at the top that was not meant', () => {
    const top = new Set(files().map((path) => path.split('/')[0]))
    const required = ['LICENSE', 'README.md', 'dist', 'package.json', 'src']
    expect(required.filter((path) => !top.has(path))).toEqual([])
    const allowed = [...required, ...(EXTRA_FOLDERS[name] ?? [])]
    expect([...top].filter((path) => !allowed.includes(path!))).toEqual([])
    expect(read('LICENSE')).toBe(readFileSync('LICENSE', 'utf8'))
  })

  it('has no tests, no data of tests, no state of the compiler, and no output without a source', () => {
    expect(files().filter((path) => /\.test(-d)?\.|testdata|tsbuildinfo|\.tgz$/.test(path))).toEqual([])
    const sources = new Set(files().filter((path) => path.startsWith('src/')))
    const outputs = files().filter((path) => path.startsWith('dist/') && !path.startsWith(BUNDLE))
    expect(
      outputs.filter(
        (path) => !sources.has(path.replace(/^dist/, 'src').replace(/(\.d\.ts|\.js)(\.map)?$/, '.ts')),
      ),
    ).toEqual([])
    // The other way round: what has a type or a value was compiled.
    const compiled = new Set(outputs)
    const missing = [...sources]
      .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
      .flatMap((path) =>
        ['.js', '.js.map', '.d.ts', '.d.ts.map'].map((ending) =>
          path.replace(/^src/, 'dist').replace(/\.ts$/, ending),
        ),
      )
      .filter((path) => !compiled.has(path))
    expect(missing).toEqual([])
  })

  it('has every file that a source map names', () => {
    const all = new Set(files())
    const maps = files().filter((path) => path.endsWith('.map'))
    expect(maps.length).toBeGreaterThan(0)
    const dangling = maps.flatMap((path) => {
      const { sources, sourceRoot = '' } = JSON.parse(read(path)) as {
        sources: string[]
        sourceRoot?: string
      }
      return sources
        .map((source) => posix.join(posix.dirname(path), sourceRoot, source))
        .filter((source) => !all.has(source))
        .map((source) => `${path}: ${source}`)
    })
    expect(dangling).toEqual([])
  })

  it('has every file that `exports` and `bin` name, with types first and a default last', () => {
    const { exports: entries, bin = {} } = manifestOf(name)
    const targets = [
      ...Object.entries(entries).flatMap(([subpath, target]) =>
        targetsOf(target).map((path) => ({ subpath, path })),
      ),
      ...Object.entries(bin as Record<string, string>).map(([subpath, path]) => ({ subpath, path })),
    ]
    const dangling = targets.filter(
      ({ path }) => !files().some((file) => matchesGlob(file, path.replace(/^\.\//, ''))),
    )
    expect(dangling).toEqual([])
    const orders = Object.values(entries).flatMap((target) =>
      typeof target === 'string' ? [] : [Object.keys(target).join()],
    )
    const allowed = ['@batten/source,types,default', '@batten/source,types,node,default']
    expect(orders.filter((order) => !allowed.includes(order))).toEqual([])
  })

  it('imports, in code and in types, only what its manifest declares', () => {
    const { dependencies, peerDependencies } = manifestOf(name) as Record<string, object | undefined>
    const declared = new Set([name, ...Object.keys({ ...dependencies, ...peerDependencies })])
    const undeclared = files()
      .filter((path) => /^(dist|bin)\/.*(\.d\.ts|\.js)$/.test(path))
      .flatMap((path) =>
        ts
          .preProcessFile(read(path))
          .importedFiles.map(({ fileName }) => fileName)
          .filter((specifier) => !specifier.startsWith('.') && !isBuiltin(specifier))
          .filter((specifier) => !declared.has(/^(@[^/]+\/)?[^/]+/.exec(specifier)![0]))
          .map((specifier) => `${path}: ${specifier}`),
      )
    expect(undeclared).toEqual([])
  })

  it('says who made it, under which licence, where to report, and that everybody may install it', () => {
    const manifest = manifestOf(name)
    const short = name.slice('@batten/'.length)
    expect(manifest).toMatchObject({
      license: 'Apache-2.0',
      type: 'module',
      sideEffects: SIDE_EFFECTS[name] ?? false,
      engines: { node: '>=22.19' },
      publishConfig: { access: 'public' },
      repository: { type: 'git', directory: `packages/${short}` },
      homepage: expect.stringContaining(`packages/${short}`),
      bugs: expect.stringMatching(/^https:/),
      description: expect.stringMatching(/\w+ \w+/),
    })
    expect(manifest['keywords']).toContain('batten')
    for (const [dependency, range] of Object.entries(manifest.dependencies ?? {}))
      if (dependency.startsWith('@batten/')) expect(range, dependency).toBe(manifest.version)
  })

  it('is clean for publint', async () => {
    const source = opened.get(name)!
    const { messages, pkg } = await publint({
      pkgDir: `/node_modules/${name}`,
      pack: { files: source.listFiles().map((path) => ({ name: path, data: source.readFile(path) })) },
    })
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([])
  })

  it('is clean for "are the types wrong", as a package of ES modules alone', async () => {
    const analysis = await checkPackage(opened.get(name)!, { excludeEntrypoints: [ASSEMBLY] })
    if (!('problems' in analysis)) throw new Error(`${name} has no types`)
    expect(Object.keys(analysis.entrypoints).length).toBeGreaterThan(0)
    expect(analysis.problems.filter((problem) => !isOfModulesAlone(problem))).toEqual([])
  })
})

describe.each(PUBLISHED)('%s when installed', (name) => {
  const subpaths = () => importable(manifestOf(name)).map((subpath) => posix.join(name, subpath))

  it('has entries that can be imported', () => {
    const program = `const names = {}; for (const path of ${JSON.stringify(subpaths())}) names[path] = Object.keys(await import(path)); console.log(JSON.stringify(names))`
    const names = JSON.parse(runNode(['--input-type=module', '--eval', program]))
    expect(Object.keys(names)).toEqual(subpaths())
  })

  it('has the same names where Node gets a bundle and others get the modules', () => {
    const both = Object.values(manifestOf(name).exports).flatMap((target) =>
      typeof target !== 'string' && target['node'] !== undefined
        ? [[target['node'], target['default']!].map((path) => `./${posix.join('node_modules', name, path)}`)]
        : [],
    )
    const program = `console.log(JSON.stringify(await Promise.all(${JSON.stringify(both)}.map((pair) => Promise.all(pair.map(async (path) => Object.keys(await import(path))))))))`
    const names = JSON.parse(runNode(['--input-type=module', '--eval', program])) as [string[], string[]][]
    for (const [i, [bundle, modules]] of names.entries()) expect(bundle, both[i]![0]).toEqual(modules)
  })

  it('has entries that can be required, and gives the same names', () => {
    const program = `for (const path of ${JSON.stringify(subpaths())}) { const required = require(path); import(path).then((imported) => { for (const name of Object.keys(imported)) if (required[name] !== imported[name]) throw new Error(path + ' ' + name) }) }`
    expect(runNode(['--input-type=commonjs', '--eval', program])).toBe('')
  })
})

it('the types of every entry compile strictly, libraries checked, with those of Node', () => {
  const entries = PUBLISHED.flatMap((name) =>
    importable(manifestOf(name)).map((path) => posix.join(name, path)),
  )
  const program = entries
    .filter((entry) => !NEEDS_PEER.includes(entry))
    .map((entry, i) => `export * as entry${i} from '${entry}'\n`)
  const compilerOptions = {
    strict: true,
    noEmit: true,
    module: 'nodenext',
    target: 'es2022',
    types: ['node'],
  }
  install.write('entries.ts', program.join(''))
  install.write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['entries.ts'] }))
  // Prints what is wrong, and then fails.
  expect(runNode([TSC, '-p', '.', '--pretty', 'false'])).toBe('')
})

it('the command of the installed package answers', () => {
  const version = manifestOf('@batten/cli').version
  expect(runNode(['node_modules/@batten/cli/bin/batten.js', '--version'])).toContain(version)
})

function manifestOf(name: PublishedName): Manifest {
  return JSON.parse(readFileSync(join(folderOf(name), 'package.json'), 'utf8')) as Manifest
}

function targetsOf(target: ExportTarget): string[] {
  return typeof target === 'string' ? [target] : Object.values(target)
}

/** The subpaths that are modules: no patterns, no data, no AssemblyScript. */
function importable(manifest: Manifest): string[] {
  return Object.entries(manifest.exports)
    .filter(([subpath, target]) => typeof target !== 'string' && !subpath.includes('*'))
    .map(([subpath]) => subpath)
}

/**
 * What every package without CommonJS has, by design: `require` gives an ES module (Node 22.12 and newer can), and the
 * module resolution of Node 10 does not know `exports`.
 */
function isOfModulesAlone(problem: Problem): boolean {
  if (problem.kind === 'CJSResolvesToESM') return true
  return problem.kind === 'NoResolution' && problem.resolutionKind === 'node10'
}

function runNode(args: readonly string[]): string {
  return execFileSync(process.execPath, [...args], {
    cwd: install.folder,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  })
}
