import { mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { errorMessage } from '@batten/core'
import { FolderWatch } from './watch.ts'

type Notice = (message: string, severity: 'info' | 'warning' | 'error') => void

/**
 * Builds the project's AssemblyScript filters: `filters/served-by.ts` becomes `filters/served-by.wasm`. A filter that
 * does not compile is reported and the module of before stays, so the mesh goes on with it.
 */
export class FilterBuilder {
  readonly #sources: readonly string[]
  readonly #notice: Notice
  /** For each filter the files that it was built from, and when they had changed last. */
  readonly #stamps = new Map<string, ReadonlyMap<string, number>>()
  #building: Promise<void> = Promise.resolve()

  constructor(sources: readonly string[], notice: Notice) {
    this.#sources = sources
    this.#notice = notice
  }

  /** Builds every filter whose module is missing or older than the files beside its source. */
  async buildAll(): Promise<void> {
    for (const source of this.#sources) if (isOlder(moduleOf(source), source)) await this.#tryBuild(source)
  }

  /** Builds a filter again when a file that it is made of is saved, until the signal. */
  watch(signal: AbortSignal): void {
    for (const source of this.#sources) {
      const folders = new FolderWatch(signal, () => {
        this.#building = this.#building.then(async () => {
          if (signal.aborted || !this.#isStale(source)) return
          await this.#tryBuild(source)
          folders.add(this.#foldersOf(source))
        })
      })
      folders.add(this.#foldersOf(source))
    }
  }

  async close(): Promise<void> {
    await this.#building
  }

  #isStale(source: string): boolean {
    const stamps = this.#stamps.get(source)
    if (stamps === undefined) return isOlder(moduleOf(source), source)
    return [...stamps].some(([file, at]) => changedAt(file) !== at)
  }

  /** Where the files are that a filter is made of, as far as that is known. */
  #foldersOf(source: string): string[] {
    return [source, ...(this.#stamps.get(source)?.keys() ?? [])].map((file) => dirname(file))
  }

  /** The next saved file is another try, whatever went wrong with this one. */
  async #tryBuild(source: string): Promise<void> {
    try {
      await this.#build(source)
    } catch (error) {
      this.#notice(`${basename(source)} was not built: ${errorMessage(error)}`, 'error')
    }
  }

  async #build(source: string): Promise<void> {
    // The compiler is large: a mesh without filters never loads it. A debug build is ready in a fraction of the time,
    // and its traps name functions; `batten filter build` makes the one to ship.
    const { buildFilter } = await import('@batten/wasm-sdk/build')
    // Taken before: a file that is saved while the compiler reads is built once more.
    const stamp = changedAt(source)
    const known = new Map(
      [...(this.#stamps.get(source)?.keys() ?? [])].map((file) => [file, changedAt(file)]),
    )
    const built = await buildFilter({ entry: source, debug: true })
    this.#stamps.set(
      source,
      new Map([
        ...built.sources.map((file): [string, number] => [file, known.get(file) ?? changedAt(file)]),
        [source, stamp],
      ]),
    )
    for (const diagnostic of built.diagnostics)
      this.#notice(`${diagnostic}`, built.wasm === undefined ? 'error' : 'warning')
    if (built.wasm === undefined) {
      this.#notice(`${basename(source)} does not compile; the mesh keeps the module it has`, 'error')
      return
    }
    const out = moduleOf(source)
    mkdirSync(dirname(out), { recursive: true })
    writeFileSync(`${out}.tmp`, built.wasm)
    renameSync(`${out}.tmp`, out)
    this.#notice(`${basename(source)} built (${built.wasm.length} bytes, ${Math.round(built.ms)} ms)`, 'info')
  }
}

/** Where the module of a source goes. */
export function moduleOf(source: string): string {
  return join(dirname(source), `${basename(source, '.ts')}.wasm`)
}

function isOlder(module: string, source: string): boolean {
  return changedAt(module) < changedAt(source)
}

/** Modification time in milliseconds; 0 for a file that is not there. */
function changedAt(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
