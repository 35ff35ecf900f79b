/** The packages of this repository as npm would publish them: packed, and installed where nothing else is. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { pruneOutputs } from '../../scripts/package-prune.ts'

const run = promisify(execFile)
const ROOT = join(import.meta.dirname, '../..')

/** Every package that is published; the folder of each is its name without the scope. */
export const PUBLISHED = [
  '@batten/core',
  '@batten/xds',
  '@batten/api',
  '@batten/control-plane',
  '@batten/proxy',
  '@batten/wasm-sdk',
  '@batten/testing',
  '@batten/cli',
] as const

export type PublishedName = (typeof PUBLISHED)[number]

/** An entry of `exports`: a path, or a path for each condition. */
export type ExportTarget = string | { readonly [condition: string]: string }

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly exports: { readonly [subpath: string]: ExportTarget }
  readonly files: readonly string[]
  readonly sideEffects: boolean | readonly string[]
  readonly dependencies?: Readonly<Record<string, string>>
  readonly publishConfig?: { readonly access?: string }
  readonly repository?: { readonly url: string; readonly directory?: string }
  readonly [field: string]: unknown
}

export interface PackedPackage {
  readonly name: PublishedName
  /** The folder of the package in the repository. */
  readonly folder: string
  readonly manifest: Manifest
  /** The .tgz file. */
  readonly tarball: string
  /** Paths in the tarball, without `package/`. */
  readonly files: readonly string[]
  /** Bytes of the tarball. */
  readonly size: number
  /** Bytes of its files. */
  readonly unpackedSize: number
}

interface PackReport {
  readonly filename: string
  readonly size: number
  readonly unpackedSize: number
  readonly files: readonly { readonly path: string }[]
}

export function folderOf(name: PublishedName): string {
  return join(ROOT, 'packages', name.slice('@batten/'.length))
}

/**
 * Packs what `npm run build` made. Lifecycle scripts are left out, as they would build again; what they remove is removed
 * here, because a build that turbo takes from its cache leaves other files of `dist` alone.
 */
export async function packPackages(names: readonly PublishedName[], into: string): Promise<PackedPackage[]> {
  const packed: PackedPackage[] = []
  for (const name of names) {
    const folder = folderOf(name)
    pruneOutputs(folder)
    const output = await npm(['pack', '--ignore-scripts', '--json', '--pack-destination', into], folder)
    // npm 11 prints a list, npm 12 an object by name.
    const parsed = JSON.parse(output) as PackReport[] | Record<string, PackReport>
    const report = Object.values(parsed)[0]!
    packed.push({
      name,
      folder,
      manifest: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest,
      tarball: join(into, report.filename),
      files: report.files.map(({ path }) => path).sort(),
      size: report.size,
      unpackedSize: report.unpackedSize,
    })
  }
  return packed
}

const NPM_TIMEOUT_MS = 120_000

/**
 * Runs npm as from a plain shell: no setting of the `npm test` around it, and no question to the registry whether there
 * is a newer npm. Resolves with what it printed.
 */
export async function npm(args: readonly string[], cwd: string): Promise<string> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([key]) => !/^npm_(?!config_registry$)/i.test(key)),
  )
  const { stdout } = await run('npm', [...args, '--no-update-notifier'], {
    cwd,
    timeout: NPM_TIMEOUT_MS,
    env,
    maxBuffer: 64 << 20,
    shell: process.platform === 'win32',
  })
  return stdout
}
