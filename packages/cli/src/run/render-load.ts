import { existsSync, statSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { BattenError, errorMessage } from '@batten/core'
import { RenderFailure } from './render-failure.ts'

/**
 * Imports a TypeScript or JavaScript file as it is. What it prints goes to standard error, and warnings of Node about
 * types being stripped are kept back: standard output is for the objects.
 *
 * @throws RenderFailure with the place in the file, for what is wrong with it or what it throws.
 */
export async function loadModule(path: string): Promise<Record<string, unknown>> {
  const file = moduleFile(path)
  const hooks = registerHooks({ resolve: resolveAsTypeScript })
  const quiet = quietly()
  try {
    return await unlessStuck(import(pathToFileURL(file).href) as Promise<Record<string, unknown>>)
  } catch (error) {
    throw RenderFailure.of(error, file)
  } finally {
    quiet.restore()
    hooks.deregister()
  }
}

/** Calls what a module exports, under the same terms as {@link loadModule}. */
export async function callExport(path: string, call: () => unknown): Promise<unknown> {
  const quiet = quietly()
  try {
    return await unlessStuck(Promise.resolve(call()))
  } catch (error) {
    throw RenderFailure.of(error, moduleFile(path))
  } finally {
    quiet.restore()
  }
}

/** Waits, but not for what can never happen: then Node has nothing left to do, and would end without a word. */
async function unlessStuck<T>(work: Promise<T>): Promise<T> {
  let onIdle = (): void => {}
  const stuck = new Promise<never>((_resolve, reject) => {
    onIdle = () => reject(new Error('it waits for something that never happens'))
  })
  process.once('beforeExit', onIdle)
  try {
    return await Promise.race([work, stuck])
  } finally {
    process.off('beforeExit', onIdle)
  }
}

const INDEX_FILES = ['index.ts', 'index.mts', 'index.js', 'index.mjs']

/** The file of a path; a folder stands for its index file. */
function moduleFile(path: string): string {
  const full = resolve(path)
  if (!existsSync(full))
    throw new BattenError('CLI_INPUT', { message: `cannot read ${path}: it does not exist` })
  if (statSync(full).isDirectory()) {
    const index = INDEX_FILES.map((name) => join(full, name)).find((name) => existsSync(name))
    if (index !== undefined) return index
    throw new BattenError('CLI_INPUT', {
      message: `${path} is a folder without an index.ts`,
      hint: 'name the file that exports the objects',
    })
  }
  if (/\.(?:[cm]?[jt]s)$/.test(full)) return full
  throw new BattenError('CLI_INPUT', {
    message: `${path} is no TypeScript or JavaScript file`,
    hint: /\.(?:ya?ml|json)$/.test(path)
      ? 'YAML needs no rendering; `batten convert` turns it into TypeScript'
      : 'name a file that ends in .ts, .mts, .js or .mjs',
  })
}

const ENDINGS: readonly (readonly [RegExp, string])[] = [
  [/\.js$/, '.ts'],
  [/\.mjs$/, '.mts'],
  [/$/, '.ts'],
  [/$/, '.js'],
  [/$/, '/index.ts'],
]

/** Resolves imports as the compiler does, too: `./routes` and `./routes.js` may mean `routes.ts`. */
function resolveAsTypeScript(
  ...[specifier, context, next]: Parameters<NonNullable<Parameters<typeof registerHooks>[0]['resolve']>>
): ReturnType<typeof next> {
  try {
    return next(specifier, context)
  } catch (error) {
    const parent = context.parentURL
    const { code } = error as { code?: string }
    const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'ERR_UNSUPPORTED_DIR_IMPORT'
    if (!isMissing || parent === undefined || !/^\.\.?\//.test(specifier)) throw error
    for (const [ending, other] of ENDINGS) {
      const candidate = specifier.replace(ending, other)
      const file = resolve(dirname(fileURLToPath(parent)), candidate)
      if (candidate !== specifier && existsSync(file)) return next(candidate, context)
    }
    throw error
  }
}

/** Sends what is printed to standard error and keeps back what Node says about stripping types. */
function quietly(): { restore(): void } {
  const { log, info, debug, table, dir } = console
  const emitWarning = process.emitWarning
  for (const name of ['log', 'info', 'debug'] as const)
    console[name] = (...values: unknown[]) => console.error(...values)
  console.table = (value) => console.error(value)
  console.dir = (value) => console.error(value)
  process.emitWarning = ((warning: string | Error, ...rest: never[]) => {
    const text = errorMessage(warning)
    if (/Type Stripping|MODULE_TYPELESS_PACKAGE_JSON|Module type of file/.test(text)) return
    emitWarning.call(process, warning, ...rest)
  }) as typeof process.emitWarning
  return {
    restore() {
      Object.assign(console, { log, info, debug, table, dir })
      process.emitWarning = emitWarning
    },
  }
}

/** A path as messages show it. */
export function shownPath(file: string): string {
  const path = relative(process.cwd(), file)
  return path === '' || path.startsWith('..') ? file : path
}
