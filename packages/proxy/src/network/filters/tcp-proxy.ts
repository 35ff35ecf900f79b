import { type Clock, systemClock, type Timer } from '@batten/core'
import type { TcpProxyConfig } from '../../listener/listener-config.ts'
import type { ResponseFlag } from '../../response-flags.ts'
import type { Connection } from '../connection.ts'
import type {
  ClusterConnector,
  ConnectionHandle,
  NetworkFilterFactory,
  UpstreamConnectFailure,
  UpstreamConnection,
} from '../filter.ts'
import type { StatRoot } from '../stat-scope.ts'
import type { Transport } from '../transport.ts'
import { loggedConnection } from './tcp-log.ts'
import { TcpProxyStats } from './tcp-proxy-stats.ts'

export interface TcpProxyDependencies {
  readonly connector: ClusterConnector
  readonly stats: StatRoot
  /** Default: the machine's clock. */
  readonly clock?: Clock
  /** Uniform in [0, 1); chooses among weighted clusters. Default: `Math.random`. */
  readonly random?: () => number
}

/**
 * `envoy.filters.network.tcp_proxy`: connects each downstream connection to a host of a cluster and relays bytes both
 * ways, each direction with its own end and its own backpressure.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/listeners/network_filters/tcp_proxy_filter
 */
export function createTcpProxy(
  config: TcpProxyConfig,
  dependencies: TcpProxyDependencies,
): NetworkFilterFactory {
  const stats = new TcpProxyStats(dependencies.stats.scope('tcp', config.statPrefix))
  const shared: Shared = {
    config,
    stats,
    connector: dependencies.connector,
    clock: dependencies.clock ?? systemClock,
    chooseCluster: weightedChoice(config.clusters, dependencies.random ?? Math.random),
  }
  return {
    name: 'envoy.filters.network.tcp_proxy',
    terminal: true,
    onConnection: (transport, connection) => new TcpRelay(shared, transport, connection),
  }
}

interface Shared {
  readonly config: TcpProxyConfig
  readonly stats: TcpProxyStats
  readonly connector: ClusterConnector
  readonly clock: Clock
  readonly chooseCluster: () => string
}

/** One downstream connection and its upstream connection. */
class TcpRelay implements ConnectionHandle {
  readonly #shared: Shared
  readonly #downstream: Transport
  readonly #connection: Connection
  #upstream: UpstreamConnection | undefined
  #pendingConnect: { cancel(): void } | undefined
  #attempts = 0
  #downstreamEnded = false
  #upstreamEnded = false
  /** The host ended its side after we had ended ours. */
  #endedByHost = false
  // For access logs:
  readonly #startMs: number
  #cluster = ''
  #hostAddress: string | undefined
  #localAddress: string | undefined
  #transportFailure = ''
  #receivedBytes = 0
  #sentBytes = 0
  readonly #flags: ResponseFlag[] = []
  /** Bytes went by since the idle timer looked last. */
  #wasActive = false
  #idleTimer: Timer | undefined
  #durationTimer: Timer | undefined
  closed = false

