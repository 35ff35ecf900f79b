import { once } from 'node:events'
import { connect } from 'node:tls'
import { describe, expect, it } from 'vitest'
import {
  cleanups,
  common,
  exchange,
  server as identity,
  pair,
  root,
  side,
} from '../../test/support/tls-pair.ts'
import { groupOfSession, openSslGroups } from './key-exchange-groups.ts'

describe('openSslGroups', () => {
  it.each([
    // Key shares for the first group and for the first of the other kind, as BoringSSL sends them.
    [[], '3.5.8', '*X25519MLKEM768/*X25519/P-256'],
    [[], '4.0.0', '*X25519MLKEM768/*X25519/P-256'],
    [['P-256', 'X25519'], '3.5.0', '*P-256/X25519'],
    [['X25519', 'X25519MLKEM768'], '3.5.8', '*X25519/*X25519MLKEM768'],
    [['P-384', 'X25519', 'MLKEM1024', 'X25519MLKEM768'], '3.5.8', '*P-384/X25519/*MLKEM1024/X25519MLKEM768'],
    // No post-quantum groups and no marks before OpenSSL 3.5.
    [[], '3.0.19', 'X25519:P-256'],
    [[], '3.0.15+quic', 'X25519:P-256'],
    [['MLKEM1024', 'P-521', 'P-384'], '3.4.1', 'P-521:P-384'],
    [['X25519MLKEM768'], '3.0.19', undefined],
  ])('is for %j with OpenSSL %s %s', (groups, openssl, expected) => {
    expect(openSslGroups(groups, openssl)).toBe(expected)
  })
})

/** The group of a handshake with our server, or the alert. */
async function groupWith(port: number, ecdhCurve: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, ecdhCurve, rejectUnauthorized: false })
  cleanups.push(() => socket.destroy())
  try {
    await once(socket, 'secureConnect')
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? ''
  }
  return (socket.getEphemeralKeyInfo() as { name?: string }).name ?? ''
}

describe('key exchange of a handshake', () => {
  const server = { requireClientCertificate: false }

  it('takes X25519 and P-256 by default, and no other classical group', async () => {
    const { port } = await pair({ server })
    expect({
      preferred: await groupWith(port, 'P-256:X25519'),
      p256: await groupWith(port, 'P-256'),
      p384: await groupWith(port, 'P-384'),
    }).toEqual({
      // Our preference decides where OpenSSL can say so; before, the key share that is there already.
      preferred: openSslGroups([])!.includes('/') ? 'X25519' : 'prime256v1',
      p256: 'prime256v1',
      p384: 'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE',
    })
  })

  it('takes the configured groups only', async () => {
    const { port } = await pair({ server: { ...server, groups: ['P-384'] } })
    expect([await groupWith(port, 'P-384'), await groupWith(port, 'X25519:P-256')]).toEqual([
      'secp384r1',
      'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE',
    ])
  })

  it('is part of what contexts are shared by', () => {
    const { pool } = side(identity, root.certificate)
    const contextWith = (groups: readonly string[], signatureAlgorithms: readonly string[] = []) =>
      pool.acquire({ ...common, groups, signatureAlgorithms }, 'client', () => {}).current()?.context
    expect(contextWith(['P-521'])).toBe(contextWith(['P-521']))
    expect(contextWith(['P-521'])).not.toBe(contextWith(['P-384']))
    expect(contextWith([], ['ed25519'])).not.toBe(contextWith([]))
  })

  it.each([
    ['P-256', 'TLSv1.2'],
    ['P-384', 'TLSv1.3'],
    ['X25519', 'TLSv1.3'],
  ] as const)('is counted by name on both sides: %s with %s', async (group, version) => {
    const side = { groups: [group], minVersion: version, maxVersion: version }
    const { connect, server, client } = await pair({ server: side, client: side })
    expect(await exchange(await connect(), 'hello')).toBe('hello')
    const counted = { 'ssl.handshake': 1, [`ssl.curves.${group}`]: 1 }
    expect([server.stats.counted, client.stats.counted]).toMatchObject([counted, counted])
  })

  it('is not looked for in what is no session', () => {
    expect(groupOfSession(undefined)).toBeUndefined()
    expect(groupOfSession(Buffer.from('3003b30302', 'hex'))).toBeUndefined()
    expect(groupOfSession(Buffer.from('3005b303020163', 'hex'))).toBeUndefined()
  })
})
