import { messageFromJson } from '@batten/xds'
import { describe, expect, it } from 'vitest'
import { TestAuthority } from '../../test/certificates.ts'
import { configErrorText } from '../errors.ts'
import { compileUpstreamTls } from './compile-tls.ts'
import { FieldPath } from './field-path.ts'
import { MessageReader } from './message-reader.ts'
import { ResourceReferences } from './resource-references.ts'

function upstream(context: object) {
  const message = messageFromJson('envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext', context)
  const reader = new MessageReader(message, 'UpstreamTlsContext', FieldPath.of('cluster', 'a'))
  return compileUpstreamTls(reader, new ResourceReferences())
}

function refusal(context: object): string {
  try {
    upstream(context)
  } catch (thrown) {
    return configErrorText(thrown)
  }
  throw new Error('it was not refused')
}

const parameters = (tls_params: object) => ({ common_tls_context: { tls_params } })

describe('TlsParameters', () => {
  it.each([
    [[], []],
    // Envoy joins the texts with colons before BoringSSL reads them.
    [[''], []],
    [['P-256:secp384r1'], ['P-256', 'P-384']],
    [
      ['MLKEM1024', 'X25519MLKEM768', 'x25519', 'prime256v1', 'P-384', 'secp521r1'],
      ['MLKEM1024', 'X25519MLKEM768', 'X25519', 'P-256', 'P-384', 'P-521'],
    ],
  ])('takes the curves %j by the names of BoringSSL', (ecdh_curves, expected) => {
    expect(upstream(parameters({ ecdh_curves })).groups).toEqual(expected)
  })

  const AT_CURVES = 'cluster "a": common_tls_context.tls_params.ecdh_curves: '
  it.each([
    [['X25519', 'secp256r1'], 'no curve is called "secp256r1"'],
    [['p-256'], 'no curve is called "p-256"'],
    [['X448'], 'no curve is called "X448"'],
    [['*X25519'], 'no curve is called "*X25519"'],
    [['constructor'], 'no curve is called "constructor"'],
    [['X25519', ''], 'no curve is called ""'],
    [['P-256', 'prime256v1'], 'P-256 is named twice'],
  ])('refuses the curves %j, as Envoy does, with the path of the field', (ecdh_curves, expected) => {
    expect(refusal(parameters({ ecdh_curves }))).toBe(AT_CURVES + expected)
  })

  it('takes signature algorithms, and refuses what is none', () => {
    const signature_algorithms = ['ed25519', 'rsa_pss_rsae_sha256:ecdsa_secp521r1_sha512']
    expect(upstream(parameters({ signature_algorithms })).signatureAlgorithms).toEqual([
      'ed25519',
      'rsa_pss_rsae_sha256',
      'ecdsa_secp521r1_sha512',
    ])
    expect(refusal(parameters({ signature_algorithms: ['ed448'] }))).toBe(
      'cluster "a": common_tls_context.tls_params.signature_algorithms: ' +
        '"ed448" is no signature algorithm that is known here',
    )
    expect(refusal(parameters({ signature_algorithms: ['ed25519', 'ed25519'] }))).toContain(
      'ed25519 is named twice',
    )
  })

  it.each([
    [{}, 'TLSv1.2', 'TLSv1.2'],
    [{ tls_maximum_protocol_version: 'TLSv1_3' }, 'TLSv1.2', 'TLSv1.3'],
    [{ tls_minimum_protocol_version: 'TLSv1_3' }, 'TLSv1.3', 'TLSv1.3'],
  ])('gives a client with %j the versions from %s to %s', (tls_params, minVersion, maxVersion) => {
    expect(upstream(parameters(tls_params))).toMatchObject({ minVersion, maxVersion })
    expect(upstream({})).toMatchObject({ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' })
  })

  it.each([
    [[], ''],
    [[''], ''],
    [
      ['[ECDHE-ECDSA-AES128-GCM-SHA256|ECDHE-ECDSA-CHACHA20-POLY1305]', 'DES-CBC3-SHA'],
      'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:DES-CBC3-SHA',
    ],
    [['ECDHE+AESGCM', '!RSA'], 'ECDHE+AESGCM:!RSA'],
    [['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'], 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'],
  ])('takes the cipher suites %j', (cipher_suites, expected) => {
    expect(upstream(parameters({ cipher_suites })).ciphers).toBe(expected)
  })

  it.each([
    [['ECDHE-RSA-AES128-GCM-SHA256', 'bogus'], 'no cipher suite is called "bogus"'],
    [['ecdhe-rsa-aes128-gcm-sha256'], 'no cipher suite is called "ecdhe-rsa-aes128-gcm-sha256"'],
    // Those of TLS 1.3 cannot be chosen.
    [['TLS_AES_128_GCM_SHA256'], 'no cipher suite is called "TLS_AES_128_GCM_SHA256"'],
    [['DHE-RSA-AES128-GCM-SHA256'], 'no cipher suite is called "DHE-RSA-AES128-GCM-SHA256"'],
    [['ALL:!aNULL'], 'no cipher suite is called "aNULL"'],
    [['AES128-SHA', ''], 'no cipher suite is called ""'],
    [['DES-CBC3-SHA'], 'OpenSSL has none of DES-CBC3-SHA'],
  ])('refuses the cipher suites %j with the path of the field', (cipher_suites, expected) => {
    expect(refusal(parameters({ cipher_suites }))).toBe(
      `cluster "a": common_tls_context.tls_params.cipher_suites: ${expected}`,
    )
  })
})

describe('CertificateValidationContext', () => {
  const root = new TestAuthority()
  const validating = (context: object) =>
    upstream({
      common_tls_context: {
        validation_context: { trusted_ca: { inline_string: root.certificate }, ...context },
      },
    })
  const problem = (context: object) =>
    refusal({ common_tls_context: { validation_context: context } }).replace(
      'cluster "a": common_tls_context.validation_context.',
      '',
    )

  it('takes names by their kind, and names of every kind without one', () => {
    const matcher = { exact: 'a.example' }
    const { subjectAltNames } = validating({
      match_typed_subject_alt_names: [
        { san_type: 'DNS', matcher },
        { san_type: 'IP_ADDRESS', matcher: { prefix: '10.' } },
      ],
      match_subject_alt_names: [matcher],
    })
    expect(subjectAltNames).toMatchObject([
      { type: 'dns', exact: 'a.example' },
      { type: 'ip' },
      { type: 'any', exact: 'a.example' },
    ])
    expect(
      problem({ match_typed_subject_alt_names: [{ san_type: 'OTHER_NAME', matcher, oid: '1.2.3' }] }),
    ).toBe('match_typed_subject_alt_names[0].san_type: OTHER_NAME is not supported yet')
  })

  it('takes hashes of certificates as openssl prints them, and of keys', () => {
    const hash = 'AB'.repeat(32)
    const key = `${'A'.repeat(43)}=`
    expect(
      upstream({
        common_tls_context: {
          validation_context: {
            verify_certificate_hash: [hash.match(/../g)!.join(':')],
            verify_certificate_spki: [key],
          },
        },
      }),
    ).toMatchObject({
      validation: undefined,
      pins: { certificates: [hash.toLowerCase()], publicKeys: [key] },
    })
    expect(problem({ verify_certificate_hash: ['ab'] })).toBe(
      'verify_certificate_hash: "ab" is no SHA-256 in hexadecimal',
    )
  })

  it('takes a revocation list with the authority that it is of', () => {
    const list = root.revoke()
    expect(validating({ crl: { inline_string: list } }).revoked).toBe(list)
    expect(problem({ crl: { inline_string: list } })).toBe('crl: a revocation list needs trusted_ca')
    expect(problem({ crl: { inline_string: 'x' } })).toContain('crl: is no revocation list in PEM form')
  })
})
