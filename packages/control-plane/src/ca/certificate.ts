import { createHash, type KeyObject, sign } from 'node:crypto'
import { isIP } from 'node:net'
import {
  DER_TAGS,
  DerReader,
  derBitString,
  derBoolean,
  derContext,
  derInteger,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  derSet,
  derTime,
  derUtf8String,
  oidToString,
} from './der.ts'

/** What a certificate says. Times are milliseconds since the epoch, whole seconds count. */
export interface CertificateTemplate {
  readonly publicKey: KeyObject
  /** Encoded issuer name; {@link encodeName} makes one. */
  readonly issuer: Buffer
  readonly subject: Buffer
  readonly notBefore: number
  readonly notAfter: number
  /** 16 random bytes. */
  readonly serial: Uint8Array
  readonly isAuthority: boolean
  readonly subjectAltNames?: SubjectAltNames
  /** Key identifier of the issuer; undefined for a self-signed certificate. */
  readonly authorityKeyId?: Buffer
}

export interface SubjectAltNames {
  readonly uris?: readonly string[]
  readonly dnsNames?: readonly string[]
  readonly ipAddresses?: readonly string[]
}

/** `[0]` and `[3]` of a TBSCertificate. */
const VERSION_TAG = 0xa0
const EXTENSIONS_TAG = 0xa3
/** `[6]` of a GeneralName. */
const URI_TAG = 0x86

const OIDS = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyId: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
}

/** Signs the template with the issuer's key and gives the certificate as DER. */
export function signCertificate(template: CertificateTemplate, issuerKey: KeyObject): Buffer {
  const algorithm = signatureAlgorithm(issuerKey)
  const body = derSequence(
    derContext(0, true, derInteger(Buffer.from([2]))), // version 3
    derInteger(positive(template.serial)),
    algorithm.identifier,
    template.issuer,
    derSequence(derTime(template.notBefore), derTime(template.notAfter)),
    template.subject,
    template.publicKey.export({ format: 'der', type: 'spki' }),
    derContext(3, true, derSequence(...extensions(template))),
  )
  return derSequence(body, algorithm.identifier, derBitString(sign(algorithm.digest, body, issuerKey)))
}

/** A distinguished name of an organization and a common name, either of which may be missing. */
export function encodeName(name: { organization?: string; commonName?: string }): Buffer {
  const attribute = (oid: string, value: string | undefined) =>
    value === undefined || value === '' ? [] : [derSet(derSequence(derOid(oid), derUtf8String(value)))]
  return derSequence(
    ...attribute(OIDS.organization, name.organization),
    ...attribute(OIDS.commonName, name.commonName),
  )
}

/** SHA-1 of the public key's bits, as RFC 5280 §4.2.1.2 proposes: a name for the key, no security rests on it. */
export function keyIdentifier(publicKey: KeyObject): Buffer {
  const info = new DerReader(publicKey.export({ format: 'der', type: 'spki' })).next(DER_TAGS.sequence)
  const fields = new DerReader(info.content)
  fields.next(DER_TAGS.sequence)
  const bits = fields.next(DER_TAGS.bitString).content.subarray(1)
  return createHash('sha1').update(bits).digest()
}

/** What signing with a certificate needs to know of it. */
export interface CertificateFields {
  /** Encoded subject name. */
  readonly subject: Buffer
  /** The subject key identifier extension, where there is one. */
  readonly keyId: Buffer | undefined
  /** URIs of the subject alternative names. */
  readonly uris: readonly string[]
}

/** @throws RangeError for bytes that are no X.509 certificate */
export function readCertificate(bytes: Buffer): CertificateFields {
  const certificate = new DerReader(new DerReader(bytes).next(DER_TAGS.sequence).content)
  const body = new DerReader(certificate.next(DER_TAGS.sequence).content)
  if (body.peekTag() === VERSION_TAG) body.next()
  body.next(DER_TAGS.integer) // serial
  body.next(DER_TAGS.sequence) // signature algorithm
  body.next(DER_TAGS.sequence) // issuer
  body.next(DER_TAGS.sequence) // validity
  const subject = body.next(DER_TAGS.sequence).raw
  let keyId: Buffer | undefined
  let uris: string[] = []
  while (!body.isDone) {
    const field = body.next()
    if (field.tag !== EXTENSIONS_TAG) continue
    const list = new DerReader(new DerReader(field.content).next(DER_TAGS.sequence).content)
    while (!list.isDone) {
      const { oid, value } = readExtension(list.next(DER_TAGS.sequence).content)
      if (oid === OIDS.subjectKeyId) keyId = new DerReader(value).next(DER_TAGS.octetString).content
      if (oid === OIDS.subjectAltName) uris = readUris(value)
    }
  }
  return { subject, keyId, uris }
}

