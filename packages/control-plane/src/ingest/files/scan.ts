import { lstat, readdir, realpath, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** What is remembered of a file to see that it changed. */
export interface FileStamp {
  readonly path: string
  /** Changes whenever the content may have changed: replaced, written or touched. */
  readonly stamp: string
  readonly size: number
  /** When it was last changed, by the clock of the file system: milliseconds since 1970. */
  readonly changedAtMs: number
}

/** Files and directories below the roots. */
export interface Scan {
  /** Sorted by path. */
  readonly files: readonly FileStamp[]
  readonly directories: readonly string[]
  /** Where the files are that links among them lead to: changes there are changes here. */
  readonly linked: readonly string[]
  /** Files and directories that cannot be read, and why. What is below them is not known, which is not the same as gone. */
  readonly failures: readonly { readonly path: string; readonly message: string }[]
}

const EXTENSIONS = /\.(ya?ml|json)$/i
/** Whether a name may be that of a file or directory that is read: it is YAML or JSON, or has no extension. */
export function mayBeConfig(name: string): boolean {
  return EXTENSIONS.test(name) || !/.\.[^.]*$/.test(name)
}

/** Never looked into: they hold no configuration, and thousands of files. */
const SKIPPED: ReadonlySet<string> = new Set(['node_modules', 'dist'])
/** Never read when a folder is named, as the folder of a whole project may be: files of npm and its neighbours. */
const TOOLS =
  /^(package(-lock)?|[jt]sconfig(\.[^.]+)?|biome|turbo|deno)\.json$|^pnpm-[a-z]+\.yaml$|^(docker-)?compose\.ya?ml$/
/** Guards against a root such as `/`. */
const MAX_FILES = 10_000
const MAX_DEPTH = 32

/**
 * Finds every YAML and JSON file in the given files and directories. Names that begin with a dot are left out; symbolic
 * links are followed, as the volumes of Kubernetes need.
 */
export async function scan(roots: readonly string[]): Promise<Scan> {
  const files: FileStamp[] = []
  const directories: string[] = []
  const linked = new Set<string>()
  const failures: { path: string; message: string }[] = []
  let tooMany: { path: string; message: string } | undefined
  // A link to a directory above it would be walked for ever.
  const walked = new Set<string>()
  const visit = async (path: string, depth: number, isRoot: boolean): Promise<void> => {
    let info: Awaited<ReturnType<typeof stat>>
    try {
      info = await stat(path)
    } catch (thrown) {
      // Below a root a file may vanish between listing and looking: that is just a removed file.
      const { code, message } = thrown as NodeJS.ErrnoException
      if (isRoot || code !== 'ENOENT') failures.push({ path, message })
      return
    }
    if (info.isDirectory()) {
      const identity = `${info.dev}:${info.ino}`
      if (depth > MAX_DEPTH || walked.has(identity)) return
      walked.add(identity)
      directories.push(path)
      let names: string[] = []
      try {
        names = await readdir(path)
      } catch (thrown) {
        failures.push({ path, message: (thrown as Error).message })
      }
      for (const name of names.sort())
        if (!name.startsWith('.') && !SKIPPED.has(name) && !TOOLS.test(name))
          await visit(join(path, name), depth + 1, false)
    } else if (info.isFile() && (isRoot || EXTENSIONS.test(path))) {
      if (files.length >= MAX_FILES) {
        tooMany ??= { path, message: `more than ${MAX_FILES} files; the rest is left out` }
        return
      }
      if ((await lstat(path).catch(() => undefined))?.isSymbolicLink())
        linked.add(dirname(await realpath(path).catch(() => path)))
      const { ino, size, mtimeMs, ctimeMs } = info
      files.push({ path, stamp: `${ino}:${size}:${mtimeMs}:${ctimeMs}`, size, changedAtMs: ctimeMs })
    }
  }
  for (const root of roots) await visit(root, 0, true)
  if (tooMany !== undefined) failures.push(tooMany)
  return {
    files: files.sort((a, b) => (a.path < b.path ? -1 : 1)),
    directories,
    linked: [...linked],
    failures,
  }
}
