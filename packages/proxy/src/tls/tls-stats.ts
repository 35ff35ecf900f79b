import type { Counter } from '@batten/core'
import type { StatScope } from '../network/stat-scope.ts'

/**
 * Envoy's TLS stats of a listener or a cluster.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/listeners/stats#tls-statistics
 */
export class TlsStats {
  readonly handshake: Counter
  readonly sessionReused: Counter
  /** Handshakes that succeeded without a certificate of the peer. */
  readonly noCertificate: Counter
  readonly connectionError: Counter
  readonly failVerifyNoCert: Counter
  readonly failVerifyError: Counter
  readonly failVerifySan: Counter
  readonly failVerifyCertHash: Counter
  readonly #scope: StatScope
  readonly #named = new Map<string, Counter>()

  /** @param scope - the one of the listener or cluster; `ssl.` is put in front here */
  constructor(scope: StatScope) {
    this.#scope = scope
    this.handshake = scope.counter('ssl.handshake')
    this.sessionReused = scope.counter('ssl.session_reused')
    this.noCertificate = scope.counter('ssl.no_certificate')
    this.connectionError = scope.counter('ssl.connection_error')
    this.failVerifyNoCert = scope.counter('ssl.fail_verify_no_cert')
    this.failVerifyError = scope.counter('ssl.fail_verify_error')
    this.failVerifySan = scope.counter('ssl.fail_verify_san')
    this.failVerifyCertHash = scope.counter('ssl.fail_verify_cert_hash')
  }

  /** Counts `ssl.versions.TLSv1.3`, `ssl.ciphers.<name>`, `ssl.curves.<name>`. */
  count(kind: 'versions' | 'ciphers' | 'curves', name: string): void {
    const key = `ssl.${kind}.${name}`
    let counter = this.#named.get(key)
    if (counter === undefined) this.#named.set(key, (counter = this.#scope.counter(key)))
    counter.inc()
  }
}
