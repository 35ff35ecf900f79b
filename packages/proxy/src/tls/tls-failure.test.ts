import { describe, expect, it } from 'vitest'
import { chainFailure, handshakeFailure, verificationFailure } from './tls-failure.ts'

const openssl = (code: string, message: string) => Object.assign(new Error(message), { code })

describe('failures of TLS in the words of Envoy', () => {
  it.each([
    [
      openssl(
        'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE',
        '408DE267B57F0000:error:0A000410:SSL routines:ssl3_read_bytes:ssl/tls alert handshake failure:../deps/openssl/x.c:912:SSL alert number 40',
      ),
      'TLS_error:|268436496:SSL routines:OPENSSL_internal:SSLV3_ALERT_HANDSHAKE_FAILURE:TLS_error_end',
    ],
    [
      openssl(
        'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
        '00:error:0A00042E:SSL routines:ssl3_read_bytes:tlsv1 alert',
      ),
      'TLS_error:|268436526:SSL routines:OPENSSL_internal:TLSV1_ALERT_PROTOCOL_VERSION:TLS_error_end',
    ],
    [
      openssl(
        'ERR_SSL_WRONG_VERSION_NUMBER',
        '00:error:0A00010B:SSL routines:ssl3_get_record:wrong version number',
      ),
      'TLS_error:|268435703:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER:TLS_error_end',
    ],
    [
      Object.assign(openssl('ECONNRESET', 'read ECONNRESET'), { syscall: 'read' }),
      'TLS_error:|33554536:system library:OPENSSL_internal:Connection reset by peer:TLS_error_end',
    ],
    [openssl('ECONNRESET', 'Client network socket disconnected before secure TLS connection'), ''],
    [undefined, ''],
  ])('says of %s what Envoy says', (error, expected) => {
    expect(handshakeFailure(error)).toBe(expected)
  })

  it('names the verdict on a chain and the certificate that it is about', () => {
    expect(verificationFailure(chainFailure('CERT_HAS_EXPIRED', 0))).toBe(
      'TLS_error:|268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:verify cert failed: ' +
        'X509_verify_cert: certificate verification error at depth 0: certificate has expired:TLS_error_end',
    )
    expect(chainFailure('OCSP_VERIFY_NEEDED', undefined)).toBe(
      'X509_verify_cert: certificate verification error: ocsp verify needed',
    )
  })
})
