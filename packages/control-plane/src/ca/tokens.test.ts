import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportJWK, SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { HOUR, settableClock } from '../../test/support/settable-clock.ts'
import { createDevelopmentTokens, DEVELOPMENT_ISSUER } from './development-tokens.ts'
import { JwtAuthenticator } from './tokens.ts'

const reviews = { namespace: 'shop', serviceAccount: 'reviews' }

describe('development tokens', () => {
  const clock = settableClock(Date.UTC(2030, 0, 1))
  const tokens = createDevelopmentTokens({ clock })

  it('are accepted for the service account that they name', async () => {
    expect(await tokens.authenticate(await tokens.issue(reviews))).toEqual(reviews)
  })

  it('look like tokens that the kubelet projects', async () => {
    const payload = (await tokens.issue(reviews)).split('.')[1]!
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toEqual({
      iss: DEVELOPMENT_ISSUER,
      sub: 'system:serviceaccount:shop:reviews',
      aud: ['istio-ca'],
      iat: clock.now() / 1000,
      exp: clock.now() / 1000 + 12 * 3600,
      'kubernetes.io': { namespace: 'shop', serviceaccount: { name: 'reviews' } },
    })
  })

  it('stop being accepted when they expire, also when they were accepted before', async () => {
    const later = settableClock(Date.UTC(2030, 0, 1))
    const own = createDevelopmentTokens({ clock: later })
    const token = await own.issue({ ...reviews, ttlMs: HOUR })
    expect(await own.authenticate(token)).toEqual(reviews)
    later.advance(2 * HOUR)
    await expect(own.authenticate(token)).rejects.toMatchObject({
      code: 'AUTH_TOKEN_REJECTED',
      message: expect.stringMatching(/"exp" claim timestamp check failed/),
    })
  })

  it.each([
    ['another audience', { ...reviews, audiences: ['vault'] }, /unexpected "aud" claim value/],
    [
      'a name that is no service account',
      { namespace: 'shop', serviceAccount: 'a/b' },
      /is no service account/,
    ],
  ])('are refused with %s', async (_, request, message) => {
    await expect(tokens.authenticate(await tokens.issue(request))).rejects.toThrow(message)
  })

  it('of another key are refused', async () => {
    const other = createDevelopmentTokens({ clock })
    await expect(tokens.authenticate(await other.issue(reviews))).rejects.toThrow(
      /signature verification failed/,
    )
  })

  it('survive a restart when the key has a directory', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'batten-tokens-'))
    const token = await createDevelopmentTokens({ directory }).issue(reviews)
    expect(await createDevelopmentTokens({ directory }).authenticate(token)).toEqual(reviews)
    expect(statSync(join(directory, 'token-key.pem')).mode & 0o777).toBe(0o600)
    rmSync(directory, { recursive: true })
  })

  it.each([
    ['text', 'hello', /no JSON Web Token/],
    [
      'an unsigned token',
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify({ iss: DEVELOPMENT_ISSUER })).toString('base64url')}.`,
      /not accepted/,
    ],
    ['a megabyte', 'a'.repeat(1_000_000), /1000000 characters/],
  ])('refuse %s', async (_, token, message) => {
    await expect(tokens.authenticate(token)).rejects.toThrow(message)
  })
})

describe('tokens of an OIDC issuer', () => {
  it('are verified with the keys that its JWKS address serves, and other issuers are left to others', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256' }] }
    const server = createServer((_, response) => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(keys))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const authenticator = new JwtAuthenticator({
      issuer: 'https://issuer.example',
      audiences: ['istio-ca', 'batten'],
      keys: new URL(`http://127.0.0.1:${port}/jwks`),
    })
    const sign = (issuer: string, subject: string) =>
      new SignJWT()
        .setProtectedHeader({ alg: 'RS256', kid: 'one' })
        .setIssuer(issuer)
        .setSubject(subject)
        .setAudience('batten')
        .setExpirationTime('1h')
        .sign(privateKey)
    const subject = 'system:serviceaccount:shop:reviews'
    expect(await authenticator.authenticate(await sign('https://issuer.example', subject))).toEqual(reviews)
    expect(await authenticator.authenticate(await sign('https://else.example', subject))).toBeUndefined()
    await expect(
      authenticator.authenticate(await sign('https://issuer.example', 'somebody')),
    ).rejects.toThrow(/"somebody" is no service account/)
    await new Promise((resolve) => server.close(resolve))
  })
})
