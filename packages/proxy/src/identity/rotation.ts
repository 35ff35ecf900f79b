import { X509Certificate } from 'node:crypto'
import { BattenError, type Clock, type Logger, silentLogger, systemClock, type Timer } from '@batten/core'
import type { SecretStore } from '../tls/tls-config.ts'
import type { CertificateAuthorityClient, SignedChain } from './ca-client.ts'
import { createKeyAndRequest } from './key-and-csr.ts'

/** Names under which TLS contexts ask for the identity, as in Istio. */
export const IDENTITY_SECRET = 'default'
export const ROOTS_SECRET = 'ROOTCA'

export interface WorkloadCertificateOptions {
  /** `spiffe://cluster.local/ns/default/sa/reviews` */
  readonly spiffeId: string
  readonly authority: CertificateAuthorityClient
  /** Receives `default` and `ROOTCA`. */
  readonly secrets: SecretStore
  /** Lifetime that is asked for. Default: 24 h. */
  readonly ttlMs?: number
  /** Part of the lifetime that is left when a certificate is renewed. Default: 0.5. */
  readonly graceRatio?: number
  /** The part may differ by this much, so that a mesh does not renew in step. Default: 0.01. */
  readonly graceJitter?: number
  readonly clock?: Clock
  /** Uniform in [0, 1). */
  readonly random?: () => number
  readonly log?: Logger
}

/** What admin pages and readiness show. */
export interface WorkloadCertificateStatus {
  readonly spiffeId: string
  /** Milliseconds since the epoch; undefined while there is no certificate. */
  readonly validUntilMs: number | undefined
  readonly renewAtMs: number | undefined
  /** The last failure, until a certificate is issued. */
  readonly error: BattenError | undefined
  readonly issuedCount: number
}

const DAY_MS = 86_400_000
const FIRST_RETRY_MS = 500
const MAX_RETRY_MS = 30_000

/**
 * Keeps the certificate of a workload valid: asks the CA for the first one, renews it at half of its lifetime, tries
 * again with growing delays when that fails, and publishes certificate and roots in the secret store.
 *
 * @example
 * const certificate = new WorkloadCertificate({ spiffeId, authority: createCaClient(ca), secrets })
 * certificate.start()
 * await certificate.ready
 */
export class WorkloadCertificate {
  /** Resolves with the first certificate. Never rejects: the CA may come up later; `status` tells why not yet. */
  readonly ready: Promise<void>
  readonly #options: WorkloadCertificateOptions
  readonly #clock: Clock
  readonly #random: () => number
  readonly #log: Logger
  readonly #abort = new AbortController()
  readonly #becomeReady: () => void
  #timer: Timer | undefined
  #running: Promise<void> | undefined
  #failures = 0
  #status: WorkloadCertificateStatus

  constructor(options: WorkloadCertificateOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#random = options.random ?? Math.random
    this.#log = options.log ?? silentLogger
    const { promise, resolve } = Promise.withResolvers<void>()
    this.ready = promise
    this.#becomeReady = resolve
    this.#status = {
      spiffeId: options.spiffeId,
      validUntilMs: undefined,
      renewAtMs: undefined,
      error: undefined,
      issuedCount: 0,
    }
  }

  get status(): WorkloadCertificateStatus {
    return this.#status
  }

  /** Asks for the first certificate. */
  start(): void {
    void this.renew()
  }

  /** Asks for a new certificate now. Resolves when it is there, or when it could not be had and a retry is planned. */
  renew(): Promise<void> {
    this.#timer?.cancel()
    this.#running ??= this.#attempt()
    return this.#running
  }

  async close(): Promise<void> {
    this.#abort.abort()
    this.#timer?.cancel()
    await this.#running
  }

  async #attempt(): Promise<void> {
    const { spiffeId, authority, ttlMs = DAY_MS } = this.#options
    try {
      const { csr, key, privateKey } = createKeyAndRequest(spiffeId)
      const signed = await authority.sign(csr, ttlMs, this.#abort.signal)
      if (this.#abort.signal.aborted) return
      const validUntilMs = this.#check(signed, (leaf) => leaf.checkPrivateKey(key))
      this.#publish(signed, privateKey)
      this.#succeeded(validUntilMs)
    } catch (thrown) {
      if (!this.#abort.signal.aborted) this.#failed(BattenError.from(thrown, 'PROXY_CA_BAD_ANSWER'))
    } finally {
      this.#running = undefined
    }
  }

  /** What the CA sends is checked before it replaces a certificate that works. */
  #check({ certificateChain, roots }: SignedChain, isOurs: (leaf: X509Certificate) => boolean): number {
    let leaf: X509Certificate
    try {
      leaf = new X509Certificate(certificateChain)
      new X509Certificate(roots)
    } catch (thrown) {
      throw badAnswer('what the CA sent is no certificate', thrown)
    }
    if (!isOurs(leaf)) throw badAnswer('the CA certified another key than the one it was asked to')
    const validUntilMs = Date.parse(leaf.validTo)
    if (validUntilMs <= this.#clock.now())
      throw badAnswer(`the certificate expired on ${leaf.validTo}, before it came`)
    return validUntilMs
  }

  #publish({ certificateChain, roots }: SignedChain, privateKey: string): void {
    const { secrets } = this.#options
    // Roots first: peers may present certificates of a new one before we do.
    secrets.set({ kind: 'validation', name: ROOTS_SECRET, trustedCa: roots })
    secrets.set({ kind: 'certificate', name: IDENTITY_SECRET, certificateChain, privateKey })
  }

  #succeeded(validUntilMs: number): void {
    const { graceRatio = 0.5, graceJitter = 0.01, spiffeId } = this.#options
    const now = this.#clock.now()
    const ratio = Math.min(1, Math.max(0, graceRatio + graceJitter * (2 * this.#random() - 1)))
    const delayMs = Math.max(0, (validUntilMs - now) * (1 - ratio))
    this.#failures = 0
    this.#status = {
      spiffeId,
      validUntilMs,
      renewAtMs: now + delayMs,
      error: undefined,
      issuedCount: this.#status.issuedCount + 1,
    }
    this.#timer = this.#clock.setTimeout(() => void this.renew(), delayMs)
    this.#log.info('workload certificate issued', {
      spiffeId,
      validUntil: new Date(validUntilMs).toISOString(),
      renewAt: new Date(now + delayMs).toISOString(),
    })
    this.#becomeReady()
  }

  #failed(error: BattenError): void {
    const ceilingMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures)
    this.#failures++
    // Half of it is random, so that the proxies of a mesh do not come back at once to a CA that was away.
    const delayMs = ceilingMs / 2 + (this.#random() * ceilingMs) / 2
    this.#status = { ...this.#status, error }
    this.#timer = this.#clock.setTimeout(() => void this.renew(), delayMs)
    this.#log.warn('no workload certificate yet', {
      code: error.code,
      reason: error.message,
      hint: error.hint,
      where: error.where,
      retryInMs: Math.round(delayMs),
      validUntil:
        this.#status.validUntilMs === undefined
          ? undefined
          : new Date(this.#status.validUntilMs).toISOString(),
    })
  }
}

function badAnswer(message: string, cause?: unknown): BattenError {
  return new BattenError('PROXY_CA_BAD_ANSWER', { message, cause })
}
