import {
  type Clock,
  errorMessage,
  type Logger,
  type RootLogger,
  silentLogger,
  systemClock,
} from '@batten/core'
import { type Node, TYPE_URLS } from '@batten/xds'
import type { AdminContext, ServerState } from '../admin/handler.ts'
import { AdminServer } from '../admin/server.ts'
import { loadBootstrap } from '../bootstrap/bootstrap.ts'
import { type BootstrapConfig, compileBootstrap } from '../bootstrap/compile-bootstrap.ts'
import { describeNode, nodeForFilters } from '../bootstrap/node-metadata.ts'
import type { GrpcApi } from '../config/compile-config-source.ts'
import { compileSecret } from '../config/compile-secret.ts'
import { FieldPath } from '../config/field-path.ts'
import { MessageReader } from '../config/message-reader.ts'
import { configErrorText } from '../errors.ts'
import { TimerWheel } from '../http/timer-wheel.ts'
import { createCaClient } from '../identity/ca-client.ts'
import type { IdentityOptions } from '../identity/identity-options.ts'
import { WorkloadCertificate } from '../identity/rotation.ts'
import { readToken } from '../identity/token.ts'
import type { ListenAddress } from '../listener/listener-config.ts'
import { ListenerManager } from '../listener/listener-manager.ts'
import type { ProxyOptions } from '../options.ts'
import { AccessLogFiles } from '../telemetry/access-log/file.ts'
import { StatsStore } from '../telemetry/stats.ts'
import { createSecretStore } from '../tls/secret-store.ts'
import { SecureContextPool } from '../tls/secure-contexts.ts'
import type { UpstreamCluster } from '../upstream/cluster.ts'
import { ClusterManager } from '../upstream/cluster-manager.ts'
import { type CreateTransportFactory, socketTransports } from '../upstream/transport-factory.ts'
import { DeltaProtocol } from '../xds/delta-protocol.ts'
import { DynamicConfig } from '../xds/dynamic-config.ts'
import type { GrpcTarget } from '../xds/grpc-target.ts'
import { SotwProtocol } from '../xds/sotw-protocol.ts'
import { Gate, whenAllOpen } from '../xds/warming.ts'
import { XdsClient } from '../xds/xds-client.ts'
import { createEnvironment } from './environment.ts'
import { Readiness } from './readiness.ts'
import { SecretSources } from './secret-sources.ts'
import { updateServerStats } from './server-stats.ts'
import { StaticClusters } from './static-clusters.ts'
import { countXds } from './xds-stats.ts'

export interface DrainProxyOptions {
  /** How long new connections are still taken, each asked to end after its first response. Default: 0. */
  readonly graceMs?: number
  /** How long connections may stay once none is taken any more. Default: `drainTimeMs` of the proxy. */
  readonly timeMs?: number
}

/** A proxy in this process. Several may run at once; they share nothing. */
export interface Proxy {
  /**
   * Binds the admin pages and the static listeners and connects to the management server. Resolves before dynamic
   * resources have arrived: see {@link ready}.
   *
   * @throws BattenError when the bootstrap is wrong or an address cannot be bound; everything is closed then
   */
  start(): Promise<void>
  /** Resolves when the proxy is live: everything that the bootstrap asks for has arrived and is in use. */
  readonly ready: Promise<void>
  readonly state: ServerState
  /** What keeps the proxy from being live, in words. */
  waitingFor(): readonly string[]
  /** undefined without admin pages. */
  readonly adminAddress: { readonly host: string; readonly port: number } | undefined
  /** Where a listener listens, with the port that was given to port 0; undefined when it does not (yet). */
  listenerAddress(name: string): { readonly host: string; readonly port: number } | undefined
  readonly stats: StatsStore
  /**
   * Lets connections end, HTTP ones after their current response, and stops accepting. Resolves when the last one is
   * gone or the time is over (then it is closed).
   */
  drain(options?: DrainProxyOptions): Promise<void>
  /** Opens access log files by their names again, after they were moved away. */
  reopenLogs(): void
  /** Closes everything at once. */
  close(): Promise<void>
  /** Resolves when `/quitquitquit` asks for the end. The process, or whoever made the proxy, closes it then. */
  readonly quitRequested: Promise<void>
}

