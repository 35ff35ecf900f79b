import { dirname } from 'node:path'
import { BattenError, type Clock, type Logger, silentLogger, systemClock, type Timer } from '@batten/core'
import {
  type WasmModule,
  type WasmModuleRef,
  type WasmModuleSource,
  wasmModuleKey,
} from '../model/wasm-plugin.ts'
import { DirectoryWatch } from './files/directory-watch.ts'
import { fetchWasmModule, filePathOf, type WasmFetchLimits } from './wasm-fetch.ts'

/** Options of {@link WasmModules}. */
export interface WasmModulesOptions {
  /** Larger modules are refused. Default 64 MiB. */
  readonly maxBytes?: number
  /** Time limit of one download. Default 20 s. */
  readonly timeoutMs?: number
  /** Wait before the first repetition of a download that failed; doubles up to 30 s. Default 500 ms. */
  readonly retryMs?: number
  /** Follows changes of `file://` modules. Default true. */
  readonly watch?: boolean
  readonly clock?: Clock
  readonly log?: Logger
}

const MAX_RETRY_MS = 30_000
/** A compiler writes a module in pieces. */
const FILE_DEBOUNCE_MS = 20

interface Entry {
  readonly ref: WasmModuleRef
  readonly path: string | undefined
  readonly controller: AbortController
  module: WasmModule
  failure: { readonly message: string; readonly hint?: string } | undefined
  retryMs: number
  timer: Timer | undefined
  fetching: Promise<void>
}

/**
 * Fetches the modules of WasmPlugins once for the whole mesh: from files, which are watched, and over HTTP, repeated
 * while it fails. What was fetched last stays until something better comes.
 *
 * @example
 * const model = createModel({ sources, wasm: new WasmModules({ log }) })
 */
export class WasmModules implements WasmModuleSource {
  readonly #options: WasmModulesOptions
  readonly #limits: WasmFetchLimits
  readonly #clock: Clock
  readonly #log: Logger
  readonly #entries = new Map<string, Entry>()
  readonly #watch: DirectoryWatch
  #changed: () => void = () => {}
  #modules: ReadonlyMap<string, WasmModule> = new Map()
  #failures: WasmModuleSource['failures'] = new Map()
  #watchTimer: Timer | undefined
  #isClosed = false

  constructor(options: WasmModulesOptions = {}) {
    this.#options = options
    this.#limits = {
      maxBytes: options.maxBytes ?? 64 * 1024 * 1024,
      timeoutMs: options.timeoutMs ?? 20_000,
    }
    this.#clock = options.clock ?? systemClock
    this.#log = options.log ?? silentLogger
    this.#watch = new DirectoryWatch(() => this.#scheduleFiles())
  }

  get modules(): ReadonlyMap<string, WasmModule> {
    return this.#modules
  }

  get failures(): WasmModuleSource['failures'] {
    return this.#failures
  }

  want(refs: readonly WasmModuleRef[], changed: () => void): void {
    if (this.#isClosed) return
    this.#changed = changed
    const wanted = new Map(refs.map((ref) => [wasmModuleKey(ref), ref]))
    let isDifferent = false
    for (const [key, entry] of this.#entries) {
      if (wanted.has(key)) continue
      entry.controller.abort()
      entry.timer?.cancel()
      this.#entries.delete(key)
      isDifferent = true
    }
    for (const [key, ref] of wanted) {
      if (this.#entries.has(key)) continue
      const entry: Entry = {
        ref,
        path: filePathOf(ref.url),
        controller: new AbortController(),
        module: { url: ref.url, sha256: '', bytes: undefined },
        failure: undefined,
        retryMs: this.#options.retryMs ?? 500,
        timer: undefined,
        fetching: Promise.resolve(),
      }
      this.#entries.set(key, entry)
      isDifferent = true
      this.#fetch(entry)
    }
    if (!isDifferent) return
    this.#watchFiles()
    this.#publish()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#watchTimer?.cancel()
    this.#watch.close()
    const entries = [...this.#entries.values()]
    for (const entry of entries) {
      entry.controller.abort()
      entry.timer?.cancel()
    }
    await Promise.all(entries.map((entry) => entry.fetching))
  }

  /** Resolves when nothing is being fetched; tests use it. */
  async settled(): Promise<void> {
    await Promise.all([...this.#entries.values()].map((entry) => entry.fetching))
  }

  /** One fetch after the other: a change during a fetch causes another one. */
  #fetch(entry: Entry): void {
    entry.timer?.cancel()
    entry.fetching = entry.fetching.then(() => this.#fetchOnce(entry))
  }

  async #fetchOnce(entry: Entry): Promise<void> {
    const { ref, controller } = entry
    if (controller.signal.aborted) return
    try {
      const { bytes, sha256 } = await fetchWasmModule(ref.url, ref.sha256, this.#limits, controller.signal)
      if (controller.signal.aborted) return
      entry.failure = undefined
      entry.retryMs = this.#options.retryMs ?? 500
      if (entry.module.sha256 !== sha256) {
        entry.module = { url: ref.url, sha256, bytes }
        this.#log.info('fetched a Wasm module', { url: ref.url, bytes: bytes.length, sha256 })
      }
    } catch (thrown) {
      if (controller.signal.aborted) return
      const { message, hint } = BattenError.from(thrown)
      entry.failure = hint === undefined ? { message } : { message, hint }
      this.#log.warn('cannot fetch a Wasm module', { url: ref.url, reason: message })
      if (entry.path === undefined) this.#retry(entry)
    }
    this.#publish()
    this.#changed()
  }

  #retry(entry: Entry): void {
    entry.timer = this.#clock.setTimeout(() => this.#fetch(entry), entry.retryMs)
    entry.retryMs = Math.min(entry.retryMs * 2, MAX_RETRY_MS)
  }

  #publish(): void {
    this.#modules = new Map([...this.#entries].map(([key, { module }]) => [key, module]))
    this.#failures = new Map(
      [...this.#entries].flatMap(([key, { failure }]) =>
        failure === undefined ? [] : [[key, failure] as const],
      ),
    )
  }

  #watchFiles(): void {
    if (this.#options.watch === false) return
    this.#watch.set(
      [...this.#entries.values()].flatMap(({ path }) => (path === undefined ? [] : [dirname(path)])),
    )
  }

  #scheduleFiles(): void {
    if (this.#isClosed) return
    this.#watchTimer?.cancel()
    this.#watchTimer = this.#clock.setTimeout(() => {
      // A directory that did not exist when it was wanted may be there now.
      this.#watchFiles()
      for (const entry of this.#entries.values()) if (entry.path !== undefined) this.#fetch(entry)
    }, FILE_DEBOUNCE_MS)
  }
}
