/** A downstream connection as filters see it. */
export interface Connection {
  readonly id: number
  /** `ip:port` of the peer. */
  readonly remoteAddress: string
  /** `ip:port` on our side. */
  readonly localAddress: string
  /** Present on TLS connections. */
  readonly tls: ConnectionTls | undefined
  /**
   * SNI seen by the TLS inspector; empty without one. As in Envoy, a handshake alone does not set it: look at
   * {@link ConnectionTls.serverName} for that.
   */
  readonly requestedServerName: string
  readonly listenerName: string
  readonly filterChainName: string
}

/** What is known about the TLS session of a connection. Fields of certificates are computed on first use. */
export interface ConnectionTls {
  /** `TLSv1.3` */
  readonly version: string
  /** The protocol agreed on; empty when none was. */
  readonly alpn: string
  /** OpenSSL's name, e.g. `TLS_AES_256_GCM_SHA384`. */
  readonly cipher: string
  /** SNI of the handshake, lower case; empty when the peer sent none. */
  readonly serverName: string
  /** Whether the peer presented a certificate that was verified. */
  readonly mutual: boolean
  readonly resumed: boolean
  readonly peerUriSans: readonly string[]
  readonly peerDnsSans: readonly string[]
  /** RFC 2253 form, as in Envoy's `x-forwarded-client-cert`: `CN=a,OU=b`. */
  readonly peerSubject: string
  readonly peerIssuer: string
  /** Lower-case hexadecimal. */
  readonly peerSerial: string
  /** Lower-case hexadecimal without colons. */
  readonly peerCertificateSha256: string
  /** The peer's leaf certificate; empty when it presented none. */
  readonly peerCertificatePem: string
  /** The same and the certificates that the peer sent with it. */
  readonly peerChainPem: string
  /** Milliseconds since the epoch; NaN when the peer presented no certificate. */
  readonly peerValidFromMs: number
  readonly peerValidToMs: number
  readonly localUriSans: readonly string[]
  readonly localDnsSans: readonly string[]
  readonly localSubject: string
}
