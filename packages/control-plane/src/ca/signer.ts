import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import { errorMessage } from '@batten/core'
import { controlPlaneError } from '../errors.ts'
import { readCertificate } from './certificate.ts'

/** A certificate and key that sign others. */
export interface Signer {
  /** PEM of the signing certificate. */
  readonly certificate: string
  readonly privateKey: KeyObject
  /** Encoded subject: the issuer of everything it signs. */
  readonly subject: Buffer
  /** Its subject key identifier: a chain is found by it. */
  readonly keyId: Buffer | undefined
  /** Milliseconds since the epoch. */
  readonly notBefore: number
  readonly notAfter: number
  /** PEM certificates between a leaf and the root: the signer itself and what is above it; empty for a root. */
  readonly intermediates: readonly string[]
}

/**
 * Reads a signer from PEM.
 *
 * @param intermediates what peers need to get from a leaf to a root, one PEM certificate an element
 * @throws BattenError `CA_DIRECTORY` when the key is not the certificate's, or the certificate may not sign
 */
export function createSigner(
  certificate: string,
  privateKeyPem: string,
  intermediates: readonly string[],
  where: string,
): Signer {
  try {
    const parsed = new X509Certificate(certificate)
    const privateKey = createPrivateKey(privateKeyPem)
    if (!parsed.ca) throw new RangeError('the certificate is no authority (basicConstraints CA is not set)')
    if (!createPublicKey(privateKey).equals(parsed.publicKey))
      throw new RangeError('the private key does not belong to the certificate')
    const { subject, keyId } = readCertificate(parsed.raw)
    return {
      certificate,
      privateKey,
      subject,
      keyId,
      notBefore: parsed.validFromDate.getTime(),
      notAfter: parsed.validToDate.getTime(),
      intermediates,
    }
  } catch (error) {
    throw controlPlaneError('CA_DIRECTORY', {
      message: `the certificate authority cannot be used: ${errorMessage(error)}`,
      where,
      hint: 'ca-cert.pem and ca-key.pem must be a matching pair, and the certificate must be allowed to sign',
      cause: error,
    })
  }
}
