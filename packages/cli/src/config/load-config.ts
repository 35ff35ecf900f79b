import { existsSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { BattenError, errorMessage } from '@batten/core'
import { configProblem } from './check-config.ts'
import type { BattenConfig } from './define-config.ts'

/** A project folder with its configuration, paths made absolute. */
export interface Project {
  readonly root: string
  /** `batten.config.ts`, when there is one. */
  readonly file: string | undefined
  readonly config: BattenConfig
  /** Folders and files of YAML. */
  readonly configPaths: readonly string[]
  readonly filters: readonly string[]
}

const CONFIG_FILES = ['batten.config.ts', 'batten.config.mts', 'batten.config.js', 'batten.config.mjs']

/** Reads the project in a folder. Throws `CLI_PROJECT_INVALID` with what is wrong and what to do. */
export async function loadProject(folder: string): Promise<Project> {
  const root = resolve(folder)
  if (!existsSync(root) || !statSync(root).isDirectory())
    throw new BattenError('CLI_PROJECT_INVALID', {
      message: `${folder} is not a folder`,
      hint: 'name a folder with mesh configuration, e.g. `batten dev examples/bookinfo`',
    })
  const file = CONFIG_FILES.map((name) => join(root, name)).find((path) => existsSync(path))
  const config = file === undefined ? {} : await importConfig(file)
  const paths = config.config ?? (existsSync(join(root, 'mesh')) ? ['mesh'] : ['.'])
  const configPaths = paths.map((path) => resolve(root, path))
  const missing = [...configPaths, ...(config.filters ?? []).map((path) => resolve(root, path))].find(
    (p) => !existsSync(p),
  )
  if (missing !== undefined)
    throw new BattenError('CLI_PROJECT_INVALID', {
      message: `${missing} does not exist`,
      where: file ?? root,
      hint: 'correct the path in batten.config.ts',
    })
  return {
    root,
    file,
    config,
    configPaths,
    filters: (config.filters ?? []).map((path) => resolve(root, path)),
  }
}

async function importConfig(file: string): Promise<BattenConfig> {
  let exported: unknown
  try {
    // A file that was saved again is another module.
    const url = `${pathToFileURL(file).href}?at=${statSync(file).mtimeMs}`
    exported = ((await import(url)) as { default?: unknown }).default
  } catch (error) {
    throw cannotLoad(file, errorMessage(error).replace(/\?at=[\d.]+/g, ''), hintFor(error, file), error)
  }
  if (typeof exported !== 'object' || exported === null)
    throw cannotLoad(
      file,
      exported === undefined ? 'it has no default export' : `it exports a ${typeof exported}`,
      'it should say: export default defineConfig({ ... })',
    )
  const problem = configProblem(exported, dirname(file))
  if (problem !== undefined)
    throw new BattenError('CLI_PROJECT_INVALID', {
      message: `${file}: ${problem}`,
      hint: "see BattenConfig: `import { defineConfig } from '@batten/cli/config'` lets an editor check it",
    })
  return exported
}

function cannotLoad(file: string, reason: string, hint: string, cause?: unknown): BattenError {
  return new BattenError('CLI_PROJECT_INVALID', { message: `cannot load ${file}: ${reason}`, hint, cause })
}

function hintFor(error: unknown, file: string): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const missing = /Cannot find package '([^']+)'/.exec(errorMessage(error))?.[1]
  if (missing !== undefined) return `install it in this folder: npm install --save-dev ${missing}`
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX')
    return 'Node runs this file as it is: only TypeScript that can be erased is possible'
  return `to see where: node ${basename(file)}`
}