  constructor(shared: Shared, downstream: Transport, connection: Connection) {
    this.#shared = shared
    this.#downstream = downstream
    this.#connection = connection
    const { stats, config, clock } = shared
    this.#startMs = clock.monotonicMs()
    stats.connections.inc()
    stats.activeConnections.inc()
    downstream.handler = {
      onData: (chunk) => this.#onDownstreamData(chunk),
      onEnd: () => this.#onDownstreamEnd(),
      onDrain: () => this.#upstream?.transport.resume(),
      onClose: (error) => this.#onDownstreamClose(error),
    }
    // Nothing is read until there is somewhere to put it.
    downstream.pause()
    if (config.maxConnectionDurationMs > 0)
      this.#durationTimer = clock.setTimeout(() => {
        stats.maxDuration.inc()
        this.#flags.push('DT')
        this.close()
      }, config.maxConnectionDurationMs)
    this.#connect(shared.chooseCluster())
  }

  /** TCP cannot tell its peer to go: the connection stays until it ends or the listener closes it, as in Envoy. */
  drain(): void {}

  close(): void {
    this.#pendingConnect?.cancel()
    this.#downstream.destroy()
    this.#upstream?.transport.destroy()
  }

  #connect(cluster: string): void {
    this.#attempts++
    this.#cluster = cluster
    this.#pendingConnect = this.#shared.connector.connect(cluster, this.#connection, (result) => {
      this.#pendingConnect = undefined
      if ('failure' in result) this.#onConnectFailure(cluster, result)
      else this.#onConnected(result)
    })
  }

  #onConnectFailure(cluster: string, result: UpstreamConnectFailure): void {
    const { stats, config } = this.#shared
    const { failure } = result
    this.#hostAddress = result.hostAddress
    this.#transportFailure = result.transportFailure ?? ''
    if (failure === 'unknown-cluster') stats.noRoute.inc()
    const isWorthAnother = failure === 'timeout' || failure === 'connect-failed'
    if (isWorthAnother && this.#attempts < config.maxConnectAttempts) {
      this.#connect(cluster)
      return
    }
    this.#flags.push(...FAILURE_FLAGS[failure])
    if (!isWorthAnother) this.#attempts = 0
    this.close()
  }

  #onConnected(upstream: UpstreamConnection): void {
    const { transport } = upstream
    this.#upstream = upstream
    this.#hostAddress = upstream.hostAddress
    this.#localAddress = transport.localAddress
    this.#transportFailure = ''
    transport.handler = {
      onData: (chunk) => this.#onUpstreamData(chunk),
      onEnd: () => this.#onUpstreamEnd(),
      onDrain: () => {
        this.#shared.stats.pausedReading.resumed.inc()
        this.#downstream.resume()
      },
      onClose: (error) => this.#onUpstreamClose(error),
    }
    this.#startIdleTimer()
    this.#downstream.resume()
  }

  #onDownstreamData(chunk: Buffer): void {
    const { stats } = this.#shared
    stats.receivedBytes.add(chunk.length)
    this.#receivedBytes += chunk.length
    this.#wasActive = true
    const upstream = this.#upstream!
    upstream.sentBytes.add(chunk.length)
    if (upstream.transport.writeBytes(chunk)) return
    stats.pausedReading.paused.inc()
    this.#downstream.pause()
  }

  #onUpstreamData(chunk: Buffer): void {
    this.#shared.stats.sentBytes.add(chunk.length)
    this.#sentBytes += chunk.length
    this.#upstream!.receivedBytes.add(chunk.length)
    this.#wasActive = true
    if (!this.#downstream.writeBytes(chunk)) this.#upstream!.transport.pause()
  }

  #onDownstreamEnd(): void {
    this.#downstreamEnded = true
    this.#upstream?.transport.end()
  }

  #onUpstreamEnd(): void {
    this.#upstreamEnded = true
    this.#endedByHost = this.#downstreamEnded
    this.#downstream.end()
  }

  #onDownstreamClose(error: Error | undefined): void {
    this.#pendingConnect?.cancel()
    const upstream = this.#upstream?.transport
    if (upstream !== undefined && !upstream.closed) {
      // A reset goes on as a reset. After an orderly end the upstream is at its own end, with what is queued.
      if (error !== undefined) upstream.reset()
      else if (!this.#downstreamEnded) upstream.destroy()
    } else this.#finish()
  }

  #onUpstreamClose(error: Error | undefined): void {
    this.#upstream!.release(this.#endedByHost || (error !== undefined && !this.#downstream.closed))
    const downstream = this.#downstream
    if (error !== undefined && !downstream.closed) this.#flags.push('UR')
    if (downstream.closed) this.#finish()
    else if (error !== undefined) downstream.reset()
    else if (!this.#upstreamEnded) downstream.destroy()
  }

  /** One timer looks once per period: a busy connection costs no timers. */
  #startIdleTimer(): void {
    const { config, clock, stats } = this.#shared
    if (config.idleTimeoutMs === 0 || this.closed) return
    this.#wasActive = false
    this.#idleTimer = clock.setTimeout(() => {
      if (this.#wasActive) return this.#startIdleTimer()
      stats.idleTimeout.inc()
      this.close()
    }, config.idleTimeoutMs)
  }

  #finish(): void {
    if (this.closed) return
    this.closed = true
    this.#shared.stats.activeConnections.dec()
    this.#idleTimer?.cancel()
    this.#durationTimer?.cancel()
    this.#log()
  }

  #log(): void {
    const { config, clock, connector } = this.#shared
    const { accessLoggers = [] } = config
    if (accessLoggers.length === 0) return
    const endMs = clock.monotonicMs()
    const entry = loggedConnection({
      connection: this.#connection,
      cluster: connector.get?.(this.#cluster),
      upstreamAddress: this.#hostAddress,
      upstreamLocalAddress: this.#localAddress,
      upstreamTransportFailureReason: this.#transportFailure,
      upstreamAttemptCount: this.#attempts,
      requestBytes: this.#receivedBytes,
      responseBytes: this.#sentBytes,
      responseFlags: this.#flags,
      startMs: this.#startMs,
      startTimeMs: clock.now() - (endMs - this.#startMs),
      endMs,
    })
    for (const logger of accessLoggers) logger.log(entry)
  }
}

/** Response flags of connections that did not come about. */
const FAILURE_FLAGS: Readonly<Record<UpstreamConnectFailure['failure'], readonly ResponseFlag[]>> = {
  'unknown-cluster': ['NC'],
  'no-healthy-upstream': ['UH'],
  overflow: ['UO'],
  timeout: ['UF', 'URX'],
  'connect-failed': ['UF', 'URX'],
}

/** Chooses a name with a probability in proportion to its weight. */
export function weightedChoice(
  clusters: readonly { readonly name: string; readonly weight: number }[],
  random: () => number,
): () => string {
  const first = clusters[0]!.name
  if (clusters.length === 1) return () => first
  const total = clusters.reduce((sum, { weight }) => sum + weight, 0)
  return () => {
    let point = random() * total
    for (const { name, weight } of clusters) {
      point -= weight
      if (point < 0) return name
    }
    return clusters.at(-1)!.name
  }
}
