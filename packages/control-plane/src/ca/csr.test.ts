import { generateKeyPairSync, webcrypto } from 'node:crypto'
import fc from 'fast-check'
import * as pkijs from 'pkijs'
import { describe, expect, it } from 'vitest'
import { parseCertificateRequest } from './csr.ts'
import { DerReader, derOid, oidToString } from './der.ts'
import { decodePem, encodePem } from './pem.ts'

/** Requests come from somebody else's library, so that the parser is not tested against itself. */
async function createRequest(algorithm: KeyAlgorithm, hash = 'SHA-256'): Promise<string> {
  const engine = new pkijs.CryptoEngine({ crypto: webcrypto as EngineCrypto })
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as EngineKeys
  const request = new pkijs.CertificationRequest()
  await request.subjectPublicKeyInfo.importKey(keys.publicKey, engine)
  await request.sign(keys.privateKey, hash, engine)
  return encodePem('CERTIFICATE REQUEST', Buffer.from(request.toSchema(true).toBER(false)))
}

type KeyAlgorithm = webcrypto.EcKeyGenParams | webcrypto.RsaHashedKeyGenParams
type EngineCrypto = ConstructorParameters<typeof pkijs.CryptoEngine>[0]['crypto']
type EngineKey = Parameters<pkijs.CertificationRequest['sign']>[0]
type EngineKeys = { readonly publicKey: EngineKey; readonly privateKey: EngineKey }

describe('parseCertificateRequest', () => {
  it.each([
    ['P-256', { name: 'ECDSA', namedCurve: 'P-256' }, 'SHA-256', 'ec'],
    ['P-384', { name: 'ECDSA', namedCurve: 'P-384' }, 'SHA-384', 'ec'],
    [
      'RSA 2048',
      {
        name: 'RSASSA-PKCS1-v1_5',
        modulusLength: 2048,
        publicExponent: new Uint8Array([1, 0, 1]),
        hash: 'SHA-256',
      },
      'SHA-256',
      'rsa',
    ],
  ])('takes a request with a %s key', async (_, algorithm, hash, type) => {
    const { publicKey, commonName } = parseCertificateRequest(await createRequest(algorithm, hash))
    expect(publicKey.asymmetricKeyType).toBe(type)
    expect(commonName).toBe('')
  })

  it('refuses a request whose signature is by another key', async () => {
    const pem = await createRequest({ name: 'ECDSA', namedCurve: 'P-256' })
    const bytes = decodePem(pem, 'CERTIFICATE REQUEST')[0]!
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
    const spki = other.export({ format: 'der', type: 'spki' })
    // The key's 91 bytes stand where they stood, with another key in them.
    const at = bytes.indexOf(spki.subarray(0, 27))
    spki.copy(bytes, at)
    expect(() => parseCertificateRequest(encodePem('CERTIFICATE REQUEST', bytes))).toThrow(
      /signature does not match its public key/,
    )
  })

  it.each([
    [
      'a weak RSA key',
      {
        name: 'RSASSA-PKCS1-v1_5',
        modulusLength: 1024,
        publicExponent: new Uint8Array([1, 0, 1]),
        hash: 'SHA-256',
      },
      /1024 bits/,
    ],
  ])('refuses %s', async (_, algorithm, message) => {
    const pem = await createRequest(algorithm)
    expect(() => parseCertificateRequest(pem)).toThrow(message)
  })

  it.each([
    ['nothing', '', /no PEM block/],
    ['a certificate', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', /no PEM block/],
    ['an open block', '-----BEGIN CERTIFICATE REQUEST-----\nAAAA', /has no end/],
    ['no base64', '-----BEGIN CERTIFICATE REQUEST-----\n*\n-----END CERTIFICATE REQUEST-----', /no base64/],
    ['too much', `-----BEGIN CERTIFICATE REQUEST-----\n${'A'.repeat(20_000)}`, /limit is 16384/],
  ])('refuses %s', (_, pem, message) => {
    expect(() => parseCertificateRequest(pem)).toThrow(message)
  })

  it('answers every damaged request with CA_BAD_REQUEST, never with another error', async () => {
    const good = decodePem(
      await createRequest({ name: 'ECDSA', namedCurve: 'P-256' }),
      'CERTIFICATE REQUEST',
    )[0]!
    fc.assert(
      fc.property(
        fc.nat(good.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.nat(good.length),
        (at, flip, length) => {
          const bytes = Buffer.from(good)
          bytes[at] = bytes[at]! ^ flip
          const pem = encodePem('CERTIFICATE REQUEST', bytes.subarray(0, length))
          expect(() => parseCertificateRequest(pem)).toThrow(
            expect.objectContaining({ code: 'CA_BAD_REQUEST' }),
          )
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('DerReader', () => {
  it.each([
    ['an indefinite length', [0x30, 0x80, 0, 0]],
    ['a length beyond the end', [0x30, 0x05, 0]],
    ['a long form where the short one fits', [0x04, 0x81, 0x01, 0]],
    ['a tag of several bytes', [0x1f, 0x81, 0x01, 0]],
    ['nothing', []],
  ])('refuses %s', (_, bytes) => {
    expect(() => new DerReader(Buffer.from(bytes)).next()).toThrow(RangeError)
  })

  it.each(['1.2.840.10045.4.3.2', '2.5.29.17', '2.999.3', '1.3.101.112'])('prints %s as it was', (oid) => {
    const content = new DerReader(derOid(oid)).next().content
    expect(oidToString(content)).toBe(oid)
  })
})
