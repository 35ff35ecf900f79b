import type { Clock, Timer } from '@batten/core'
import type { Connection, ConnectionTls } from '../network/connection.ts'
import type { ConnectionHandle, NetworkFilterFactory } from '../network/filter.ts'
import type { SocketTransport } from '../network/socket-transport.ts'
import type { SecureContextPool } from '../tls/secure-contexts.ts'
import { ServerTlsContext } from '../tls/server-context.ts'
import type { FilterChainConfig } from './listener-config.ts'
import type { ListenerStats } from './listener-stats.ts'

/** A connection that a filter chain serves. */
export class ActiveConnection implements Connection {
  readonly id: number
  readonly remoteAddress: string
  readonly localAddress: string
  readonly tls: ConnectionTls | undefined
  readonly requestedServerName: string
  readonly listenerName: string
  readonly filterChainName: string
  handle: ConnectionHandle | undefined
  readonly #transport: SocketTransport

  constructor(fields: Connection, transport: SocketTransport) {
    this.#transport = transport
    this.id = fields.id
    this.remoteAddress = fields.remoteAddress
    this.localAddress = fields.localAddress
    this.tls = fields.tls
    this.requestedServerName = fields.requestedServerName
    this.listenerName = fields.listenerName
    this.filterChainName = fields.filterChainName
  }

  close(): void {
    this.handle?.close()
    this.#transport.destroy()
  }
}

/**
 * A filter chain at run time: its TLS context, its network filters and the connections it serves. It outlives its
 * place in the listener: a chain that was replaced goes on for the connections that it has.
 */
export class FilterChain {
  readonly config: FilterChainConfig
  readonly tls: ServerTlsContext | undefined
  readonly name: string
  readonly #connections = new Set<ActiveConnection>()
  readonly #clock: Clock
  /** Connections in their handshake. */
  #pending = 0
  #isRetired = false
  #isClosed = false
  #drainTimer: Timer | undefined
  readonly #onIdle: (() => void)[] = []

  constructor(config: FilterChainConfig, contexts: SecureContextPool, stats: ListenerStats, clock: Clock) {
    this.config = config
    this.name = config.name
    this.tls = config.tls === undefined ? undefined : new ServerTlsContext(config.tls, contexts, stats.scope)
    this.#clock = clock
  }

  get connectionCount(): number {
    return this.#connections.size + this.#pending
  }

  /** A handshake for this chain has begun; `handshakeEnded` ends it, after `serve` if it went well. */
  handshakeBegins(): void {
    this.#pending++
  }

  handshakeEnded(): void {
    this.#pending--
    this.#settle()
  }

  /** Gives a connection, ready for data, to the network filters. */
  serve(transport: SocketTransport, connection: ActiveConnection): void {
    this.#connections.add(connection)
    connection.handle = runFilters(this.config.filters, 0, transport, connection)
    if (this.#drainTimer !== undefined) connection.handle.drain()
  }

  /** The transport of a connection is closed. */
  ended(connection: ActiveConnection): void {
    this.#connections.delete(connection)
    this.#settle()
  }

  /**
   * The chain gets no more connections. Those it has are asked to end, and are closed when the time is over. Calls
   * back when the last one is gone.
   */
  retire(drainMs: number, onIdle: () => void = () => {}): void {
    this.#isRetired = true
    this.#onIdle.push(onIdle)
    this.drain(drainMs)
    this.#settle()
  }

  /** Asks every connection to end, and closes those that are left when the time is over. */
  drain(drainMs: number): void {
    this.#drainTimer?.cancel()
    this.#drainTimer = this.#clock.setTimeout(() => this.closeConnections(), drainMs)
    for (const connection of [...this.#connections]) connection.handle?.drain()
  }

  /** Brings byte counters of open connections up to date. */
  countBytes(): void {
    for (const connection of this.#connections) connection.handle?.countBytes?.()
  }

  /** Takes {@link drain} back, as far as connections have not heard of it. */
  endDrain(): void {
    if (this.#isRetired) return
    this.#drainTimer?.cancel()
    this.#drainTimer = undefined
  }

  closeConnections(): void {
    for (const connection of [...this.#connections]) connection.close()
  }

  #settle(): void {
    if (!this.#isRetired || this.#isClosed || this.connectionCount > 0) return
    this.#isClosed = true
    this.#drainTimer?.cancel()
    this.tls?.close()
    for (const factory of this.config.filters) factory.close?.()
    this.config.lifetime?.end()
    for (const onIdle of this.#onIdle) onIdle()
  }
}

/** Runs the filters from one on: each that is not terminal calls for the rest. */
function runFilters(
  filters: readonly NetworkFilterFactory[],
  index: number,
  transport: Parameters<NetworkFilterFactory['onConnection']>[0],
  connection: Connection,
): ConnectionHandle {
  const filter = filters[index]
  if (filter === undefined) {
    // Envoy closes connections of a chain without filters.
    transport.destroy()
    return CLOSED
  }
  return filter.onConnection(transport, connection, (next) =>
    runFilters(filters, index + 1, next, connection),
  )
}

const CLOSED: ConnectionHandle = Object.freeze({ drain() {}, close() {}, closed: true })
