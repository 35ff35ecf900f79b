import { existsSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { BattenError, errorMessage } from '@batten/core'
import { configProblem } from './check-config.ts'
import type { ConfigAnswer } from './config-worker.ts'
import type { BattenConfig } from './define-config.ts'

/** A project folder with its configuration, paths made absolute. */
export interface Project {
  readonly root: string
  /** `batten.config.ts`, when there is one. */
  readonly file: string | undefined
  readonly config: BattenConfig
  /** The file and the files that it imports, packages left out. */
  readonly sources: readonly string[]
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
  const { config, sources }: LoadedConfig =
    file === undefined ? { config: {}, sources: [] } : await importConfig(file)
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
    sources,
    configPaths,
    filters: (config.filters ?? []).map((path) => resolve(root, path)),
  }
}

/** Long enough for a file that asks somebody something; a file that never ends is reported. */
const LOAD_TIMEOUT_MS = 20_000

interface LoadedConfig {
  readonly config: BattenConfig
  /** The file and what it imports. */
  readonly sources: readonly string[]
}

async function importConfig(file: string): Promise<LoadedConfig> {
  const answer = await askWorker(file)
  if ('problem' in answer) throw cannotLoad(file, answer.problem, hintFor(answer.problem, answer.code, file))
  if ('exportedType' in answer)
    throw cannotLoad(
      file,
      answer.exportedType === 'undefined'
        ? 'it has no default export'
        : `it exports a ${answer.exportedType}`,
      'it should say: export default defineConfig({ ... })',
    )
  const config = answer.exported as object
  const problem = configProblem(config, dirname(file))
  if (problem !== undefined)
    throw new BattenError('CLI_PROJECT_INVALID', {
      message: `${file}: ${problem}`,
      hint: "see BattenConfig: `import { defineConfig } from '@batten/cli/config'` lets an editor check it",
    })
  return { config, sources: answer.files.map((url) => fileURLToPath(url)) }
}

/** Imports the file in a thread of its own, so that it and what it imports are read as they are now. */
function askWorker(file: string): Promise<ConfigAnswer> {
  const script = import.meta.url.endsWith('.ts') ? './config-worker.ts' : './config-worker.js'
  const worker = new Worker(new URL(script, import.meta.url), {
    workerData: { url: pathToFileURL(file).href },
  })
  const { promise, resolve } = Promise.withResolvers<ConfigAnswer>()
  const fail = (problem: string) => resolve({ files: [], problem, code: undefined })
  worker.once('message', resolve)
  worker.once('error', (error) => fail(errorMessage(error)))
  worker.once('exit', () => fail('it ended before it exported anything'))
  const timer = setTimeout(() => fail(`it was not done after ${LOAD_TIMEOUT_MS / 1000} s`), LOAD_TIMEOUT_MS)
  return promise.finally(() => {
    clearTimeout(timer)
    return worker.terminate()
  })
}

function cannotLoad(file: string, reason: string, hint: string): BattenError {
  return new BattenError('CLI_PROJECT_INVALID', { message: `cannot load ${file}: ${reason}`, hint })
}

function hintFor(problem: string, code: string | undefined, file: string): string {
  const missing = /Cannot find package '([^']+)'/.exec(problem)?.[1]
  if (missing !== undefined) return `install it in this folder: npm install --save-dev ${missing}`
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX')
    return 'Node runs this file as it is: only TypeScript that can be erased is possible'
  return `to see where: node ${basename(file)}`
}
