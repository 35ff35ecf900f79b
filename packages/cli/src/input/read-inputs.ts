import { readdirSync, statSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { BattenError } from '@batten/core'
import { readStandardInput, readTextFile } from './input-text.ts'

/** A text that a command reads. */
export interface InputText {
  /** Path as messages name it; `-` for standard input. */
  readonly file: string
  readonly text: string
}

const ENDINGS = ['.yaml', '.yml', '.json']

/**
 * Reads files, the YAML and JSON files of folders, and standard input for `-`, in the order in which they are named.
 *
 * @throws BattenError `CLI_INPUT` for what does not exist or cannot be read.
 */
export async function readInputs(paths: readonly string[]): Promise<InputText[]> {
  const out: InputText[] = []
  for (const path of paths) {
    if (path === '-') out.push({ file: '-', text: await readStandardInput() })
    else for (const file of filesOf(path)) out.push({ file, text: readText(file) })
  }
  return out
}

function filesOf(path: string): string[] {
  let isFolder: boolean
  try {
    isFolder = statSync(path).isDirectory()
  } catch (error) {
    throw unreadable(path, error)
  }
  if (!isFolder) return [path]
  const files = filesBelow(path)
  if (files.length > 0) return files
  throw new BattenError('CLI_INPUT', { message: `there is no ${ENDINGS.join(', ')} file in ${path}` })
}

function filesBelow(folder: string): string[] {
  let names: string[]
  try {
    names = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory() && ENDINGS.some((ending) => entry.name.endsWith(ending)))
      .map((entry) => join(entry.parentPath, entry.name))
  } catch (error) {
    throw unreadable(folder, error)
  }
  return names.filter((file) => !relative(folder, file).split(sep).includes('node_modules')).sort()
}

function readText(file: string): string {
  try {
    return readTextFile(file)
  } catch (error) {
    throw unreadable(file, error)
  }
}

function unreadable(path: string, error: unknown): BattenError {
  if (error instanceof BattenError) return error
  const code = (error as { code?: string }).code
  const reason = code === 'ENOENT' ? 'it does not exist' : (code ?? 'unknown reason')
  return new BattenError('CLI_INPUT', { message: `cannot read ${path}: ${reason}`, cause: error })
}
