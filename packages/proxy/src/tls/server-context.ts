import type { Counter } from '@batten/core'
import type { StatScope } from '../network/stat-scope.ts'
import { alpnWireFormat } from './alpn.ts'
import type { BuiltContext, SecureContextPool, SharedContext } from './secure-contexts.ts'
import type { TlsServerConfig } from './tls-config.ts'
import { TlsStats } from './tls-stats.ts'

/** The server side of TLS of one filter chain: its configuration with the current secrets. */
export class ServerTlsContext {
  readonly config: TlsServerConfig
  readonly stats: TlsStats
  /** What `TLSSocket` takes; undefined when the chain offers no protocol. */
  readonly alpn: Buffer | undefined
  readonly secretsNotReady: Counter
  readonly #shared: SharedContext

  /** @param scope - the stats of the listener */
  constructor(config: TlsServerConfig, contexts: SecureContextPool, scope: StatScope) {
    this.config = config
    this.stats = new TlsStats(scope)
    this.alpn = alpnWireFormat(config.alpn)
    this.secretsNotReady = scope.counter('server_ssl_socket_factory.downstream_context_secrets_not_ready')
    const updates = scope.counter('server_ssl_socket_factory.ssl_context_update_by_sds')
    this.#shared = contexts.acquire(config, 'server', () => updates.inc())
  }

  /** For the next handshake; undefined while a secret has not arrived. */
  current(): BuiltContext | undefined {
    return this.#shared.current()
  }

  /** Forgets the context; live connections are not touched. */
  close(): void {
    this.#shared.release()
  }
}
