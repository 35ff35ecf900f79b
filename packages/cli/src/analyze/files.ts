import { lstatSync, readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { BattenError } from '@batten/core/errors'
import { readStandardInput, readTextFile } from '../input/input-text.ts'
import type { InputText } from '../input/read-inputs.ts'

/** Endings of the files that are read, as istioctl's. */
export const FILE_ENDINGS = ['.json', '.yaml', '.yml']

/** Folders that hold no configuration of the user. */
const OTHERS_FOLDERS = new Set(['.git', 'node_modules'])

/** Options of {@link filesToAnalyze}. */
export interface FileOptions {
  /** Whether the folders below a folder are read as well. */
  readonly isRecursive: boolean
}

/** Which files are read, and what was left out. */
export interface FileSelection {
  /** Paths in the order in which they are read; `-` for standard input. */
  readonly files: readonly string[]
  /** Files without one of {@link FILE_ENDINGS}. */
  readonly skippedFiles: readonly string[]
  /** Folders below the named ones that were not entered. */
  readonly skippedFolders: readonly string[]
}

/**
 * Finds what `batten analyze` reads: named files, and the YAML and JSON files of named folders in the order of their
 * names. A file that is named twice is read once.
 *
 * @throws BattenError `CLI_INPUT` for what does not exist or cannot be listed.
 */
export function filesToAnalyze(paths: readonly string[], options: FileOptions): FileSelection {
  const files = new Map<string, string>()
  const skippedFiles: string[] = []
  const skippedFolders: string[] = []
  const add = (file: string): void => {
    const key = file === '-' ? '-' : resolve(file)
    if (!files.has(key)) files.set(key, file)
  }
  const walk = (folder: string): void => {
    for (const name of attempt(folder, () => readdirSync(folder)).sort()) {
      const path = join(folder, name)
      const kind = kindOf(path)
      if (kind === 'folder') {
        if (OTHERS_FOLDERS.has(name)) continue
        if (options.isRecursive) walk(path)
        else skippedFolders.push(path)
      } else if (kind === 'file' && hasEnding(name)) add(path)
      else if (kind === 'file') skippedFiles.push(path)
    }
  }
  for (const path of paths) {
    if (path === '-') add(path)
    else {
      const stats = attempt(path, () => statSync(path))
      if (stats.isDirectory()) walk(path)
      // A pipe, such as the shell makes of `<(kubectl get …)`, has no ending.
      else if (hasEnding(path) || !stats.isFile()) add(path)
      else skippedFiles.push(path)
    }
  }
  return { files: [...files.values()], skippedFiles, skippedFolders }
}

/**
 * Reads the text of a file, or of standard input for `-`.
 *
 * @throws BattenError `CLI_INPUT` for what cannot be read.
 */
export async function readInput(file: string): Promise<InputText> {
  return { file, text: file === '-' ? await readStandardInput() : attempt(file, () => readTextFile(file)) }
}

function hasEnding(file: string): boolean {
  return FILE_ENDINGS.some((ending) => file.endsWith(ending))
}

/** What a path in a folder is. Links to folders are not followed, as they may lead back. */
function kindOf(path: string): 'file' | 'folder' | undefined {
  const own = attempt(path, () => statSync(path, { throwIfNoEntry: false }))
  // A link that leads nowhere.
  if (own === undefined) return undefined
  if (!own.isDirectory()) return own.isFile() ? 'file' : undefined
  return isLink(path) ? undefined : 'folder'
}

function isLink(path: string): boolean {
  return attempt(path, () => lstatSync(path)).isSymbolicLink()
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw unreadable(path, error)
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'you may not read it',
  EISDIR: 'it is a folder',
  ELOOP: 'its links lead in a circle',
  ENOENT: 'it does not exist',
  ENOTDIR: 'a part of the path is no folder',
}

function unreadable(path: string, error: unknown): BattenError {
  if (error instanceof BattenError) return error
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown reason'
  return new BattenError('CLI_INPUT', {
    message: `cannot read ${path}: ${REASONS[code] ?? code}`,
    cause: error,
  })
}
