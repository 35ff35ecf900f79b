import type { Clock, Logger, Timer } from '@batten/core'
import { type Cluster, codec, contentVersion, TYPE_URLS } from '@batten/xds'
import { type CompiledCluster, compileCluster } from '../../config/compile-cluster.ts'
import { FieldPath } from '../../config/field-path.ts'
import { decodeStrict } from '../../config/unpack.ts'
import { configErrorText } from '../../errors.ts'
import type { ClusterConfig, HostConfig } from '../../upstream/cluster-config.ts'
import { type DumpedResource, keepForDump, type ResourceFailure, ResourceRecords } from '../dump.ts'
import type { Binding, ReferenceBinder } from '../reference-binder.ts'
import type { ArrivedResource, RejectedResource, ResourceHandler } from '../resource-handler.ts'
import type { SourceRouter } from '../sources.ts'
import { closedGates, Gate, whenAllOpen } from '../warming.ts'
import type { EndpointResources } from './eds.ts'

const MESSAGE = 'envoy.config.cluster.v3.Cluster'

/** How long a cluster that was taken away stays while routes in use still name it. */
const LINGER_MS = 10_000

/** What clusters are applied to: the cluster manager of the data path. */
export interface ClusterTarget {
  apply(config: ClusterConfig): void
  /** Hosts of an EDS cluster. */
  applyHosts(cluster: string, hosts: readonly HostConfig[]): void
  remove(cluster: string): void
}

/** One version of a cluster. */
interface Generation extends CompiledCluster {
  /** Content hash; empty for static ones. */
  readonly version: string
  readonly binding: Binding
  /** What arrived; undefined for static ones. */
  readonly resource: DumpedResource | undefined
}

interface Entry {
  readonly name: string
  readonly isStatic: boolean
  active: Generation | undefined
  warming: { readonly generation: Generation; cancel: () => void } | undefined
  /** Opens with the first version that is warm. */
  readonly firstWarm: Gate
  /** Set while the cluster is gone for the server, but still named by routes. */
  linger: Timer | undefined
}

export interface ClusterResourcesOptions {
  readonly target: ClusterTarget
  readonly endpoints: EndpointResources
  readonly binder: ReferenceBinder
  readonly router: SourceRouter
  readonly clock: Clock
  readonly log: Logger
  /** Whether routes or listeners in use name the cluster. */
  readonly isInUse: (cluster: string) => boolean
}

/**
 * Clusters. A new or changed one is used when its endpoints and secrets are there; until then the old one stays.
 *
 * Differs from Envoy: a removed cluster stays for a while when routes in use still name it, so that the order in which
 * a server removes things costs no request; and an update whose endpoints are known is not waited for again.
 */
export class ClusterResources implements ResourceHandler {
  readonly typeUrl = TYPE_URLS.CDS
  readonly shortName = 'cds'
  readonly records: ResourceRecords
  /** Opens when every cluster of the first response is warm. */
  readonly ready = new Gate('clusters (CDS)')
  readonly #options: ClusterResourcesOptions
  readonly #entries = new Map<string, Entry>()
  #received = false

  constructor(options: ClusterResourcesOptions) {
    this.#options = options
    this.records = new ResourceRecords(options.clock)
  }

  /** A cluster of the bootstrap. Compiled already, since bad ones end the start. */
  addStatic(compiled: CompiledCluster, at: FieldPath): void {
    this.#check(compiled, at)
    const entry = this.#entry(compiled.config.name, true)
    this.#warm(entry, compiled, '', undefined, at)
  }

  /** Closed gates of clusters that are known but not usable yet. */
  warmingGates(names: Iterable<string>): Gate[] {
    const gates: Gate[] = []
    for (const name of names) {
      const gate = this.#entries.get(name)?.firstWarm
      if (gate !== undefined && !gate.isOpen) gates.push(gate)
    }
    return gates
  }

