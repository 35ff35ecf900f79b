import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { encodeName } from '../../src/ca/certificate.ts'
import {
  derBitString,
  derContext,
  derInteger,
  derOctetString,
  derOid,
  derSequence,
  derSet,
} from '../../src/ca/der.ts'
import { encodePem } from '../../src/ca/pem.ts'

/** A workload's request with a new P-256 key, asking for names that it must not get. For tests. */
export function createTestRequest(options: { commonName?: string; dnsNames?: readonly string[] } = {}): {
  csr: string
  publicKey: KeyObject
  privateKey: KeyObject
} {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const publicKey = createPublicKey(privateKey)
  const names = (options.dnsNames ?? []).map((name) => derContext(2, false, Buffer.from(name)))
  const extensions = derSequence(derSequence(derOid('2.5.29.17'), derOctetString(derSequence(...names))))
  const extensionRequest = derSequence(derOid('1.2.840.113549.1.9.14'), derSet(extensions))
  const info = derSequence(
    derInteger(Buffer.from([0])),
    encodeName({ commonName: options.commonName ?? '' }),
    publicKey.export({ format: 'der', type: 'spki' }),
    derContext(0, true, ...(names.length === 0 ? [] : [extensionRequest])),
  )
  const algorithm = derSequence(derOid('1.2.840.10045.4.3.2'))
  const request = derSequence(info, algorithm, derBitString(sign('sha256', info, privateKey)))
  return { csr: encodePem('CERTIFICATE REQUEST', request), publicKey, privateKey }
}
