import { createHash, X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { client, exchange, foreign, pair, root } from '../../test/support/tls-pair.ts'
import type { CertificatePins } from './tls-config.ts'

const { fingerprint256, publicKey } = new X509Certificate(client.certificateChain)
const hash = fingerprint256.replaceAll(':', '').toLowerCase()
const key = createHash('sha256')
  .update(publicKey.export({ type: 'spki', format: 'der' }))
  .digest('base64')
const other = '0'.repeat(64)

async function outcome(server: Parameters<typeof pair>[0]): Promise<Record<string, number>> {
  const mesh = await pair(server)
  await exchange(await mesh.connect(), 'hello').catch(() => '')
  const { counted } = mesh.server.stats
  return Object.fromEntries(
    Object.entries(counted).filter(([name]) => /handshake|fail_verify|connection_error/.test(name)),
  )
}

describe('pinned certificates', () => {
  it.each<[string, CertificatePins, Record<string, number>]>([
    ['the certificate', { certificates: [other, hash], publicKeys: [] }, { 'ssl.handshake': 1 }],
    ['the key', { certificates: [other], publicKeys: [key] }, { 'ssl.handshake': 1 }],
    ['neither', { certificates: [other], publicKeys: [] }, { 'ssl.fail_verify_cert_hash': 1 }],
  ])('accept a client by %s', async (_title, pins, expected) => {
    expect(await outcome({ server: { pins } })).toEqual(expected)
  })

  it('need no authority, and do not take the place of one', async () => {
    const pins = { certificates: [hash], publicKeys: [] }
    expect(await outcome({ server: { pins, validation: undefined } })).toEqual({ 'ssl.handshake': 1 })
    const theirs = new X509Certificate(foreign.certificateChain).fingerprint256
    const foreignPins = { certificates: [theirs.replaceAll(':', '').toLowerCase()], publicKeys: [] }
    expect(await outcome({ server: { pins: foreignPins }, clientSecrets: foreign })).toEqual({
      'ssl.fail_verify_error': 1,
    })
  })
})

describe('revocation lists', () => {
  it('refuse a client that is on the list, and nobody else', async () => {
    expect(await outcome({ server: { revoked: root.revoke(client.certificateChain) } })).toEqual({
      'ssl.fail_verify_error': 1,
    })
    expect(await outcome({ server: { revoked: root.revoke() } })).toEqual({ 'ssl.handshake': 1 })
  })
})
