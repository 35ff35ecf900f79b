import type { Clock, Logger } from '@batten/core'
import { TYPE_URLS } from '@batten/xds'
import type { CompiledConfigSource, ResourceSource } from '../config/compile-config-source.ts'
import type { CompileEnvironment } from '../config/environment.ts'
import type { FieldPath } from '../config/field-path.ts'
import type { SecretStore } from '../tls/tls-config.ts'
import { FileSource } from './file-source.ts'
import { ReferenceBinder } from './reference-binder.ts'
import type { ResourceHandler } from './resource-handler.ts'
import { ClusterResources, type ClusterTarget } from './resource-types/cds.ts'
import { ExtensionResources } from './resource-types/ecds.ts'
import { EndpointResources } from './resource-types/eds.ts'
import { ListenerResources, type ListenerTarget } from './resource-types/lds.ts'
import { RouteResources } from './resource-types/rds.ts'
import { SecretResources } from './resource-types/sds.ts'
import type { SourceRouter, SubscriptionSink } from './sources.ts'

export interface DynamicConfigOptions {
  readonly environment: CompileEnvironment
  readonly clusterTarget: ClusterTarget
  readonly listenerTarget: ListenerTarget
  readonly secretStore: SecretStore
  readonly clock: Clock
  readonly log: Logger
  /** The aggregated stream, if there is one. */
  readonly ads: () => SubscriptionSink | undefined
  /**
   * Who delivers secrets that are not from ADS or a file: the workload's own identity, or a client of an SDS cluster.
   * undefined when there is nobody.
   */
  readonly secretSource: (source: ResourceSource) => SubscriptionSink | undefined
}

/**
 * All configuration of one proxy and how it hangs together: clusters wait for endpoints and secrets, listeners for
 * routes, extensions, secrets and clusters. Where resources come from (ADS, files, the bootstrap) makes no difference.
 */
export class DynamicConfig implements SourceRouter {
  readonly secrets: SecretResources
  readonly endpoints: EndpointResources
  readonly clusters: ClusterResources
  readonly routes: RouteResources
  readonly extensions: ExtensionResources
  readonly listeners: ListenerResources
  readonly binder: ReferenceBinder
  /** In the order of their first requests. */
  readonly handlers: readonly ResourceHandler[]
  readonly #options: DynamicConfigOptions
  readonly #files = new Map<string, FileSource>()

  constructor(options: DynamicConfigOptions) {
    this.#options = options
    const { clock, log, environment } = options
    this.secrets = new SecretResources(this, options.secretStore, clock, log)
    this.endpoints = new EndpointResources(this, clock, log, (service, hosts) =>
      this.clusters.endpointsChanged(service, hosts),
    )
    this.extensions = new ExtensionResources(this, clock, log)
    const warmingClusters = (names: Iterable<string>) => this.clusters.warmingGates(names)
    const changed = () => this.clusters.collect()
    this.routes = new RouteResources({ router: this, environment, clock, log, warmingClusters, changed })
    const binder = new ReferenceBinder(this, this.secrets, this.routes, this.extensions)
    this.binder = binder
    this.clusters = new ClusterResources({
      target: options.clusterTarget,
      endpoints: this.endpoints,
      binder,
      router: this,
      clock,
      log,
      isInUse: (cluster) => this.routes.refersTo(cluster) || this.listeners.refersTo(cluster),
    })
    this.listeners = new ListenerResources({
      target: options.listenerTarget,
      environment,
      binder,
      clock,
      log,
      clustersReady: this.clusters.ready,
      warmingClusters,
      changed,
    })
    this.handlers = [
      this.clusters,
      this.endpoints,
      this.listeners,
      this.routes,
      this.secrets,
      this.extensions,
    ]
  }

  /**
   * Opens the gates of what the bootstrap does not ask for, and starts the clocks of what it does. Call it before the
   * stream is opened.
   */
  start(
    clusterSource: CompiledConfigSource | undefined,
    listenerSource: CompiledConfigSource | undefined,
  ): void {
    const { clock, log } = this.#options
    for (const [source, { ready }, typeUrl] of [
      [clusterSource, this.clusters, TYPE_URLS.CDS],
      [listenerSource, this.listeners, TYPE_URLS.LDS],
    ] as const) {
      if (source === undefined) {
        ready.open()
        continue
      }
      ready.openAfter(clock, source.initialFetchTimeoutMs, () =>
        log.warn('resources did not arrive in time; going on without them', {
          waitsFor: ready.label,
          afterMs: source.initialFetchTimeoutMs,
        }),
      )
      if (source.source.kind === 'path') this.#file(source.source.path).wantAll(typeUrl)
    }
  }

  check(typeUrl: string, source: ResourceSource, at: FieldPath): void {
    if (source.kind === 'path') return
    if (source.kind === 'ads') {
      if (this.#options.ads() === undefined)
        throw at.invalid('asks for ADS, but the bootstrap has no dynamic_resources.ads_config')
      return
    }
    if (typeUrl === TYPE_URLS.SDS && this.#options.secretSource(source) !== undefined) return
    if (source.kind !== 'grpc') throw at.invalid('refers to a static secret that the bootstrap does not have')
    throw at.unsupported(
      `cluster ${JSON.stringify(source.api.cluster)} is not a source that this proxy can use`,
      'use `ads: {}`',
    )
  }

  sinkFor(_typeUrl: string, source: ResourceSource): SubscriptionSink {
    const { ads, secretSource } = this.#options
    if (source.kind === 'path') return this.#file(source.path)
    return (source.kind === 'ads' ? ads() : secretSource(source)) ?? NOBODY
  }

  /** What keeps the proxy from being ready, in words. */
  waitingFor(): string[] {
    const result: string[] = []
    for (const part of [this.clusters, this.listeners]) {
      const waiting = part.waiting()
      if (waiting.length === 0) {
        if (!part.ready.isOpen) result.push(part.ready.label)
        continue
      }
      const kind = part === this.clusters ? 'cluster' : 'listener'
      for (const entry of waiting)
        result.push(`${kind} ${JSON.stringify(entry.name)}: ${entry.for.join(', ') || 'clusters'}`)
    }
    return result
  }

  close(): void {
    for (const file of this.#files.values()) file.close()
    this.clusters.close()
    this.listeners.close()
    this.endpoints.close()
    this.routes.close()
    this.extensions.close()
    this.secrets.close()
  }

  #file(path: string): FileSource {
    let file = this.#files.get(path)
    if (file === undefined) {
      file = new FileSource(path, this.handlers, this.#options.log)
      this.#files.set(path, file)
    }
    return file
  }
}

const NOBODY: SubscriptionSink = { want() {}, drop() {} }
