/** Bundles of the published packages for a browser, to measure and to run. */
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'

export interface Bundle {
  readonly code: string
  /** Bytes of the minified code. */
  readonly size: number
  /** Bytes of it after gzip, as a web server would send it. */
  readonly gzipSize: number
  /** Modules that the code still asks for: built-ins of Node, and packages that were not found. */
  readonly externals: readonly string[]
  /** Every file that left code in the bundle, with its rendered bytes before minification; the largest first. */
  readonly modules: readonly { readonly id: string; readonly size: number }[]
}

/** One import of a program. */
export interface BundleEntry {
  /** Such as `@batten/api/validate`. */
  readonly from: string
  /** Names to keep; without them, everything that the module exports. */
  readonly names?: readonly string[]
}

const ENTRY = 'virtual:entry'

/** `@batten/api/gateway-api` is exported as `gatewayApi`, `@batten/api` as `api`. */
function aliasOf(from: string): string {
  return from.slice(from.lastIndexOf('/') + 1).replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
}

/**
 * Bundles and minifies a program that imports the entries and does nothing else, as a user's bundler would: platform
 * browser, no condition of our own. `folder`: where the packages are installed.
 * With a global name the code is a script that sets it, else a module.
 */
export async function bundleForBrowser(
  folder: string,
  entries: readonly BundleEntry[],
  globalName?: string,
): Promise<Bundle> {
  const program = entries
    .map(({ from, names }) =>
      names === undefined
        ? `export * as ${aliasOf(from)} from '${from}'`
        : `export { ${names.join(', ')} } from '${from}'`,
    )
    .join('\n')
  const warnings: string[] = []
  const build = await rolldown({
    cwd: folder,
    input: ENTRY,
    platform: 'browser',
    onLog: (level, log) => {
      if (level === 'warn') warnings.push(log.message)
    },
    plugins: [
      {
        name: 'entry',
        resolveId(source, importer) {
          if (source === ENTRY) return ENTRY
          // A virtual module is nowhere: its imports are those of a file in the folder.
          if (importer === ENTRY) return this.resolve(source, `${folder}/entry.js`)
          return null
        },
        load: (id) => (id === ENTRY ? program : null),
      },
    ],
  })
  try {
    const { output } = await build.generate({
      ...(globalName === undefined ? { format: 'esm' } : { format: 'iife', name: globalName }),
      minify: true,
      codeSplitting: false,
    })
    const [chunk, ...others] = output
    if (others.length > 0) throw new Error(`the bundle has ${output.length} files`)
    return {
      code: chunk.code,
      size: Buffer.byteLength(chunk.code),
      gzipSize: gzipSync(chunk.code, { level: 9 }).length,
      externals: [...new Set([...chunk.imports, ...chunk.dynamicImports, ...warnings])].sort(),
      modules: Object.entries(chunk.modules)
        .map(([id, { renderedLength }]) => ({ id, size: renderedLength }))
        .filter(({ size }) => size > 0)
        .sort((a, b) => b.size - a.size),
    }
  } finally {
    await build.close()
  }
}
