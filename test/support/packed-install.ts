/** `npm install` of packed packages into an empty folder. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { npm, type PackedPackage } from './packed-packages.ts'

export interface Install {
  /** The folder of the program that uses the packages; outside the repository. */
  readonly folder: string
  /** Writes a file of that program. */
  write(path: string, text: string): void
  /** Adds a package that the repository has, as a user would who installs a peer. */
  link(name: string): void
  [Symbol.dispose](): void
}

/** A folder of our own outside the repository. */
export function temporaryFolder(name: string): string {
  return realpathSync(mkdtempSync(join(tmpdir(), `batten-${name}-`)))
}

/**
 * Installs tarballs with npm, for real. What they depend on is given to npm as the copies that the repository has
 * installed, so that nothing is downloaded; only what a manifest declares is there.
 */
export async function installTarballs(packed: readonly PackedPackage[]): Promise<Install> {
  const folder = temporaryFolder('install')
  const dependencies: Record<string, string> = {}
  for (const { name, tarball } of packed) dependencies[name] = `file:${tarball}`
  for (const [name, path] of dependenciesOf(packed)) dependencies[name] = `file:${path}`
  // What one tarball wants of another is that tarball too: a registry is never asked for our names.
  const overrides = Object.fromEntries(Object.keys(dependencies).map((name) => [name, `$${name}`]))
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'user', private: true, type: 'module', dependencies, overrides }),
  )
  try {
    await npm(
      [
        'install',
        '--offline',
        '--install-links',
        // Optional peers are looked up in the registry, even when nobody installs them.
        '--legacy-peer-deps',
        '--ignore-scripts',
        '--no-audit',
        '--no-fund',
        '--no-package-lock',
      ],
      folder,
    )
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
  return {
    folder,
    write: (path, text) => writeFileSync(join(folder, path), text),
    link(name) {
      const path = join(folder, 'node_modules', name)
      if (existsSync(path)) return
      mkdirSync(dirname(path), { recursive: true })
      symlinkSync(installedFolder(name, import.meta.dirname), path, 'junction')
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** What packages need from others, by name, with the folder it is installed in. Our own packages are left out. */
function dependenciesOf(packed: readonly PackedPackage[]): Map<string, string> {
  const found = new Map<string, string>()
  const visit = (folder: string) => {
    const text = readFileSync(join(folder, 'package.json'), 'utf8')
    const { dependencies = {} } = JSON.parse(text) as { dependencies?: Record<string, string> }
    for (const name of Object.keys(dependencies)) {
      if (name.startsWith('@batten/') || found.has(name)) continue
      const path = installedFolder(name, folder)
      found.set(name, path)
      visit(path)
    }
  }
  for (const { folder } of packed) visit(folder)
  return found
}

function installedFolder(name: string, from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    const path = join(folder, 'node_modules', name)
    if (existsSync(join(path, 'package.json'))) return path
    if (folder === dirname(folder)) throw new Error(`${name}, which ${from} needs, is not installed`)
  }
}
