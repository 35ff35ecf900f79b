import type { Clock } from '@batten/core'
import { type ClientCodecOwner, Http1ClientConnection } from '../../http/codec/http1-client.ts'
import type { UpstreamReset } from '../../http/codec/stream-codec.ts'
import { IdleWatch } from '../../http/idle-watch.ts'
import { TimerEntry, type TimerTarget, type TimerWheel } from '../../http/timer-wheel.ts'
import { ConnectError, type PendingConnect } from '../../network/connect.ts'
import type { Transport } from '../../network/transport.ts'
import { HTTP1_ALPN } from '../../tls/alpn.ts'
import type { CircuitBreaker } from '../circuit-breaker.ts'
import type { ClusterConfig } from '../cluster-config.ts'
import type { ClusterStats } from '../cluster-stats.ts'
import { connectFailureText } from '../connect-failure.ts'
import type { UpstreamHost } from '../host.ts'
import type { TransportFactory } from '../transport-factory.ts'

/** Who waits for a connection. Exactly one of the two calls comes, possibly before `acquire` returns. */
export interface PoolWaiter {
  onPoolReady(connection: PooledConnection): void
  onPoolFailure(reason: UpstreamReset, details: string): void
}

/** What the pools of a cluster share. */
export interface PoolContext {
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly stats: ClusterStats
  readonly breaker: CircuitBreaker
}

/** The part of a cluster's configuration that a pool keeps to; a change of it means a new pool. */
export type PoolConfig = Pick<ClusterConfig, 'connectTimeoutMs' | 'bindAddress' | 'keepalive' | 'http'>

/** A client connection with what the pool knows about it. */
export class PooledConnection extends Http1ClientConnection implements TimerTarget {
  readonly pool: Http1Pool
  readonly connectedMs: number
  /** Takes no further exchange: it has reached its age, or its pool drains. */
  isRetiring = false
  #countedRead = 0
  #countedWritten = 0
  #idleWatch: IdleWatch | undefined
  #ageTimer: TimerEntry | undefined

  constructor(transport: Transport, pool: Http1Pool, connectedMs: number, enableTrailers: boolean) {
    super(transport, pool, enableTrailers)
    this.pool = pool
    this.connectedMs = connectedMs
  }

  /** Whether it carried an exchange before the current one. The host may then have closed it meanwhile. */
  get isReused(): boolean {
    return this.exchanges > 1
  }

  /** Adds the bytes that went by since the last time to the counters of the cluster. */
  countBytes(stats: ClusterStats): void {
    const { bytesRead } = this
    const { bytesWritten } = this.writer
    stats.cxRxBytesTotal.add(bytesRead - this.#countedRead)
    stats.cxTxBytesTotal.add(bytesWritten - this.#countedWritten)
    this.#countedRead = bytesRead
    this.#countedWritten = bytesWritten
  }

  /** Watches for the time that the connection is idle. The watch runs all the time; being used resets it. */
  startIdleWatch(wheel: TimerWheel, idleMs: number): void {
    this.#idleWatch = new IdleWatch(wheel, idleMs, () => {
      if (this.isIdle) this.pool.onIdleConnection(this)
      else this.#idleWatch?.start()
    })
    this.#idleWatch.start()
  }

