import { isIP } from 'node:net'
import type { Counter } from '@batten/core'
import type { StatScope } from '../network/stat-scope.ts'
import { alpnWireFormat } from './alpn.ts'
import type { CertificateNames } from './certificate-names.ts'
import type { BuiltContext, SecureContextPool, SharedContext } from './secure-contexts.ts'
import type { TlsClientConfig } from './tls-config.ts'
import { TlsStats } from './tls-stats.ts'

/** Sessions that one cluster keeps for resumption: one for each host it talked to last. */
const MAX_SESSIONS = 256

/** A session to resume, and who the peer is: its certificate is not sent again. */
export interface KeptSession {
  readonly session: Buffer
  readonly peer: CertificateNames | undefined
}

/**
 * The client side of TLS of one cluster (or one of its transport socket matches): configuration, current secrets and
 * the sessions that its hosts may resume.
 */
export class ClientTlsContext {
  readonly config: TlsClientConfig
  readonly stats: TlsStats
  readonly alpn: Buffer | undefined
  /** Name sent as SNI; empty sends none. An IP address is never sent: RFC 6066 forbids it. */
  readonly serverName: string
  readonly secretsNotReady: Counter
  readonly #shared: SharedContext
  readonly #sessions = new Map<string, KeptSession>()

  /** @param scope - the stats of the cluster */
  constructor(config: TlsClientConfig, contexts: SecureContextPool, scope: StatScope) {
    this.config = config
    this.stats = new TlsStats(scope)
    this.alpn = alpnWireFormat(config.alpn)
    this.serverName = isIP(config.sni) === 0 ? config.sni : ''
    this.secretsNotReady = scope.counter('client_ssl_socket_factory.upstream_context_secrets_not_ready')
    const updates = scope.counter('client_ssl_socket_factory.ssl_context_update_by_sds')
    this.#shared = contexts.acquire(config, 'client', () => {
      updates.inc()
      // A resumed session would go on under the old identity.
      this.#sessions.clear()
    })
  }

  current(): BuiltContext | undefined {
    return this.#shared.current()
  }

  /** The session to resume with this host, if there is one. */
  session(host: string): KeptSession | undefined {
    return this.#sessions.get(host)
  }

  /** Keeps the latest session of a host; `built` is the context that it was made with. */
  keepSession(host: string, session: KeptSession, built: BuiltContext): void {
    if (built !== this.#shared.current()) return
    this.#sessions.delete(host)
    this.#sessions.set(host, session)
    if (this.#sessions.size <= MAX_SESSIONS) return
    for (const oldest of this.#sessions.keys()) {
      this.#sessions.delete(oldest)
      break
    }
  }

  forgetSession(host: string): void {
    this.#sessions.delete(host)
  }

  close(): void {
    this.#shared.release()
    this.#sessions.clear()
  }
}
