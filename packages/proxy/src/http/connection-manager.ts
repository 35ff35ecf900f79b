import { errorMessage } from '@batten/core'
import type { Connection } from '../network/connection.ts'
import type { ConnectionHandle, NetworkFilterFactory } from '../network/filter.ts'
import type { Transport } from '../network/transport.ts'
import type { HeadLimits } from './codec/limits.ts'
import type { HttpConnectionManagerConfig } from './connection-manager-config.ts'
import { ConnectionManagerStats } from './connection-manager-stats.ts'
import { type FilterChain, FilterChainSource } from './filter-chain.ts'
import type { HttpContext } from './http-context.ts'
import { ManagedConnection } from './managed-connection.ts'

/**
 * The terminal network filter that speaks HTTP: takes connections from a listener, and their requests through the HTTP
 * filters to an upstream cluster.
 *
 * @example
 * const manager = new HttpConnectionManager(config, context)
 * manager.onConnection(transport, connection)
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/http_conn_man
 */
export class HttpConnectionManager implements NetworkFilterFactory {
  readonly name = 'envoy.filters.network.http_connection_manager'
  readonly terminal = true
  readonly config: HttpConnectionManagerConfig
  readonly context: HttpContext
  readonly stats: ConnectionManagerStats
  readonly headLimits: HeadLimits
  readonly #chain: FilterChainSource
  readonly #connections = new Set<ManagedConnection>()
  readonly #filterErrors

  constructor(config: HttpConnectionManagerConfig, context: HttpContext) {
    this.config = config
    this.context = context
    const scope = context.stats.scope('http', config.statPrefix)
    this.stats = new ConnectionManagerStats(scope)
    this.#filterErrors = scope.counter('filter_error')
    this.#chain = new FilterChainSource(config.filters)
    this.headLimits = {
      maxHeadersBytes: config.limits.maxRequestHeadersBytes,
      maxHeaders: config.limits.maxHeaders,
    }
  }

  /** Connections that are open. */
  get activeConnections(): number {
    return this.#connections.size
  }

  /** The filters for the next stream; undefined while one of them has not arrived. */
  get filterChain(): FilterChain | undefined {
    return this.#chain.current
  }

  onConnection(transport: Transport, connection: Connection): ConnectionHandle {
    const { stats } = this
    stats.cxTotal.inc()
    stats.cxActive.inc()
    stats.cxHttp1Total.inc()
    stats.cxHttp1Active.inc()
    if (connection.tls !== undefined) {
      stats.cxSslTotal.inc()
      stats.cxSslActive.inc()
    }
    const managed = new ManagedConnection(this, transport, connection)
    this.#connections.add(managed)
    return managed
  }

  /** @internal */
  onConnectionClosed(connection: ManagedConnection): void {
    this.#connections.delete(connection)
    this.stats.cxActive.dec()
    this.stats.cxHttp1Active.dec()
    if (connection.isTls) this.stats.cxSslActive.dec()
  }

  /** @internal A filter threw: its stream got a 500. */
  onFilterError(filterName: string, thrown: unknown): void {
    this.#filterErrors.inc()
    this.context.log.error('filter failed', {
      filter: filterName,
      statPrefix: this.config.statPrefix,
      reason: errorMessage(thrown),
      stack: thrown instanceof Error ? thrown.stack : undefined,
    })
  }

  close(): void {
    for (const slot of this.config.filters) slot.current?.close?.()
  }
}
