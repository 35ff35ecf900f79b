import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { CompileResult } from './compile-filter.ts'
import { CompilerThread } from './compiler-thread.ts'
import { type FilterDiagnostic, type FilterFinding, toDiagnostic } from './diagnostics.ts'

/** What to build, and how. */
export interface BuildFilterOptions {
  /** The filter's source file. */
  readonly entry: string
  /** Where to write the module; without it, it is only returned. Written in one step, and only when it was built. */
  readonly out?: string | undefined
  /** Function names in the module, so that traps name the function. Default: false. */
  readonly debug?: boolean | undefined
  /** Default: true, unless `debug`. Without it a build takes a fifth of the time, and the filter runs slower. */
  readonly optimize?: boolean | undefined
}

/** How it went. */
export interface BuildFilterResult {
  /** The module; undefined when there were errors. */
  readonly wasm: Uint8Array<ArrayBuffer> | undefined
  /** Errors and warnings, in the order of the compiler. */
  readonly diagnostics: readonly FilterDiagnostic[]
  /** Files that took part, absolute: what to watch for the next build. */
  readonly sources: readonly string[]
  /** Milliseconds it took. */
  readonly ms: number
}

const thread = new CompilerThread()

/**
 * Compiles a filter written in AssemblyScript to a Proxy-Wasm module: finds the class that extends `HttpFilter`,
 * generates the exports that it needs, its registration and the reader of its `@config` class.
 *
 * The compiler runs in a thread of its own, which stays warm for a minute; it does not keep the process alive.
 * Mistakes in the source are `diagnostics`, not exceptions.
 *
 * @example
 * const { wasm, diagnostics } = await buildFilter({ entry: 'filters/auth.ts', out: 'dist/auth.wasm' })
 * for (const diagnostic of diagnostics) console.error(String(diagnostic))
 * if (wasm === undefined) process.exitCode = 1
 *
 * @see https://www.assemblyscript.org/introduction.html for what AssemblyScript has and has not.
 */
export async function buildFilter(options: BuildFilterOptions): Promise<BuildFilterResult> {
  const started = performance.now()
  const debug = options.debug ?? false
  const entry = resolve(options.entry)
  const result = await compile(entry, debug, options.optimize ?? !debug)
  if (result.wasm !== undefined && options.out !== undefined) await writeModule(options.out, result.wasm)
  return { ...result, diagnostics: result.diagnostics.map(toDiagnostic), ms: performance.now() - started }
}

/** Ends the compiler's thread now rather than after a minute without work. */
export function closeFilterCompiler(): Promise<void> {
  return thread.close()
}

async function compile(entry: string, debug: boolean, optimize: boolean): Promise<CompileResult> {
  const problem = await unreadable(entry)
  if (problem !== undefined)
    return { wasm: undefined, diagnostics: [fileError(entry, problem)], sources: [entry] }
  try {
    return await thread.compile({ entry, debug, optimize })
  } catch (error) {
    const message = `the AssemblyScript compiler failed: ${error instanceof Error ? error.message : String(error)}`
    return { wasm: undefined, diagnostics: [fileError(entry, message)], sources: [entry] }
  }
}

async function unreadable(entry: string): Promise<string | undefined> {
  if (!entry.endsWith('.ts')) return 'a filter is a .ts file'
  try {
    await readFile(entry)
    return undefined
  } catch (error) {
    return `cannot read it: ${error instanceof Error ? error.message : String(error)}`
  }
}

function fileError(file: string, message: string): FilterFinding {
  return { severity: 'error', code: 'BATTEN', message, file, line: 1, column: 1, sourceLine: '', length: 1 }
}

/** Whoever watches the file sees the old module or the new one, never half of one. */
async function writeModule(out: string, wasm: Uint8Array): Promise<void> {
  const path = resolve(out)
  const partial = `${path}.${process.pid}.partial`
  await mkdir(dirname(path), { recursive: true })
  try {
    await writeFile(partial, wasm)
    await rename(partial, path)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
}
