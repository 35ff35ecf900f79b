import type { Socket } from 'node:net'
import type { Clock, Logger } from '@batten/core'
import { ConnectError } from '../network/connect.ts'
import { PlainTransport } from '../network/plain-transport.ts'
import { formatAddress, type SocketTransport } from '../network/socket-transport.ts'
import type { StatRoot } from '../network/stat-scope.ts'
import { acceptTls } from '../network/tls-transport.ts'
import type { SecureContextPool } from '../tls/secure-contexts.ts'
import { ActiveConnection, FilterChain } from './filter-chain.ts'
import { compileFilterChainMatcher, type FilterChainMatcher, type MatchInput } from './filter-chain-match.ts'
import { createHttpInspector } from './filters/http-inspector.ts'
import type { InspectedConnection, ListenerFilterFactory } from './filters/listener-filter.ts'
import { createTlsInspector } from './filters/tls-inspector.ts'
import { inspectConnection } from './inspection.ts'
import type { ListenSocket } from './listen-socket.ts'
import { addressText, openListenSocket } from './listen-socket.ts'
import type { FilterChainConfig, ListenAddress, ListenerConfig } from './listener-config.ts'
import { ListenerStats } from './listener-stats.ts'

/** What listeners share. */
export interface ListenerEnvironment {
  readonly stats: StatRoot
  readonly contexts: SecureContextPool
  readonly clock: Clock
  readonly log: Logger
  readonly nextConnectionId: () => number
  /** Whether the proxy as a whole may take one more connection. */
  readonly admit: () => boolean
  readonly connectionOpened: () => void
  readonly connectionClosed: () => void
}

/** One listener: its sockets, its filter chains and the connections on their way to a chain. */
export class Listener {
  #config: ListenerConfig
  #chains: readonly FilterChain[] = []
  #defaultChain: FilterChain | undefined
  #match: FilterChainMatcher<FilterChain> = () => undefined
  #filters: readonly ListenerFilterFactory[] = []
  #showsServerName = false
  /** By configured address. */
  #sockets: ReadonlyMap<string, ListenSocket> = new Map()
  #statsName: string | undefined
  #stats!: ListenerStats
  readonly #environment: ListenerEnvironment
  /** Gives up the connections that have no chain yet. */
  readonly #undecided = new Set<() => void>()
  #onAllDecided: (() => void) | undefined
  #active = 0
  #hasPipe = false

  private constructor(config: ListenerConfig, environment: ListenerEnvironment) {
    this.#config = config
    this.#environment = environment
  }

  /**
   * Binds and starts to accept.
   *
   * @throws BattenError PROXY_BIND_FAILED, or PROXY_INVALID_CONFIG for chains that contradict each other
   */
  static async start(config: ListenerConfig, environment: ListenerEnvironment): Promise<Listener> {
    const listener = new Listener(config, environment)
    await listener.update(config, 0)
    return listener
  }

  get config(): ListenerConfig {
    return this.#config
  }

  get name(): string {
    return this.#config.name
  }

