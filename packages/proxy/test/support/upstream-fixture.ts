import { Http1ClientConnection } from '../../src/http/codec/http1-client.ts'
import type { ResponseSink, UpstreamReset } from '../../src/http/codec/stream-codec.ts'
import { TimerWheel } from '../../src/http/timer-wheel.ts'
import { ConnectError, type ConnectTarget } from '../../src/network/connect.ts'
import { StatsStore } from '../../src/telemetry/stats.ts'
import type { TransportConfig } from '../../src/upstream/cluster-config.ts'
import { ClusterManager } from '../../src/upstream/cluster-manager.ts'
import type { DnsResolver } from '../../src/upstream/discovery/dns-resolver.ts'
import type { PooledConnection, PoolWaiter } from '../../src/upstream/pool/http1-pool.ts'
import { fieldsOf } from './codec-recorder.ts'
import { ManualClock } from './fake-clock.ts'
import { requestHeaders } from './headers.ts'
import { MemoryTransport } from './memory-transport.ts'

export interface UpstreamAttempt {
  readonly target: ConnectTarget
  readonly transport: TransportConfig
  cancelled: boolean
  accept(): MemoryTransport
  fail(reason?: ConnectError['reason']): void
}

/** Clusters over memory: connections are made when the test says so. */
export class UpstreamFixture {
  readonly clock = new ManualClock()
  readonly stats = new StatsStore()
  readonly wheel = new TimerWheel(this.clock)
  readonly attempts: UpstreamAttempt[] = []
  readonly clusters: ClusterManager
  /** Transport factories that are in use. */
  openFactories = 0

  constructor(resolver?: DnsResolver) {
    this.clusters = new ClusterManager({
      stats: this.stats,
      clock: this.clock,
      wheel: this.wheel,
      random: () => 0,
      ...(resolver === undefined ? {} : { resolver }),
      transports: (transport) => {
        this.openFactories++
        return {
          connect: (target, _options, done) => {
            const attempt: UpstreamAttempt = {
              target,
              transport,
              cancelled: false,
              accept() {
                const accepted = new MemoryTransport()
                done(accepted)
                return accepted
              },
              fail: (reason = 'refused') => done(new ConnectError(reason, 'no')),
            }
            this.attempts.push(attempt)
            return {
              cancel() {
                attempt.cancelled = true
              },
            }
          },
          close: () => {
            this.openFactories--
          },
        }
      },
    })
  }

  stat(name: string): number {
    const stat = this.stats.find(name)
    if (stat === undefined) return 0
    return stat.kind === 'histogram' ? stat.metric.count : stat.metric.value
  }

  /** Asks for a connection to the next host of a cluster. */
  acquire(cluster: string): Waiter {
    const found = this.clusters.get(cluster)!
    const waiter = new Waiter()
    found.poolOf(found.chooseHost()!).acquire(waiter)
    return waiter
  }
}

/** Somebody who waits for a connection, and uses it. */
export class Waiter implements PoolWaiter {
  connection: PooledConnection | undefined
  failure: UpstreamReset | undefined
  readonly sink = new RecordingSink()

  onPoolReady(connection: PooledConnection): void {
    this.connection = connection
  }

  onPoolFailure(reason: UpstreamReset): void {
    this.failure = reason
  }

  /** Sends a GET request. */
  send(): void {
    this.connection!.start(this.sink, requestHeaders('/'), true)
    this.connection!.flush()
  }
}

/** Writes down a response. */
export class RecordingSink implements ResponseSink {
  status = 0
  fields: [string, string][] = []
  body = ''
  trailers: [string, string][] = []
  ended = false
  reset: UpstreamReset | undefined
  batches = 0
  drains = 0

  onResponseHeaders(headers: Parameters<ResponseSink['onResponseHeaders']>[0], endStream: boolean): void {
    this.status = headers.status
    this.fields = fieldsOf(headers)
    this.ended = endStream
  }
  onResponseData(chunk: Buffer, endStream: boolean): void {
    this.body += chunk.toString('latin1')
    this.ended = endStream
  }
  onResponseTrailers(trailers: Parameters<ResponseSink['onResponseTrailers']>[0]): void {
    this.trailers = fieldsOf(trailers)
    this.ended = true
  }
  onResponseBatchEnd(): void {
    this.batches++
  }
  onUpstreamReset(reason: UpstreamReset): void {
    this.reset = reason
  }
  onRequestDrain(): void {
    this.drains++
  }
}

/** A client codec over memory, outside of any pool. */
export class ClientFixture {
  readonly transport = new MemoryTransport()
  readonly events: string[] = []
  readonly codec: Http1ClientConnection
  readonly sink = new RecordingSink()

  constructor(enableTrailers = true) {
    this.codec = new Http1ClientConnection(
      this.transport,
      {
        onReusable: () => this.events.push('reusable'),
        onUnusable: () => this.events.push('unusable'),
        onClose: () => this.events.push('close'),
      },
      enableTrailers,
    )
  }
}