/**
 * Makes a proxy from an Envoy bootstrap.
 *
 * @throws BattenError naming file and field when the bootstrap cannot be used
 * @example
 * const proxy = createProxy({ bootstrap: { path: 'bootstrap.yaml' } })
 * await proxy.start()
 * await proxy.ready
 * await proxy.drain({ timeMs: 5000 })
 * await proxy.close()
 */
export function createProxy(options: ProxyOptions): Proxy {
  return new ProxyServer(options)
}

class ProxyServer implements Proxy {
  readonly stats = new StatsStore()
  readonly #clock: Clock
  readonly #log: Logger
  readonly #bootstrap: BootstrapConfig
  readonly #node: Node
  readonly #secrets = createSecretStore()
  readonly #wheel: TimerWheel
  readonly #accessLogFiles: AccessLogFiles
  readonly #transports: CreateTransportFactory
  readonly #clusters: ClusterManager
  readonly #listeners: ListenerManager
  readonly #staticClusters: StaticClusters
  readonly #config: DynamicConfig
  readonly #secretSources: SecretSources
  readonly #readiness: Readiness
  readonly #identityOptions: IdentityOptions | undefined
  readonly #identity: WorkloadCertificate | undefined
  readonly #ads: XdsClient | undefined
  readonly #admin: AdminServer | undefined
  readonly #quit = Promise.withResolvers<void>()
  readonly #drainTimeMs: number
  #isClosed = false

