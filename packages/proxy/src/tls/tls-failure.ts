/**
 * Why TLS failed, in the words of `%UPSTREAM_TRANSPORT_FAILURE_REASON%`: people search their logs for them.
 */

/** Numbers that BoringSSL gives its errors: the library, and the reason. */
const SSL_LIBRARY = 0x10000000
const SYSTEM_LIBRARY = 0x02000000
const CERTIFICATE_VERIFY_FAILED = 125
const WRONG_VERSION_NUMBER = 247
const ECONNRESET = 104

/** Reasons from here on are alerts of the peer, in both libraries. */
const FIRST_ALERT = 1000

/** What BoringSSL calls the alerts; some have kept the name that they had in SSL 3. */
const ALERTS: Readonly<Record<number, string>> = {
  10: 'SSLV3_ALERT_UNEXPECTED_MESSAGE',
  20: 'SSLV3_ALERT_BAD_RECORD_MAC',
  21: 'TLSV1_ALERT_DECRYPTION_FAILED',
  22: 'TLSV1_ALERT_RECORD_OVERFLOW',
  40: 'SSLV3_ALERT_HANDSHAKE_FAILURE',
  42: 'SSLV3_ALERT_BAD_CERTIFICATE',
  43: 'SSLV3_ALERT_UNSUPPORTED_CERTIFICATE',
  44: 'SSLV3_ALERT_CERTIFICATE_REVOKED',
  45: 'SSLV3_ALERT_CERTIFICATE_EXPIRED',
  46: 'SSLV3_ALERT_CERTIFICATE_UNKNOWN',
  47: 'SSLV3_ALERT_ILLEGAL_PARAMETER',
  48: 'TLSV1_ALERT_UNKNOWN_CA',
  49: 'TLSV1_ALERT_ACCESS_DENIED',
  50: 'TLSV1_ALERT_DECODE_ERROR',
  51: 'TLSV1_ALERT_DECRYPT_ERROR',
  70: 'TLSV1_ALERT_PROTOCOL_VERSION',
  71: 'TLSV1_ALERT_INSUFFICIENT_SECURITY',
  80: 'TLSV1_ALERT_INTERNAL_ERROR',
  86: 'TLSV1_ALERT_INAPPROPRIATE_FALLBACK',
  90: 'TLSV1_ALERT_USER_CANCELLED',
  100: 'TLSV1_ALERT_NO_RENEGOTIATION',
  110: 'TLSV1_ALERT_UNSUPPORTED_EXTENSION',
  112: 'TLSV1_ALERT_UNRECOGNIZED_NAME',
  113: 'TLSV1_ALERT_BAD_CERTIFICATE_STATUS_RESPONSE',
  115: 'TLSV1_ALERT_UNKNOWN_PSK_IDENTITY',
  116: 'TLSV1_ALERT_CERTIFICATE_REQUIRED',
  120: 'TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
}

/** Verdicts of OpenSSL on a chain, as BoringSSL says them. */
const VERDICTS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'certificate has expired',
  CERT_NOT_YET_VALID: 'certificate is not yet valid',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'unable to get local issuer certificate',
  UNABLE_TO_GET_ISSUER_CERT: 'unable to get issuer certificate',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'unable to get local issuer certificate',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'unable to get local issuer certificate',
  SELF_SIGNED_CERT_IN_CHAIN: 'self signed certificate in certificate chain',
  CERT_SIGNATURE_FAILURE: 'certificate signature failure',
  CERT_REVOKED: 'certificate revoked',
  UNABLE_TO_GET_CRL: 'unable to get certificate CRL',
  CRL_HAS_EXPIRED: 'CRL has expired',
  CRL_NOT_YET_VALID: 'CRL is not yet valid',
  INVALID_CA: 'invalid CA certificate',
  INVALID_PURPOSE: 'unsupported certificate purpose',
  PATH_LENGTH_EXCEEDED: 'path length constraint exceeded',
  CERT_CHAIN_TOO_LONG: 'certificate chain too long',
}

function tlsError(number: number, name: string, library = 'SSL routines'): string {
  return `TLS_error:|${number}:${library}:OPENSSL_internal:${name}:TLS_error_end`
}

/** @param detail - e.g. `SAN matcher, certificate SANs are []` */
export function verificationFailure(detail: string): string {
  const name = `CERTIFICATE_VERIFY_FAILED:verify cert failed: ${detail}`
  return tlsError(SSL_LIBRARY + CERTIFICATE_VERIFY_FAILED, name)
}

/**
 * Detail of a {@link verificationFailure}.
 *
 * @param verdict - OpenSSL's, e.g. `CERT_HAS_EXPIRED`
 * @param depth - of the certificate that it is about, 0 for the leaf; undefined where that is not known
 */
export function chainFailure(verdict: string, depth: number | undefined): string {
  const where = depth === undefined ? '' : ` at depth ${depth}`
  const what = VERDICTS[verdict] ?? verdict.toLowerCase().replaceAll('_', ' ')
  return `X509_verify_cert: certificate verification error${where}: ${what}`
}

/** A handshake that broke; empty when the peer just ended the connection. */
export function handshakeFailure(error: Error | undefined): string {
  const { code = '', syscall, message = '' } = (error ?? {}) as Partial<NodeJS.ErrnoException>
  if (code === 'ECONNRESET')
    return syscall === undefined
      ? ''
      : tlsError(SYSTEM_LIBRARY + ECONNRESET, 'Connection reset by peer', 'system library')
  if (!code.startsWith('ERR_SSL_')) return message
  // `error:0A000410:SSL routines:...`: the low 23 bits are the reason.
  const packed = /\berror:([0-9A-F]{8}):/.exec(message)?.[1]
  const reason = packed === undefined ? 0 : Number.parseInt(packed, 16) & 0x7fffff
  const alert = ALERTS[reason - FIRST_ALERT]
  if (alert !== undefined) return tlsError(SSL_LIBRARY + reason, alert)
  const name = code.slice('ERR_SSL_'.length)
  return tlsError(SSL_LIBRARY + (name === 'WRONG_VERSION_NUMBER' ? WRONG_VERSION_NUMBER : reason), name)
}
