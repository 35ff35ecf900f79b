import type { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import {
  type ConnectionOptions,
  connect,
  createSecureContext,
  type SecureVersion,
  TLSSocket,
  type TLSSocketOptions,
} from 'node:tls'

/** What browsers and proxies prefer, best first. */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
].join(':')

/** How a peer of the proxy speaks TLS. */
export interface TlsPeer {
  /** Name in `certificates.yaml`; a client without presents none. */
  readonly certificate?: string
  readonly alpn?: readonly string[]
  readonly minVersion?: SecureVersion
  readonly maxVersion?: SecureVersion
  /** OpenSSL's lists. Ciphers are {@link CIPHERS} by default; groups are X25519 and P-256 by default, so that no case depends on the version of OpenSSL. */
  readonly ciphers?: string
  readonly groups?: string
  readonly signatureAlgorithms?: string
}

/** A client of the proxy. */
export interface TlsClient extends TlsPeer {
  readonly serverName?: string
  /** Resumes the last session of an earlier connection of the case. */
  readonly resumes?: boolean
}

/** An upstream of the proxy. */
export interface TlsUpstream extends TlsPeer {
  /** Whether it asks for a certificate; `required` breaks the handshake without. Any one is good. */
  readonly clientCertificate?: 'wanted' | 'required'
}

/** What a peer of the proxy knows of a connection. */
export interface SeenTls {
  readonly version?: string
  readonly cipher?: string
  readonly group?: string
  readonly alpn?: string
  /** SNI; upstreams only. */
  readonly serverName?: string
  readonly resumed?: boolean
  /** Who the proxy is by its certificate: subject and alternative names. */
  readonly proxy?: string
  /** An alert of the proxy, or how the connection ended during the handshake. */
  readonly error?: string
}

/** Starts a handshake as client; the socket says `secureConnect` or `error`. */
export function tlsClient(
  port: number,
  tls: TlsClient,
  certificates: string | undefined,
  session: Buffer | undefined,
): TLSSocket {
  const options: ConnectionOptions = {
    ...contextOptions(tls, certificates),
    host: '127.0.0.1',
    port,
    ...(tls.alpn === undefined ? {} : { ALPNProtocols: [...tls.alpn] }),
    ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
    ...(session === undefined || tls.resumes !== true ? {} : { session }),
    rejectUnauthorized: false,
  }
  return connect(options)
}

/** Makes what the handshakes of an upstream share; a new one knows no session of an old one. */
export function tlsUpstreamOptions(tls: TlsUpstream, certificates: string | undefined): TLSSocketOptions {
  return {
    isServer: true,
    secureContext: createSecureContext(contextOptions(tls, certificates)),
    requestCert: tls.clientCertificate !== undefined,
    rejectUnauthorized: tls.clientCertificate === 'required',
    ...(tls.alpn === undefined ? {} : { ALPNProtocols: [...tls.alpn] }),
  }
}

/** Starts a handshake as server; the socket says `secure` or `error`. */
export function tlsUpstream(socket: Socket, options: TLSSocketOptions): TLSSocket {
  return new TLSSocket(socket, options)
}

function contextOptions(tls: TlsPeer, certificates: string | undefined) {
  const file = (suffix: string) => readFileSync(join(certificates ?? '.', `${tls.certificate}.${suffix}`))
  return {
    ...(tls.certificate === undefined ? {} : { cert: file('pem'), key: file('key') }),
    ca: [],
    minVersion: tls.minVersion ?? ('TLSv1.2' as const),
    maxVersion: tls.maxVersion ?? ('TLSv1.3' as const),
    ecdhCurve: tls.groups ?? 'X25519:P-256',
    ciphers: tls.ciphers ?? CIPHERS,
    ...(tls.signatureAlgorithms === undefined ? {} : { sigalgs: tls.signatureAlgorithms }),
  }
}

/** What a finished handshake came to. */
export function seenTls(socket: TLSSocket, isServer: boolean): SeenTls {
  const certificate = socket.getPeerX509Certificate()
  const { name: group } = (isServer ? {} : socket.getEphemeralKeyInfo()) as { name?: string }
  const serverName: unknown = (socket as { servername?: unknown }).servername
  return {
    version: socket.getProtocol() ?? '',
    cipher: socket.getCipher().name,
    ...(group === undefined ? {} : { group }),
    alpn: socket.alpnProtocol || '',
    ...(isServer ? { serverName: typeof serverName === 'string' ? serverName : '' } : {}),
    resumed: socket.isSessionReused(),
    proxy: certificate === undefined ? '' : namesOf(certificate),
  }
}

/** The code of an error: that of an alert where there is one. */
export function tlsError(error: Error): string {
  const { code } = error as NodeJS.ErrnoException
  // Node says ECONNRESET as well when the peer just ends the connection in the handshake.
  if (error.message.includes('disconnected before secure')) return 'closed'
  return code ?? error.message
}

function namesOf(certificate: X509Certificate): string {
  return [certificate.subject?.replaceAll('\n', ','), certificate.subjectAltName]
    .filter((part) => part !== undefined && part !== '')
    .join(' ')
}
