import { createPrivateKey, X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { errorMessage } from '@batten/core'
import type { CertificateValidationContext, Secret, TlsCertificate } from '@batten/xds'
import type { TlsSecret } from '../tls/tls-config.ts'
import { compileDataSource } from './compile-data-source.ts'
import type { FieldPath } from './field-path.ts'
import type { MessageReader } from './message-reader.ts'

/** `Secret` -> what TLS contexts are made of. Everything is parsed now, so that a bad secret is refused, not used. */
export function compileSecret(secret: MessageReader<Secret>, name: string): TlsSecret {
  const certificate = secret.nested('tlsCertificate', 'TlsCertificate')
  const validation = secret.nested('validationContext', 'CertificateValidationContext')
  secret.skip('name')
  secret.done()
  if (certificate !== undefined)
    return Object.freeze({ kind: 'certificate', name, ...compileTlsCertificate(certificate) })
  if (validation !== undefined) {
    const trustedCa = compileTrustedCa(validation)
    const revoked = compileRevoked(validation)
    validation.done()
    if (trustedCa === undefined)
      throw validation.path('trustedCa').invalid('a validation context needs trusted_ca')
    return Object.freeze({
      kind: 'validation',
      name,
      trustedCa,
      ...(revoked === undefined ? {} : { revoked }),
    })
  }
  throw secret.at.unsupported(
    'neither tls_certificate nor validation_context; other secrets are not supported yet',
  )
}

/** `TlsCertificate` -> PEM chain and key, checked to belong together. */
export function compileTlsCertificate(message: MessageReader<TlsCertificate>): {
  readonly certificateChain: string
  readonly privateKey: string
} {
  const chainSource = message.nested('certificateChain', 'DataSource')
  const keySource = message.nested('privateKey', 'DataSource')
  if (chainSource === undefined)
    throw message.path('certificateChain').invalid('a certificate chain is required')
  if (keySource === undefined) throw message.path('privateKey').invalid('a private key is required')
  const certificateChain = compileDataSource(chainSource).toString('latin1')
  const privateKey = compileDataSource(keySource).toString('latin1')
  message.done()
  const leaf = parseCertificates(certificateChain, message.path('certificateChain'))[0]!
  let matches: boolean
  try {
    matches = leaf.checkPrivateKey(createPrivateKey(privateKey))
  } catch {
    // The error of the parser may quote the input.
    throw message.path('privateKey').invalid('is no private key in PEM form')
  }
  if (!matches) throw message.path('privateKey').invalid('does not belong to the certificate')
  return { certificateChain, privateKey }
}

/** `trusted_ca` of a validation context as PEM; undefined when it has none. */
export function compileTrustedCa(
  validation: MessageReader<CertificateValidationContext>,
): string | undefined {
  const source = validation.nested('trustedCa', 'DataSource')
  if (source === undefined) return undefined
  const pem = compileDataSource(source).toString('latin1')
  parseCertificates(pem, validation.path('trustedCa'))
  return pem
}

/** `crl` of a validation context as PEM; undefined when it has none. */
export function compileRevoked(validation: MessageReader<CertificateValidationContext>): string | undefined {
  const source = validation.nested('crl', 'DataSource')
  if (source === undefined) return undefined
  const pem = compileDataSource(source).toString('latin1')
  try {
    createSecureContext({ crl: pem })
  } catch (thrown) {
    throw validation.path('crl').invalid(`is no revocation list in PEM form: ${errorMessage(thrown)}`)
  }
  return pem
}

function parseCertificates(pem: string, at: FieldPath): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []
  if (blocks.length === 0) throw at.invalid('holds no certificate in PEM form')
  return blocks.map((block, i) => {
    try {
      return new X509Certificate(block)
    } catch (thrown) {
      throw at.invalid(`certificate ${i + 1} cannot be parsed: ${errorMessage(thrown)}`)
    }
  })
}