  /** Where it listens; empty once it has stopped. */
  get addresses(): readonly ListenAddress[] {
    return [...this.#sockets.values()].map((socket) => socket.address)
  }

  /** Connections with a filter chain, its own and those of chains that were replaced. */
  get connectionCount(): number {
    return this.#active
  }

  /**
   * Takes a new version. Sockets of addresses that stay are kept, and so are chains whose version is the same, with
   * their connections; the other chains are drained. When it throws, nothing has changed.
   *
   * Differs from Envoy: a change of listener options beside its chains drains nothing either, except for those that
   * are compiled into chains (direction, stat prefix).
   *
   * @throws BattenError PROXY_BIND_FAILED, or PROXY_INVALID_CONFIG for chains that contradict each other
   */
  async update(config: ListenerConfig, drainMs: number): Promise<void> {
    // Contradictions are found before a socket is opened.
    compileFilterChainMatcher(config.filterChains.map((chain) => ({ match: chain.match, chain })))
    const sockets = await this.#openSockets(config)
    const statsName =
      config.statPrefix || (sockets.values().next().value?.text ?? addressText(config.address))
    const keepsChains = statsName === this.#statsName && config.direction === this.#config.direction
    if (statsName !== this.#statsName) {
      this.#statsName = statsName
      this.#stats = new ListenerStats(this.#environment.stats.scope('listener', statsName))
    }
    const before = this.#allChains()
    this.#install(config, keepsChains)
    for (const [key, socket] of this.#sockets) if (!sockets.has(key)) socket.close()
    this.#sockets = sockets
    const after = new Set(this.#allChains())
    for (const chain of before) if (!after.has(chain)) chain.retire(drainMs)
  }

  /** The sockets of a configuration: those that are open already, and new ones. */
  async #openSockets(config: ListenerConfig): Promise<Map<string, ListenSocket>> {
    const sockets = new Map<string, ListenSocket>()
    const addresses = config.bindToPort ? [config.address, ...config.additionalAddresses] : []
    try {
      for (const address of addresses) {
        const key = addressText(address)
        const open = this.#sockets.get(key)
        sockets.set(
          key,
          open ?? (await openListenSocket(address, config.backlog, (socket) => this.#accept(socket))),
        )
      }
    } catch (thrown) {
      for (const [key, socket] of sockets) if (!this.#sockets.has(key)) socket.close()
      throw thrown
    }
    return sockets
  }

  #allChains(): readonly FilterChain[] {
    return this.#defaultChain === undefined ? this.#chains : [...this.#chains, this.#defaultChain]
  }

  #install(config: ListenerConfig, keepsChains: boolean): void {
    const kept = new Map<string, FilterChain>()
    if (keepsChains)
      for (const chain of this.#allChains()) kept.set(`${chain.name}\n${chain.config.version}`, chain)
    const { contexts, clock } = this.#environment
    const chainOf = (chain: FilterChainConfig): FilterChain => {
      const key = `${chain.name}\n${chain.version}`
      const same = kept.get(key)
      kept.delete(key)
      if (same === undefined) return new FilterChain(chain, contexts, this.#stats, clock)
      if (same.config !== chain)
        for (const factory of chain.filters) if (!same.config.filters.includes(factory)) factory.close?.()
      return same
    }
    this.#config = config
    this.#hasPipe = [config.address, ...config.additionalAddresses].some((address) => 'path' in address)
    this.#chains = config.filterChains.map(chainOf)
    this.#defaultChain =
      config.defaultFilterChain === undefined ? undefined : chainOf(config.defaultFilterChain)
    this.#match = compileFilterChainMatcher(
      this.#chains.map((chain) => ({ match: chain.config.match, chain })),
    )
    this.#installInspectors(config)
  }

  #installInspectors(config: ListenerConfig): void {
    const { stats, log } = this.#environment
    const chains = [
      ...config.filterChains,
      ...(config.defaultFilterChain === undefined ? [] : [config.defaultFilterChain]),
    ]
    const isNeeded = chains.some(({ match }) => needsTlsInspector(match))
    if (isNeeded && !config.inspectors.tls)
      log.warn('filter chain matches need a TLS inspector that the listener does not have; it is added', {
        listener: config.name,
      })
    this.#showsServerName = config.inspectors.tls || isNeeded
    const filters: ListenerFilterFactory[] = []
    if (this.#showsServerName) filters.push(createTlsInspector(stats))
    if (config.inspectors.http) filters.push(createHttpInspector(stats))
    this.#filters = filters
  }

  /** Stops accepting. Connections stay, and those that are on their way to a chain still get there. */
  stopAccepting(): void {
    for (const socket of this.#sockets.values()) socket.close()
    this.#sockets = new Map()
  }

  /** Asks every connection to end; those that are left after `drainMs` are closed. New ones are still taken. */
  drain(drainMs: number): void {
    for (const chain of this.#allChains()) chain.drain(drainMs)
  }

  /** Brings byte counters of open connections up to date. */
  countBytes(): void {
    for (const chain of this.#allChains()) chain.countBytes()
  }

  /** Takes {@link drain} back: new connections stay. */
  endDrain(): void {
    for (const chain of this.#allChains()) chain.endDrain()
  }

  /** Stops accepting and drains; resolves when the last connection is gone. */
  async retire(drainMs: number): Promise<void> {
    this.stopAccepting()
    this.drain(drainMs)
    await this.#everyoneDecided(drainMs)
    await Promise.all(
      this.#allChains().map((chain) => new Promise<void>((resolve) => chain.retire(drainMs, resolve))),
    )
  }

  closeConnections(): void {
    for (const giveUp of [...this.#undecided]) giveUp()
    for (const chain of this.#allChains()) chain.closeConnections()
  }

  #everyoneDecided(timeoutMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = this.#environment.clock.setTimeout(() => {
      for (const giveUp of [...this.#undecided]) giveUp()
    }, timeoutMs)
    this.#onAllDecided = () => {
      timer.cancel()
      resolve()
    }
    this.#checkDecided()
    return promise
  }

  #checkDecided(): void {
    if (this.#undecided.size === 0) this.#onAllDecided?.()
  }

  #accept(socket: Socket): void {
    const { maxConnections } = this.#config
    const stats = this.#stats
    if (this.#statsName === undefined) {
      // Another address of the same listener is still being bound.
      socket.destroy()
      return
    }
    if (maxConnections > 0 && this.#active + this.#undecided.size >= maxConnections) {
      stats.overflow.inc()
      socket.destroy()
      return
    }
    if (!this.#environment.admit()) {
      stats.globalOverflow.inc()
      socket.destroy()
      return
    }
    // A peer that is gone already has no address.
    const { remoteAddress, localAddress } = socket
    if (!this.#hasPipe && (remoteAddress === undefined || localAddress === undefined)) {
      socket.destroy()
      return
    }
    const endpoints: Endpoints = {
      destinationIp: localAddress,
      destinationPort: socket.localPort ?? 0,
      sourceIp: remoteAddress,
      sourcePort: socket.remotePort ?? 0,
    }
    this.#environment.connectionOpened()
    if (this.#filters.length === 0) this.#choose(socket, endpoints, NOTHING_INSPECTED, undefined)
    else this.#inspect(socket, endpoints)
  }

  #inspect(socket: Socket, endpoints: Endpoints): void {
    const config = this.#config
    const stats = this.#stats
    const transport = PlainTransport.accept(socket, { bufferLimitBytes: config.connectionBufferLimitBytes })
    if (transport === undefined) {
      this.#environment.connectionClosed()
      return
    }
    stats.inspecting.inc()
    const over = () => {
      stats.inspecting.dec()
      this.#undecided.delete(giveUp)
    }
    const stop = inspectConnection(
      transport,
      this.#filters,
      {
        timeoutMs: config.listenerFiltersTimeoutMs,
        continueOnTimeout: config.continueOnListenerFiltersTimeout,
        clock: this.#environment.clock,
      },
      (outcome) => {
        over()
        if (outcome.kind === 'done') {
          if (outcome.isTimeout) stats.inspectionTimeout.inc()
          this.#choose(transport, endpoints, outcome.connection, outcome.peeked)
          return this.#checkDecided()
        }
        if (outcome.kind === 'timeout') stats.inspectionTimeout.inc()
        else if (outcome.byPeer) stats.inspectionRemoteClose.inc()
        else stats.inspectionError.inc()
        closeUnread(transport, outcome.kind === 'closed' && outcome.byPeer ? undefined : outcome.peeked)
        this.#environment.connectionClosed()
        this.#checkDecided()
      },
    )
    const giveUp = () => {
      stop()
      over()
      transport.destroy()
      this.#environment.connectionClosed()
      this.#checkDecided()
    }
    this.#undecided.add(giveUp)
  }

  /** Chooses the filter chain and starts it. */
  #choose(
    from: Socket | PlainTransport,
    endpoints: Endpoints,
    inspected: InspectedConnection,
    peeked: Buffer | undefined,
  ): void {
    const { serverName, transportProtocol, applicationProtocols } = inspected
    const chain =
      this.#match({
        ...endpoints,
        serverName,
        transportProtocol: transportProtocol === 'tls' ? 'tls' : 'raw_buffer',
        applicationProtocols,
      }) ?? this.#defaultChain
    if (chain === undefined) {
      this.#stats.noFilterChainMatch.inc()
      closeUnread(from, peeked)
      this.#environment.connectionClosed()
      return
    }
    const start: Start = { chain, endpoints, inspected, openedMs: this.#environment.clock.monotonicMs() }
    this.#stats.connections.inc()
    this.#stats.activeConnections.inc()
    this.#active++
    if (chain.tls !== undefined) this.#startTls(from, start, peeked)
    else this.#startPlain(from, start, peeked)
  }

  #startPlain(from: Socket | PlainTransport, start: Start, peeked: Buffer | undefined): void {
    const transport =
      from instanceof PlainTransport
        ? from
        : PlainTransport.accept(from, { bufferLimitBytes: this.#config.connectionBufferLimitBytes })
    if (transport === undefined) {
      this.#ended(start)
      return
    }
    this.#serve(transport, start, undefined)
    if (peeked !== undefined) transport.unread(peeked)
  }

  #startTls(from: Socket | PlainTransport, start: Start, peeked: Buffer | undefined): void {
    const { chain, inspected } = start
    chain.handshakeBegins()
    // ALPN without a common protocol must not fail the handshake, and only the ClientHello tells before it begins.
    if (this.#showsServerName || chain.tls!.config.alpn.length === 0)
      this.#handshake(from instanceof PlainTransport ? from.release() : from, start, inspected, peeked)
    else this.#peekHello(from, start, peeked)
  }

  /** Reads the ClientHello of a connection that no TLS inspector has looked at. */
  #peekHello(from: Socket | PlainTransport, start: Start, peeked: Buffer | undefined): void {
    const { clock } = this.#environment
    const transport = from instanceof PlainTransport ? from : PlainTransport.accept(from)
    if (transport === undefined) {
      this.#handshakeOver(start)
      return
    }
    const timeoutMs = handshakeTimeoutMs(start)
    const stop = inspectConnection(
      transport,
      HELLO_PARSER,
      { timeoutMs, continueOnTimeout: false, clock },
      (outcome) => {
        this.#undecided.delete(giveUp)
        if (outcome.kind === 'done') {
          this.#handshake(transport.release(), start, outcome.connection, outcome.peeked)
          return
        }
        if (outcome.kind === 'timeout') this.#stats.transportConnectTimeout.inc()
        transport.destroy()
        this.#handshakeOver(start)
      },
    )
    const giveUp = () => {
      stop()
      this.#undecided.delete(giveUp)
      transport.destroy()
      this.#handshakeOver(start)
    }
    this.#undecided.add(giveUp)
    if (peeked !== undefined) transport.unread(peeked)
  }

  #handshake(plain: Socket, start: Start, hello: InspectedConnection, peeked: Buffer | undefined): void {
    const { chain } = start
    const { clock, log } = this.#environment
    const timeoutMs = handshakeTimeoutMs(start)
    const pending = acceptTls(
      plain,
      chain.tls!,
      {
        // Some of the time may be over already.
        timeoutMs: timeoutMs && Math.max(1, timeoutMs - (clock.monotonicMs() - start.openedMs)),
        bufferLimitBytes: this.#config.connectionBufferLimitBytes,
        clock,
        offeredAlpn: hello.transportProtocol === 'tls' ? hello.applicationProtocols : undefined,
        ...(peeked === undefined ? {} : { peeked }),
      },
      (result) => {
        this.#undecided.delete(giveUp)
        if (!(result instanceof ConnectError)) {
          this.#serve(result, start, result.info)
          chain.handshakeEnded()
          this.#checkDecided()
          return
        }
        if (result.reason === 'timeout') this.#stats.transportConnectTimeout.inc()
        log.debug('TLS connection refused', {
          listener: this.name,
          peer: formatAddress(start.endpoints.sourceIp, start.endpoints.sourcePort),
          reason: result.message,
        })
        this.#handshakeOver(start)
      },
    )
    const giveUp = () => {
      pending.cancel()
      this.#undecided.delete(giveUp)
      this.#handshakeOver(start)
    }
    this.#undecided.add(giveUp)
  }

  /** A connection ended before its handshake did. */
  #handshakeOver(start: Start): void {
    this.#ended(start)
    start.chain.handshakeEnded()
    this.#checkDecided()
  }

  #serve(transport: SocketTransport, start: Start, tls: ActiveConnection['tls']): void {
    const { chain, endpoints, inspected } = start
    const isPipe = endpoints.sourceIp === undefined
    const connection = new ActiveConnection(
      {
        id: this.#environment.nextConnectionId(),
        remoteAddress: formatAddress(endpoints.sourceIp, endpoints.sourcePort),
        localAddress: isPipe
          ? addressText(this.#config.address)
          : formatAddress(endpoints.destinationIp, endpoints.destinationPort),
        tls,
        requestedServerName: inspected.serverName,
        listenerName: this.name,
        filterChainName: chain.name,
      },
      transport,
    )
    transport.onClosed = () => {
      this.#ended(start)
      chain.ended(connection)
    }
    try {
      chain.serve(transport, connection)
    } catch (thrown) {
      this.#environment.log.error('network filter failed on a new connection', {
        listener: this.name,
        filterChain: chain.name,
        error: thrown,
      })
      transport.destroy()
    }
  }

  #ended(start: Start): void {
    const stats = this.#stats
    this.#active--
    stats.activeConnections.dec()
    stats.destroyedConnections.inc()
    stats.connectionLengthMs.observe(this.#environment.clock.monotonicMs() - start.openedMs)
    this.#environment.connectionClosed()
  }
}

type Endpoints = Pick<MatchInput, 'destinationIp' | 'destinationPort' | 'sourceIp' | 'sourcePort'>

interface Start {
  readonly chain: FilterChain
  readonly endpoints: Endpoints
  readonly inspected: InspectedConnection
  readonly openedMs: number
}

const NOTHING_INSPECTED: InspectedConnection = Object.freeze({
  transportProtocol: '',
  serverName: '',
  applicationProtocols: [],
})

/** As Envoy decides whether it adds the inspector by itself. */
function needsTlsInspector(match: FilterChainConfig['match']): boolean {
  if (match.transportProtocol !== '') return match.transportProtocol === 'tls'
  return match.serverNames.length > 0 || match.applicationProtocols.length > 0
}

/**
 * Closes a connection that no chain takes. Inspectors of Envoy leave what they look at unread, and the system resets a
 * connection that is closed with unread bytes.
 */
function closeUnread(from: Socket | PlainTransport, peeked: Uint8Array | undefined): void {
  if (from instanceof PlainTransport && peeked !== undefined && peeked.length > 0) from.reset()
  else from.destroy()
}

/** 0 waits for ever. */
function handshakeTimeoutMs({ chain }: Start): number {
  return chain.config.transportSocketConnectTimeoutMs ?? 0
}

/** An inspector that the configuration does not know of, and that counts nothing. */
const HELLO_PARSER: readonly ListenerFilterFactory[] = [
  createTlsInspector({ counter: () => ({ value: 0, inc() {}, add() {} }) }),
]
