import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { errorMessage } from '@batten/core'
import { controlPlaneError } from '../errors.ts'
import { DER_TAGS, DerReader, oidToString } from './der.ts'
import { decodePem } from './pem.ts'

/** A certificate signing request (PKCS#10, RFC 2986) whose signature was checked against its own key. */
export interface CertificateRequest {
  readonly publicKey: KeyObject
  /** CN of the subject, empty when there is none. What else the request asks for is never granted, so never read. */
  readonly commonName: string
}

/** A request with a P-256 key takes 400 bytes, one with RSA 4096 takes 1.7 KB. */
const MAX_CSR_BYTES = 16 * 1024
const MIN_RSA_BITS = 2048
const CURVES = new Set(['prime256v1', 'secp384r1', 'secp521r1'])
const COMMON_NAME_OID = '2.5.4.3'

/** Signature algorithms by OID: the digest that `verify` needs; undefined is the algorithm's own (Ed25519). */
const DIGESTS = new Map<string, string | undefined>([
  ['1.2.840.10045.4.3.2', 'sha256'],
  ['1.2.840.10045.4.3.3', 'sha384'],
  ['1.2.840.10045.4.3.4', 'sha512'],
  ['1.2.840.113549.1.1.11', 'sha256'],
  ['1.2.840.113549.1.1.12', 'sha384'],
  ['1.2.840.113549.1.1.13', 'sha512'],
  ['1.3.101.112', undefined],
])

/**
 * Reads a PEM request and proves that whoever made it holds the private key.
 *
 * @throws BattenError `CA_BAD_REQUEST` with the reason
 */
export function parseCertificateRequest(pem: string): CertificateRequest {
  if (pem.length > MAX_CSR_BYTES)
    throw badRequest(`it has ${pem.length} bytes; the limit is ${MAX_CSR_BYTES}`)
  let bytes: Buffer | undefined
  try {
    // Both labels are in use (RFC 7468 §7).
    bytes = decodePem(pem, 'CERTIFICATE REQUEST')[0] ?? decodePem(pem, 'NEW CERTIFICATE REQUEST')[0]
  } catch (error) {
    throw badRequest(errorMessage(error), error)
  }
  if (bytes === undefined) throw badRequest('it holds no PEM block "CERTIFICATE REQUEST"')
  return parseDerRequest(bytes)
}

function parseDerRequest(bytes: Buffer): CertificateRequest {
  let parts: ReturnType<typeof readRequest>
  let publicKey: KeyObject
  try {
    parts = readRequest(bytes)
    publicKey = createPublicKey({ key: parts.publicKeyInfo, format: 'der', type: 'spki' })
  } catch (error) {
    throw badRequest(errorMessage(error), error)
  }
  if (!DIGESTS.has(parts.algorithm))
    throw badRequest(`signature algorithm ${parts.algorithm} is not supported`)
  checkKey(publicKey)
  if (!isSignedBy(publicKey, parts)) throw badRequest('its signature does not match its public key')
  return { publicKey, commonName: parts.commonName }
}

function readRequest(bytes: Buffer) {
  const outer = new DerReader(bytes)
  const request = new DerReader(outer.next(DER_TAGS.sequence).content)
  outer.end()
  const info = request.next(DER_TAGS.sequence)
  const algorithm = new DerReader(request.next(DER_TAGS.sequence).content).next(DER_TAGS.oid)
  const signature = request.next(DER_TAGS.bitString)
  request.end()
  if (signature.content[0] !== 0) throw new RangeError('signature is not a whole number of bytes')

  const fields = new DerReader(info.content)
  fields.next(DER_TAGS.integer)
  const subject = fields.next(DER_TAGS.sequence)
  const publicKeyInfo = fields.next(DER_TAGS.sequence)
  return {
    signed: info.raw,
    algorithm: oidToString(algorithm.content),
    signature: signature.content.subarray(1),
    publicKeyInfo: publicKeyInfo.raw,
    commonName: readCommonName(subject.content),
  }
}

function readCommonName(subject: Buffer): string {
  const sets = new DerReader(subject)
  while (!sets.isDone) {
    const pairs = new DerReader(sets.next(DER_TAGS.set).content)
    while (!pairs.isDone) {
      const pair = new DerReader(pairs.next(DER_TAGS.sequence).content)
      const oid = oidToString(pair.next(DER_TAGS.oid).content)
      if (oid === COMMON_NAME_OID) return pair.next().content.toString('utf8')
    }
  }
  return ''
}

function checkKey(key: KeyObject): void {
  const details = key.asymmetricKeyDetails ?? {}
  if (key.asymmetricKeyType === 'ed25519') return
  if (key.asymmetricKeyType === 'ec') {
    if (CURVES.has(details.namedCurve ?? '')) return
    throw badRequest(`curve ${details.namedCurve ?? 'unknown'} is not supported`)
  }
  if (key.asymmetricKeyType === 'rsa') {
    if ((details.modulusLength ?? 0) >= MIN_RSA_BITS) return
    throw badRequest(`its RSA key has ${details.modulusLength} bits; at least ${MIN_RSA_BITS} are needed`)
  }
  throw badRequest(`keys of type ${key.asymmetricKeyType ?? 'unknown'} are not supported`)
}

function isSignedBy(key: KeyObject, parts: ReturnType<typeof readRequest>): boolean {
  try {
    return verify(DIGESTS.get(parts.algorithm), parts.signed, key, parts.signature)
  } catch {
    return false // the algorithm is for another kind of key
  }
}

function badRequest(reason: string, cause?: unknown) {
  return controlPlaneError('CA_BAD_REQUEST', {
    message: `the certificate signing request is not usable: ${reason}`,
    hint: 'send a PEM PKCS#10 request with an ECDSA P-256 key, or RSA with at least 2048 bits',
    cause,
  })
}
