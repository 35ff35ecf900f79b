import type { TLSSocket } from 'node:tls'
import type { ConnectionTls } from '../network/connection.ts'
import { CertificateNames } from './certificate-names.ts'
import { NO_ALT_NAMES } from './subject-alt-names.ts'

/** Certificates of a chain that are looked at; real ones have three or four. */
const MAX_CHAIN = 100

/** {@link ConnectionTls} of a finished handshake. Outlives its socket: access logs read it after the close. */
export class TlsSessionInfo implements ConnectionTls {
  readonly version: string
  readonly alpn: string
  readonly cipher: string
  readonly serverName: string
  readonly mutual: boolean
  readonly resumed: boolean
  /** undefined when the peer presented no certificate. */
  readonly peer: CertificateNames | undefined
  readonly #local: CertificateNames | undefined

  /** @param isValidated - whether the chain of the peer's certificate was checked and is good */
  constructor(
    socket: TLSSocket,
    peer: CertificateNames | undefined,
    local: CertificateNames | undefined,
    isValidated: boolean,
  ) {
    this.version = socket.getProtocol() ?? ''
    this.alpn = typeof socket.alpnProtocol === 'string' ? socket.alpnProtocol : ''
    this.cipher = socket.getCipher()?.name ?? ''
    this.serverName = serverNameOf(socket)
    this.mutual = peer !== undefined && isValidated
    this.resumed = socket.isSessionReused()
    this.peer = peer
    this.#local = local
  }

  get peerUriSans(): readonly string[] {
    return (this.peer?.altNames ?? NO_ALT_NAMES).uris
  }

  get peerDnsSans(): readonly string[] {
    return (this.peer?.altNames ?? NO_ALT_NAMES).dns
  }

  get peerSubject(): string {
    return this.peer?.subject ?? ''
  }

  get peerIssuer(): string {
    return this.peer?.issuer ?? ''
  }

  get peerSerial(): string {
    return this.peer?.certificate.serialNumber.toLowerCase() ?? ''
  }

  get peerCertificateSha256(): string {
    return this.peer?.certificate.fingerprint256.replaceAll(':', '').toLowerCase() ?? ''
  }

  get peerCertificatePem(): string {
    return this.peer?.certificate.toString() ?? ''
  }

  get peerChainPem(): string {
    let pem = ''
    let left = MAX_CHAIN
    for (let at = this.peer?.certificate; at !== undefined && left-- > 0; at = at.issuerCertificate)
      pem += at.toString()
    return pem
  }

  get peerValidFromMs(): number {
    return this.peer === undefined ? Number.NaN : Date.parse(this.peer.certificate.validFrom)
  }

  get peerValidToMs(): number {
    return this.peer === undefined ? Number.NaN : Date.parse(this.peer.certificate.validTo)
  }

  get localUriSans(): readonly string[] {
    return (this.#local?.altNames ?? NO_ALT_NAMES).uris
  }

  get localDnsSans(): readonly string[] {
    return (this.#local?.altNames ?? NO_ALT_NAMES).dns
  }

  get localSubject(): string {
    return this.#local?.subject ?? ''
  }
}

function serverNameOf(socket: TLSSocket): string {
  // `false` when the peer sent none; the type says nothing about the property.
  const name: unknown = (socket as { servername?: unknown }).servername
  return typeof name === 'string' ? name.toLowerCase() : ''
}

/** The certificate that the peer presented, in this handshake or in the one that is resumed. */
export function peerCertificate(socket: TLSSocket): CertificateNames | undefined {
  const certificate = socket.getPeerX509Certificate()
  return certificate === undefined ? undefined : new CertificateNames(certificate)
}
