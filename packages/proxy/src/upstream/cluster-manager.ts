import type { Clock, Counter, Logger } from '@batten/core'
import { silentLogger } from '@batten/core'
import { ConnectError } from '../network/connect.ts'
import type { Connection } from '../network/connection.ts'
import type { ClusterConnector, UpstreamConnectFailure, UpstreamConnection } from '../network/filter.ts'
import type { Transport } from '../network/transport.ts'
import { UpstreamCluster, type UpstreamContext } from './cluster.ts'
import type { ClusterConfig, HostConfig } from './cluster-config.ts'
import { connectFailureText } from './connect-failure.ts'
import { type DnsResolver, systemResolver } from './discovery/dns-resolver.ts'
import { LogicalDns } from './discovery/logical-dns.ts'
import { StrictDns } from './discovery/strict-dns.ts'
import type { UpstreamHost } from './host.ts'

export interface ClusterManagerOptions extends UpstreamContext {
  readonly log?: Logger
  /** Default: the system's resolver. */
  readonly resolver?: DnsResolver
}

/** Where a cluster's hosts come from, when they are not handed over. */
interface Discovery {
  close(): void
}

/**
 * The clusters of a proxy. `config/` hands over compiled clusters and hosts; the router and the TCP proxy look them up
 * by name, at the moment they need one.
 *
 * @example
 * const clusters = new ClusterManager({ stats, clock, wheel, random: Math.random, transports })
 * clusters.apply(config)                      // CDS, static clusters
 * clusters.applyHosts('reviews', hosts)       // EDS
 * clusters.get('reviews')?.chooseHost()
 */
export class ClusterManager implements ClusterConnector {
  readonly #options: ClusterManagerOptions
  readonly #log: Logger
  readonly #resolver: DnsResolver
  readonly #clusters = new Map<string, UpstreamCluster>()
  readonly #discoveries = new Map<string, Discovery>()
  readonly #active

  constructor(options: ClusterManagerOptions) {
    this.#options = options
    this.#log = options.log ?? silentLogger
    this.#resolver = options.resolver ?? systemResolver
    const { stats } = options
    this.#active = stats.gauge('cluster_manager.active_clusters')
    for (const what of ['added', 'modified', 'removed']) stats.counter(`cluster_manager.cluster_${what}`)
  }

  get(name: string): UpstreamCluster | undefined {
    return this.#clusters.get(name)
  }