  constructor(options: ProxyOptions) {
    const { clock = systemClock, random = Math.random, log = silentLogger } = options
    this.#clock = clock
    this.#log = log
    this.#drainTimeMs = options.drainTimeMs ?? 600_000
    this.#bootstrap = compileBootstrap(loadBootstrap(options.bootstrap), {
      id: options.serviceNode,
      cluster: options.serviceCluster,
    })
    const at = FieldPath.of(this.#bootstrap.origin).field('staticResources')
    this.#staticClusters = new StaticClusters(
      this.#bootstrap.staticResources.clusters,
      at.field('clusters'),
      log,
    )
    const contexts = new SecureContextPool(this.#secrets, log.child('tls'))
    this.#transports = socketTransports(contexts, clock)
    this.#wheel = new TimerWheel(clock)
    this.#accessLogFiles = new AccessLogFiles(clock, this.stats)
    this.#clusters = new ClusterManager({
      stats: this.stats,
      clock,
      wheel: this.#wheel,
      random,
      transports: this.#transports,
      log: log.child('upstream'),
    })
    this.#listeners = new ListenerManager({
      stats: this.stats,
      contexts,
      clock,
      log: log.child('listener'),
      ...(options.drainTimeMs === undefined ? {} : { drainTimeMs: options.drainTimeMs }),
      ...(options.maxConnections === undefined ? {} : { maxConnections: options.maxConnections }),
    })
    const { environment, extensions } = createEnvironment({
      options,
      node: nodeForFilters(this.#bootstrap.node),
      clusters: this.#clusters,
      stats: this.stats,
      wheel: this.#wheel,
      accessLogFiles: this.#accessLogFiles,
      clock,
      random,
      log,
    })
    this.#node = describeNode(this.#bootstrap.node, extensions)
    this.#config = new DynamicConfig({
      environment,
      clusterTarget: this.#clusters,
      listenerTarget: this.#listeners,
      secretStore: this.#secrets,
      clock,
      log: log.child('xds'),
      ads: () => this.#ads,
      secretSource: (source) => this.#secretSources.find(source),
    })
    this.#secretSources = new SecretSources({
      node: this.#node,
      handler: () => this.#config.secrets,
      store: this.#secrets,
      hasIdentity: options.identity !== undefined,
      connectTo: (api) => this.#connectTo(api),
      clock,
      random,
      log,
    })
    this.#identityOptions = options.identity
    this.#identity =
      options.identity === undefined ? undefined : this.#createIdentity(options.identity, random)
    this.#ads = this.#createAds(random)
    this.#readiness = new Readiness(this.#config, () => this.#ads, clock, log)
    this.#admin =
      this.#bootstrap.adminAddress === undefined ? undefined : new AdminServer(this.#adminContext(options))
  }

  get ready(): Promise<void> {
    return this.#readiness.live
  }

  get state(): ServerState {
    return this.#readiness.state
  }

  get quitRequested(): Promise<void> {
    return this.#quit.promise
  }

  get adminAddress(): { readonly host: string; readonly port: number } | undefined {
    return hostAndPort(this.#admin?.address)
  }

  waitingFor(): readonly string[] {
    return this.#readiness.waitingFor()
  }

  listenerAddress(name: string): { readonly host: string; readonly port: number } | undefined {
    return hostAndPort(this.#listeners.get(name)?.addresses[0])
  }

  async start(): Promise<void> {
    const { runtimeKeys, adminAddress, clusterSource, listenerSource } = this.#bootstrap
    if (runtimeKeys.length > 0)
      this.#log.warn('layered_runtime has no effect: this proxy has no runtime', { keys: runtimeKeys })
    try {
      this.#loadStaticSecrets()
      this.#loadStaticClusters()
      if (this.#admin !== undefined) await this.#admin.listen(adminAddress!)
      await this.#loadStaticListeners()
    } catch (thrown) {
      await this.close()
      throw thrown
    }
    this.#identity?.start()
    this.#config.start(clusterSource, listenerSource)
    this.#readiness.start()
    this.#ads?.start()
  }

  async drain({ graceMs = 0, timeMs }: DrainProxyOptions = {}): Promise<void> {
    this.#readiness.draining = true
    if (graceMs > 0)
      await this.#listeners.drain({ graceful: true, timeMs: graceMs, lingerMs: timeMs ?? this.#drainTimeMs })
    else await this.#listeners.drain(timeMs === undefined ? {} : { timeMs })
  }

  reopenLogs(): void {
    this.#accessLogFiles.reopen()
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#readiness.close()
    this.#ads?.close()
    this.#secretSources.close()
    this.#config.close()
    await Promise.all([this.#admin?.close(), this.#identity?.close(), this.#listeners.close()])
    await this.#clusters.close()
    await this.#accessLogFiles.close()
    this.#wheel.close()
  }

  #loadStaticSecrets(): void {
    const at = this.#at('secrets')
    this.#bootstrap.staticResources.secrets.forEach((message, i) => {
      const reader = new MessageReader(message, 'Secret', at.index(i))
      this.#secrets.set(compileSecret(reader, reader.requiredText('name')))
    })
  }

  #loadStaticClusters(): void {
    for (const { compiled, at } of this.#staticClusters.forTraffic)
      this.#config.clusters.addStatic(compiled, at)
  }

  /** Those that wait for dynamic resources are started when these arrive, and not waited for here. */
  async #loadStaticListeners(): Promise<void> {
    const at = this.#at('listeners')
    const waiting: Promise<void>[] = []
    this.#bootstrap.staticResources.listeners.forEach((message, i) => {
      const path = at.index(i)
      const started = this.#config.listeners.addStatic(message, path)
      if (!started.isWarming) {
        waiting.push(started.applied)
        // Nobody waits any more when a later listener is refused at once.
        started.applied.catch(() => {})
        return
      }
      const gate = new Gate(`listener ${JSON.stringify(message.name || String(i))}`)
      this.#readiness.add(gate)
      started.applied
        .catch((thrown: unknown) =>
          this.#log.error('a listener could not be started', {
            listener: message.name,
            reason: configErrorText(thrown),
          }),
        )
        .finally(() => gate.open())
    })
    await Promise.all(waiting)
  }

  #at(field: 'secrets' | 'listeners'): FieldPath {
    return FieldPath.of(this.#bootstrap.origin).field('staticResources').field(field)
  }

  #createIdentity(
    { spiffeId, ca, ttlMs, graceRatio }: IdentityOptions,
    random: () => number,
  ): WorkloadCertificate {
    return new WorkloadCertificate({
      spiffeId,
      authority: createCaClient(ca),
      secrets: this.#secrets,
      ttlMs,
      graceRatio,
      clock: this.#clock,
      random,
      log: this.#log.child('identity'),
    })
  }

  #createAds(random: () => number): XdsClient | undefined {
    const { ads: api, clusterSource, listenerSource, origin } = this.#bootstrap
    if (api === undefined) return undefined
    const at = FieldPath.of(origin).field('dynamicResources').field('adsConfig')
    const server = at.within(() => this.#connectTo(api))
    if (server === undefined)
      throw at.invalid(
        `there is no static cluster ${JSON.stringify(api.cluster)}`,
        'add it to static_resources',
      )
    const wildcards = [
      ...(clusterSource?.source.kind === 'ads' ? [TYPE_URLS.CDS] : []),
      ...(listenerSource?.source.kind === 'ads' ? [TYPE_URLS.LDS] : []),
    ]
    const Protocol = api.delta ? DeltaProtocol : SotwProtocol
    return new XdsClient({
      ...server,
      protocol: new Protocol(this.#node, this.#config.handlers, wildcards),
      clock: this.#clock,
      random,
      log: this.#log.child('xds'),
      callMetadata: () => this.#callMetadata(api, server.target.isTls),
      ...countXds(this.stats, this.#clock),
    })
  }

  /** How to reach a gRPC server, and what has to be there before it makes sense to try. */
  #connectTo(api: GrpcApi): { readonly target: GrpcTarget; readonly ready: Gate } | undefined {
    const cluster = this.#staticClusters.forGrpc(api, { transports: this.#transports, stats: this.stats })
    if (cluster === undefined) return undefined
    const { gates } = this.#config.binder.bind(cluster.compiled.references, cluster.at)
    const ready = new Gate(gates.map((gate) => gate.label).join(', '))
    whenAllOpen(gates, () => ready.open())
    return { target: cluster.target, ready }
  }

  /** As Istio's agent: the workload's token proves who it is, on encrypted connections only. */
  async #callMetadata(api: GrpcApi, isTls: boolean): Promise<readonly (readonly [string, string])[]> {
    const ca = this.#identityOptions?.ca
    if (ca === undefined) return api.initialMetadata
    const pairs: (readonly [string, string])[] = [...api.initialMetadata, ['clusterid', ca.clusterId]]
    if (isTls) pairs.push(['authorization', `Bearer ${await readToken(ca.tokenFile)}`])
    return pairs
  }

  #adminContext(options: ProxyOptions): AdminContext {
    const { log } = options
    const startedMs = this.#clock.now()
    return {
      bootstrap: this.#bootstrap,
      node: this.#node,
      startedMs,
      clock: this.#clock,
      stats: this.stats,
      config: this.#config,
      secrets: this.#secrets,
      logs: log !== undefined && 'setLevels' in log ? (log as RootLogger) : undefined,
      options: options.commandLine ?? {},
      refreshStats: () => {
        this.#clusters.countBytes()
        this.#listeners.countBytes()
        updateServerStats(this.stats, {
          clock: this.#clock,
          startedMs,
          secrets: this.#secrets,
          state: () => this.state,
          connections: () => this.#listeners.connectionCount,
        })
      },
      state: () => this.state,
      waitingFor: () => this.waitingFor(),
      clusters: () => {
        const clusters: UpstreamCluster[] = []
        this.#clusters.forEach((cluster) => {
          clusters.push(cluster)
        })
        return clusters
      },
      listeners: () => this.#listeners.listeners(),
      drainListeners: ({ graceful, inboundOnly }) => {
        this.#listeners.drain({ graceful, inboundOnly }).catch((thrown: unknown) => {
          this.#log.error('draining listeners failed', { reason: errorMessage(thrown) })
        })
      },
      setHealthy: (healthy) => {
        this.#readiness.healthy = healthy
        this.#listeners.askToLeave(!healthy)
      },
      reopenLogs: () => this.reopenLogs(),
      quit: () => this.#quit.resolve(),
    }
  }
}

function hostAndPort(
  address: ListenAddress | undefined,
): { readonly host: string; readonly port: number } | undefined {
  return address === undefined || 'path' in address ? undefined : address
}
