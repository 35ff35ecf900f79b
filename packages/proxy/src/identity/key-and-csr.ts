import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { DER, derBitString, derElement, derInteger, derOid, derSequence, pemOf } from '../tls/der.ts'

/** A new private key and the request to certify it. */
export interface KeyAndRequest {
  /** PKCS#8 PEM. Never logged, never written to disk. */
  readonly privateKey: string
  readonly key: KeyObject
  /** PKCS#10 PEM. */
  readonly csr: string
}

const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2'
const EXTENSION_REQUEST = '1.2.840.113549.1.9.14'
const SUBJECT_ALT_NAME = '2.5.29.17'
const URI_NAME = 0x86
const ATTRIBUTES = 0xa0

/**
 * Makes a P-256 key and a certificate request with an empty subject and the SPIFFE ID as its only name, as Istio's
 * agent does. The CA decides about the name by what the token proves; the request only says what is hoped for.
 */
export function createKeyAndRequest(spiffeId: string): KeyAndRequest {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const name = derSequence(derElement(URI_NAME, Buffer.from(spiffeId, 'latin1')))
  const subjectAltName = derSequence(
    derOid(SUBJECT_ALT_NAME),
    // Critical: there is no subject beside it.
    derElement(DER.boolean, Buffer.from([0xff])),
    derElement(DER.octetString, name),
  )
  const attribute = derSequence(derOid(EXTENSION_REQUEST), derElement(DER.set, derSequence(subjectAltName)))
  const info = derSequence(
    derInteger(0),
    derSequence(),
    publicKey.export({ type: 'spki', format: 'der' }),
    derElement(ATTRIBUTES, attribute),
  )
  const signature = sign('sha256', info, privateKey)
  const request = derSequence(info, derSequence(derOid(ECDSA_WITH_SHA256)), derBitString(signature))
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    key: privateKey,
    csr: pemOf('CERTIFICATE REQUEST', request),
  }
}
