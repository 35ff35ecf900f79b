/** A downstream connection as filters see it. */
export interface Connection {
  readonly id: number
  /** `ip:port` of the peer. */
  readonly remoteAddress: string
  /** `ip:port` on our side. */
  readonly localAddress: string
  /** Present on TLS connections. */
  readonly tls: ConnectionTls | undefined
  /** SNI seen by the TLS inspector or the handshake. */
  readonly requestedServerName: string
  readonly listenerName: string
  readonly filterChainName: string
}

export interface ConnectionTls {
  /** `TLSv1.3` */
  readonly version: string
  readonly alpn: string
  readonly cipher: string
  /** Whether the peer presented a certificate that was verified. */
  readonly mutual: boolean
  readonly peerUriSans: readonly string[]
  readonly peerDnsSans: readonly string[]
  readonly peerSubject: string
  readonly peerCertificateSha256: string
  readonly localUriSans: readonly string[]
  readonly localSubject: string
}