function readExtension(extension: Buffer): { oid: string; value: Buffer } {
  const fields = new DerReader(extension)
  const oid = oidToString(fields.next(DER_TAGS.oid).content)
  if (fields.peekTag() === DER_TAGS.boolean) fields.next()
  return { oid, value: fields.next(DER_TAGS.octetString).content }
}

function readUris(value: Buffer): string[] {
  const uris: string[] = []
  const names = new DerReader(new DerReader(value).next(DER_TAGS.sequence).content)
  while (!names.isDone) {
    const name = names.next()
    if (name.tag === URI_TAG) uris.push(name.content.toString('latin1'))
  }
  return uris
}

function extensions(template: CertificateTemplate): Buffer[] {
  const list = [
    extension(OIDS.keyUsage, true, keyUsage(template.isAuthority)),
    extension(
      OIDS.basicConstraints,
      true,
      template.isAuthority ? derSequence(derBoolean(true)) : derSequence(),
    ),
    extension(OIDS.subjectKeyId, false, derOctetString(keyIdentifier(template.publicKey))),
  ]
  if (!template.isAuthority)
    list.push(
      extension(OIDS.extendedKeyUsage, false, derSequence(derOid(OIDS.serverAuth), derOid(OIDS.clientAuth))),
    )
  if (template.authorityKeyId !== undefined)
    list.push(
      extension(OIDS.authorityKeyId, false, derSequence(derContext(0, false, template.authorityKeyId))),
    )
  const names = subjectAltNames(template.subjectAltNames ?? {})
  // Critical when it is the only name (RFC 5280 §4.2.1.6): the subject of a workload certificate is empty.
  const isOnlyName = template.subject.length === 2
  if (names.length > 0) list.push(extension(OIDS.subjectAltName, isOnlyName, derSequence(...names)))
  return list
}

function extension(oid: string, isCritical: boolean, value: Buffer): Buffer {
  return derSequence(derOid(oid), ...(isCritical ? [derBoolean(true)] : []), derOctetString(value))
}

/** Bits: 0 digitalSignature, 2 keyEncipherment; 5 keyCertSign, 6 cRLSign. */
function keyUsage(isAuthority: boolean): Buffer {
  return isAuthority
    ? derBitString(Buffer.from([0b0000_0110]), 1)
    : derBitString(Buffer.from([0b1010_0000]), 5)
}

function subjectAltNames(names: SubjectAltNames): Buffer[] {
  return [
    ...(names.dnsNames ?? []).map((name) => derContext(2, false, Buffer.from(name))),
    ...(names.uris ?? []).map((uri) => derContext(6, false, Buffer.from(uri))),
    ...(names.ipAddresses ?? []).map((address) => derContext(7, false, addressBytes(address))),
  ]
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number))
  // `::1` has no short way out of the URL parser, which knows every IPv6 form.
  const groups = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const words = (text: string | undefined) =>
    text ? text.split(':').map((word) => Number.parseInt(word, 16)) : []
  const head = words(groups[0])
  const tail = words(groups[1])
  const bytes = Buffer.alloc(16)
  for (const [i, word] of head.entries()) bytes.writeUInt16BE(word, i * 2)
  for (const [i, word] of tail.entries()) bytes.writeUInt16BE(word, 16 - (tail.length - i) * 2)
  return bytes
}

function positive(serial: Uint8Array): Buffer {
  const bytes = Buffer.from(serial)
  bytes[0] = (bytes[0]! & 0x7f) | 0x40 // never zero, never negative, always 16 bytes
  return bytes
}

function signatureAlgorithm(key: KeyObject): { identifier: Buffer; digest: string | undefined } {
  const identifier = (oid: string, ...parameters: Buffer[]) => derSequence(derOid(oid), ...parameters)
  if (key.asymmetricKeyType === 'ed25519') return { identifier: identifier('1.3.101.112'), digest: undefined }
  if (key.asymmetricKeyType === 'rsa')
    return { identifier: identifier('1.2.840.113549.1.1.11', derNull()), digest: 'sha256' }
  if (key.asymmetricKeyType === 'ec')
    return key.asymmetricKeyDetails?.namedCurve === 'secp384r1'
      ? { identifier: identifier('1.2.840.10045.4.3.3'), digest: 'sha384' }
      : { identifier: identifier('1.2.840.10045.4.3.2'), digest: 'sha256' }
  throw new TypeError(`a key of type ${key.asymmetricKeyType ?? 'unknown'} cannot sign certificates`)
}