  /** The connection was taken, or came back. */
  touch(): void {
    if (this.#idleWatch !== undefined) this.#idleWatch.touched = true
  }

  startAgeTimer(wheel: TimerWheel, ageMs: number): void {
    this.#ageTimer = new TimerEntry(this)
    wheel.schedule(this.#ageTimer, ageMs)
  }

  stopTimers(wheel: TimerWheel): void {
    this.#idleWatch?.stop()
    if (this.#ageTimer !== undefined) wheel.cancel(this.#ageTimer)
  }

  onTimer(): void {
    this.pool.onOldConnection(this)
  }
}

/**
 * The connections to one host, HTTP/1.1: each carries one exchange at a time and is kept for the next. The connection
 * used last is used first, so that a pool shrinks to what it needs.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/connection_pooling
 */
export class Http1Pool implements ClientCodecOwner {
  readonly host: UpstreamHost
  readonly #config: PoolConfig
  readonly #factory: TransportFactory
  readonly #context: PoolContext
  readonly #idle: PooledConnection[] = []
  readonly #connections = new Set<PooledConnection>()
  readonly #connecting = new Set<PendingConnect>()
  readonly #waiters: PoolWaiter[] = []
  #isDraining = false
  #drained: (() => void) | undefined

  constructor(host: UpstreamHost, config: PoolConfig, factory: TransportFactory, context: PoolContext) {
    this.host = host
    this.#config = config
    this.#factory = factory
    this.#context = context
  }

  /** Connections that exist or are being made. */
  get size(): number {
    return this.#connections.size + this.#connecting.size
  }

  get idleCount(): number {
    return this.#idle.length
  }

  /** Requests that wait for a connection. */
  get waitingCount(): number {
    return this.#waiters.length
  }

  /** Brings the byte counters of the cluster up to date: they are not touched while requests go by. */
  countBytes(): void {
    for (const connection of this.#connections) connection.countBytes(this.#context.stats)
  }

  /**
   * Gets a connection, at once where one is idle. `cancel` gives up a wait.
   *
   * @param wantsFresh - none that is idle: the last one turned out to be closed
   */
  acquire(waiter: PoolWaiter, wantsFresh = false): void {
    const { stats, breaker } = this.#context
    const idle = wantsFresh ? undefined : this.#takeIdle()
    if (idle !== undefined) {
      waiter.onPoolReady(idle)
      return
    }
    if (breaker.pending.isOpen) {
      stats.rqPendingOverflow.inc()
      waiter.onPoolFailure('overflow', '')
      return
    }
    breaker.pending.inc()
    stats.rqPendingTotal.inc()
    stats.rqPendingActive.inc()
    this.#waiters.push(waiter)
    this.#connectIfNeeded()
  }

  /** Gives up a wait. False when the waiter does not wait here. */
  cancel(waiter: PoolWaiter): boolean {
    const at = this.#waiters.indexOf(waiter)
    if (at < 0) return false
    this.#waiters.splice(at, 1)
    this.#leftQueue()
    this.#context.stats.rqCancelled.inc()
    return true
  }

  /**
   * Lets exchanges under way finish, serves who waits already, and closes every connection that is idle.
   *
   * @param drained - called once when the last connection is gone
   */
  drain(drained?: () => void): void {
    this.#isDraining = true
    this.#drained = drained
    for (const connection of this.#connections) connection.isRetiring = true
    for (const connection of this.#idle.splice(0)) connection.close()
    this.#checkDrained()
  }

  /** Closes everything at once; exchanges under way are reset. */
  close(): void {
    this.#isDraining = true
    for (const pending of this.#connecting) this.#forgetConnecting(pending).cancel()
    for (const waiter of this.#waiters.splice(0)) {
      this.#leftQueue()
      waiter.onPoolFailure('local_reset', '')
    }
    for (const connection of this.#connections) {
      connection.stopTimers(this.#context.wheel)
      connection.transport.destroy()
    }
    this.#checkDrained()
  }

  // ---- connections ----

  onReusable(codec: Http1ClientConnection): void {
    const connection = codec as PooledConnection
    const { http } = this.#config
    if (http.maxRequestsPerConnection > 0 && connection.exchanges >= http.maxRequestsPerConnection) {
      this.#context.stats.cxMaxRequests.inc()
      connection.isRetiring = true
    }
    if (connection.isRetiring) {
      connection.close()
      return
    }
    const waiter = this.#waiters.shift()
    if (waiter !== undefined) {
      this.#leftQueue()
      waiter.onPoolReady(connection)
      return
    }
    this.#toIdle(connection)
  }

  onUnusable(codec: Http1ClientConnection): void {
    const connection = codec as PooledConnection
    const at = this.#idle.lastIndexOf(connection)
    if (at >= 0) this.#idle.splice(at, 1)
    connection.stopTimers(this.#context.wheel)
  }

  onClose(codec: Http1ClientConnection, error: Error | undefined): void {
    const connection = codec as PooledConnection
    if (!this.#connections.delete(connection)) return
    const { stats, breaker, clock } = this.#context
    connection.stopTimers(this.#context.wheel)
    breaker.connections.dec()
    stats.cxActive.dec()
    stats.cxDestroy.inc()
    if (connection.hasSurplus) stats.cxProtocolError.inc()
    if (connection.closedByHost || error !== undefined) stats.cxDestroyRemote.inc()
    else stats.cxDestroyLocal.inc()
    stats.cxLengthMs.observe(clock.monotonicMs() - connection.connectedMs)
    connection.countBytes(stats)
    this.host.counts.cxActive--
    this.#connectIfNeeded()
    this.#checkDrained()
  }

  onIdleConnection(connection: PooledConnection): void {
    this.#context.stats.cxIdleTimeout.inc()
    connection.close()
  }

  onOldConnection(connection: PooledConnection): void {
    this.#context.stats.cxMaxDurationReached.inc()
    connection.isRetiring = true
    if (connection.isIdle) connection.close()
  }

  #takeIdle(): PooledConnection | undefined {
    const connection = this.#idle.pop()
    connection?.touch()
    return connection
  }

  #toIdle(connection: PooledConnection): void {
    connection.touch()
    this.#idle.push(connection)
  }

  #connectIfNeeded(): void {
    const { stats, breaker } = this.#context
    while (this.#connecting.size < this.#waiters.length) {
      // As Envoy: a host without any connection gets one, so that a full breaker cannot starve it for ever.
      if (breaker.connections.isOpen && this.size > 0) {
        stats.cxOverflow.inc()
        return
      }
      this.#connect()
    }
  }

  #connect(): void {
    const { stats, breaker, clock } = this.#context
    const { connectTimeoutMs, bindAddress, keepalive } = this.#config
    const startMs = clock.monotonicMs()
    breaker.connections.inc()
    stats.cxTotal.inc()
    stats.cxHttp1Total.inc()
    stats.cxActive.inc()
    this.host.counts.cxTotal++
    this.host.counts.cxActive++
    const pending = this.#factory.connect(
      this.host.config.address,
      { timeoutMs: connectTimeoutMs, bindAddress, keepalive, fallbackAlpn: HTTP1_ALPN },
      (result) => {
        this.#connecting.delete(pending)
        if (result instanceof ConnectError) this.#onConnectFailure(result)
        else this.#onConnected(result, startMs)
      },
    )
    this.#connecting.add(pending)
  }

  #onConnected(transport: Transport, startMs: number): void {
    const { stats, clock, wheel } = this.#context
    const nowMs = clock.monotonicMs()
    const connection = new PooledConnection(transport, this, nowMs, this.#config.http.enableTrailers ?? false)
    this.#connections.add(connection)
    // Asked for once, while the socket knows it: logs of exchanges that the host cut want it later.
    void transport.localAddress
    stats.cxConnectMs.observe(nowMs - startMs)
    const { maxConnectionDurationMs, idleTimeoutMs } = this.#config.http
    if (idleTimeoutMs > 0) connection.startIdleWatch(wheel, idleTimeoutMs)
    if (maxConnectionDurationMs !== undefined && maxConnectionDurationMs > 0)
      connection.startAgeTimer(wheel, maxConnectionDurationMs)
    const waiter = this.#waiters.shift()
    if (waiter !== undefined) {
      this.#leftQueue()
      if (this.#isDraining) connection.isRetiring = true
      waiter.onPoolReady(connection)
    } else if (this.#isDraining) connection.close()
    else this.#toIdle(connection)
  }

  #onConnectFailure(error: ConnectError): void {
    const { stats, breaker } = this.#context
    breaker.connections.dec()
    const isTimeout = error.reason === 'timeout'
    stats.chargeConnectFailure(isTimeout)
    stats.cxActive.dec()
    this.host.counts.cxActive--
    this.host.counts.cxConnectFail++
    // Those who wait for this connection: all that no other one is being made for.
    while (this.#waiters.length > this.#connecting.size) {
      const waiter = this.#waiters.shift()!
      this.#leftQueue()
      stats.rqPendingFailureEject.inc()
      waiter.onPoolFailure(
        isTimeout ? 'connection_timeout' : 'remote_connection_failure',
        connectFailureText(error, this.host.config.address),
      )
    }
    this.#checkDrained()
  }

  #forgetConnecting(pending: PendingConnect): PendingConnect {
    const { stats, breaker } = this.#context
    this.#connecting.delete(pending)
    breaker.connections.dec()
    stats.cxActive.dec()
    this.host.counts.cxActive--
    return pending
  }

  #leftQueue(): void {
    this.#context.breaker.pending.dec()
    this.#context.stats.rqPendingActive.dec()
  }

  #checkDrained(): void {
    if (!this.#isDraining || this.size > 0 || this.#waiters.length > 0) return
    const drained = this.#drained
    this.#drained = undefined
    drained?.()
  }
}
