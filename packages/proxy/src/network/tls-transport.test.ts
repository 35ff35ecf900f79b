import { once } from 'node:events'
import { connect as connectSocket, createServer, type Server } from 'node:net'
import { connect as tlsConnect } from 'node:tls'
import { Counter, Gauge, Histogram } from '@batten/core'
import { afterEach, describe, expect, it } from 'vitest'
import { type IssuedCertificate, TestAuthority } from '../../test/certificates.ts'
import { ClientTlsContext } from '../tls/client-context.ts'
import { createSecretStore } from '../tls/secret-store.ts'
import { SecureContextPool } from '../tls/secure-contexts.ts'
import { ServerTlsContext } from '../tls/server-context.ts'
import type { TlsClientConfig, TlsServerConfig } from '../tls/tls-config.ts'
import { ConnectError } from './connect.ts'
import { PlainTransport } from './plain-transport.ts'
import type { StatScope } from './stat-scope.ts'
import { type AcceptTlsOptions, acceptTls, connectTls, type TlsTransport } from './tls-transport.ts'
import type { TransportHandler } from './transport.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

class Stats implements StatScope {
  readonly counters = new Map<string, Counter>()
  counter(name: string): Counter {
    let counter = this.counters.get(name)
    if (counter === undefined) this.counters.set(name, (counter = new Counter()))
    return counter
  }
  gauge(): Gauge {
    return new Gauge()
  }
  histogram(): Histogram {
    return new Histogram()
  }
  /** Every counter that is not zero. */
  get counted(): Record<string, number> {
    return Object.fromEntries([...this.counters].filter(([, c]) => c.value > 0).map(([n, c]) => [n, c.value]))
  }
}

const root = new TestAuthority('root one')
const otherRoot = new TestAuthority('root two')
const spiffe = (account: string) => `spiffe://cluster.local/ns/default/sa/${account}`
const server = root.issue({ uris: [spiffe('server')] })
const client = root.issue({ uris: [spiffe('client')] })
const foreign = otherRoot.issue({ uris: [spiffe('client')] })
const expired = root.issue({
  uris: [spiffe('client')],
  notBefore: new Date(Date.now() - 7_200_000),
  notAfter: new Date(Date.now() - 3_600_000),
})

const exact = (value: string) =>
  ({ matches: (text: string) => text === value }) as TlsServerConfig['subjectAltNames'][0]

interface Side {
  readonly secrets: ReturnType<typeof createSecretStore>
  readonly stats: Stats
}

function side(certificate: IssuedCertificate | undefined, roots: string | undefined) {
  const secrets = createSecretStore()
  if (certificate !== undefined) secrets.set({ kind: 'certificate', name: 'default', ...certificate })
  if (roots !== undefined) secrets.set({ kind: 'validation', name: 'ROOTCA', trustedCa: roots })
  return { secrets, stats: new Stats(), pool: new SecureContextPool(secrets) }
}

const common = {
  certificate: 'default' as string | undefined,
  validation: 'ROOTCA' as string | undefined,
  alpn: ['istio', 'http/1.1'] as readonly string[],
  minVersion: 'TLSv1.2' as const,
  maxVersion: 'TLSv1.3' as const,
  ciphers: '',
  subjectAltNames: [] as TlsServerConfig['subjectAltNames'],
}

interface PairOptions {
  readonly server?: Partial<TlsServerConfig>
  readonly client?: Partial<TlsClientConfig>
  readonly serverSecrets?: IssuedCertificate
  readonly serverRoots?: string
  readonly clientSecrets?: IssuedCertificate
  readonly clientRoots?: string
  readonly accept?: Partial<AcceptTlsOptions>
  /** Read the ClientHello before TLS takes over, as an inspector does. */
  readonly peek?: boolean
}

/** A TLS echo server and a way to connect to it; both ends count. */
async function pair(options: PairOptions = {}) {
  const serverSide = side(options.serverSecrets ?? server, options.serverRoots ?? root.certificate)
  const clientSide = side(options.clientSecrets ?? client, options.clientRoots ?? root.certificate)
  const serverContext = new ServerTlsContext(
    { ...common, requireClientCertificate: true, ...options.server },
    serverSide.pool,
    serverSide.stats,
  )
  const clientContext = new ClientTlsContext(
    { ...common, sni: 'Svc.Example', ...options.client },
    clientSide.pool,
    clientSide.stats,
  )
  const accepted: (TlsTransport | ConnectError)[] = []
  const listener = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
    const go = (plain: typeof socket, peeked: Uint8Array) =>
      acceptTls(plain, serverContext, { timeoutMs: 5000, peeked, ...options.accept }, (result) => {
        accepted.push(result)
        if (result instanceof ConnectError) return
        cleanups.push(() => result.destroy())
        result.handler = echo(result)
      })
    if (!options.peek) return go(socket, Buffer.alloc(0))
    const plain = PlainTransport.accept(socket)!
    plain.handler = {
      onData: (chunk) => {
        const copy = Buffer.from(chunk)
        go(plain.release(), copy)
      },
      onEnd() {},
      onDrain() {},
      onClose() {},
    }
  })
  await listening(listener)
  const { port } = listener.address() as { port: number }
  return {
    accepted,
    port,
    serverContext,
    server: serverSide as Side,
    client: clientSide as Side,
    connect: () =>
      new Promise<TlsTransport | ConnectError>((resolve) => {
        connectTls({ host: '127.0.0.1', port }, clientContext, { timeoutMs: 5000 }, (result) => {
          if (!(result instanceof ConnectError)) cleanups.push(() => result.destroy())
          resolve(result)
        })
      }),
  }
}

async function listening(listener: Server): Promise<void> {
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  cleanups.push(() => listener.close())
}

function echo(transport: TlsTransport): TransportHandler {
  return {
    onData: (chunk) => void transport.writeBytes(chunk),
    onEnd: () => transport.end(),
    onDrain() {},
    onClose() {},
  }
}

/** Sends text and resolves with all that comes back before the end, or with the error of the close. */
function exchange(transport: TlsTransport | ConnectError, text: string): Promise<string> {
  if (transport instanceof ConnectError) return Promise.reject(transport)
  return new Promise((resolve) => {
    let answer = ''
    transport.handler = {
      onData(chunk) {
        answer += chunk.toString('latin1')
        if (answer.length === text.length) transport.end()
      },
      onEnd: () => transport.end(),
      onDrain() {},
      onClose: (error) =>
        resolve(error === undefined ? answer : `error: ${(error as NodeJS.ErrnoException).code}`),
    }
    transport.writeLatin1(text)
  })
}

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
