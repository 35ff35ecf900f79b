import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '@batten/core'
import type { TimerWheel } from '../http/timer-wheel.ts'
import type { StatsStore } from '../telemetry/stats.ts'
import { CircuitBreaker } from './circuit-breaker.ts'
import type { ClusterConfig, HostConfig } from './cluster-config.ts'
import { ClusterStats } from './cluster-stats.ts'
import { type Host, UpstreamHost } from './host.ts'
import { HostSet } from './host-set.ts'
import type { Random } from './load-balancers/index.ts'
import { Http1Pool, type PoolContext } from './pool/http1-pool.ts'
import type { CreateTransportFactory, TransportFactory } from './transport-factory.ts'

/** A cluster at run time: its config, its hosts and its balancer. */
export interface Cluster {
  readonly name: string
  readonly config: ClusterConfig
  readonly hosts: readonly Host[]
}

/** What clusters need of the proxy. */
export interface UpstreamContext {
  readonly stats: StatsStore
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly random: Random
  readonly transports: CreateTransportFactory
}

/** The transports of one configuration, and who still uses them. */
class TransportSet {
  readonly default: TransportFactory
  readonly #matches: readonly {
    readonly match: Readonly<Record<string, string>>
    readonly factory: TransportFactory
  }[]
  #users = 1

  constructor(config: ClusterConfig, create: (config: ClusterConfig['transport']) => TransportFactory) {
    this.default = create(config.transport)
    this.#matches = config.transportMatches.map(({ match, transport }) => ({
      match,
      factory: create(transport),
    }))
  }

  /** The factory of the first match whose labels the host carries. */
  of(host: HostConfig): TransportFactory {
    for (const { match, factory } of this.#matches) if (carries(host.transportLabels, match)) return factory
    return this.default
  }

  retain(): void {
    this.#users++
  }

  release(): void {
    if (--this.#users > 0) return
    this.default.close()
    for (const { factory } of this.#matches) factory.close()
  }
}

function carries(labels: Readonly<Record<string, string>>, match: Readonly<Record<string, string>>): boolean {
  for (const name in match) if (labels[name] !== match[name]) return false
  return true
}

/** A {@link Cluster} that the cluster manager keeps up to date. */
export class UpstreamCluster implements Cluster {
  readonly name: string
  readonly stats: ClusterStats
  readonly breaker: CircuitBreaker
  #config: ClusterConfig
  #set: HostSet
  #byKey = new Map<string, UpstreamHost>()
  #transports: TransportSet
  /** Pools that finish what they have begun. */
  readonly #draining = new Set<Http1Pool>()
  readonly #context: UpstreamContext
  readonly #poolContext: PoolContext

  constructor(config: ClusterConfig, context: UpstreamContext) {
    this.name = config.name
    this.#config = config
    this.#context = context
    const scope = context.stats.scope('cluster', config.statName)
    this.stats = new ClusterStats(scope)
    this.breaker = new CircuitBreaker(config.circuitBreaker, scope)
    this.#poolContext = {
      clock: context.clock,
      wheel: context.wheel,
      stats: this.stats,
      breaker: this.breaker,
    }
    this.#transports = this.#createTransports(config)
    this.#set = this.#createSet([])
  }

  get config(): ClusterConfig {
    return this.#config
  }

  get hosts(): readonly UpstreamHost[] {
    return this.#set.hosts
  }

  /**
   * Takes a new configuration. Hosts and their connections stay, unless the new configuration connects in another
   * way: then connections drain, and new ones are made.
   */
  configure(config: ClusterConfig): void {
    const old = this.#config
    this.#config = config
    this.breaker.configure(config.circuitBreaker)
    if (!connectsAlike(old, config)) {
      const transports = this.#transports
      this.#transports = this.#createTransports(config)
      for (const host of this.#byKey.values()) this.#dropPool(host, transports)
      transports.release()
    }
    this.#rebuild(this.#set.hosts)
  }

  /** Replaces the hosts. A host whose key stays keeps its connections; one that leaves finishes its requests. */
  setHosts(configs: readonly HostConfig[]): void {
    const byKey = new Map<string, UpstreamHost>()
    let changed = configs.length !== this.#byKey.size
    for (const config of configs) {
      // As Envoy: of two entries for one address the first counts.
      if (byKey.has(config.key)) continue
      let host = this.#byKey.get(config.key)
      if (host === undefined) {
        changed = true
        host = new UpstreamHost(config)
      } else {
        const movesTransport = this.#transports.of(host.config) !== this.#transports.of(config)
        host.config = config
        if (movesTransport) this.#dropPool(host)
      }
      byKey.set(config.key, host)
    }
    for (const [key, host] of this.#byKey) {
      if (byKey.has(key)) continue
      changed = true
      this.#dropPool(host)
    }
    this.#byKey = byKey
    if (changed) this.stats.membershipChange.inc()
    this.#rebuild([...byKey.values()])
  }

  /** Brings the byte counters up to date with what open connections carried. */
  countBytes(): void {
    for (const host of this.#byKey.values()) host.pool?.countBytes()
    for (const pool of this.#draining) pool.countBytes()
  }

  /** A host for the next request; undefined when none may be used. */
  chooseHost(): UpstreamHost | undefined {
    const host = this.#set.choose()
    if (host === undefined) {
      this.stats.cxNoneHealthy.inc()
      // As Envoy: a cluster without hosts is in panic, unless panic is off.
      if (this.#set.hosts.length === 0 && this.#config.healthyPanicPercent > 0)
        this.stats.lbHealthyPanic.inc()
    } else if (this.#set.choseInPanic) this.stats.lbHealthyPanic.inc()
    return host
  }

  poolOf(host: UpstreamHost): Http1Pool {
    return (host.pool ??= new Http1Pool(
      host,
      this.#config,
      this.#transports.of(host.config),
      this.#poolContext,
    ))
  }

  /** The transports of a host, for connections outside of the pool. */
  transportOf(host: UpstreamHost): TransportFactory {
    return this.#transports.of(host.config)
  }

  /** The cluster is removed: requests under way finish. */
  drain(): void {
    this.setHosts([])
    this.#transports.release()
  }

  /** Closes every connection at once. */
  close(): void {
    for (const host of this.#byKey.values()) host.pool?.close()
    for (const pool of this.#draining) pool.close()
    this.#transports.release()
  }

  #createTransports(config: ClusterConfig): TransportSet {
    const scope = this.#context.stats.scope('cluster', config.statName)
    return new TransportSet(config, (transport) => this.#context.transports(transport, scope))
  }

  /** Lets the pool of a host finish; a request for the host would make a new one. */
  #dropPool(host: UpstreamHost, transports: TransportSet = this.#transports): void {
    const { pool } = host
    if (pool === undefined) return
    host.pool = undefined
    transports.retain()
    this.#draining.add(pool)
    pool.drain(() => {
      this.#draining.delete(pool)
      transports.release()
    })
  }

  #createSet(hosts: readonly UpstreamHost[]): HostSet {
    const { loadBalancer, healthyPanicPercent, choiceCount } = this.#config
    const { random } = this.#context
    return new HostSet(hosts, loadBalancer, healthyPanicPercent, { random, choiceCount })
  }

  #rebuild(hosts: readonly UpstreamHost[]): void {
    const set = this.#createSet(hosts)
    this.#set = set
    this.stats.membershipTotal.set(hosts.length)
    this.stats.membershipHealthy.set(set.healthyCount)
    this.stats.membershipDegraded.set(set.degradedCount)
    this.stats.membershipExcluded.set(set.excludedCount)
  }
}

/** Whether connections made under one configuration serve under the other. */
function connectsAlike(a: ClusterConfig, b: ClusterConfig): boolean {
  return (
    a.bindAddress === b.bindAddress &&
    a.connectTimeoutMs === b.connectTimeoutMs &&
    isDeepStrictEqual(a.keepalive, b.keepalive) &&
    isDeepStrictEqual(a.http, b.http) &&
    isDeepStrictEqual(a.transport, b.transport) &&
    isDeepStrictEqual(a.transportMatches, b.transportMatches)
  )
}