  /** Clusters that wait for something, with what they wait for. */
  waiting(): { readonly name: string; readonly for: readonly string[] }[] {
    const result = []
    for (const { name, warming } of this.#entries.values())
      if (warming !== undefined)
        result.push({ name, for: closedGates(this.#gatesOf(warming.generation)).map((gate) => gate.label) })
    return result
  }

  isStatic(name: string): boolean {
    return this.#entries.get(name)?.isStatic ?? false
  }

  /** Dynamic clusters in use, or those that wait to be, sorted by name. */
  dump(state: 'active' | 'warming'): (DumpedResource & { readonly failure: ResourceFailure | undefined })[] {
    const result = []
    for (const [name, entry] of [...this.#entries].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const resource = (state === 'active' ? entry.active : entry.warming?.generation)?.resource
      if (resource !== undefined) result.push({ ...resource, failure: this.records.failure(name) })
    }
    return result
  }

  nameOf(value: Uint8Array): string {
    return codec(MESSAGE).decode(value).name ?? ''
  }

  apply(arrived: readonly ArrivedResource[], removed: readonly string[]): RejectedResource[] {
    const rejected: RejectedResource[] = []
    for (const resource of arrived) {
      const { name, version, value } = resource
      try {
        this.#update(resource)
        this.records.forgive(name)
      } catch (thrown) {
        const message = configErrorText(thrown)
        this.records.reject(name, version, value, message)
        rejected.push({ name, message })
      }
    }
    for (const name of removed) this.#remove(name)
    if (!this.#received) {
      this.#received = true
      const first = [...this.#entries.values()].map((entry) => entry.firstWarm)
      whenAllOpen(first, () => this.ready.open())
    }
    return rejected
  }

  /** New endpoints of a service: for every cluster that takes them. */
  endpointsChanged(serviceName: string, hosts: readonly HostConfig[]): void {
    for (const { name, active } of this.#entries.values()) {
      const discovery = active?.config.discovery
      if (discovery?.kind === 'eds' && discovery.serviceName === serviceName)
        this.#options.target.applyHosts(name, hosts)
    }
  }

  /** Routes changed: clusters that were only kept for them go. */
  collect(): void {
    for (const entry of this.#entries.values())
      if (entry.linger !== undefined && !this.#options.isInUse(entry.name)) this.#delete(entry)
  }

  #update(resource: ArrivedResource): void {
    const { name, value } = resource
    const at = FieldPath.of('cluster', name)
    const old = this.#entries.get(name)
    if (old?.isStatic) throw at.invalid('the bootstrap has a static cluster of this name')
    const version = contentVersion(value)
    if (old !== undefined) {
      old.linger?.cancel()
      old.linger = undefined
      if ((old.warming?.generation ?? old.active)?.version === version) return
      if (old.active?.version === version) {
        this.#cancelWarming(old)
        return
      }
    }
    const message: Cluster = decodeStrict(MESSAGE, value, at)
    if ((message.name ?? '') !== name)
      throw at.field('name').invalid(`is ${JSON.stringify(message.name ?? '')}`)
    const compiled = compileCluster(message, at)
    this.#check(compiled, at)
    this.#warm(this.#entry(name, false), compiled, version, keepForDump(resource, this.#options.clock), at)
  }

  #check({ endpointSource }: CompiledCluster, at: FieldPath): void {
    if (endpointSource !== undefined)
      this.#options.router.check(TYPE_URLS.EDS, endpointSource.source, at.field('edsClusterConfig'))
  }

  #entry(name: string, isStatic: boolean): Entry {
    let entry = this.#entries.get(name)
    if (entry === undefined) {
      const firstWarm = new Gate(`cluster ${JSON.stringify(name)}`)
      entry = { name, isStatic, active: undefined, warming: undefined, firstWarm, linger: undefined }
      this.#entries.set(name, entry)
    }
    return entry
  }

  #warm(
    entry: Entry,
    compiled: CompiledCluster,
    version: string,
    resource: DumpedResource | undefined,
    at: FieldPath,
  ): void {
    const generation = this.#bind(compiled, version, resource, at)
    this.#cancelWarming(entry)
    const warming = { generation, cancel: () => {} }
    entry.warming = warming
    warming.cancel = whenAllOpen(this.#gatesOf(generation), () => this.#activate(entry, generation))
  }

  #bind(
    compiled: CompiledCluster,
    version: string,
    resource: DumpedResource | undefined,
    at: FieldPath,
  ): Generation {
    const { endpoints, binder } = this.#options
    const references = binder.bind(compiled.references, at)
    const { discovery } = compiled.config
    if (discovery.kind !== 'eds') return { ...compiled, version, resource, binding: references }
    const { gate } = endpoints.acquire({ name: discovery.serviceName, ...compiled.endpointSource! })
    const release = () => {
      references.release()
      endpoints.release(discovery.serviceName)
    }
    return { ...compiled, version, resource, binding: { gates: [...references.gates, gate], release } }
  }

  #gatesOf(generation: Generation): readonly Gate[] {
    return generation.binding.gates
  }

  #activate(entry: Entry, generation: Generation): void {
    const old = entry.active
    entry.active = generation
    entry.warming = undefined
    const { target, endpoints } = this.#options
    target.apply(generation.config)
    const { discovery } = generation.config
    if (discovery.kind === 'eds') target.applyHosts(entry.name, endpoints.hostsOf(discovery.serviceName))
    old?.binding.release()
    entry.firstWarm.open()
  }

  #cancelWarming(entry: Entry): void {
    entry.warming?.cancel()
    entry.warming?.generation.binding.release()
    entry.warming = undefined
  }

  #remove(name: string): void {
    const entry = this.#entries.get(name)
    if (entry === undefined || entry.isStatic || entry.linger !== undefined) return
    if (!this.#options.isInUse(name)) {
      this.#delete(entry)
      return
    }
    // Routes that wait for its first version are to come into use with it, as if the server had removed it later.
    if (entry.active !== undefined) this.#cancelWarming(entry)
    entry.linger = this.#options.clock.setTimeout(() => this.#delete(entry), LINGER_MS)
  }

  #delete(entry: Entry): void {
    entry.linger?.cancel()
    this.#cancelWarming(entry)
    this.#entries.delete(entry.name)
    this.records.remove(entry.name)
    if (entry.active !== undefined) {
      this.#options.target.remove(entry.name)
      entry.active.binding.release()
    }
    // Whoever waits for it must not wait for ever.
    entry.firstWarm.open()
  }

  close(): void {
    this.ready.close()
    for (const entry of this.#entries.values()) {
      entry.linger?.cancel()
      entry.warming?.cancel()
    }
  }
}
