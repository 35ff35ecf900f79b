import { type Clock, errorMessage, type Logger, silentLogger, systemClock, type Timer } from '@batten/core'
import { ServerCredentials } from '@grpc/grpc-js'
import type { CertificateAuthority } from '../ca/authority.ts'

export interface ServingCertificateOptions {
  readonly authority: CertificateAuthority
  /** Host names and addresses under which proxies call. */
  readonly names: readonly string[]
  /** Default: 24 h. It is replaced at half of that. */
  readonly ttlMs?: number
  readonly clock?: Clock
  readonly log?: Logger
}

/** What TLS needs for a new connection. */
interface ContextOptions {
  readonly ca: string
  readonly cert: string
  readonly key: string
  readonly minVersion: 'TLSv1.2'
}

/**
 * TLS for the secure xDS port: the control plane's own certificate, signed by the mesh's CA and replaced in time; client
 * certificates are asked for, and those that the CA did not sign count as none (such callers need a token).
 * Connections stay as they are when something is replaced.
 */
export class MeshServerCredentials extends ServerCredentials {
  readonly #options: ServingCertificateOptions
  readonly #clock: Clock
  readonly #log: Logger
  readonly #unsubscribe: () => void
  #timer: Timer | undefined

  constructor(options: ServingCertificateOptions) {
    const first = issueContext(options)
    super({ requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.2' }, { ...first.context })
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#log = options.log ?? silentLogger
    this.#unsubscribe = options.authority.onTrustBundle(() => this.renew())
    this.#schedule(first.notAfter)
  }

  /** Takes a new certificate now. */
  renew(): void {
    try {
      const { context, notAfter } = issueContext(this.#options)
      this.updateSecureContextOptions({ ...context })
      this.#schedule(notAfter)
    } catch (error) {
      this.#log.error("the control plane's own certificate could not be renewed", {
        error: errorMessage(error),
      })
      this.#schedule(this.#clock.now() + 120_000)
    }
  }

  close(): void {
    this.#unsubscribe()
    this.#timer?.cancel()
  }

  override _equals(other: ServerCredentials): boolean {
    return other === this
  }

  #schedule(notAfter: number): void {
    this.#timer?.cancel()
    const delay = Math.max(1000, (notAfter - this.#clock.now()) / 2)
    this.#timer = this.#clock.setTimeout(() => this.renew(), delay)
  }
}

function issueContext({ authority, names, ttlMs }: ServingCertificateOptions) {
  const issued = authority.issueServer(names, ttlMs)
  const context: ContextOptions = {
    ca: authority.trustBundle,
    cert: issued.certificateChain,
    key: issued.privateKey,
    minVersion: 'TLSv1.2',
  }
  return { context, notAfter: issued.notAfter }
}
