import { type KeyObject, randomBytes } from 'node:crypto'
import { controlPlaneError } from '../errors.ts'
import { encodeName, type SubjectAltNames, signCertificate } from './certificate.ts'
import { encodePem } from './pem.ts'
import type { Signer } from './signer.ts'

/** What the authority signs. */
export interface LeafRequest {
  readonly publicKey: KeyObject
  readonly names: SubjectAltNames
  /** Only for requests that carried one: old peers without SAN support read it. */
  readonly commonName?: string
  /** Wanted lifetime, milliseconds; 0 or less is the default. */
  readonly ttlMs: number
}

export interface LeafPolicy {
  /** Default: 24 h. */
  readonly defaultTtlMs: number
  /** Longer wishes are cut to this. Default: 90 days. */
  readonly maxTtlMs: number
}

/** An issued certificate. Times are milliseconds since the epoch. */
export interface IssuedCertificate {
  /** PEM of the leaf. */
  readonly certificate: string
  /** PEM of everything between the leaf and a root. */
  readonly intermediates: readonly string[]
  readonly notBefore: number
  readonly notAfter: number
}

export const DEFAULT_LEAF_POLICY: LeafPolicy = {
  defaultTtlMs: 24 * 3_600_000,
  maxTtlMs: 90 * 24 * 3_600_000,
}

/** Certificates start in the past, so that a peer whose clock is behind takes them. */
const CLOCK_SKEW_GRACE_MS = 2 * 60_000
/** RFC 5280 allows 64 characters in a CN. */
const MAX_COMMON_NAME = 64

/**
 * Signs a workload or server certificate. Its end never passes the signer's: a chain is as valid as its weakest link.
 *
 * Differs from Istio: a lifetime above the maximum is cut to it, where Istio refuses the request.
 *
 * @throws BattenError `CA_EXPIRED` when the signer itself is not valid at `now`
 */
export function issueLeaf(
  signer: Signer,
  request: LeafRequest,
  now: number,
  policy = DEFAULT_LEAF_POLICY,
): IssuedCertificate {
  if (now < signer.notBefore || now >= signer.notAfter)
    throw controlPlaneError('CA_EXPIRED', {
      message: `the signing certificate is valid from ${new Date(signer.notBefore).toISOString()} to ${new Date(signer.notAfter).toISOString()}, not now`,
      hint: 'replace the certificate authority, or check the clock of this machine',
    })
  const wanted = request.ttlMs > 0 ? request.ttlMs : policy.defaultTtlMs
  const notBefore = wholeSeconds(now - CLOCK_SKEW_GRACE_MS)
  const notAfter = Math.min(wholeSeconds(now + Math.min(wanted, policy.maxTtlMs)), signer.notAfter)
  const commonName = request.commonName ?? ''
  const certificate = signCertificate(
    {
      publicKey: request.publicKey,
      issuer: signer.subject,
      subject: encodeName(commonName.length <= MAX_COMMON_NAME ? { commonName } : {}),
      notBefore,
      notAfter,
      serial: randomBytes(16),
      isAuthority: false,
      subjectAltNames: request.names,
      ...(signer.keyId === undefined ? {} : { authorityKeyId: signer.keyId }),
    },
    signer.privateKey,
  )
  return {
    certificate: encodePem('CERTIFICATE', certificate),
    intermediates: signer.intermediates,
    notBefore,
    notAfter,
  }
}

function wholeSeconds(epochMs: number): number {
  return Math.floor(epochMs / 1000) * 1000
}
