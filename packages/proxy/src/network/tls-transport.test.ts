import { once } from 'node:events'
import { connect as connectSocket, createServer } from 'node:net'
import { connect as tlsConnect } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { TestAuthority } from '../../test/certificates.ts'
import {
  client,
  common,
  exact,
  exchange,
  expired,
  foreign,
  listening,
  otherRoot,
  type PairOptions,
  pair,
  root,
  Stats,
  server,
  side,
  spiffe,
} from '../../test/support/tls-pair.ts'
import { ClientTlsContext } from '../tls/client-context.ts'
import { openSslGroups } from '../tls/key-exchange-groups.ts'
import { SecureContextPool } from '../tls/secure-contexts.ts'
import { ServerTlsContext } from '../tls/server-context.ts'
import { ConnectError } from './connect.ts'
import { connectTls, type TlsTransport } from './tls-transport.ts'

const infoOf = (transport: TlsTransport | ConnectError | undefined) => {
  if (transport === undefined || transport instanceof ConnectError)
    throw new Error(`no transport: ${transport?.message}`)
  return transport.info!
}

describe('TLS between two sidecars', () => {
  it.each([false, true])('authenticates both ends (ClientHello peeked: %s)', async (peek) => {
    const mesh = await pair({ peek })
    const transport = await mesh.connect()
    expect(await exchange(transport, 'x'.repeat(200_000))).toHaveLength(200_000)
    expect(infoOf(transport)).toMatchObject({
      version: 'TLSv1.3',
      alpn: 'istio',
      cipher: 'TLS_AES_128_GCM_SHA256',
      mutual: true,
      resumed: false,
      peerUriSans: [spiffe('server')],
      localUriSans: [spiffe('client')],
      peerIssuer: 'CN=root one',
    })
    const info = infoOf(mesh.accepted[0])
    expect(info).toMatchObject({
      alpn: 'istio',
      serverName: 'svc.example',
      mutual: true,
      peerUriSans: [spiffe('client')],
      localUriSans: [spiffe('server')],
      peerSubject: '',
    })
    expect(info.peerCertificatePem.trim()).toBe(client.certificateChain.trim())
    expect(info.peerCertificateSha256).toMatch(/^[0-9a-f]{64}$/)
    expect(info.peerSerial).toMatch(/^11[0-9a-f]{22}$/)
    expect(mesh.server.stats.counted).toEqual({
      'ssl.handshake': 1,
      'ssl.versions.TLSv1.3': 1,
      'ssl.ciphers.TLS_AES_128_GCM_SHA256': 1,
      [`ssl.curves.${openSslGroups([])!.includes('MLKEM') ? 'X25519MLKEM768' : 'X25519'}`]: 1,
    })
  })

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'resumes %s sessions and still knows who the peer is',
    async (version) => {
      const mesh = await pair({
        client: { minVersion: version, maxVersion: version, subjectAltNames: [exact(spiffe('server'))] },
      })
      await exchange(await mesh.connect(), 'first')
      const second = await mesh.connect()
      expect(await exchange(second, 'second')).toBe('second')
      expect(infoOf(second)).toMatchObject({
        version,
        resumed: true,
        mutual: true,
        peerUriSans: [spiffe('server')],
      })
      expect(infoOf(mesh.accepted[1])).toMatchObject({
        version,
        resumed: true,
        mutual: true,
        peerUriSans: [spiffe('client')],
      })
      expect(mesh.server.stats.counted['ssl.session_reused']).toBe(1)
      expect(mesh.client.stats.counted['ssl.session_reused']).toBe(1)
    },
  )

  it('rotates certificates: live connections go on, new ones present the new identity, nothing is resumed', async () => {
    const mesh = await pair()
    await exchange(await mesh.connect(), 'make a session')
    const before = await mesh.connect()
    const renewed = root.issue({ uris: [spiffe('renewed')] })
    mesh.client.secrets.set({ kind: 'certificate', name: 'default', ...renewed })
    mesh.server.secrets.set({
      kind: 'certificate',
      name: 'default',
      ...root.issue({ uris: [spiffe('server-2')] }),
    })
    const after = await mesh.connect()
    expect(await exchange(after, 'new')).toBe('new')
    expect(await exchange(before, 'old')).toBe('old')
    expect(infoOf(after)).toMatchObject({ resumed: false, peerUriSans: [spiffe('server-2')] })
    expect(infoOf(mesh.accepted[2])).toMatchObject({ resumed: false, peerUriSans: [spiffe('renewed')] })
    expect(mesh.server.stats.counted['server_ssl_socket_factory.ssl_context_update_by_sds']).toBe(1)
  })

  it('trusts several roots at once, so that a root can be replaced step by step', async () => {
    const both = root.certificate + otherRoot.certificate
    const mesh = await pair({ serverRoots: both, clientSecrets: foreign })
    expect(await exchange(await mesh.connect(), 'hello')).toBe('hello')
    expect(infoOf(mesh.accepted[0]).peerIssuer).toBe('CN=root two')
  })

  it('takes a chain with an intermediate, and an intermediate as the trusted certificate', async () => {
    const intermediate = new TestAuthority('intermediate', root)
    const leaf = intermediate.issue({ uris: [spiffe('client')] })
    const byRoot = await pair({ clientSecrets: leaf })
    expect(await exchange(await byRoot.connect(), 'a')).toBe('a')
    const byIntermediate = await pair({ clientSecrets: leaf, serverRoots: intermediate.certificate })
    expect(await exchange(await byIntermediate.connect(), 'b')).toBe('b')
  })
})

