import type { Logger } from '@batten/core'
import { silentLogger } from '@batten/core'
import { ConnectError } from '../network/connect.ts'
import type { Connection } from '../network/connection.ts'
import type { ClusterConnector, UpstreamConnectFailure, UpstreamConnection } from '../network/filter.ts'
import { UpstreamCluster, type UpstreamContext } from './cluster.ts'
import type { ClusterConfig, HostConfig } from './cluster-config.ts'
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
    this.#active = options.stats.gauge('cluster_manager.active_clusters')
  }

  get(name: string): UpstreamCluster | undefined {
    return this.#clusters.get(name)
  }

  /** Every cluster, in the order in which they came. */
  forEach(callback: (cluster: UpstreamCluster) => void): void {
    for (const cluster of this.#clusters.values()) callback(cluster)
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
    if (cluster.breaker.connections.isOpen) {
      cluster.stats.cxOverflow.inc()
      return fail('overflow', `${name} has as many connections as it may`, done)
    }
    const startMs = this.#options.clock.monotonicMs()
    const release = countConnection(cluster, host)
    const { connectTimeoutMs, bindAddress, keepalive } = cluster.config
    const pending = cluster
      .transportOf(host)
      .connect(host.config.address, { timeoutMs: connectTimeoutMs, bindAddress, keepalive }, (result) => {
        if (!(result instanceof ConnectError)) {
          cluster.stats.cxConnectMs.observe(this.#options.clock.monotonicMs() - startMs)
          done({ transport: result, hostAddress: host.address, release })
          return
        }
        release()
        host.counts.cxConnectFail++
        cluster.stats.cxConnectFail.inc()
        if (result.reason === 'timeout') cluster.stats.cxConnectTimeout.inc()
        done({
          failure: result.reason === 'timeout' ? 'timeout' : 'connect-failed',
          message: result.message,
        })
      })
    return {
      cancel() {
        pending.cancel()
        release()
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

function countConnection(cluster: UpstreamCluster, host: UpstreamHost): () => void {
  const { stats, breaker } = cluster
  breaker.connections.inc()
  stats.cxTotal.inc()
  stats.cxActive.inc()
  host.counts.cxTotal++
  host.counts.cxActive++
  let isCounted = true
  return () => {
    if (!isCounted) return
    isCounted = false
    breaker.connections.dec()
    stats.cxActive.dec()
    stats.cxDestroy.inc()
    host.counts.cxActive--
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
