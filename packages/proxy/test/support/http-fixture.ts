import { silentLogger } from '@batten/core'
import { HttpConnectionManager } from '../../src/http/connection-manager.ts'
import type { HttpConnectionManagerConfig } from '../../src/http/connection-manager-config.ts'
import type { HttpFilterFactory } from '../../src/http/filter.ts'
import { RouterFactory } from '../../src/http/filters/router.ts'
import type { HttpContext } from '../../src/http/http-context.ts'
import type { RouteConfig } from '../../src/http/route/route-config.ts'
import { TimerWheel } from '../../src/http/timer-wheel.ts'
import { ConnectError, type ConnectTarget } from '../../src/network/connect.ts'
import type { Connection } from '../../src/network/connection.ts'
import type { ConnectionHandle } from '../../src/network/filter.ts'
import type { Transport } from '../../src/network/transport.ts'
import type { AccessLogger } from '../../src/telemetry/access-log/access-logger.ts'
import type { LoggedStream } from '../../src/telemetry/access-log/logged-stream.ts'
import { StatsStore } from '../../src/telemetry/stats.ts'
import type { ClusterConfig } from '../../src/upstream/cluster-config.ts'
import { ClusterManager } from '../../src/upstream/cluster-manager.ts'
import { ManualClock } from './fake-clock.ts'
import { MemoryTransport } from './memory-transport.ts'
import { managerConfig } from './route-configs.ts'

/** An attempt to connect to a host; the test says how it ends. */
export interface Attempt {
  readonly target: ConnectTarget
  readonly bindAddress: string | undefined
  cancelled: boolean
  accept(): MemoryTransport
  /** @param code - of the system error behind it */
  refuse(reason?: ConnectError['reason'], message?: string, code?: string): void
}

export interface LogEntry {
  readonly status: number
  readonly flags: readonly string[]
  readonly details: string
}

/** Writes down how streams end. */
export class RecordingLogger implements AccessLogger {
  readonly entries: LogEntry[] = []
  readonly streams: LoggedStream[] = []

  log(stream: LoggedStream): void {
    this.streams.push(stream)
    this.entries.push({
      status: stream.responseHeaders?.status ?? 0,
      flags: [...stream.responseFlags],
      details: stream.responseCodeDetails,
    })
  }

  async flush(): Promise<void> {}
}

export interface FixtureOptions {
  routes: RouteConfig | undefined
  clusters?: ClusterConfig[]
  filters?: HttpFilterFactory[]
  manager?: Partial<HttpConnectionManagerConfig>
  connection?: Partial<Connection>
  random?: () => number
  bufferLimitBytes?: number
  suppressEnvoyHeaders?: boolean
}

/** A connection manager with router and clusters over memory: no sockets, no time that passes by itself. */
export class HttpFixture {
  readonly clock = new ManualClock()
  readonly stats = new StatsStore()
  readonly wheel = new TimerWheel(this.clock)
  readonly clusters: ClusterManager
  readonly context: HttpContext
  readonly manager: HttpConnectionManager
  readonly log = new RecordingLogger()
  /** Connections that clusters asked for, oldest first, until the test takes them. */
  readonly attempts: Attempt[] = []
  readonly #connection: Partial<Connection>

  constructor(options: FixtureOptions) {
    const random = options.random ?? (() => 0.5)
    this.#connection = options.connection ?? {}
    this.clusters = new ClusterManager({
      stats: this.stats,
      clock: this.clock,
      wheel: this.wheel,
      random,
      transports: () => ({
        connect: (target, { bindAddress }, done) => this.#attempt(target, bindAddress, done),
        close() {},
      }),
    })
    for (const cluster of options.clusters ?? []) this.clusters.apply(cluster)
    this.context = {
      clusters: this.clusters,
      stats: this.stats,
      clock: this.clock,
      wheel: this.wheel,
      log: silentLogger,
      random,
      bufferLimitBytes: options.bufferLimitBytes ?? 1024 * 1024,
    }
    const router = new RouterFactory(
      { suppressEnvoyHeaders: options.suppressEnvoyHeaders },
      { filterName: 'envoy.filters.http.router' },
    )
    const filters = [...(options.filters ?? []), router].map((factory) => ({
      name: factory.name,
      current: factory as HttpFilterFactory | undefined,
    }))
    this.manager = new HttpConnectionManager(
      managerConfig(options.routes, { filters, accessLoggers: [this.log], ...options.manager }),
      this.context,
    )
  }

  /** A downstream connection. */
  connect(): MemoryTransport & { handle?: ConnectionHandle } {
    const transport: MemoryTransport & { handle?: ConnectionHandle } = new MemoryTransport()
    transport.handle = this.manager.onConnection(transport, {
      id: 1,
      remoteAddress: '127.0.0.9:1234',
      localAddress: '127.0.0.1:80',
      tls: undefined,
      requestedServerName: '',
      listenerName: 'l',
      filterChainName: '',
      ...this.#connection,
    })
    return transport
  }

  /** Accepts the oldest attempt to connect. */
  accept(): MemoryTransport {
    return this.attempts.shift()!.accept()
  }

  /** Value of a counter or gauge by its dotted name; 0 when nobody made it. */
  stat(name: string): number {
    const stat = this.stats.find(name)
    if (stat === undefined) return 0
    return stat.kind === 'histogram' ? stat.metric.count : stat.metric.value
  }

  #attempt(
    target: ConnectTarget,
    bindAddress: string | undefined,
    done: (result: Transport | ConnectError) => void,
  ): { cancel(): void } {
    const attempt: Attempt = {
      target,
      bindAddress,
      cancelled: false,
      accept() {
        const transport = new MemoryTransport()
        done(transport)
        return transport
      },
      refuse(reason = 'refused', message = 'cannot connect', code) {
        done(new ConnectError(reason, message, code === undefined ? undefined : { code }))
      },
    }
    this.attempts.push(attempt)
    return {
      cancel: () => {
        attempt.cancelled = true
      },
    }
  }
}

/** A response with a body, as a host writes it. */
export function response(status: number, body = '', ...fields: string[]): string {
  const lines = [`HTTP/1.1 ${status} X`, `Content-Length: ${body.length}`, ...fields]
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}

/** Status and body of the responses in a text of bytes with lengths; for tests that do not look at headers. */
export function statuses(written: string): number[] {
  return [...written.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]))
}
