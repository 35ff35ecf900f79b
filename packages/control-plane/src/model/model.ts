import { type Clock, type Logger, silentLogger, systemClock, type Timer } from '@batten/core'
import { isEqual } from './equal.ts'
import { compareFindings, type Finding } from './finding.ts'
import { DEFAULT_MESH_CONFIG, type MeshConfig } from './mesh-config.ts'
import { meshConfigOf } from './mesh-config-object.ts'
import { ObjectStore, type ObjectValidator } from './object-store.ts'
import { referenceFindings } from './reference-findings.ts'
import type { MeshSnapshot, StoredObject } from './snapshot.ts'
import { SnapshotBuilder } from './snapshot-builder.ts'
import type { ObjectSource } from './source.ts'
import { validateObject } from './validate-object.ts'
import type { WasmModuleRef, WasmModuleSource } from './wasm-plugin.ts'

/** Options of {@link createModel}. */
export interface ModelOptions {
  readonly sources: readonly ObjectSource[]
  /** Mesh-wide settings over Istio's defaults; the ConfigMap `istio` of the root namespace goes over these. */
  readonly mesh?: Partial<MeshConfig>
  /** Fetches the modules of WasmPlugins; without it none is served. */
  readonly wasm?: WasmModuleSource
  /** Looks at single objects besides the validation of `@batten/api`. */
  readonly validators?: readonly ObjectValidator[]
  /** Called with the whole current list whenever it changed; the first time when the model has started. */
  readonly onFindings?: (findings: readonly Finding[]) => void
  /** How long changes are collected before a snapshot is made. Default 1 ms. */
  readonly coalesceMs?: number
  readonly clock?: Clock
  readonly log?: Logger
}

/** The mesh as the control plane knows it, kept up to date. */
export interface Model {
  /** The newest snapshot; revision 0 before {@link Model.start} has finished. */
  readonly snapshot: MeshSnapshot
  /** What is wrong now, in the order of files and lines. */
  readonly findings: readonly Finding[]
  /** Starts all sources; resolves with the first snapshot that holds everything they had. */
  start(): Promise<MeshSnapshot>
  /** Calls back with every further snapshot; returns the function that ends it. */
  subscribe(listener: (snapshot: MeshSnapshot) => void): () => void
  /** Takes what is collected into a snapshot at once. */
  flush(): MeshSnapshot
  /** Takes an object back that turned out not to work: its version of before counts until it is written anew. */
  withdraw(bad: StoredObject, problem: Omit<Finding, 'object' | 'file' | 'line' | 'column'>): void
  close(): Promise<void>
}

/**
 * Makes a model from sources of objects.
 *
 * @example
 * const model = createModel({ sources: [new FileSource({ paths: ['mesh'] })], onFindings: print })
 * await model.start()
 * model.subscribe((snapshot) => push(snapshot))
 */
export function createModel(options: ModelOptions): Model {
  return new MeshModel(options)
}

class MeshModel implements Model {
  readonly #options: ModelOptions
  readonly #clock: Clock
  readonly #log: Logger
  readonly #base: MeshConfig
  readonly #store: ObjectStore
  readonly #builder = new SnapshotBuilder()
  readonly #listeners = new Set<(snapshot: MeshSnapshot) => void>()
  #mesh: MeshConfig
  #findings: readonly Finding[] | undefined
  #timer: Timer | undefined
  #isStarted = false
  #isClosed = false

  constructor(options: ModelOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#log = options.log ?? silentLogger
    this.#base = Object.freeze({ ...DEFAULT_MESH_CONFIG, ...options.mesh })
    this.#mesh = this.#base
    const validators = [validateObject, ...(options.validators ?? [])]
    this.#store = new ObjectStore(
      (object, origin) => {
        const [first, ...rest] = validators as [ObjectValidator, ...ObjectValidator[]]
        const findings = first(object, origin)
        // The others may rely on the shape that the schema promises.
        if (findings.some(({ severity }) => severity === 'error')) return findings
        return [...findings, ...rest.flatMap((validator) => validator(object, origin))]
      },
      () => this.#schedule(),
    )
  }

  get snapshot(): MeshSnapshot {
    return this.#builder.snapshot
  }

  get findings(): readonly Finding[] {
    return this.#findings ?? []
  }

  async start(): Promise<MeshSnapshot> {
    await Promise.all(this.#options.sources.map((source) => source.start(this.#store)))
    this.#isStarted = true
    return this.flush()
  }

  subscribe(listener: (snapshot: MeshSnapshot) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  flush(): MeshSnapshot {
    this.#timer?.cancel()
    this.#timer = undefined
    if (!this.#isStarted || this.#isClosed) return this.snapshot
    const before = this.snapshot
    const tables = this.#store.tables
    const { mesh, findings: meshFindings } = meshConfigOf(tables, this.#base)
    if (!isEqual(mesh, this.#mesh)) this.#mesh = mesh
    const wasm = this.#options.wasm
    const snapshot = this.#builder.build(tables, this.#mesh, wasm?.modules ?? new Map())
    wasm?.want(moduleRefs(snapshot), () => this.#schedule())
    this.#tell([...this.#store.findings, ...meshFindings, ...referenceFindings(snapshot, wasm)])
    if (snapshot !== before) {
      this.#log.debug('new snapshot', { revision: snapshot.revision })
      for (const listener of this.#listeners) listener(snapshot)
    }
    return snapshot
  }

  withdraw(bad: StoredObject, problem: Omit<Finding, 'object' | 'file' | 'line' | 'column'>): void {
    this.#store.withdraw(bad, problem)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#timer?.cancel()
    this.#listeners.clear()
    await Promise.all([...this.#options.sources.map((source) => source.close()), this.#options.wasm?.close()])
  }

  #schedule(): void {
    if (!this.#isStarted || this.#isClosed || this.#timer !== undefined) return
    this.#timer = this.#clock.setTimeout(() => void this.flush(), this.#options.coalesceMs ?? 1)
  }

  #tell(findings: readonly Finding[]): void {
    const sorted = [...findings].sort(compareFindings)
    if (this.#findings !== undefined && isEqual(this.#findings, sorted)) return
    this.#findings = sorted
    this.#options.onFindings?.(sorted)
  }
}

function moduleRefs(snapshot: MeshSnapshot): WasmModuleRef[] {
  return [...snapshot.wasmPlugins.values()].flat().map(({ module }) => module)
}