  /** Every cluster, in the order in which they came. */
  forEach(callback: (cluster: UpstreamCluster) => void): void {
    for (const cluster of this.#clusters.values()) callback(cluster)
  }

  /** Brings the byte counters of every cluster up to date: they are not touched while requests go by. */
  countBytes(): void {
    for (const cluster of this.#clusters.values()) cluster.countBytes()
  }

  /**
   * Adds a cluster or gives it a new configuration. Its hosts and connections stay where the new configuration allows
   * it; an EDS cluster keeps its hosts until {@link applyHosts}.
   */
  apply(config: ClusterConfig): void {
    const { stats } = this.#options
    let cluster = this.#clusters.get(config.name)
    const old = cluster?.config
    if (cluster === undefined) {
      cluster = new UpstreamCluster(config, this.#options)
      this.#clusters.set(config.name, cluster)
      stats.counter('cluster_manager.cluster_added').inc()
      this.#active.set(this.#clusters.size)
    } else {
      cluster.configure(config)
      stats.counter('cluster_manager.cluster_modified').inc()
    }
    const { kind } = config.discovery
    if (kind !== 'strict-dns' && kind !== 'logical-dns') {
      this.#stopDiscovery(config.name)
      if (kind === 'static') cluster.setHosts(config.hosts)
      return
    }
    const isUnchanged =
      old !== undefined &&
      JSON.stringify([old.discovery, old.hosts]) === JSON.stringify([config.discovery, config.hosts])
    if (isUnchanged) return
    this.#stopDiscovery(config.name)
    const options = {
      config,
      cluster,
      resolver: this.#resolver,
      clock: this.#options.clock,
      log: this.#log,
      refreshMs: config.discovery.refreshMs,
      family: config.discovery.family ?? 'auto',
    }
    this.#discoveries.set(
      config.name,
      kind === 'strict-dns' ? new StrictDns(options) : new LogicalDns(options),
    )
  }

  /** Replaces the hosts of an EDS cluster. Unknown names are ignored: the cluster was removed meanwhile. */
  applyHosts(name: string, hosts: readonly HostConfig[]): void {
    this.#clusters.get(name)?.setHosts(hosts)
  }

  /** Removes a cluster. Requests under way finish on the connections that they have. */
  remove(name: string): void {
    const cluster = this.#clusters.get(name)
    if (cluster === undefined) return
    const { stats } = this.#options
    this.#stopDiscovery(name)
    this.#clusters.delete(name)
    cluster.drain()
    stats.removeScope('cluster', cluster.config.statName)
    stats.counter('cluster_manager.cluster_removed').inc()
    this.#active.set(this.#clusters.size)
  }

  /** A raw connection to a host of a cluster, for the TCP proxy. */
  connect(
    name: string,
    _downstream: Connection | undefined,
    done: (result: UpstreamConnection | UpstreamConnectFailure) => void,
  ): { cancel(): void } {
    const cluster = this.#clusters.get(name)
    const host = cluster?.chooseHost()
    if (cluster === undefined) return fail('unknown-cluster', `no cluster ${name}`, done)
    if (host === undefined) return fail('no-healthy-upstream', `no healthy host in ${name}`, done)
    const { stats, breaker } = cluster
    if (breaker.connections.isOpen) {
      stats.cxOverflow.inc()
      return fail('overflow', `${name} has as many connections as it may`, done)
    }
    if (breaker.pending.isOpen) {
      stats.rqPendingOverflow.inc()
      return fail('overflow', `as many requests wait for ${name} as may`, done)
    }
    const { clock } = this.#options
    const startMs = clock.monotonicMs()
    const use = new HostConnection(cluster, host, clock)
    const { connectTimeoutMs, bindAddress, keepalive } = cluster.config
    const pending = cluster
      .transportOf(host)
      .connect(host.config.address, { timeoutMs: connectTimeoutMs, bindAddress, keepalive }, (result) => {
        use.leaveQueue()
        if (!(result instanceof ConnectError)) {
          stats.cxConnectMs.observe(clock.monotonicMs() - startMs)
          use.start(result)
          done(use)
          return
        }
        use.giveBack()
        stats.rqPendingFailureEject.inc()
        stats.chargeConnectFailure(result.reason === 'timeout')
        host.counts.cxConnectFail++
        done({
          failure: result.reason === 'timeout' ? 'timeout' : 'connect-failed',
          message: result.message,
          hostAddress: host.address,
          transportFailure: connectFailureText(result, host.config.address),
        })
      })
    return {
      cancel() {
        pending.cancel()
        use.leaveQueue()
        use.giveBack()
        stats.cxDestroy.inc()
        stats.cxDestroyLocal.inc()
        stats.rqCancelled.inc()
      },
    }
  }

  /** Closes every connection at once. */
  async close(): Promise<void> {
    for (const name of [...this.#discoveries.keys()]) this.#stopDiscovery(name)
    for (const cluster of this.#clusters.values()) cluster.close()
    this.#clusters.clear()
  }

  #stopDiscovery(name: string): void {
    this.#discoveries.get(name)?.close()
    this.#discoveries.delete(name)
  }
}

/**
 * A connection of its own to a host. Like Envoy it counts as one request, from its beginning to its end: least request
 * then knows which host has fewer of them.
 */
class HostConnection implements UpstreamConnection {
  transport!: Transport
  readonly hostAddress: string
  readonly receivedBytes: Counter
  readonly sentBytes: Counter
  readonly #cluster: UpstreamCluster
  readonly #host: UpstreamHost
  readonly #clock: Clock
  #startMs = 0
  #isWaiting = true
  #isCounted = true

  constructor(cluster: UpstreamCluster, host: UpstreamHost, clock: Clock) {
    const { stats, breaker } = cluster
    this.#cluster = cluster
    this.#host = host
    this.#clock = clock
    this.hostAddress = host.address
    this.receivedBytes = stats.cxRxBytesTotal
    this.sentBytes = stats.cxTxBytesTotal
    breaker.connections.inc()
    breaker.pending.inc()
    stats.rqPendingTotal.inc()
    stats.rqPendingActive.inc()
    stats.cxTotal.inc()
    stats.cxActive.inc()
    host.counts.cxTotal++
    host.counts.cxActive++
  }

  leaveQueue(): void {
    if (!this.#isWaiting) return
    this.#isWaiting = false
    this.#cluster.breaker.pending.dec()
    this.#cluster.stats.rqPendingActive.dec()
  }

  start(transport: Transport): void {
    const { stats } = this.#cluster
    this.transport = transport
    this.#startMs = this.#clock.monotonicMs()
    stats.rqTotal.inc()
    stats.rqActive.inc()
    this.#host.counts.rqTotal++
    this.#host.activeRequests++
  }

  /** Takes the connection off the books, whether it ever stood or not. */
  giveBack(): void {
    const { stats, breaker } = this.#cluster
    breaker.connections.dec()
    stats.cxActive.dec()
    this.#host.counts.cxActive--
  }

  release(byHost: boolean): void {
    if (!this.#isCounted) return
    this.#isCounted = false
    const { stats } = this.#cluster
    this.giveBack()
    stats.rqActive.dec()
    this.#host.activeRequests--
    stats.cxLengthMs.observe(this.#clock.monotonicMs() - this.#startMs)
    stats.cxDestroy.inc()
    stats.cxDestroyWithActiveRq.inc()
    if (byHost) {
      stats.cxDestroyRemote.inc()
      stats.cxDestroyRemoteWithActiveRq.inc()
    } else {
      stats.cxDestroyLocal.inc()
      stats.cxDestroyLocalWithActiveRq.inc()
    }
  }
}

function fail(
  failure: UpstreamConnectFailure['failure'],
  message: string,
  done: (result: UpstreamConnectFailure) => void,
): { cancel(): void } {
  // Never from inside of the call: the caller has not stored the handle yet.
  let isPending = true
  queueMicrotask(() => {
    if (isPending) done({ failure, message })
  })
  return {
    cancel() {
      isPending = false
    },
  }
}
