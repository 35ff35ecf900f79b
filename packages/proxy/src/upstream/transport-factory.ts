import type { Clock } from '@batten/core'
import {
  type ConnectDone,
  ConnectError,
  type ConnectTarget,
  connectPlain,
  type PendingConnect,
} from '../network/connect.ts'
import type { PlainTransport } from '../network/plain-transport.ts'
import type { StatScope } from '../network/stat-scope.ts'
import { connectTls, type TlsTransport } from '../network/tls-transport.ts'
import type { Transport } from '../network/transport.ts'
import { ClientTlsContext } from '../tls/client-context.ts'
import type { SecureContextPool } from '../tls/secure-contexts.ts'
import type { TransportConfig } from './cluster-config.ts'
import { keepAlive, type TcpKeepalive } from './tcp-keepalive.ts'

export interface UpstreamConnectOptions {
  readonly timeoutMs: number
  readonly bindAddress: string | undefined
  readonly keepalive?: TcpKeepalive | undefined
  /** Offered as ALPN where the TLS context has none: the protocol of the pool, in wire format. */
  readonly fallbackAlpn?: Buffer | undefined
}

/**
 * Connects to the hosts of one cluster (or of one of its transport socket matches). Each connection is made with the
 * secrets of its moment: a rotation leaves live connections alone.
 */
export interface TransportFactory {
  /** Calls `done` once and never before it returns, not at all after `cancel`. */
  connect(
    target: ConnectTarget,
    options: UpstreamConnectOptions,
    done: (result: Transport | ConnectError) => void,
  ): PendingConnect
  close(): void
}

/** Makes the factory of a transport configuration; the proxy has one, tests have their own. */
export type CreateTransportFactory = (config: TransportConfig, stats: StatScope) => TransportFactory

/** Plain and TLS transports over sockets of the system. */
export function socketTransports(secrets: SecureContextPool, clock: Clock): CreateTransportFactory {
  return (config, stats) => {
    if (config.kind === 'plain')
      return {
        connect: (target, options, done) =>
          connectPlain(target, { ...options, clock }, keepingAlive(options.keepalive, done)),
        close() {},
      }
    const context = new ClientTlsContext(config.tls, secrets, stats)
    return {
      connect: (target, options, done) =>
        connectTls(target, context, { ...options, clock }, keepingAlive(options.keepalive, done)),
      close: () => context.close(),
    }
  }
}

/** Turns keepalive on before a connection is handed over. */
function keepingAlive(
  keepalive: TcpKeepalive | undefined,
  done: (result: Transport | ConnectError) => void,
): ConnectDone<PlainTransport | TlsTransport> {
  if (keepalive === undefined) return done
  return (result) => {
    if (!(result instanceof ConnectError)) keepAlive(result.pendingSocket, keepalive)
    done(result)
  }
}
