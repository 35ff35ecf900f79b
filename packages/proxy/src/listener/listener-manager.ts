import { BattenError, type Clock, type Logger, silentLogger, systemClock } from '@batten/core'
import type { StatRoot } from '../network/stat-scope.ts'
import type { SecureContextPool } from '../tls/secure-contexts.ts'
import { addressText } from './listen-socket.ts'
import { Listener, type ListenerEnvironment } from './listener.ts'
import type { ListenAddress, ListenerConfig } from './listener-config.ts'

export interface ListenerManagerOptions {
  readonly stats: StatRoot
  readonly contexts: SecureContextPool
  /**
   * How long connections of a listener or filter chain that was removed or replaced may stay, milliseconds. Default:
   * 600 000, as Envoy's `--drain-time-s`.
   */
  readonly drainTimeMs?: number
  /** Downstream connections of the whole proxy; 0, the default, means no limit. */
  readonly maxConnections?: number
  readonly clock?: Clock
  readonly log?: Logger
}

/** A listener as admin pages show it. */
export interface ListenerStatus {
  readonly name: string
  readonly config: ListenerConfig
  /** Where it listens, ports as bound; empty for one that is draining or not bound. */
  readonly addresses: readonly ListenAddress[]
  readonly connections: number
  readonly state: 'active' | 'draining'
}

export interface DrainOptions {
  /** Only listeners with `direction: 'inbound'`. Default: false. */
  readonly inboundOnly?: boolean
  /**
   * Go on accepting (and asking every connection to end) until the time is over, so that nobody is refused while
   * load balancers learn of the end. Default: false.
   */
  readonly graceful?: boolean
  /** Default: the manager's `drainTimeMs`. */
  readonly timeMs?: number
  /** After a graceful drain: how long the connections that are left may still stay. Default: 0. */
  readonly lingerMs?: number
}

/** What {@link ListenerManager.apply} did. */
export type ApplyOutcome =
  | 'unchanged'
  | 'added'
  | 'updated'
  /** Listeners of this direction were drained for good: none is started any more. */
  | 'ignored'

/**
 * All listeners of a proxy.
 *
 * @example
 * const manager = new ListenerManager({ stats, contexts: new SecureContextPool(secrets) })
 * await manager.apply(listenerConfig) // throws PROXY_BIND_FAILED: NACK, the old one goes on
 * await manager.drain({ timeMs: 5000 })
 * await manager.close()
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/listeners/lds
 */
export class ListenerManager {
  readonly #environment: ListenerEnvironment
  readonly #drainTimeMs: number
  readonly #active = new Map<string, Listener>()
  readonly #draining = new Map<Listener, Promise<void>>()
  readonly #counters
  /** Changes run one after another. */
  #queue: Promise<unknown> = Promise.resolve()
  #connections = 0
  #nextId = 1
  #isClosed = false
  /** Which listeners were drained for good. */
  #stopped: 'none' | 'inbound' | 'all' = 'none'

