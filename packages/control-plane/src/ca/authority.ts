import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { type Clock, systemClock } from '@batten/core'
import { parseCertificateRequest } from './csr.ts'
import { DEFAULT_LEAF_POLICY, type IssuedCertificate, issueLeaf, type LeafPolicy } from './issue.ts'
import { splitCertificates } from './pem.ts'
import type { Signer } from './signer.ts'
import { formatSpiffeId, type WorkloadIdentity } from './spiffe-id.ts'

export interface AuthorityOptions {
  /** Default: `cluster.local`. */
  readonly trustDomain?: string
  readonly policy?: Partial<LeafPolicy>
  readonly clock?: Clock
}

/** A certificate with its private key, as PEM. Times are milliseconds since the epoch. */
export interface KeyAndCertificate {
  /** PKCS#8. A secret. */
  readonly privateKey: string
  /** The leaf and what is between it and a root. */
  readonly certificateChain: string
  readonly notBefore: number
  readonly notAfter: number
}

/** What the authority signs with, and what peers trust. */
export interface AuthorityMaterial {
  readonly signer: Signer
  /** PEM roots, the signer's own first; more than one while a root is replaced. */
  readonly roots: readonly string[]
}

/**
 * The mesh's certificate authority: signs workload certificates whose only name is the caller's SPIFFE ID.
 *
 * Where its keys come from is decided by {@link createSelfSignedAuthority} and {@link loadPluggedInAuthority}.
 *
 * @see https://istio.io/latest/docs/concepts/security/#pki
 */
export class CertificateAuthority {
  readonly trustDomain: string
  readonly #policy: LeafPolicy
  readonly #clock: Clock
  readonly #listeners = new Set<(trustBundle: string) => void>()
  #material: AuthorityMaterial

  constructor(material: AuthorityMaterial, options: AuthorityOptions = {}) {
    this.trustDomain = options.trustDomain ?? 'cluster.local'
    this.#policy = { ...DEFAULT_LEAF_POLICY, ...options.policy }
    this.#clock = options.clock ?? systemClock
    this.#material = material
  }

  /** PEM of every root that peers must trust now. */
  get trustBundle(): string {
    return this.#material.roots.join('')
  }

  /** The certificate that signs now, for debug pages; the key never leaves. */
  get signingCertificate(): X509Certificate {
    return new X509Certificate(this.#material.signer.certificate)
  }

  /**
   * Signs a workload's request. Names and lifetimes that the request asks for are not looked at: the certificate is
   * for the identity that the caller proved.
   *
   * @param ttlMs wanted lifetime; 0 is the default
   * @returns PEM certificates in the order of Istio's answer: leaf, intermediates, and the whole bundle of roots last
   * @throws BattenError `CA_BAD_REQUEST`, `CA_EXPIRED`
   */
  signWorkload(
    csr: string,
    identity: WorkloadIdentity,
    ttlMs = 0,
  ): { chain: string[]; issued: IssuedCertificate } {
    const request = parseCertificateRequest(csr)
    const uri = formatSpiffeId(this.trustDomain, identity)
    const issued = issueLeaf(
      this.#material.signer,
      {
        publicKey: request.publicKey,
        names: { uris: [uri] },
        ttlMs,
        ...(request.commonName === '' ? {} : { commonName: uri }),
      },
      this.#clock.now(),
      this.#policy,
    )
    return { chain: [issued.certificate, ...issued.intermediates, this.trustBundle], issued }
  }

  /** A key pair and workload certificate made here: for tools and tests; workloads make their own keys. */
  issueWorkload(identity: WorkloadIdentity, ttlMs = 0): KeyAndCertificate {
    return this.#issue({ uris: [formatSpiffeId(this.trustDomain, identity)] }, ttlMs)
  }

  /** A key pair and certificate for a server of the control plane. Names may be host names or IP addresses. */
  issueServer(names: readonly string[], ttlMs = 0): KeyAndCertificate {
    return this.#issue(
      {
        dnsNames: names.filter((name) => isIP(name) === 0),
        ipAddresses: names.filter((name) => isIP(name) !== 0),
      },
      ttlMs,
    )
  }

  /** Signs with this from now on, and tells everybody who distributes the trust bundle. */
  replace(material: AuthorityMaterial): void {
    const before = this.trustBundle
    this.#material = material
    if (this.trustBundle === before) return
    for (const listener of this.#listeners) listener(this.trustBundle)
  }

  /** Calls back when the set of roots changes. Returns a function that stops it. */
  onTrustBundle(listener: (trustBundle: string) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** Stops timers, where the kind of authority has some. */
  close(): void {
    this.#listeners.clear()
  }

  #issue(names: Parameters<typeof issueLeaf>[1]['names'], ttlMs: number): KeyAndCertificate {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const issued = issueLeaf(
      this.#material.signer,
      { publicKey: createPublicKey(privateKey), names, ttlMs },
      this.#clock.now(),
      this.#policy,
    )
    return {
      privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
      certificateChain: issued.certificate + issued.intermediates.join(''),
      notBefore: issued.notBefore,
      notAfter: issued.notAfter,
    }
  }
}

/** Roots of a bundle without duplicates and without those that have expired, in order. */
export function usableRoots(bundle: string, now: number): string[] {
  const unique = new Set(splitCertificates(bundle))
  return [...unique].filter((pem) => new X509Certificate(pem).validToDate.getTime() > now)
}
