import { constants, createHash, X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContext } from 'node:tls'
import { errorMessage, type Logger, silentLogger } from '@batten/core'
import { CertificateNames } from './certificate-names.ts'
import { openSslGroups } from './key-exchange-groups.ts'
import { openSslSignatureAlgorithms } from './signature-algorithms.ts'
import type { SecretStore, TlsCommonConfig, TlsServerConfig } from './tls-config.ts'

/** What a handshake needs: OpenSSL's context and what we know of the secrets in it. */
export interface BuiltContext {
  readonly context: SecureContext
  /** Whether the peer's chain is checked against trusted roots. */
  readonly isValidating: boolean
  /** Names of our own certificate; undefined when none is presented. */
  readonly local: CertificateNames | undefined
}

/** One context, shared by every listener and cluster that is configured alike; built on first use and after a change. */
export interface SharedContext {
  /** The current context; undefined while one of its secrets has not arrived. */
  current(): BuiltContext | undefined
  release(): void
}

type Role = 'server' | 'client'

/**
 * The TLS contexts of a proxy. A hundred clusters that present the same identity and trust the same roots share one
 * OpenSSL context; a rotation of a secret replaces it at the next handshake and leaves live connections alone.
 */
export class SecureContextPool {
  readonly secrets: SecretStore
  readonly #log: Logger
  readonly #entries = new Map<string, Entry>()

  constructor(secrets: SecretStore, log: Logger = silentLogger) {
    this.secrets = secrets
    this.#log = log
  }

  /** @param onUpdate - called when a secret of the context has changed */
  acquire(config: TlsCommonConfig, role: Role, onUpdate: () => void): SharedContext {
    const key = keyOf(config, role)
    let entry = this.#entries.get(key)
    if (entry === undefined) {
      entry = new Entry(this.secrets, config, key, this.#log)
      this.#entries.set(key, entry)
    }
    const shared = entry
    shared.users.add(onUpdate)
    return {
      current: () => shared.current(),
      release: () => {
        shared.users.delete(onUpdate)
        if (shared.users.size > 0 || this.#entries.get(key) !== shared) return
        this.#entries.delete(key)
        shared.close()
      },
    }
  }
}

class Entry {
  readonly users = new Set<() => void>()
  readonly #secrets: SecretStore
  readonly #config: TlsCommonConfig
  readonly #key: string
  readonly #log: Logger
  readonly #unwatch: (() => void)[] = []
  #built: BuiltContext | undefined
  #isStale = true

  constructor(secrets: SecretStore, config: TlsCommonConfig, key: string, log: Logger) {
    this.#secrets = secrets
    this.#config = config
    this.#key = key
    this.#log = log
    for (const name of new Set([config.certificate, config.validation]))
      if (name !== undefined) this.#unwatch.push(secrets.watch(name, () => this.#changed()))
  }

  current(): BuiltContext | undefined {
    if (!this.#isStale) return this.#built
    const { certificate, validation } = this.#config
    const own = certificate === undefined ? undefined : this.#secrets.get(certificate)
    const trust = validation === undefined ? undefined : this.#secrets.get(validation)
    if (certificate !== undefined && own?.kind !== 'certificate') return undefined
    if (validation !== undefined && trust?.kind !== 'validation') return undefined
    this.#isStale = false
    try {
      this.#built = build(
        this.#config,
        this.#key,
        own?.kind === 'certificate' ? own : undefined,
        trust?.kind === 'validation' ? trust : undefined,
      )
    } catch (thrown) {
      // The last good context stays. The message of OpenSSL does not quote the key.
      this.#log.error('TLS context cannot be built from its secrets', {
        certificate,
        validation,
        reason: errorMessage(thrown),
      })
    }
    return this.#built
  }

  close(): void {
    for (const unwatch of this.#unwatch) unwatch()
  }

  #changed(): void {
    this.#isStale = true
    for (const onUpdate of [...this.users]) onUpdate()
  }
}

/**
 * Suites of TLS 1.3 in the order of BoringSSL on machines with AES instructions; `cipher_suites` is for 1.2 only.
 *
 * Differs from Envoy: a server that agrees on TLS 1.3 takes AES-128 where the client knows it (and ChaCha20 where the
 * client prefers that). Envoy takes the client's first suite in TLS 1.3 and its own in TLS 1.2; OpenSSL has one
 * setting for both.
 */
const TLS13_CIPHERS = 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256'

/** Envoy's default for TLS 1.2. */
const TLS12_CIPHERS = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
].join(':')

function build(
  config: TlsCommonConfig,
  key: string,
  own: { readonly certificateChain: string; readonly privateKey: string } | undefined,
  trust: { readonly trustedCa: string; readonly revoked?: string } | undefined,
): BuiltContext {
  const trustedCa = trust?.trustedCa
  const revoked = trust?.revoked ?? config.revoked
  const groups = openSslGroups(config.groups)
  const context = createSecureContext({
    ...(own === undefined ? {} : { cert: own.certificateChain, key: own.privateKey }),
    // An empty list, not undefined: that would load the roots of the web.
    ca: trustedCa === undefined ? [] : [trustedCa],
    ...(revoked === undefined ? {} : { crl: revoked }),
    minVersion: config.minVersion,
    maxVersion: config.maxVersion,
    ciphers: `${TLS13_CIPHERS}:${config.ciphers === '' ? TLS12_CIPHERS : config.ciphers}`,
    ...(groups === undefined ? {} : { ecdhCurve: groups }),
    sigalgs: openSslSignatureAlgorithms(config.signatureAlgorithms),
    honorCipherOrder: true,
    // In Envoy's list AES-128 and ChaCha20 are of equal worth, and the client decides between them.
    ...(config.ciphers === '' ? { secureOptions: constants.SSL_OP_PRIORITIZE_CHACHA } : {}),
    // A trusted certificate need not be self-signed, as in Envoy.
    allowPartialTrustChain: true,
    // Tickets are good for this configuration only, and for these secrets: their keys are random for each context.
    sessionIdContext: createHash('sha256').update(key).digest('hex').slice(0, 32),
  })
  return {
    context,
    isValidating: trustedCa !== undefined,
    local: own === undefined ? undefined : new CertificateNames(new X509Certificate(own.certificateChain)),
  }
}

/**
 * Everything that a resumed session relies on is in the key, so that a ticket got where no client certificate is
 * needed cannot be used where one is. ALPN, SNI and accepted names are per connection and not part of it.
 */
function keyOf(config: TlsCommonConfig, role: Role): string {
  return JSON.stringify([
    role,
    config.certificate,
    config.validation,
    config.minVersion,
    config.maxVersion,
    config.ciphers,
    config.groups,
    config.signatureAlgorithms,
    config.revoked,
    // Nor can one that was got with another certificate pinned.
    config.pins,
    role === 'server' && (config as TlsServerConfig).requireClientCertificate,
  ])
}
