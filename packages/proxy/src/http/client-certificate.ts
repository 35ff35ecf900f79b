import type { Connection } from '../network/connection.ts'
import type { HttpConnectionManagerConfig } from './connection-manager-config.ts'
import type { RequestHeaderTable } from './header-table.ts'
import { Header } from './known-headers.ts'

/**
 * Keeps, extends or removes `x-forwarded-client-cert`, so that a request cannot claim an identity that nobody checked.
 *
 * Differs from Envoy: a name of a certificate that has a separator of the header in it (`,`, `;`, `=`, `"`) is quoted.
 * There it is not, and such a name can claim to be another field.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/headers#x-forwarded-client-cert
 */
export function forwardClientCertificate(
  headers: RequestHeaderTable,
  connection: Connection,
  config: HttpConnectionManagerConfig['forwardClientCert'],
): void {
  const { mode } = config
  if (mode === 'always-forward-only') {
    joinRepeated(headers)
    return
  }
  const isMutual = connection.tls?.mutual === true
  if (mode === 'sanitize' || !isMutual) {
    headers.removeId(Header.forwardedClientCert)
    return
  }
  if (mode === 'forward-only') {
    joinRepeated(headers)
    return
  }
  const element = clientCertificateElement(connection, config)
  const current = mode === 'append-forward' ? headers.getAll('x-forwarded-client-cert').join(',') : ''
  headers.setId(Header.forwardedClientCert, current === '' ? element : `${current},${element}`)
}

/** Several fields go on as one, as with every header that Envoy knows by name. */
function joinRepeated(headers: RequestHeaderTable): void {
  const values = headers.getAll('x-forwarded-client-cert')
  if (values.length > 1) headers.setId(Header.forwardedClientCert, values.join(','))
}

function clientCertificateElement(
  connection: Connection,
  config: HttpConnectionManagerConfig['forwardClientCert'],
): string {
  const tls = connection.tls!
  const parts: string[] = []
  for (const uri of tls.localUriSans) parts.push(`By=${quote(uri)}`)
  parts.push(`Hash=${tls.peerCertificateSha256}`)
  if (config.cert && tls.peerCertificatePem !== '')
    parts.push(`Cert="${encodeURIComponent(tls.peerCertificatePem)}"`)
  if (config.chain && tls.peerChainPem !== '') parts.push(`Chain="${encodeURIComponent(tls.peerChainPem)}"`)
  // Names are escaped already, quotes among them.
  if (config.subject) parts.push(`Subject="${tls.peerSubject}"`)
  if (config.uri)
    for (const uri of tls.peerUriSans.length > 0 ? tls.peerUriSans : ['']) parts.push(`URI=${quote(uri)}`)
  if (config.dns) for (const name of tls.peerDnsSans) parts.push(`DNS=${quote(name)}`)
  return parts.join(';')
}

/** Values with separators of the header are quoted: a SAN must not be able to add a field. */
function quote(value: string): string {
  return /[,;="\\]/.test(value) ? `"${value.replace(/["\\]/g, '\\$&')}"` : value
}
