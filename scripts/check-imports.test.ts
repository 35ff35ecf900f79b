import { posix } from 'node:path'
import { describe, expect, it } from 'vitest'
import { importsOf, sourceFiles } from './source-files.ts'

/** Who may import whom: ARCHITECTURE.md, "Packages". */
const PACKAGES: Record<string, readonly string[]> = {
  core: ['pino', 're2js'],
  xds: ['@batten/core', 'protobufjs'],
  api: ['@batten/core', 'yaml', 'typebox', 're2js'],
  'control-plane': [
    '@batten/core',
    '@batten/xds',
    '@batten/api',
    '@grpc/grpc-js',
    'jose',
    'pkijs',
    'asn1js',
    'yaml',
  ],
  proxy: ['@batten/core', '@batten/xds', '@grpc/grpc-js', 'pkijs', 'asn1js', 'yaml'],
  'wasm-sdk': ['assemblyscript', 'binaryen'],
  testing: [
    '@batten/core',
    '@batten/xds',
    '@batten/api',
    '@batten/control-plane',
    '@batten/proxy',
    '@batten/wasm-sdk',
    'yaml',
    'vitest',
  ],
  cli: [
    '@batten/core',
    '@batten/xds',
    '@batten/api',
    '@batten/control-plane',
    '@batten/proxy',
    '@batten/testing',
    '@batten/wasm-sdk',
    '@stricli/core',
    'picocolors',
    'yaml',
  ],
}

/** Folders of one package: `from` never imports `to` at run time. */
const FOLDERS: readonly { from: string; to: RegExp; why: string }[] = [
  ...['http', 'network', 'upstream', 'listener', 'tls'].map((folder) => ({
    from: `packages/proxy/src/${folder}/`,
    to: /^@batten\/xds|^packages\/proxy\/src\/(config|xds|server|admin|bootstrap)\//,
    why: 'the request path sees compiled objects, never protobuf',
  })),
  {
    from: 'packages/control-plane/src/model/',
    to: /^packages\/control-plane\/src\/(translate|serve|ca|debug)\//,
    why: 'data flows ingest -> model -> translate -> serve',
  },
  {
    from: 'packages/control-plane/src/translate/',
    to: /^packages\/control-plane\/src\/(ingest|serve|ca|debug)\/|^node:(fs|net|http|child_process)|^@grpc/,
    why: 'translation is pure',
  },
  {
    from: 'packages/control-plane/src/ingest/',
    to: /^packages\/control-plane\/src\/(translate|serve|ca|debug)\//,
    why: 'data flows ingest -> model -> translate -> serve',
  },
]

const isTest = (file: string) => /\.test(-d)?\.ts$|\/test\//.test(file)

/** `@scope/name` or `name` of a specifier; undefined for relative ones and built-ins. */
function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith('.') || specifier.startsWith('node:')) return undefined
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

describe('imports', () => {
  it.each(Object.entries(PACKAGES))('package %s imports only what the table allows', (name, allowed) => {
    const wrong: string[] = []
    for (const file of sourceFiles(`packages/${name}/src`)) {
      if (isTest(file)) continue
      for (const { specifier } of importsOf(file)) {
        const target = packageOf(specifier)
        if (target !== undefined && !allowed.includes(target)) wrong.push(`${file}: ${specifier}`)
        if (specifier.startsWith('..') && !resolve(file, specifier).startsWith(`packages/${name}/`))
          wrong.push(`${file}: ${specifier} leaves the package`)
        if (/^@batten\/[^/]+\/(src|dist)\//.test(specifier))
          wrong.push(`${file}: ${specifier} is not a public entry point`)
      }
    }
    expect(wrong).toEqual([])
  })

  it.each(FOLDERS)('$from: $why', ({ from, to }) => {
    const wrong: string[] = []
    for (const file of sourceFiles('packages').filter((f) => f.startsWith(from) && !isTest(f)))
      for (const { specifier, typeOnly } of importsOf(file)) {
        const target = specifier.startsWith('.') ? resolve(file, specifier) : specifier
        if (!typeOnly && to.test(target)) wrong.push(`${file}: ${specifier}`)
      }
    expect(wrong).toEqual([])
  })

  it('examples import only public entry points', () => {
    const wrong = sourceFiles('examples').flatMap((file) =>
      importsOf(file)
        .filter(({ specifier }) => /packages\/|@batten\/[^/]+\/(src|dist)\//.test(specifier))
        .map(({ specifier }) => `${file}: ${specifier}`),
    )
    expect(wrong).toEqual([])
  })
})

function resolve(file: string, specifier: string): string {
  return posix.normalize(posix.join(posix.dirname(file), specifier))
}
