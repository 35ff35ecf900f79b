import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { systemClock } from '@batten/core'
import { afterEach, describe, expect, it } from 'vitest'
import { createTestRequest } from '../../test/support/certificate-request.ts'
import { DAY, HOUR, MINUTE, settableClock } from '../../test/support/settable-clock.ts'

import { encodeName, keyIdentifier, signCertificate } from './certificate.ts'
import { encodePem, splitCertificates } from './pem.ts'
import { loadPluggedInAuthority } from './plugged-in.ts'
import { createRoot } from './root-store.ts'
import { createSelfSignedAuthority } from './self-signed.ts'
import { createSigner } from './signer.ts'

const reviews = { namespace: 'shop', serviceAccount: 'reviews' }
const directories: string[] = []

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'batten-ca-'))
  directories.push(directory)
  return directory
}

afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true })
})

describe('a workload certificate', () => {
  const clock = settableClock(Date.UTC(2030, 0, 1, 12))
  const ca = createSelfSignedAuthority({ clock, trustDomain: 'example.org' })

  it('names the proven identity and nothing that the request asked for', () => {
    const { csr, publicKey } = createTestRequest({ dnsNames: ['admin.example.org'] })
    const { chain } = ca.signWorkload(csr, reviews)
    const leaf = new X509Certificate(chain[0]!)
    expect(leaf.subjectAltName).toBe('URI:spiffe://example.org/ns/shop/sa/reviews')
    expect(leaf.subject).toBeUndefined()
    expect(leaf.publicKey.equals(publicKey)).toBe(true)
    expect(leaf.ca).toBe(false)
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'])
    expect(leaf.verify(new X509Certificate(ca.trustBundle).publicKey)).toBe(true)
    expect(leaf.checkIssued(new X509Certificate(ca.trustBundle))).toBe(true)
    expect(chain).toEqual([chain[0], ca.trustBundle])
  })

  it('carries a CN only when the request had one', () => {
    const { csr } = createTestRequest({ commonName: 'anything' })
    const leaf = new X509Certificate(ca.signWorkload(csr, reviews).chain[0]!)
    expect(leaf.subject).toBe('CN=spiffe://example.org/ns/shop/sa/reviews')
  })

  it.each([
    ['24 h by default', 0, DAY],
    ['what was asked for', HOUR, HOUR],
    ['90 days at most', 365 * DAY, 90 * DAY],
  ])('lives %s', (_, ttlMs, expected) => {
    const { issued } = ca.signWorkload(createTestRequest().csr, reviews, ttlMs)
    expect(issued.notBefore).toBe(clock.now() - 2 * MINUTE)
    expect(issued.notAfter).toBe(clock.now() + expected)
    const leaf = new X509Certificate(issued.certificate)
    expect(leaf.validFromDate.getTime()).toBe(issued.notBefore)
    expect(leaf.validToDate.getTime()).toBe(issued.notAfter)
  })

  it('never outlives the root, and is refused when the root has expired', () => {
    const shortClock = settableClock(Date.UTC(2030, 0, 1))
    const short = createSelfSignedAuthority({ clock: shortClock, rootTtlMs: HOUR })
    const { issued } = short.signWorkload(createTestRequest().csr, reviews)
    expect(issued.notAfter).toBe(shortClock.now() + HOUR)
    shortClock.advance(2 * HOUR)
    expect(() => short.signWorkload(createTestRequest().csr, reviews)).toThrow(
      expect.objectContaining({ code: 'CA_EXPIRED' }),
    )
  })
})

describe('a self-signed authority', () => {
  it('keeps its root in the directory, readable by its owner only', () => {
    const directory = join(temporaryDirectory(), 'ca')
    const first = createSelfSignedAuthority({ directory })
    expect(readdirSync(directory).sort()).toEqual([
      'ca-cert.pem',
      'ca-key.pem',
      'cert-chain.pem',
      'root-cert.pem',
    ])
    expect(statSync(join(directory, 'ca-key.pem')).mode & 0o777).toBe(0o600)
    expect(statSync(directory).mode & 0o777).toBe(0o700)
    expect(createSelfSignedAuthority({ directory }).trustBundle).toBe(first.trustBundle)
  })

  it('says which file is missing or broken', () => {
    const directory = temporaryDirectory()
    createSelfSignedAuthority({ directory })
    rmSync(join(directory, 'ca-key.pem'))
    expect(() => createSelfSignedAuthority({ directory })).toThrow(/ca-key\.pem is missing/)
    writeFileSync(join(directory, 'ca-key.pem'), createRoot('x', Date.now()).privateKey)
    expect(() => createSelfSignedAuthority({ directory })).toThrow(/private key does not belong/)
  })

  it('issues certificates with which two peers talk mutual TLS', async () => {
    const ca = createSelfSignedAuthority()
    const server = ca.issueServer(['istiod.istio-system.svc', '127.0.0.1', '::1'])
    const client = ca.issueWorkload(reviews)
    const tls = createServer({
      key: server.privateKey,
      cert: server.certificateChain,
      ca: ca.trustBundle,
      requestCert: true,
      minVersion: 'TLSv1.3',
    })
    const seen = Promise.withResolvers<string | undefined>()
    tls.on('secureConnection', (socket: TLSSocket) => {
      seen.resolve(socket.getPeerX509Certificate()?.subjectAltName)
      socket.end()
    })
    await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve))
    const { port } = tls.address() as { port: number }
    const socket = connect({
      port,
      host: '127.0.0.1',
      key: client.privateKey,
      cert: client.certificateChain,
      ca: ca.trustBundle,
    })
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
    expect(socket.authorized).toBe(true)
    expect(socket.getPeerX509Certificate()?.subjectAltName).toBe(
      'DNS:istiod.istio-system.svc, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1',
    )
    expect(await seen.promise).toBe('URI:spiffe://cluster.local/ns/shop/sa/reviews')
    socket.destroy()
    await new Promise((resolve) => tls.close(resolve))
  })
})

