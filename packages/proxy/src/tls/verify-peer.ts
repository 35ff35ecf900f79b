import type { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { chainError } from '../network/node-socket.ts'
import type { CertificateNames } from './certificate-names.ts'
import { isPinned } from './certificate-pins.ts'
import { groupOfHandshake } from './key-exchange-groups.ts'
import { acceptsPeer } from './san-match.ts'
import type { BuiltContext } from './secure-contexts.ts'
import { peerCertificate, TlsSessionInfo } from './session-info.ts'
import type { TlsCommonConfig } from './tls-config.ts'
import { chainFailure, verificationFailure } from './tls-failure.ts'
import type { TlsStats } from './tls-stats.ts'

/** Envoy's default for `max_verify_depth`. */
const MAX_DEPTH = 100

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

/** Why a peer is refused. */
export interface PeerRefusal {
  /** For people. */
  readonly message: string
  /** In Envoy's words, for access logs. */
  readonly transportFailure: string
}

/**
 * Decides about a peer right after the handshake, before any byte is read or written, and counts the outcome.
 * Returns what is known of the session, or why the connection must be closed.
 *
 * Differs from Envoy: the handshake is over when Node lets us look, so a refused peer sees the connection closed
 * without a TLS alert. (A missing client certificate is refused by OpenSSL, with the alert.) Nor do we learn how the
 * peer signed: `ssl.sigalgs.*` is not counted.
 * The key usage of a server is not looked at: Envoy refuses one whose certificate is not for signatures.
 */
export function verifyPeer(socket: TLSSocket, check: PeerCheck): TlsSessionInfo | PeerRefusal {
  const { config, built, stats } = check
  const isResumed = socket.isSessionReused()
  const peer = peerCertificate(socket) ?? (isResumed ? check.resumedPeer : undefined)
  if (peer === undefined) {
    if (check.requireCertificate) {
      stats.failVerifyNoCert.inc()
      return refusal('the peer presented no certificate', 'peer did not return a certificate')
    }
  } else if (built.isValidating) {
    // A resumed session repeats the verdict of its first handshake; a certificate may have expired since.
    const isExpired = isResumed && Date.parse(peer.certificate.validTo) < check.nowMs
    const reason = isExpired ? 'CERT_HAS_EXPIRED' : chainError(socket)
    if (reason !== undefined) {
      stats.failVerifyError.inc()
      return refusal(
        `verify cert failed: ${reason}`,
        chainFailure(reason, depthOf(reason, peer, check.nowMs)),
      )
    }
    if (!acceptsPeer(config.subjectAltNames, peer.altNames)) {
      stats.failVerifySan.inc()
      const { dns, uris, emails, ips } = peer.altNames
      const who = [...uris, ...dns, ...emails, ...ips].join(', ') || 'nobody in particular'
      return refusal(
        `verify cert failed: verify SAN list: the peer is ${who}`,
        `SAN matcher, certificate SANs are [${[...dns, ...uris, ...emails, ...ips].join(', ')}]`,
      )
    }
  }
  if (peer !== undefined && config.pins !== undefined && !isPinned(config.pins, peer.certificate)) {
    stats.failVerifyCertHash.inc()
    return refusal(
      'verify cert failed: the certificate is none of those that are named',
      'cert hash and spki',
    )
  }
  const info = new TlsSessionInfo(socket, peer, built.local, built.isValidating || config.pins !== undefined)
  stats.handshake.inc()
  if (info.resumed) stats.sessionReused.inc()
  if (peer === undefined) stats.noCertificate.inc()
  stats.count('versions', info.version)
  stats.count('ciphers', info.cipher)
  const group = groupOfHandshake(socket)
  if (group !== undefined) stats.count('curves', group)
  return info
}

function refusal(message: string, detail: string): PeerRefusal {
  return { message, transportFailure: verificationFailure(detail) }
}

/** Which certificate of the chain a verdict is about; undefined where OpenSSL does not let us know. */
function depthOf(verdict: string, peer: CertificateNames, nowMs: number): number | undefined {
  const chain: X509Certificate[] = []
  for (let at: X509Certificate | undefined = peer.certificate; at !== undefined; at = at.issuerCertificate)
    if (chain.push(at) > MAX_DEPTH) return undefined
  switch (verdict) {
    case 'CERT_HAS_EXPIRED':
      return indexIn(chain, ({ validTo }) => Date.parse(validTo) < nowMs)
    case 'CERT_NOT_YET_VALID':
      return indexIn(chain, ({ validFrom }) => Date.parse(validFrom) > nowMs)
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'INVALID_PURPOSE':
      return 0
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return chain.length - 1
    default:
      return undefined
  }
}

function indexIn(chain: readonly X509Certificate[], test: (certificate: X509Certificate) => boolean) {
  const index = chain.findIndex(test)
  return index < 0 ? undefined : index
}
