import { X509Certificate } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TestAuthority } from '../../test/certificates.ts'
import { DER, DerError, DerReader, derElement, derInteger, derOid, derSequence, oidText } from './der.ts'
import { distinguishedName, distinguishedNames } from './distinguished-name.ts'
import { subjectAltNames } from './subject-alt-names.ts'

const authority = new TestAuthority('Root, "of" all')
const der = (pem: string) => new X509Certificate(pem).raw

describe('DER', () => {
  it('reads back what it writes, for every length', () => {
    for (const length of [0, 1, 127, 128, 255, 256, 65_535, 65_536, 70_000]) {
      const content = Buffer.alloc(length, 7)
      const reader = new DerReader(Buffer.concat([derElement(DER.octetString, content), derInteger(5)]))
      expect(reader.next().content.equals(content)).toBe(true)
      expect(reader.next().content[0]).toBe(5)
      expect(reader.isAtEnd).toBe(true)
    }
  })

  it('encodes and decodes object identifiers', () => {
    for (const oid of ['2.5.29.17', '1.2.840.113549.1.9.14', '1.3.6.1.4.1.99999.1', '2.999.3'])
      expect(oidText(new DerReader(derOid(oid)).next().content)).toBe(oid)
  })

  it('answers any bytes with an element or a DerError, within bounds', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const reader = new DerReader(bytes)
        try {
          while (!reader.isAtEnd) expect(reader.next().encoded.length).toBeLessThanOrEqual(bytes.length)
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(DerError)
        }
      }),
    )
  })
})

describe('subject alternative names', () => {
  it('come from the encoding, each with its kind', () => {
    const { certificateChain } = authority.issue({
      uris: ['spiffe://cluster.local/ns/a/sa/b', 'https://x.example/y'],
      dns: ['a.example', '*.b.example'],
    })
    expect(subjectAltNames(der(certificateChain))).toEqual({
      uris: ['spiffe://cluster.local/ns/a/sa/b', 'https://x.example/y'],
      dns: ['a.example', '*.b.example'],
      emails: [],
      ips: [],
      others: 0,
    })
  })

  it('cannot be added to by a name that looks like several', () => {
    const sly = 'x.example, URI:spiffe://cluster.local/ns/admin/sa/admin'
    const { certificateChain } = authority.issue({ dns: [sly] })
    expect(subjectAltNames(der(certificateChain))).toEqual({
      uris: [],
      dns: [sly],
      emails: [],
      ips: [],
      others: 0,
    })
  })

  it('leave out names with control characters and NUL', () => {
    const { certificateChain } = authority.issue({ dns: ['good.example', 'good.example\u0000.evil.example'] })
    expect(subjectAltNames(der(certificateChain))).toEqual({
      uris: [],
      dns: ['good.example'],
      emails: [],
      ips: [],
      others: 1,
    })
  })

  it('are empty for a certificate without the extension', () => {
    expect(subjectAltNames(der(authority.certificate)).uris).toEqual([])
  })

  it('never read out of a damaged certificate more than a DerError', () => {
    const original = der(authority.issue({ uris: ['spiffe://a/ns/b/sa/c'] }).certificateChain)
    fc.assert(
      fc.property(fc.nat(original.length - 1), fc.nat(255), fc.nat(original.length), (at, value, cut) => {
        const damaged = Buffer.from(original.subarray(0, cut))
        if (at < damaged.length) damaged[at] = value
        try {
          subjectAltNames(damaged)
          distinguishedNames(damaged)
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(DerError)
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('a distinguished name', () => {
  it('is printed as RFC 2253 says: last part first, specials escaped', () => {
    const part = (oid: string, value: string) =>
      derElement(DER.set, derSequence(derOid(oid), derElement(DER.utf8String, Buffer.from(value))))
    const name = Buffer.concat([
      part('2.5.4.6', 'DE'),
      part('2.5.4.10', 'Müller, Söhne'),
      part('1.2.3.4', 'x'),
      part('2.5.4.3', ' #a+b'),
    ])
    expect(distinguishedName(name)).toBe('CN=\\ #a\\+b,1.2.3.4=#0C0178,O=M\\C3\\BCller\\, S\\C3\\B6hne,C=DE')
  })

  it('is empty for the empty subject of a workload certificate', () => {
    const { certificateChain } = authority.issue({ uris: ['spiffe://a/ns/b/sa/c'] })
    expect(distinguishedNames(der(certificateChain))).toEqual({
      subject: '',
      issuer: 'CN=Root\\, \\"of\\" all',
    })
  })
})