describe('a TLS server', () => {
  /** What the client sees after a handshake that the server refuses afterwards. */
  const refusal = async (options: PairOptions) => {
    const mesh = await pair(options)
    const connected = await mesh.connect()
    const outcome = connected instanceof ConnectError ? connected.reason : await exchange(connected, 'secret')
    while (mesh.accepted.length === 0) await new Promise((resolve) => setImmediate(resolve))
    return { outcome, accepted: mesh.accepted[0] as ConnectError, counted: mesh.server.stats.counted }
  }

  it('refuses a client without a certificate, with an alert', async () => {
    const { outcome, accepted, counted } = await refusal({ client: { certificate: undefined } })
    expect(outcome).toBe('error: ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED')
    expect(accepted).toBeInstanceOf(ConnectError)
    expect(counted).toEqual({ 'ssl.fail_verify_no_cert': 1 })
  })

  it.each([
    ['of a foreign authority', foreign, /^verify cert failed: UNABLE_TO_/],
    ['that has expired', expired, /^verify cert failed: CERT_HAS_EXPIRED$/],
  ])('refuses a client certificate %s before it reads a byte', async (_, clientSecrets, message) => {
    const { outcome, accepted, counted } = await refusal({ clientSecrets })
    expect(outcome).not.toBe('secret')
    expect(accepted).toMatchObject({ reason: 'certificate', message: expect.stringMatching(message) })
    expect(counted).toEqual({ 'ssl.fail_verify_error': 1 })
  })

  it('refuses a client whose names no matcher accepts', async () => {
    const { accepted, counted } = await refusal({
      server: { subjectAltNames: [exact(spiffe('somebody-else'))] },
    })
    expect(accepted).toMatchObject({
      reason: 'certificate',
      message: `verify cert failed: verify SAN list: the peer is ${spiffe('client')}`,
    })
    expect(counted).toEqual({ 'ssl.fail_verify_san': 1 })
  })

  it('takes a client without a certificate where none is required, and counts it', async () => {
    const mesh = await pair({
      server: { requireClientCertificate: false },
      client: { certificate: undefined },
    })
    expect(await exchange(await mesh.connect(), 'hello')).toBe('hello')
    expect(infoOf(mesh.accepted[0])).toMatchObject({ mutual: false, peerUriSans: [], peerCertificatePem: '' })
    expect(mesh.server.stats.counted['ssl.no_certificate']).toBe(1)
  })

  it('does not let a ticket stand in for a client certificate elsewhere', async () => {
    const lax = await pair({
      server: { requireClientCertificate: false },
      client: { certificate: undefined },
    })
    await exchange(await lax.connect(), 'x')
    const strict = new ServerTlsContext(
      { ...common, requireClientCertificate: true },
      new SecureContextPool(lax.server.secrets),
      new Stats(),
    )
    expect(strict.current()!.context).not.toBe(lax.serverContext.current()!.context)
  })

  it('goes on without a protocol when the hello offers none that it knows', async () => {
    const mesh = await pair({ client: { alpn: ['spdy/3'] }, accept: { offeredAlpn: ['spdy/3'] } })
    const transport = await mesh.connect()
    expect(await exchange(transport, 'hello')).toBe('hello')
    expect(infoOf(transport).alpn).toBe('')
  })

  it('closes connections while its secrets have not arrived, and counts them', async () => {
    const mesh = await pair({ server: { certificate: 'later' } })
    expect(await mesh.connect()).toMatchObject({ reason: 'handshake' })
    expect(mesh.server.stats.counted).toEqual({
      'server_ssl_socket_factory.downstream_context_secrets_not_ready': 1,
    })
    mesh.server.secrets.set({ kind: 'certificate', name: 'later', ...server })
    expect(await exchange(await mesh.connect(), 'now')).toBe('now')
  })

  it('keeps the last good context when a rotated secret cannot be used', async () => {
    const mesh = await pair()
    expect(await exchange(await mesh.connect(), 'a')).toBe('a')
    mesh.server.secrets.set({
      kind: 'certificate',
      name: 'default',
      certificateChain: 'junk',
      privateKey: 'junk',
    })
    expect(await exchange(await mesh.connect(), 'b')).toBe('b')
  })

  it('counts a peer that does not speak TLS as a connection error', async () => {
    const mesh = await pair()
    const socket = connectSocket(mesh.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write('GET / HTTP/1.1\r\n\r\n')
    await once(socket, 'close')
    expect(mesh.accepted[0]).toMatchObject({ reason: 'handshake' })
    expect(mesh.server.stats.counted).toEqual({ 'ssl.connection_error': 1 })
  })

  it('gives up on a peer that leaves, or stalls, in the middle of the handshake', async () => {
    const mesh = await pair({ accept: { timeoutMs: 20 } })
    const leaver = connectSocket(mesh.port, '127.0.0.1')
    leaver.end('\u0016\u0003\u0001')
    leaver.resume()
    await once(leaver, 'close')
    const staller = connectSocket(mesh.port, '127.0.0.1')
    staller.resume()
    await once(staller, 'close')
    expect(mesh.accepted).toMatchObject([{ reason: 'handshake' }, { reason: 'timeout' }])
  })

  it('resets a connection with RST', async () => {
    const mesh = await pair()
    const transport = (await mesh.connect()) as TlsTransport
    const echoed = Promise.withResolvers<void>()
    const closed = new Promise<Error | undefined>((resolve) => {
      transport.handler = { onData: () => echoed.resolve(), onEnd() {}, onDrain() {}, onClose: resolve }
    })
    transport.writeLatin1('x')
    await echoed.promise
    ;(mesh.accepted[0] as TlsTransport).reset()
    expect(((await closed) as NodeJS.ErrnoException).code).toBe('ECONNRESET')
  })
})

describe('a TLS client', () => {
  it('refuses a server of a foreign authority', async () => {
    const mesh = await pair({ clientRoots: otherRoot.certificate })
    expect(await mesh.connect()).toMatchObject({
      reason: 'certificate',
      message: 'verify cert failed: SELF_SIGNED_CERT_IN_CHAIN',
    })
    expect(mesh.client.stats.counted).toEqual({ 'ssl.fail_verify_error': 1 })
  })

  it('refuses a server whose names no matcher accepts, and does not resume with it', async () => {
    const mesh = await pair({ client: { subjectAltNames: [exact(spiffe('reviews'))] } })
    for (let i = 0; i < 2; i++)
      expect(await mesh.connect()).toMatchObject({
        reason: 'certificate',
        message: `verify cert failed: verify SAN list: the peer is ${spiffe('server')}`,
      })
    expect(mesh.client.stats.counted).toEqual({ 'ssl.fail_verify_san': 2 })
  })

  it('verifies nothing without a validation context, as in Envoy', async () => {
    const mesh = await pair({ client: { validation: undefined } })
    const transport = await mesh.connect()
    expect(await exchange(transport, 'hello')).toBe('hello')
    expect(infoOf(transport)).toMatchObject({ mutual: false, peerUriSans: [spiffe('server')] })
  })

  it('says that its secrets have not arrived', async () => {
    const mesh = await pair({ client: { certificate: 'later' } })
    expect(await mesh.connect()).toMatchObject({
      reason: 'certificate',
      message: 'TLS secrets have not arrived',
    })
    expect(mesh.client.stats.counted).toEqual({
      'client_ssl_socket_factory.upstream_context_secrets_not_ready': 1,
    })
  })

  it('reports a server that does not speak TLS, and one that hangs up', async () => {
    const plain = createServer((socket) => {
      socket.on('error', () => {})
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
    })
    await listening(plain)
    const { pool, stats } = side(client, root.certificate)
    const context = new ClientTlsContext({ ...common, sni: '' }, pool, stats)
    const { port } = plain.address() as { port: number }
    const result = await new Promise((resolve) =>
      connectTls({ host: '127.0.0.1', port }, context, { timeoutMs: 5000 }, resolve),
    )
    expect(result).toMatchObject({ reason: 'handshake' })
    expect(stats.counted).toEqual({ 'ssl.connection_error': 1 })
  })
})

describe('with an ordinary TLS peer', () => {
  it('shuts down in order: close_notify, then FIN', async () => {
    const mesh = await pair({ server: { requireClientCertificate: false } })
    const peer = tlsConnect({
      port: mesh.port,
      host: '127.0.0.1',
      ca: root.certificate,
      checkServerIdentity: () => undefined,
    })
    await once(peer, 'secureConnect')
    peer.write('bye')
    const [data] = (await once(peer, 'data')) as [Buffer]
    expect(data.toString()).toBe('bye')
    while (mesh.accepted.length === 0) await new Promise((resolve) => setImmediate(resolve))
    ;(mesh.accepted[0] as TlsTransport).end()
    await once(peer, 'end')
    peer.end()
    await once(peer, 'close')
    while (!(mesh.accepted[0] as TlsTransport).closed) await new Promise((resolve) => setImmediate(resolve))
  })
})
