import type { SanMatcher } from './san-match.ts'

/** Where certificates come from: a secret of the {@link SecretStore} by name; static material is stored under a made-up name. */
export interface TlsSecretRefs {
  /** Name of the certificate and key, e.g. `default`; undefined presents none. */
  readonly certificate: string | undefined
  /** Name of the validation context, e.g. `ROOTCA`; undefined trusts nobody in particular (no verification). */
  readonly validation: string | undefined
}

export interface TlsCommonConfig extends TlsSecretRefs {
  readonly alpn: readonly string[]
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3'
  readonly maxVersion: 'TLSv1.2' | 'TLSv1.3'
  /** OpenSSL cipher list for TLS 1.2; empty means the default. */
  readonly ciphers: string
  /** Key exchange groups by their names in `key-exchange-groups.ts`, best first; empty means Envoy's default. */
  readonly groups: readonly string[]
  /** Best first; empty means Envoy's default. */
  readonly signatureAlgorithms: readonly string[]
  /** Any one of these must match any one SAN of the peer; empty accepts every SAN. */
  readonly subjectAltNames: readonly SanMatcher[]
  /** Of which the peer's certificate must have one, beside a good chain where roots are trusted. */
  readonly pins?: CertificatePins
  /** Revocation lists (PEM) that stand in the configuration; those of a secret go first. */
  readonly revoked?: string
}

/** A certificate that has one of either is good. */
export interface CertificatePins {
  /** SHA-256 of the certificate, lower-case hexadecimal. */
  readonly certificates: readonly string[]
  /** SHA-256 of the public key (SPKI), base64. */
  readonly publicKeys: readonly string[]
}

/** `DownstreamTlsContext`, compiled. */
export interface TlsServerConfig extends TlsCommonConfig {
  readonly requireClientCertificate: boolean
}

/** `UpstreamTlsContext`, compiled. */
export interface TlsClientConfig extends TlsCommonConfig {
  /** Empty sends none. */
  readonly sni: string
}

/** A secret that arrived. Key bytes never leave this object: no log, no dump. */
export type TlsSecret =
  | {
      readonly kind: 'certificate'
      readonly name: string
      readonly certificateChain: string
      readonly privateKey: string
    }
  | {
      readonly kind: 'validation'
      readonly name: string
      readonly trustedCa: string
      /** Revocation lists, PEM. */
      readonly revoked?: string
    }

/**
 * Current secrets by name. Contexts that use a name are rebuilt when it changes; live connections keep the context
 * they were made with.
 */
export interface SecretStore {
  get(name: string): TlsSecret | undefined
  /** Names of all secrets, sorted. */
  names(): readonly string[]
  /** A secret equal to the current one changes nothing and calls nobody back. */
  set(secret: TlsSecret): void
  remove(name: string): void
  /** Calls back on every change of a secret with this name; returns the unsubscribe function. */
  watch(name: string, changed: () => void): () => void
}
