import { type Clock, errorMessage, type Logger, silentLogger, systemClock, type Timer } from '@batten/core'
import { type CertificateAuthority, usableRoots } from './authority.ts'
import { createRoot, rootsToMaterial, type StoredRoots, writeRoots } from './root-store.ts'

export interface RotationOptions {
  /** How often the root's age is looked at. Default: 1 h. */
  readonly checkIntervalMs?: number
  /** A root is replaced when less than this part of its lifetime is left. Default: 0.2. */
  readonly graceRatio?: number
  /** Time between announcing a new root and signing with it: every proxy must have heard of it. Default: 1 h. */
  readonly announceMs?: number
}

/** Where the rotation keeps its roots, and who is told. */
export interface RotationContext {
  readonly directory?: string
  readonly rootTtlMs?: number
  readonly clock?: Clock
  readonly log?: Logger
  readonly rotation?: RotationOptions
}

/**
 * Replaces the root of a self-signed authority without a moment at which a peer meets a certificate that it cannot
 * verify: first the new root joins the trust bundle, later it begins to sign, and the old one stays trusted until
 * it expires.
 *
 * Differs from Istio: a rotation of the root also replaces its key, which the new root keeps there.
 */
export class RootRotation {
  readonly #authority: CertificateAuthority
  readonly #context: RotationContext
  readonly #options: RotationOptions
  readonly #clock: Clock
  readonly #log: Logger
  readonly #timer: Timer
  #stored: StoredRoots

  constructor(authority: CertificateAuthority, stored: StoredRoots, context: RotationContext = {}) {
    this.#authority = authority
    this.#stored = stored
    this.#context = context
    this.#options = context.rotation ?? {}
    this.#clock = context.clock ?? systemClock
    this.#log = context.log ?? silentLogger
    this.#timer = this.#clock.setInterval(
      () => this.#checkSafely(),
      this.#options.checkIntervalMs ?? 3_600_000,
    )
  }

  /** Does what is due now. The timer calls it; tests and operators may. */
  check(): void {
    const now = this.#clock.now()
    if (this.#stored.next !== undefined) {
      if (now >= this.#announcedAt() + (this.#options.announceMs ?? 3_600_000)) this.activate()
      return
    }
    const { notBefore, notAfter } = rootsToMaterial(this.#stored, now).signer
    if (notAfter - now < (notAfter - notBefore) * (this.#options.graceRatio ?? 0.2)) this.announce()
    else this.#apply(this.#stored) // roots that expired since leave the bundle
  }

  /** Puts a new root into the trust bundle. It does not sign yet. */
  announce(): void {
    if (this.#stored.next !== undefined) return
    const next = createRoot(this.#authority.trustDomain, this.#clock.now(), this.#context.rootTtlMs)
    this.#log.info('a new root joins the trust bundle')
    this.#apply({ ...this.#stored, next, trusted: [...this.#stored.trusted, next.certificate] })
  }

  /** Signs with the announced root from now on. */
  activate(): void {
    const { next, trusted } = this.#stored
    if (next === undefined) return
    this.#log.info('the new root signs from now on')
    this.#apply({ current: next, next: undefined, trusted })
  }

  close(): void {
    this.#timer.cancel()
  }

  #announcedAt(): number {
    const next = this.#stored.next
    return next === undefined
      ? 0
      : rootsToMaterial({ current: next, next: undefined, trusted: [] }, 0).signer.notBefore
  }

  #apply(stored: StoredRoots): void {
    const now = this.#clock.now()
    const bundle = [stored.current.certificate, ...stored.trusted].join('')
    const kept = { ...stored, trusted: usableRoots(bundle, now) }
    const hasChanged =
      kept.current !== this.#stored.current ||
      kept.next !== this.#stored.next ||
      kept.trusted.join('') !== this.#stored.trusted.join('')
    const { directory } = this.#context
    if (hasChanged && directory !== undefined) writeRoots(directory, kept)
    this.#stored = kept
    this.#authority.replace(rootsToMaterial(kept, now, directory))
  }

  #checkSafely(): void {
    try {
      this.check()
    } catch (error) {
      // The old root goes on signing; the next check tries again.
      this.#log.error('the root could not be rotated', { error: errorMessage(error) })
    }
  }
}
