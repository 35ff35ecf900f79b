import { createHash } from 'node:crypto'
import { type Clock, errorMessage, systemClock } from '@batten/core'
import type { CryptoKey, JWTVerifyGetKey, KeyObject } from 'jose'
import { controlPlaneError } from '../errors.ts'
import { isWorkloadIdentity, type WorkloadIdentity } from './spiffe-id.ts'

/** Says whose token it is. Kubernetes' TokenReview, OIDC and development tokens are behind this. */
export interface TokenAuthenticator {
  /**
   * @returns undefined when the token is not of this authenticator's issuer, so that the next one is asked
   * @throws BattenError `AUTH_TOKEN_REJECTED` when it is of this issuer and not acceptable
   */
  authenticate(token: string): Promise<WorkloadIdentity | undefined>
}

/** What Istio's proxies ask their tokens for. */
export const TOKEN_AUDIENCE = 'istio-ca'

/** A service account token has 1 KB; nobody needs 16. */
const MAX_TOKEN_LENGTH = 16 * 1024
const ALGORITHMS = ['ES256', 'ES384', 'ES512', 'RS256', 'RS384', 'RS512', 'PS256', 'EdDSA']
const SUBJECT = /^system:serviceaccount:([^:]+):([^:]+)$/
const CACHE_SIZE = 10_000
/** A token is looked at again after this time at the latest, so that a withdrawn key stops working. */
const CACHE_MS = 60_000

export interface JwtAuthenticatorOptions {
  readonly issuer: string
  /** A token must be meant for one of these. Default: `istio-ca`. */
  readonly audiences?: readonly string[]
  /** Where keys come from: a JWKS address (fetched when needed, cached) or the key itself. */
  readonly keys: URL | CryptoKey | KeyObject
  readonly clock?: Clock
}

/**
 * Verifies service account tokens by their signature: Istio's `JWT_RULE` (an OIDC issuer) and development tokens.
 * The subject must be `system:serviceaccount:<namespace>:<name>`.
 *
 * @see https://istio.io/latest/docs/reference/commands/pilot-discovery/ (JWT_RULE)
 */
export class JwtAuthenticator implements TokenAuthenticator {
  readonly #issuer: string
  readonly #audiences: string[]
  readonly #keys: URL | CryptoKey | KeyObject
  readonly #clock: Clock
  readonly #verified = new Map<string, { identity: WorkloadIdentity; until: number }>()
  #getKey: JWTVerifyGetKey | undefined

  constructor(options: JwtAuthenticatorOptions) {
    this.#issuer = options.issuer
    this.#audiences = [...(options.audiences ?? [TOKEN_AUDIENCE])]
    this.#keys = options.keys
    this.#clock = options.clock ?? systemClock
  }

  async authenticate(token: string): Promise<WorkloadIdentity | undefined> {
    if (token.length > MAX_TOKEN_LENGTH) throw rejected(`it has ${token.length} characters`)
    const { jwtVerify, decodeJwt } = await import('jose')
    let issuer: unknown
    try {
      issuer = decodeJwt(token).iss
    } catch {
      throw rejected('it is no JSON Web Token')
    }
    if (issuer !== this.#issuer) return undefined

    const now = this.#clock.now()
    const digest = createHash('sha256').update(token).digest('base64')
    const known = this.#verified.get(digest)
    if (known !== undefined && now < known.until) return known.identity
    this.#verified.delete(digest)
    let claims: { sub?: string | undefined; exp?: number | undefined }
    try {
      const options = {
        issuer: this.#issuer,
        audience: this.#audiences,
        algorithms: ALGORITHMS,
        requiredClaims: ['exp', 'sub'],
        currentDate: new Date(now),
      }
      claims = (await jwtVerify(token, await this.#keyFunction(), options)).payload
    } catch (error) {
      throw rejected(errorMessage(error), error)
    }
    const identity = parseSubject(claims.sub ?? '')
    this.#remember(digest, identity, Math.min(claims.exp! * 1000, now + CACHE_MS))
    return identity
  }

  async #keyFunction(): Promise<JWTVerifyGetKey> {
    if (this.#getKey !== undefined) return this.#getKey
    const keys = this.#keys
    if (keys instanceof URL) {
      const { createRemoteJWKSet } = await import('jose')
      this.#getKey = createRemoteJWKSet(keys, { timeoutDuration: 5000 })
    } else this.#getKey = async () => keys
    return this.#getKey
  }

  #remember(digest: string, identity: WorkloadIdentity, until: number): void {
    // The oldest entry goes first: a map iterates in the order of insertion.
    if (this.#verified.size >= CACHE_SIZE) this.#verified.delete(this.#verified.keys().next().value!)
    this.#verified.set(digest, { identity, until })
  }
}

function parseSubject(subject: string): WorkloadIdentity {
  const match = SUBJECT.exec(subject)
  const identity = { namespace: match?.[1] ?? '', serviceAccount: match?.[2] ?? '' }
  if (!isWorkloadIdentity(identity))
    throw rejected(`its subject "${subject.slice(0, 200)}" is no service account`)
  return identity
}

function rejected(reason: string, cause?: unknown) {
  return controlPlaneError('AUTH_TOKEN_REJECTED', {
    message: `the token is not accepted: ${reason}`,
    hint: `send a service account token with audience "${TOKEN_AUDIENCE}" that has not expired`,
    cause,
  })
}
