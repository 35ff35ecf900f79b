import type { Clock, Logger, Timer } from '@batten/core'
import { codec, contentVersion, type Listener, TYPE_URLS } from '@batten/xds'
import type { CompiledFilterChain } from '../../config/compile-filter-chain.ts'
import { type CompiledListener, compileListener } from '../../config/compile-listener.ts'
import type { CompileEnvironment } from '../../config/environment.ts'
import { FieldPath } from '../../config/field-path.ts'
import { decodeStrict } from '../../config/unpack.ts'
import { configErrorText } from '../../errors.ts'
import type { ListenerConfig } from '../../listener/listener-config.ts'
import { type DumpedResource, keepForDump, type ResourceFailure, ResourceRecords } from '../dump.ts'
import type { Binding, ReferenceBinder } from '../reference-binder.ts'
import type { ArrivedResource, RejectedResource, ResourceHandler } from '../resource-handler.ts'
import { closedGates, Gate, whenAllOpen } from '../warming.ts'

const MESSAGE = 'envoy.config.listener.v3.Listener'

/** How long a listener waits for clusters that its chains name, beyond what it refers to itself. */
const HOLD_MS = 5000

/** What listeners are applied to: the listener manager. */
export interface ListenerTarget {
  /** Replaces the listener of that name. Rejects when its address cannot be bound. */
  apply(config: ListenerConfig): Promise<unknown>
  /** Stops accepting and drains. */
  remove(listener: string): void
}

/** A filter chain in use by versions of one listener: equal chains are compiled once and live on. */
interface BoundChain {
  readonly compiled: CompiledFilterChain
  readonly binding: Binding
  users: number
  /** The listener manager has seen it, and closes its filters when their last connection ends. */
  handedOver: boolean
}

/** One version of a listener. */
interface Generation {
  readonly config: ListenerConfig
  readonly version: string
  readonly chains: readonly BoundChain[]
  /** What arrived; undefined for static ones. */
  readonly resource: DumpedResource | undefined
}

interface Entry {
  readonly name: string
  readonly isStatic: boolean
  readonly bound: Map<string, BoundChain>
  active: Generation | undefined
  warming: { readonly generation: Generation; cancel: () => void } | undefined
  /** Warm, and on its way to the listener manager. */
  handedOver: Generation | undefined
  readonly firstWarm: Gate
}

export interface ListenerResourcesOptions {
  readonly target: ListenerTarget
  readonly environment: CompileEnvironment
  readonly binder: ReferenceBinder
  readonly clock: Clock
  readonly log: Logger
  /** Clusters of the first response must be warm before any listener takes connections. */
  readonly clustersReady: Gate
  readonly warmingClusters: (names: Iterable<string>) => Gate[]
  /** Listeners in use, or their connections, changed: clusters that only old ones named may go. */
  readonly changed: () => void
}

/** Listeners. One is used when its routes, secrets and extensions are there; until then the old one stays. */
export class ListenerResources implements ResourceHandler {
  readonly typeUrl = TYPE_URLS.LDS
  readonly shortName = 'lds'
  readonly records: ResourceRecords
  /** Opens when every listener of the first response takes connections, or failed to. */
  readonly ready = new Gate('listeners (LDS)')
  readonly #options: ListenerResourcesOptions
  readonly #entries = new Map<string, Entry>()
  /** Chains out of use whose connections go on. */
  readonly #draining = new Set<BoundChain>()
  /** The listener manager gets changes one after another, since binding takes time and may fail. */
  #queue: Promise<void> = Promise.resolve()
  #received = false

  constructor(options: ListenerResourcesOptions) {
    this.#options = options
    this.records = new ResourceRecords(options.clock)
  }

  /**
   * A listener of the bootstrap. `applied` settles when it takes connections; while `isWarming`, that may take for ever.
   *
   * @throws BattenError when it cannot be compiled
   */
  addStatic(
    message: Listener,
    at: FieldPath,
  ): { readonly applied: Promise<void>; readonly isWarming: boolean } {
    const value = codec(MESSAGE).encode(message)
    const name = message.name || contentVersion(value)
    if (this.#entries.has(name)) throw at.field('name').invalid(`${JSON.stringify(name)} is used twice`)
    const entry = this.#entry(name, true)
    const applied = Promise.withResolvers<void>()
    this.#warm(entry, { ...message, name }, contentVersion(value), at, undefined, (bound) =>
      bound.then(applied.resolve, applied.reject),
    )
    return { applied: applied.promise, isWarming: entry.warming !== undefined }
  }

