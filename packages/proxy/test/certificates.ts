import {
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto'
import { DER, derBitString, derElement, derInteger, derOid, derSequence, pemOf } from '../src/tls/der.ts'

export interface IssueOptions {
  readonly uris?: readonly string[]
  readonly dns?: readonly string[]
  /** Common name; empty leaves the subject empty, as Istio does. */
  readonly commonName?: string
  readonly notBefore?: Date
  readonly notAfter?: Date
}

export interface IssuedCertificate {
  /** Leaf first; the root is not in it. */
  readonly certificateChain: string
  readonly privateKey: string
}

const HOUR_MS = 3_600_000

/** A certificate authority for tests: P-256 keys, certificates as Istio's CA issues them. */
export class TestAuthority {
  readonly certificate: string
  readonly #key: KeyObject
  readonly #name: Buffer
  readonly #chain: string

  constructor(name = 'test root', parent?: TestAuthority) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    this.#key = privateKey
    this.#name = distinguishedName(name)
    const extensions = [
      extension('2.5.29.19', true, derSequence(derElement(DER.boolean, Buffer.from([0xff])))),
      extension('2.5.29.15', true, derElement(DER.bitString, Buffer.from([1, 0x86]))),
    ]
    this.certificate = certificate({
      issuer: parent === undefined ? this.#name : parent.#name,
      subject: this.#name,
      publicKey,
      signer: parent === undefined ? privateKey : parent.#key,
      notBefore: new Date(Date.now() - HOUR_MS),
      notAfter: new Date(Date.now() + 24 * HOUR_MS),
      extensions,
    })
    this.#chain = parent === undefined ? '' : this.certificate + parent.#chain
  }

  issue(options: IssueOptions): IssuedCertificate {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    return {
      certificateChain: this.certify(publicKey, options),
      privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    }
  }

  /** A revocation list (PEM) with some of its certificates. */
  revoke(...certificateChains: readonly string[]): string {
    const now = Date.now()
    const revoked = certificateChains.map((pem) =>
      derSequence(
        derElement(DER.integer, Buffer.from(new X509Certificate(pem).serialNumber, 'hex')),
        time(new Date(now - HOUR_MS)),
      ),
    )
    const algorithm = derSequence(derOid('1.2.840.10045.4.3.2'))
    const list = derSequence(
      derInteger(1),
      algorithm,
      this.#name,
      time(new Date(now - HOUR_MS)),
      time(new Date(now + HOUR_MS)),
      ...(revoked.length === 0 ? [] : [derSequence(...revoked)]),
    )
    return pemOf('X509 CRL', derSequence(list, algorithm, derBitString(sign('sha256', list, this.#key))))
  }

  /** Issues a certificate for a key that somebody else has; returns the chain. */
  certify(publicKey: KeyObject, options: IssueOptions): string {
    const names = [
      ...(options.dns ?? []).map((name) => derElement(0x82, Buffer.from(name, 'latin1'))),
      ...(options.uris ?? []).map((uri) => derElement(0x86, Buffer.from(uri, 'latin1'))),
    ]
    const commonName = options.commonName ?? ''
    const extensions = [
      extension('2.5.29.15', true, derElement(DER.bitString, Buffer.from([5, 0xa0]))),
      extension('2.5.29.37', false, derSequence(derOid('1.3.6.1.5.5.7.3.1'), derOid('1.3.6.1.5.5.7.3.2'))),
      extension('2.5.29.19', true, derSequence()),
    ]
    if (names.length > 0) extensions.push(extension('2.5.29.17', commonName === '', derSequence(...names)))
    const leaf = certificate({
      issuer: this.#name,
      subject: distinguishedName(commonName),
      publicKey,
      signer: this.#key,
      notBefore: options.notBefore ?? new Date(Date.now() - 120_000),
      notAfter: options.notAfter ?? new Date(Date.now() + HOUR_MS),
      extensions,
    })
    return leaf + this.#chain
  }
}

function distinguishedName(commonName: string): Buffer {
  if (commonName === '') return derSequence()
  const value = derElement(DER.utf8String, Buffer.from(commonName))
  return derSequence(derElement(DER.set, derSequence(derOid('2.5.4.3'), value)))
}

function extension(oid: string, isCritical: boolean, value: Buffer): Buffer {
  const critical = isCritical ? [derElement(DER.boolean, Buffer.from([0xff]))] : []
  return derSequence(derOid(oid), ...critical, derElement(DER.octetString, value))
}

function certificate(fields: {
  readonly issuer: Buffer
  readonly subject: Buffer
  readonly publicKey: KeyObject
  readonly signer: KeyObject
  readonly notBefore: Date
  readonly notAfter: Date
  readonly extensions: readonly Buffer[]
}): string {
  const algorithm = derSequence(derOid('1.2.840.10045.4.3.2'))
  const serial = randomBytes(12)
  serial[0] = 0x11
  const tbs = derSequence(
    derElement(0xa0, derInteger(2)),
    derElement(DER.integer, serial),
    algorithm,
    fields.issuer,
    derSequence(time(fields.notBefore), time(fields.notAfter)),
    fields.subject,
    fields.publicKey.export({ type: 'spki', format: 'der' }),
    derElement(0xa3, derSequence(...fields.extensions)),
  )
  const signature = sign(
    'sha256',
    tbs,
    createPrivateKey(fields.signer.export({ type: 'pkcs8', format: 'pem' })),
  )
  return pemOf('CERTIFICATE', derSequence(tbs, algorithm, derBitString(signature)))
}

function time(date: Date): Buffer {
  const text = date.toISOString().replace(/[-:T]/g, '').replace(/\.\d+/, '')
  return derElement(DER.utcTime, Buffer.from(text.slice(2)))
}