  constructor(options: ListenerManagerOptions) {
    const { stats, contexts, maxConnections = 0 } = options
    this.#drainTimeMs = options.drainTimeMs ?? 600_000
    this.#environment = {
      stats,
      contexts,
      clock: options.clock ?? systemClock,
      log: options.log ?? silentLogger,
      nextConnectionId: () => this.#nextId++,
      admit: () => maxConnections === 0 || this.#connections < maxConnections,
      connectionOpened: () => {
        this.#connections++
      },
      connectionClosed: () => {
        this.#connections--
      },
    }
    this.#counters = {
      added: stats.counter('listener_manager.listener_added'),
      modified: stats.counter('listener_manager.listener_modified'),
      removed: stats.counter('listener_manager.listener_removed'),
      inPlace: stats.counter('listener_manager.listener_in_place_updated'),
      created: stats.counter('listener_manager.listener_create_success'),
      failed: stats.counter('listener_manager.listener_create_failure'),
      active: stats.gauge('listener_manager.total_listeners_active'),
      draining: stats.gauge('listener_manager.total_listeners_draining'),
    }
  }

  /** Downstream connections of all listeners, those in inspection and handshake included. */
  get connectionCount(): number {
    return this.#connections
  }

  /** Active listeners in the order in which they were added, then those that drain. */
  listeners(): readonly ListenerStatus[] {
    return [
      ...[...this.#active.values()].map((listener) => statusOf(listener, 'active')),
      ...[...this.#draining.keys()].map((listener) => statusOf(listener, 'draining')),
    ]
  }

  /** The active listener of this name. */
  get(name: string): ListenerStatus | undefined {
    const listener = this.#active.get(name)
    return listener === undefined ? undefined : statusOf(listener, 'active')
  }

  /**
   * Adds a listener, or brings the one of the same name up to date. Its secrets should have arrived: until then its
   * TLS connections are closed. Sockets of addresses that stay are kept, only filter chains whose version changed are
   * drained, and new addresses are bound before old ones close.
   *
   * Of a filter chain whose version is the same the manager keeps the filters that it has, and closes the new ones.
   *
   * @throws BattenError PROXY_BIND_FAILED or PROXY_INVALID_CONFIG; nothing has changed then
   */
  apply(config: ListenerConfig): Promise<ApplyOutcome> {
    return this.#enqueue(async () => {
      try {
        const outcome = await this.#apply(config)
        if (outcome === 'added') this.#counters.added.inc()
        else if (outcome === 'updated') {
          this.#counters.modified.inc()
          this.#counters.inPlace.inc()
        }
        return outcome
      } catch (thrown) {
        this.#counters.failed.inc()
        throw thrown
      }
    })
  }

  async #apply(config: ListenerConfig): Promise<ApplyOutcome> {
    if (this.#isClosed)
      throw new BattenError('PROXY_NOT_STARTED', { message: 'the listener manager is closed' })
    const isStopped =
      this.#stopped === 'all' || (this.#stopped === 'inbound' && config.direction === 'inbound')
    if (isStopped) {
      closeUnused(config, undefined)
      return 'ignored'
    }
    const current = this.#active.get(config.name)
    if (current !== undefined && current.config.version === config.version) {
      closeUnused(config, current.config)
      return 'unchanged'
    }
    this.#refuseTakenAddress(config)
    if (current !== undefined) {
      await current.update(config, this.#drainTimeMs)
      return 'updated'
    }
    this.#active.set(config.name, await Listener.start(config, this.#environment))
    this.#counters.created.inc()
    this.#countActive()
    return 'added'
  }

  /** Stops accepting on a listener and drains its connections. Unknown names are ignored. */
  remove(name: string): Promise<void> {
    return this.#enqueue(async () => {
      const listener = this.#active.get(name)
      if (listener === undefined) return
      this.#active.delete(name)
      this.#counters.removed.inc()
      this.#retire(listener, this.#drainTimeMs)
      this.#countActive()
    })
  }

  /**
   * Drains listeners for good (shutdown, `/drain_listeners`): they stop accepting, connections are asked to end, and
   * those left after the time are closed. Resolves when the last one is gone.
   */
  async drain(options: DrainOptions = {}): Promise<void> {
    const { timeMs = this.#drainTimeMs, lingerMs = 0, inboundOnly = false, graceful = false } = options
    const affected = () =>
      [...this.#active.values()].filter((listener) => !inboundOnly || listener.config.direction === 'inbound')
    if (graceful) {
      for (const listener of affected()) listener.drain(timeMs + lingerMs)
      await new Promise<void>((resolve) => this.#environment.clock.setTimeout(resolve, timeMs))
    }
    // An update that is under way comes first, so that it does not open sockets again.
    const drained = await this.#enqueue(async () => {
      if (this.#stopped !== 'all') this.#stopped = inboundOnly ? 'inbound' : 'all'
      return affected().map((listener) => {
        this.#active.delete(listener.name)
        return { gone: this.#retire(listener, graceful ? lingerMs : timeMs) }
      })
    })
    this.#countActive()
    await Promise.all(drained.map(({ gone }) => gone))
  }

  /** Brings byte counters of open connections up to date, for whoever reads stats. */
  countBytes(): void {
    for (const listener of this.#active.values()) listener.countBytes()
    for (const listener of this.#draining.keys()) listener.countBytes()
  }

  /**
   * Whether responses ask clients to go elsewhere: as in Envoy, a proxy that fails health checks by hand says
   * `connection: close` on every one, on new connections too, and closes none by itself.
   */
  askToLeave(asks: boolean): void {
    for (const listener of this.#active.values())
      if (asks) listener.drain(NEVER_MS)
      else listener.endDrain()
  }

  /** Closes every listener and every connection at once. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#queue.catch(() => {})
    for (const listener of this.#active.values()) this.#retire(listener, 0)
    this.#active.clear()
    this.#countActive()
    for (const listener of this.#draining.keys()) listener.closeConnections()
    await Promise.all(this.#draining.values())
  }

  #retire(listener: Listener, drainMs: number): Promise<void> {
    const gone = listener.retire(drainMs).finally(() => {
      this.#draining.delete(listener)
      this.#counters.draining.set(this.#draining.size)
    })
    this.#draining.set(listener, gone)
    this.#counters.draining.set(this.#draining.size)
    return gone
  }

  #countActive(): void {
    this.#counters.active.set(this.#active.size)
  }

  #enqueue<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(task, task)
    this.#queue = result.catch(() => {})
    return result
  }

  #refuseTakenAddress(config: ListenerConfig): void {
    if (!config.bindToPort) return
    for (const other of this.#active.values()) {
      if (other.name === config.name || !other.config.bindToPort) continue
      for (const address of addressesOf(config)) {
        if ('port' in address && address.port === 0) continue
        const text = addressText(address)
        if (!addressesOf(other.config).some((taken) => addressText(taken) === text)) continue
        throw new BattenError('PROXY_BIND_FAILED', {
          message: `cannot listen on ${text}: the listener ${JSON.stringify(other.name)} does already`,
          where: 'address',
          hint: 'give one of the listeners another address, or remove the other one first',
        })
      }
    }
  }
}

/** The longest time of a timer, 24 days. */
const NEVER_MS = 2 ** 31 - 1

function statusOf(listener: Listener, state: ListenerStatus['state']): ListenerStatus {
  const { name, config, addresses, connectionCount } = listener
  return { name, config, addresses, connections: connectionCount, state }
}

function addressesOf(config: ListenerConfig): readonly ListenAddress[] {
  return [config.address, ...config.additionalAddresses]
}

/** Closes filters that were compiled for a listener that is there already, or that will not be. */
function closeUnused(config: ListenerConfig, kept: ListenerConfig | undefined): void {
  const filtersOf = (of: ListenerConfig) =>
    [...of.filterChains, ...(of.defaultFilterChain === undefined ? [] : [of.defaultFilterChain])].flatMap(
      (chain) => chain.filters,
    )
  const inUse = new Set(kept === undefined ? [] : filtersOf(kept))
  for (const factory of filtersOf(config)) if (!inUse.has(factory)) factory.close?.()
}