  /** Listeners that wait for something, with what they wait for. */
  waiting(): { readonly name: string; readonly for: readonly string[] }[] {
    const result = []
    for (const { name, warming } of this.#entries.values())
      if (warming !== undefined)
        result.push({ name, for: closedGates(gatesOf(warming.generation)).map((gate) => gate.label) })
    return result
  }

  /** Dynamic listeners sorted by name. */
  dump(): {
    readonly name: string
    readonly active: DumpedResource | undefined
    readonly warming: DumpedResource | undefined
    readonly failure: ResourceFailure | undefined
  }[] {
    return [...this.#entries.values()]
      .filter((entry) => !entry.isStatic)
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, active, warming }) => ({
        name,
        active: active?.resource,
        warming: warming?.generation.resource,
        failure: this.records.failure(name),
      }))
  }

  /** Whether a listener in use, or one that drains, names the cluster itself, not by RDS. */
  refersTo(cluster: string): boolean {
    const names = ({ compiled }: BoundChain) => compiled.references.clusters.has(cluster)
    for (const { active, warming, handedOver } of this.#entries.values())
      for (const generation of [active, handedOver, warming?.generation])
        if (generation?.chains.some(names)) return true
    for (const chain of this.#draining) if (names(chain)) return true
    return false
  }

  nameOf(value: Uint8Array): string {
    return codec(MESSAGE).decode(value).name ?? ''
  }

  /** Removals come first: a listener that is renamed takes over the address. */
  apply(
    arrived: readonly ArrivedResource[],
    removed: readonly string[],
  ): RejectedResource[] | Promise<RejectedResource[]> {
    for (const name of removed) this.#remove(name)
    const rejected: RejectedResource[] = []
    const bindings: Promise<void>[] = []
    for (const resource of arrived) {
      const { name, version, value } = resource
      const reject = (thrown: unknown) => {
        const message = configErrorText(thrown)
        this.records.reject(name, version, value, message)
        rejected.push({ name, message })
      }
      try {
        const bound = this.#update(resource)
        if (bound !== undefined) bindings.push(bound.catch(reject))
        this.records.forgive(name)
      } catch (thrown) {
        reject(thrown)
      }
    }
    if (!this.#received) {
      this.#received = true
      whenAllOpen(
        [...this.#entries.values()].map((entry) => entry.firstWarm),
        () => this.ready.open(),
      )
    }
    return bindings.length === 0 ? rejected : Promise.all(bindings).then(() => rejected)
  }

  /** @returns what comes of binding it, if nothing has to be waited for before that */
  #update(resource: ArrivedResource): Promise<void> | undefined {
    const { name, value } = resource
    const at = FieldPath.of('listener', name)
    const old = this.#entries.get(name)
    if (old?.isStatic) throw at.invalid('the bootstrap has a static listener of this name')
    const version = contentVersion(value)
    if (old !== undefined) {
      const newest = old.warming?.generation ?? old.handedOver ?? old.active
      if (newest?.version === version) return undefined
      if (old.active?.version === version && old.handedOver === undefined) {
        this.#cancelWarming(old)
        return undefined
      }
    }
    const message = decodeStrict(MESSAGE, value, at)
    if ((message.name ?? '') !== name)
      throw at.field('name').invalid(`is ${JSON.stringify(message.name ?? '')}`)
    const entry = old ?? this.#entry(name, false)
    const kept = keepForDump(resource, this.#options.clock)
    let now: Promise<void> | undefined
    let isUpdating = true
    try {
      this.#warm(entry, message, version, at, kept, (bound) => {
        const failed = bound.catch((thrown: unknown) => {
          throw at.prefix(thrown)
        })
        if (isUpdating) now = failed
        else failed.catch((thrown: unknown) => this.#bindingFailed(resource, thrown))
      })
    } catch (thrown) {
      if (old === undefined) this.#entries.delete(name)
      throw thrown
    } finally {
      isUpdating = false
    }
    return now
  }

  /** After the ACK: the server cannot be told any more, but the log and the config dump can. */
  #bindingFailed({ name, version, value }: ArrivedResource, thrown: unknown): void {
    const text = configErrorText(thrown)
    this.#options.log.error('a listener could not be started', { listener: name, reason: text })
    this.records.reject(name, version, value, text)
  }

  #entry(name: string, isStatic: boolean): Entry {
    const entry: Entry = {
      name,
      isStatic,
      bound: new Map(),
      active: undefined,
      warming: undefined,
      handedOver: undefined,
      firstWarm: new Gate(`listener ${JSON.stringify(name)}`),
    }
    this.#entries.set(name, entry)
    return entry
  }

  #warm(
    entry: Entry,
    message: Listener,
    version: string,
    at: FieldPath,
    resource: DumpedResource | undefined,
    applied: (bound: Promise<void>) => void,
  ): void {
    const { environment, clustersReady, warmingClusters, clock, log } = this.#options
    const compiled = compileListener(
      message,
      version,
      environment,
      at,
      (key) => entry.bound.get(key)?.compiled,
    )
    const chains = this.#bindChains(entry, compiled, at)
    const generation: Generation = { config: compiled.config, version, chains, resource }
    this.#cancelWarming(entry)
    const warming = { generation, cancel: () => {} }
    entry.warming = warming
    const activate = () => applied(this.#activate(entry, generation))
    const clusters = generation.chains.flatMap((chain) => [...chain.compiled.references.clusters])
    // Static listeners of a proxy without a control plane must not wait for one that never answers.
    const own = entry.isStatic ? gatesOf(generation) : [...gatesOf(generation), clustersReady]
    warming.cancel = whenAllOpen(own, () => {
      const gates = warmingClusters(clusters)
      let timer: Timer | undefined
      const cancel = whenAllOpen(gates, () => {
        timer?.cancel()
        activate()
      })
      if (closedGates(gates).length === 0) return
      timer = clock.setTimeout(() => {
        cancel()
        log.warn('a listener is used although clusters that it names are not warm', {
          listener: entry.name,
          waitedFor: closedGates(gates).map((gate) => gate.label),
        })
        activate()
      }, HOLD_MS)
      warming.cancel = () => {
        cancel()
        timer?.cancel()
      }
    })
  }

  #bindChains(entry: Entry, compiled: CompiledListener, at: FieldPath): BoundChain[] {
    const chains: BoundChain[] = []
    try {
      for (const chain of compiled.chains) {
        let bound = entry.bound.get(chain.config.version)
        if (bound === undefined) {
          bound = {
            compiled: chain,
            binding: this.#options.binder.bind(chain.references, at),
            users: 0,
            handedOver: false,
          }
          entry.bound.set(chain.config.version, bound)
        }
        bound.users += 1
        chains.push(bound)
      }
    } catch (thrown) {
      this.#releaseChains(entry, chains)
      throw thrown
    }
    return chains
  }

  #releaseChains(entry: Entry, chains: readonly BoundChain[]): void {
    for (const chain of chains) {
      chain.users -= 1
      if (chain.users > 0) continue
      entry.bound.delete(chain.compiled.config.version)
      const { config, lifetime } = chain.compiled
      // Connections of a chain that drains go on: their routes, clusters and secrets must not become old.
      if (chain.handedOver) {
        this.#draining.add(chain)
        lifetime.whenOver(() => {
          this.#draining.delete(chain)
          chain.binding.release()
          this.#options.changed()
        })
      } else {
        chain.binding.release()
        for (const filter of config.filters) filter.close?.()
      }
    }
  }

  /** Hands a version over. If it cannot be bound, the one before stays. */
  #activate(entry: Entry, generation: Generation): Promise<void> {
    entry.warming = undefined
    entry.handedOver = generation
    const activation = this.#queue.then(async () => {
      const old = entry.active
      try {
        await this.#options.target.apply(generation.config)
      } catch (thrown) {
        this.#releaseChains(entry, generation.chains)
        throw thrown
      } finally {
        if (entry.handedOver === generation) entry.handedOver = undefined
        entry.firstWarm.open()
      }
      for (const chain of generation.chains) chain.handedOver = true
      entry.active = generation
      if (old !== undefined) this.#releaseChains(entry, old.chains)
      this.#options.changed()
    })
    this.#queue = activation.catch(() => {})
    return activation
  }

  #cancelWarming(entry: Entry): void {
    const { warming } = entry
    if (warming === undefined) return
    entry.warming = undefined
    warming.cancel()
    this.#releaseChains(entry, warming.generation.chains)
  }

  #remove(name: string): void {
    const entry = this.#entries.get(name)
    if (entry === undefined || entry.isStatic) return
    this.#cancelWarming(entry)
    this.#entries.delete(name)
    this.records.remove(name)
    this.#queue = this.#queue.then(() => {
      if (entry.active === undefined) return
      this.#options.target.remove(name)
      this.#releaseChains(entry, entry.active.chains)
      entry.active = undefined
      this.#options.changed()
    })
    entry.firstWarm.open()
  }

  close(): void {
    this.ready.close()
    for (const entry of this.#entries.values()) entry.warming?.cancel()
  }
}

function gatesOf(generation: Generation): Gate[] {
  return generation.chains.flatMap((chain) => chain.binding.gates)
}