describe('root rotation', () => {
  it('announces the new root before it signs, and keeps the old one until it expires', () => {
    const clock = settableClock(Date.UTC(2030, 0, 1))
    const directory = temporaryDirectory()
    const ca = createSelfSignedAuthority({
      clock,
      directory,
      rootTtlMs: 100 * DAY,
      rotation: { announceMs: HOUR },
    })
    const changes: number[] = []
    ca.onTrustBundle((bundle) => changes.push(splitCertificates(bundle).length))
    const oldRoot = ca.trustBundle
    const oldLeaf = ca.signWorkload(createTestRequest().csr, reviews, 90 * DAY)

    clock.advance(79 * DAY)
    ca.rotation.check()
    expect(ca.trustBundle).toBe(oldRoot)

    clock.advance(2 * DAY)
    ca.rotation.check()
    expect(splitCertificates(ca.trustBundle)).toHaveLength(2)
    expect(ca.signingCertificate.toString()).toBe(new X509Certificate(oldRoot).toString())

    // A restart in between goes on where it was.
    const restarted = createSelfSignedAuthority({ clock, directory, rotation: { announceMs: HOUR } })
    expect(restarted.trustBundle).toBe(ca.trustBundle)
    clock.advance(HOUR)
    restarted.rotation.check()
    expect(restarted.signingCertificate.toString()).not.toBe(new X509Certificate(oldRoot).toString())
    const [first, second] = splitCertificates(restarted.trustBundle)
    expect(second).toBe(oldRoot)
    const newLeaf = new X509Certificate(restarted.signWorkload(createTestRequest().csr, reviews).chain[0]!)
    expect(newLeaf.verify(new X509Certificate(first!).publicKey)).toBe(true)
    expect(new X509Certificate(oldLeaf.chain[0]!).verify(new X509Certificate(second!).publicKey)).toBe(true)

    clock.advance(20 * DAY)
    restarted.rotation.check()
    expect(splitCertificates(restarted.trustBundle)).toEqual([first])
    expect(changes).toEqual([2])
    expect(readdirSync(directory).filter((name) => name.startsWith('next'))).toEqual([])
  })

  it('finishes a switch that was interrupted between key and certificate', () => {
    const directory = temporaryDirectory()
    const ca = createSelfSignedAuthority({ directory })
    ca.rotation.announce()
    writeFileSync(join(directory, 'ca-key.pem'), readFileSync(join(directory, 'next-key.pem')))
    const restarted = createSelfSignedAuthority({ directory })
    expect(restarted.signingCertificate.toString()).toBe(
      readFileSync(join(directory, 'next-cert.pem'), 'utf8'),
    )
    expect(splitCertificates(restarted.trustBundle)).toHaveLength(2)
  })
})

describe('a plugged-in authority', () => {
  function writeIntermediate(directory: string, change: (files: Record<string, string>) => void = () => {}) {
    const root = createRoot('corp', Date.now())
    const rootSigner = createSigner(root.certificate, root.privateKey, [], 'test')
    const intermediate = createRoot('corp intermediate', Date.now())
    const key = createPrivateKey(intermediate.privateKey)
    const certificate = encodePem(
      'CERTIFICATE',
      signCertificate(
        {
          publicKey: createPublicKey(key),
          issuer: rootSigner.subject,
          subject: encodeName({ organization: 'corp intermediate' }),
          notBefore: Date.now() - DAY,
          notAfter: Date.now() + 30 * DAY,
          serial: Buffer.alloc(16, 7),
          isAuthority: true,
          authorityKeyId: rootSigner.keyId ?? keyIdentifier(createPublicKey(key)),
        },
        rootSigner.privateKey,
      ),
    )
    const files: Record<string, string> = {
      'ca-cert.pem': certificate,
      'ca-key.pem': intermediate.privateKey,
      'cert-chain.pem': certificate,
      'root-cert.pem': root.certificate,
    }
    change(files)
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text)
    return { certificate, root: root.certificate }
  }

  it('signs with the intermediate and sends it before the root', () => {
    const directory = temporaryDirectory()
    const { certificate, root } = writeIntermediate(directory)
    const ca = loadPluggedInAuthority(directory)
    const { chain } = ca.signWorkload(createTestRequest().csr, reviews)
    expect(chain.slice(1)).toEqual([certificate, root])
    expect(new X509Certificate(chain[0]!).checkIssued(new X509Certificate(certificate))).toBe(true)
  })

  it.each<[string, (files: Record<string, string>) => void, RegExp]>([
    ['a missing file', (files) => delete files['cert-chain.pem'], /cert-chain\.pem: ENOENT/],
    [
      'a root that did not issue the chain',
      (files) => (files['root-cert.pem'] = createRoot('other', Date.now()).certificate),
      /not issued by a root/,
    ],
    [
      'a key of another pair',
      (files) => (files['ca-key.pem'] = createRoot('x', Date.now()).privateKey),
      /private key/,
    ],
    [
      'a root that has expired',
      (files) => (files['root-cert.pem'] = createRoot('old', Date.now() - 20 * DAY, DAY).certificate),
      /no root that is valid now/,
    ],
  ])('is refused with %s', (_, change, message) => {
    const directory = temporaryDirectory()
    writeIntermediate(directory, change)
    expect(() => loadPluggedInAuthority(directory, { clock: systemClock })).toThrow(
      expect.objectContaining({ code: 'CA_DIRECTORY', message: expect.stringMatching(message) }),
    )
  })
})
