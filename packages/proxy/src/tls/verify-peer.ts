import type { TLSSocket } from 'node:tls'
import { chainError } from '../network/node-socket.ts'
import type { CertificateNames } from './certificate-names.ts'
import { acceptsPeer } from './san-match.ts'
import type { BuiltContext } from './secure-contexts.ts'
import { peerCertificate, TlsSessionInfo } from './session-info.ts'
import type { TlsCommonConfig } from './tls-config.ts'
import type { TlsStats } from './tls-stats.ts'

export interface PeerCheck {
  readonly config: TlsCommonConfig
  readonly built: BuiltContext
  readonly stats: TlsStats
  readonly requireCertificate: boolean
  /** Client side: the peer of the session that was offered for resumption, whose certificate is not sent again. */
  readonly resumedPeer?: CertificateNames | undefined
  /** Milliseconds since the epoch. */
  readonly nowMs: number
}

/**
 * Decides about a peer right after the handshake, before any byte is read or written, and counts the outcome.
 * Returns what is known of the session, or why the connection must be closed.
 *
 * Differs from Envoy: the handshake is over when Node lets us look, so a refused peer sees the connection closed
 * without a TLS alert. (A missing client certificate is refused by OpenSSL, with the alert.)
 */
export function verifyPeer(socket: TLSSocket, check: PeerCheck): TlsSessionInfo | string {
  const { config, built, stats } = check
  const isResumed = socket.isSessionReused()
  const peer = peerCertificate(socket) ?? (isResumed ? check.resumedPeer : undefined)
  if (peer === undefined) {
    if (check.requireCertificate) {
      stats.failVerifyNoCert.inc()
      return 'the peer presented no certificate'
    }
  } else if (built.isValidating) {
    // A resumed session repeats the verdict of its first handshake; a certificate may have expired since.
    const isExpired = isResumed && Date.parse(peer.certificate.validTo) < check.nowMs
    const reason = isExpired ? 'CERT_HAS_EXPIRED' : chainError(socket)
    if (reason !== undefined) {
      stats.failVerifyError.inc()
      return `verify cert failed: ${reason}`
    }
    if (!acceptsPeer(config.subjectAltNames, peer.altNames)) {
      stats.failVerifySan.inc()
      const names = [...peer.altNames.uris, ...peer.altNames.dns].join(', ')
      return `verify cert failed: verify SAN list: the peer is ${names === '' ? 'nobody in particular' : names}`
    }
  }
  const info = new TlsSessionInfo(socket, peer, built.local, built.isValidating)
  stats.handshake.inc()
  if (info.resumed) stats.sessionReused.inc()
  if (peer === undefined) stats.noCertificate.inc()
  stats.count('versions', info.version)
  stats.count('ciphers', info.cipher)
  return info
}
