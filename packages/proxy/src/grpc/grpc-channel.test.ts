import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type Server as NetServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clock, systemClock } from '@batten/core'
import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js'
import { afterEach, describe, expect, it } from 'vitest'
import { type IssuedCertificate, TestAuthority } from '../../test/certificates.ts'
import { ManualClock } from '../../test/manual-clock.ts'
import { listening } from '../../test/support/listening-server.ts'
import { TestStats } from '../../test/test-stats.ts'
import { ConnectError, type ConnectTarget } from '../network/connect.ts'
import { createSecretStore } from '../tls/secret-store.ts'
import { SecureContextPool } from '../tls/secure-contexts.ts'
import { socketTransports } from '../upstream/transport-factory.ts'
import {
  connectGrpc,
  type GrpcChannel,
  type GrpcChannelOptions,
  type GrpcServerAddress,
  openGrpcChannel,
} from './grpc-channel.ts'
import { grpcCodeName } from './grpc-status.ts'
import type { GrpcMetadata } from './metadata.ts'
import { unaryCall } from './unary-call.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

type Unary = (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => void
type Bidi = (stream: ServerDuplexStream<Buffer, Buffer>) => void
interface Handlers {
  readonly unary?: Unary
  readonly bidi?: Bidi
}

const echoUnary: Unary = (call, done) => done(null, call.request)
const echoBidi: Bidi = (stream) => {
  stream.on('data', (message: Buffer) => stream.write(message))
  stream.on('end', () => stream.end())
}

/** A server of grpc-js, the reference in these tests. */
async function serve(
  { unary = echoUnary, bidi = echoBidi }: Handlers = {},
  credentials = ServerCredentials.createInsecure(),
  address = '127.0.0.1:0',
): Promise<{ readonly server: Server; readonly port: number }> {
  const server = new Server({
    'grpc.max_receive_message_length': -1,
    'grpc.max_send_message_length': -1,
  })
  const pass = (bytes: Buffer) => bytes
  const kind = {
    requestSerialize: pass,
    requestDeserialize: pass,
    responseSerialize: pass,
    responseDeserialize: pass,
  }
  server.addService(
    {
      unary: { path: '/test.Echo/Unary', requestStream: false, responseStream: false, ...kind },
      bidi: { path: '/test.Echo/Bidi', requestStream: true, responseStream: true, ...kind },
    },
    { unary, bidi },
  )
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync(address, credentials, (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  )
  cleanups.push(() => server.forceShutdown())
  return { server, port }
}

const plain = (clock: Clock = systemClock) =>
  socketTransports(new SecureContextPool(createSecretStore()), clock)(
    { kind: 'plain' },
    new TestStats().scope('cluster', 'x'),
  )

const addressOf = (target: ConnectTarget): GrpcServerAddress => ({
  target,
  transports: plain(),
  isTls: false,
})
const local = (port: number) => addressOf({ host: '127.0.0.1', port })

const OPTIONS: GrpcChannelOptions = {
  clock: systemClock,
  connectTimeoutMs: 5000,
  maxMessageBytes: 64 * 1024 * 1024,
}

async function open(
  address: GrpcServerAddress,
  options: Partial<GrpcChannelOptions> = {},
): Promise<GrpcChannel> {
  const channel = await openGrpcChannel(address, { ...OPTIONS, ...options })
  cleanups.push(() => channel.close())
  return channel
}

/** A bidirectional call, and what has come of it. */
function talk(channel: GrpcChannel, metadata: GrpcMetadata = []) {
  const messages: Buffer[] = []
  const received: GrpcMetadata[] = []
  const { promise: ended, resolve } = Promise.withResolvers<string>()
  const call = channel.start(
    '/test.Echo/Bidi',
    {
      onMetadata: (arrived) => void received.push(arrived),
      onMessage: (message) => void messages.push(message),
      onStatus: ({ code, message }) => resolve(`${grpcCodeName(code)}: ${message}`),
    },
    { metadata },
  )
  return { call, messages, received, ended }
}

const PATH = '/test.Echo/Unary'

describe('a channel to a server of grpc-js', () => {
  it('sends and receives messages that are longer than any window, on several calls at once', async () => {
    const { port } = await serve()
    const channel = await open(local(port))
    const messages = [10_000_000, 0, 300_000, 1].map((length, i) => Buffer.alloc(length, i + 1))
    const answers = await Promise.all(messages.map((message) => unaryCall(channel, PATH, message)))
    expect(answers.map((answer, i) => answer.equals(messages[i]!))).toEqual([true, true, true, true])
  })

  it('sends and receives many small messages in order', async () => {
    const { port } = await serve()
    const { call, messages, ended } = talk(await open(local(port)))
    for (let i = 0; i < 5000; i++) call.send(Buffer.from(`message ${i}`))
    call.end()
    expect(await ended).toBe('OK: OK')
    expect(messages.map(String)).toEqual(Array.from({ length: 5000 }, (_, i) => `message ${i}`))
  })

  it('receives no faster than messages are handled', async () => {
    let sent = 0
    const { port } = await serve({
      bidi(stream) {
        const more = () => {
          while (sent < 200) {
            sent += 1
            if (!stream.write(Buffer.alloc(100_000))) {
              stream.once('drain', more)
              return
            }
          }
          stream.end()
        }
        more()
      },
    })
    const channel = await open(local(port))
    const handled: (() => void)[] = []
    let count = 0
    const ended = new Promise((resolve) => {
      channel.start('/test.Echo/Bidi', {
        onMessage() {
          count += 1
          return new Promise<void>((done) => handled.push(done))
        },
        onStatus: resolve,
      })
    })
    await expect.poll(() => count).toBe(1)
    // Let everything come that would come.
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect([count, sent < 20]).toEqual([1, true])
    while (count < 200 || handled.length > 0) {
      handled.shift()?.()
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await ended).toEqual({ code: 0, message: 'OK', metadata: [] })
  })

  it('carries metadata both ways, text and bytes, and trailers', async () => {
    const seen: unknown[] = []
    const { port } = await serve({
      bidi(stream) {
        const { metadata } = stream
        seen.push(metadata.get('a'), metadata.get('b-bin'), metadata.get('user-agent'))
        const answer = new Metadata()
        answer.add('c', 'd')
        answer.add('e-bin', Buffer.from([1, 2, 255]))
        stream.sendMetadata(answer)
        stream.emit('error', { code: status.ABORTED, details: 'ünicode %', metadata: answer })
      },
    })
    const { received, ended } = talk(await open(local(port)), [
      ['a', '1'],
      ['a', '2'],
      ['b-bin', Buffer.from([0, 128, 255])],
    ])
    expect(await ended).toBe('ABORTED: ünicode %')
    expect(seen).toEqual([
      ['1, 2'],
      [Buffer.from([0, 128, 255])],
      [expect.stringMatching(/^batten-proxy\/\d/)],
    ])
    expect(received[0]).toEqual(
      expect.arrayContaining([
        ['c', 'd'],
        ['e-bin', Buffer.from([1, 2, 255])],
      ]),
    )
  })

  it('tells statuses without an answer, of methods and of the server', async () => {
    const { port } = await serve({
      unary: (_, done) => done({ code: status.PERMISSION_DENIED, details: 'not you' }),
    })
    const channel = await open(local(port))
    await expect(unaryCall(channel, PATH, Buffer.alloc(0))).rejects.toMatchObject({
      message: 'PERMISSION_DENIED: not you',
      status: { code: 7, message: 'not you' },
    })
    await expect(unaryCall(channel, '/test.Echo/Nothing', Buffer.alloc(0))).rejects.toMatchObject({
      status: { code: 12 },
    })
  })

  it('refuses an answer that is too long, and goes on', async () => {
    const { port } = await serve()
    const channel = await open(local(port), { maxMessageBytes: 1000 })
    await expect(unaryCall(channel, PATH, Buffer.alloc(1001))).rejects.toMatchObject({
      message: 'RESOURCE_EXHAUSTED: a message of 1001 bytes; at most 1000 are taken',
    })
    expect((await unaryCall(channel, PATH, Buffer.alloc(1000))).length).toBe(1000)
  })

  it('takes exactly one message as the answer of a unary call', async () => {
    const { port } = await serve({
      bidi(stream) {
        stream.on('data', (message: Buffer) => {
          for (let i = 0; i < message[0]!; i++) stream.write(message)
        })
        stream.on('end', () => stream.end())
      },
    })
    const channel = await open(local(port))
    const answers = (count: number) => unaryCall(channel, '/test.Echo/Bidi', Uint8Array.of(count))
    expect(await answers(1)).toEqual(Buffer.from([1]))
    await expect(answers(0)).rejects.toThrow('UNIMPLEMENTED: no message as the answer')
    await expect(answers(2)).rejects.toThrow('UNIMPLEMENTED: more than one message as the answer')
  })

  it('tells the server of a time limit, and that a call was given up', async () => {
    const cancelled: string[] = []
    const { port } = await serve({
      unary(call) {
        const deadline = Number(call.getDeadline())
        call.on('cancelled', () => cancelled.push(Number.isFinite(deadline) ? 'limited' : 'unlimited'))
      },
    })
    const channel = await open(local(port))
    await expect(unaryCall(channel, PATH, Buffer.alloc(1), { timeoutMs: 50 })).rejects.toMatchObject({
      status: { code: status.DEADLINE_EXCEEDED },
    })
    await expect.poll(() => cancelled).toEqual(['limited'])
    const given = new AbortController()
    const call = unaryCall(channel, PATH, Buffer.alloc(1), {}, given.signal)
    setTimeout(() => given.abort(), 20)
    await expect(call).rejects.toThrow('CANCELLED: the call was given up')
    await expect.poll(() => cancelled).toEqual(['limited', 'unlimited'])
    await expect(unaryCall(channel, PATH, Buffer.alloc(1), {}, AbortSignal.abort())).rejects.toThrow(
      'CANCELLED',
    )
  })

  it('lets a call finish while the server shuts down, and takes no more', async () => {
    const { server, port } = await serve()
    const channel = await open(local(port))
    const { call, messages, ended } = talk(channel)
    call.send(Buffer.from('before'))
    await expect.poll(() => messages.map(String)).toEqual(['before'])
    const isDown = new Promise((resolve) => server.tryShutdown(resolve))
    await expect
      .poll(async () => (await talk(channel).ended.catch(String)).replace(/GOAWAY.*/, 'GOAWAY'))
      .toBe('UNAVAILABLE: the connection takes no more calls')
    call.send(Buffer.from('after'))
    call.end()
    expect(await ended).toBe('OK: OK')
    expect(messages.map(String)).toEqual(['before', 'after'])
    await isDown
  })

  it('says that the server is gone when it is killed', async () => {
    const { server, port } = await serve()
    const { call, messages, ended } = talk(await open(local(port)))
    call.send(Buffer.from('x'))
    await expect.poll(() => messages.length).toBe(1)
    server.forceShutdown()
    expect(await ended).toMatch(/^(UNAVAILABLE|CANCELLED): /)
  })

  it('connects over a Unix domain socket', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'batten-'))
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }))
    const path = join(folder, 'socket')
    await serve({}, undefined, `unix:${path}`)
    const channel = await open(addressOf({ path }))
    expect(String(await unaryCall(channel, PATH, Buffer.from('hello')))).toBe('hello')
  })

  it('tries every address of a name', async () => {
    const { port } = await serve()
    const resolve = async (name: string) => (name === 'istiod.test' ? ['127.0.0.66', '127.0.0.1'] : [])
    const channel = await open(addressOf({ host: 'istiod.test', port }), { resolve })
    expect(String(await unaryCall(channel, PATH, Buffer.from('hello')))).toBe('hello')
    await expect(open(addressOf({ host: 'other.test', port }), { resolve })).rejects.toMatchObject({
      message: 'other.test has no address',
    })
    const fails = async () => Promise.reject(new Error('getaddrinfo ENOTFOUND x'))
    await expect(open(addressOf({ host: 'x', port }), { resolve: fails })).rejects.toMatchObject({
      message: 'cannot resolve x: getaddrinfo ENOTFOUND x',
    })
    const other = await open(addressOf({ host: 'localhost', port }))
    expect(String(await unaryCall(other, PATH, Buffer.from('hello')))).toBe('hello')
  })
})

describe('a channel over TLS', () => {
  const root = new TestAuthority('root')
  const foreign = new TestAuthority('foreign')
  const ofServer = root.issue({ dns: ['istiod.test', '*.wild.test'] })
  const ofClient = root.issue({ uris: ['spiffe://cluster.local/ns/default/sa/a'] })

  const credentials = (certificate: IssuedCertificate, roots: Buffer | null = null) =>
    ServerCredentials.createSsl(
      roots,
      [
        {
          cert_chain: Buffer.from(certificate.certificateChain),
          private_key: Buffer.from(certificate.privateKey),
        },
      ],
      roots !== null,
    )

  function secure(
    port: number,
    peerName: string | undefined,
    more: { certificate?: IssuedCertificate; roots?: string } = {},
  ) {
    const secrets = createSecretStore()
    secrets.set({ kind: 'validation', name: 'roots', trustedCa: more.roots ?? root.certificate })
    const { certificate } = more
    if (certificate !== undefined) secrets.set({ kind: 'certificate', name: 'own', ...certificate })
    const transports = socketTransports(new SecureContextPool(secrets), systemClock)(
      {
        kind: 'tls',
        tls: {
          certificate: certificate === undefined ? undefined : 'own',
          validation: 'roots',
          alpn: ['h2'],
          minVersion: 'TLSv1.2',
          maxVersion: 'TLSv1.3',
          ciphers: '',
          groups: [],
          signatureAlgorithms: [],
          subjectAltNames: [],
          sni: 'istiod.test',
        },
      },
      new TestStats().scope('cluster', 'x'),
    )
    cleanups.push(() => transports.close())
    return {
      target: { host: '127.0.0.1', port },
      transports,
      isTls: true,
      peerName,
    } satisfies GrpcServerAddress
  }

  it('speaks HTTP/2 by ALPN, with a certificate of its own', async () => {
    const seen: unknown[] = []
    const { port } = await serve(
      {
        unary(call, done) {
          seen.push(call.getAuthContext().sslPeerCertificate?.subjectaltname)
          done(null, call.request)
        },
      },
      credentials(ofServer, Buffer.from(root.certificate)),
    )
    const channel = await open(secure(port, 'istiod.test', { certificate: ofClient }))
    const message = Buffer.alloc(1_000_000, 'x')
    expect((await unaryCall(channel, PATH, message)).equals(message)).toBe(true)
    expect(seen).toEqual(['URI:spiffe://cluster.local/ns/default/sa/a'])
  })

  it('takes a certificate for the name that was asked for only', async () => {
    const { port } = await serve({}, credentials(ofServer))
    for (const name of [undefined, 'istiod.test', 'a.wild.test']) await open(secure(port, name))
    for (const name of ['other.test', 'a.b.wild.test', '127.0.0.1'])
      await expect(open(secure(port, name))).rejects.toMatchObject({
        reason: 'certificate',
        message: `the peer's certificate is for DNS:istiod.test, DNS:*.wild.test, not for ${name}`,
      })
    await expect(open(secure(port, 'istiod.test', { roots: foreign.certificate }))).rejects.toMatchObject({
      reason: 'certificate',
      message: expect.stringMatching(/^verify cert failed: /),
    })
  })
})

describe('a peer that is no gRPC server', () => {
  async function portOf(server: NetServer): Promise<number> {
    const { port, close } = await listening(server)
    cleanups.push(close)
    return port
  }

  it('is told by what it says: HTTP/1.1', async () => {
    const port = await portOf(createHttpServer((_, response) => response.end('hello')))
    await expect(open(local(port))).rejects.toMatchObject({
      reason: 'handshake',
      message: `127.0.0.1:${port} is no gRPC server: the peer does not speak HTTP/2: it begins with "HTTP/1.1 400 Bad Request"`,
    })
  })

  it.each<[string, (socket: Socket) => void, RegExp]>([
    ['closes', (socket) => socket.end(), /is no gRPC server: the peer closed the connection$/],
    [
      'resets',
      (socket) => socket.once('data', () => socket.resetAndDestroy()),
      /is no gRPC server: the connection broke: ECONNRESET$/,
    ],
  ])('is told by what it does: it %s', async (_, act, message) => {
    const port = await portOf(createServer(act))
    await expect(open(local(port))).rejects.toMatchObject({
      reason: 'handshake',
      message: expect.stringMatching(message),
    })
  })

  it('is told when nobody listens', async () => {
    const server = createServer()
    const port = await portOf(server)
    await new Promise((resolve) => server.close(resolve))
    await expect(open(local(port))).rejects.toMatchObject({
      reason: 'refused',
      message: `cannot connect to 127.0.0.1:${port}: ECONNREFUSED`,
    })
  })

  it('is not waited for any longer than the limit, though it has accepted', async () => {
    const accepted = Promise.withResolvers<Socket>()
    const port = await portOf(createServer(accepted.resolve))
    const clock = new ManualClock()
    const result = new Promise((resolve) => {
      connectGrpc(
        { ...local(port), transports: plain(clock) },
        { ...OPTIONS, clock, connectTimeoutMs: 10_000 },
        resolve,
      )
    })
    const socket = await accepted.promise
    await once(socket, 'data')
    clock.advance(10_000)
    expect(await result).toMatchObject({ reason: 'timeout', message: 'no connection within 10 s' })
    await once(socket, 'close')
    expect(clock.delays).toEqual([])
  })

  it('is given up when nobody wants it any more', async () => {
    const accepted = Promise.withResolvers<Socket>()
    const port = await portOf(createServer(accepted.resolve))
    const given = new AbortController()
    const result = openGrpcChannel(local(port), OPTIONS, given.signal)
    const socket = await accepted.promise
    socket.resume()
    given.abort()
    await expect(result).rejects.toBeInstanceOf(ConnectError)
    await once(socket, 'close')
    await expect(openGrpcChannel(local(port), OPTIONS, AbortSignal.abort())).rejects.toBeInstanceOf(
      ConnectError,
    )
  })

  it('stops answering: a ping finds out', async () => {
    const { port } = await serve()
    let isDeaf = false
    const relay = await portOf(
      createServer((socket) => {
        const upstream = new (socket.constructor as typeof Socket)().connect(port, '127.0.0.1')
        cleanups.push(() => upstream.destroy())
        upstream.on('error', () => {})
        socket.on('data', (chunk) => isDeaf || upstream.write(chunk))
        upstream.on('data', (chunk) => isDeaf || socket.write(chunk))
      }),
    )
    const clock = new ManualClock()
    const channel = await new Promise<GrpcChannel | ConnectError>((resolve) => {
      const keepalive = { intervalMs: 30_000, timeoutMs: 10_000 }
      connectGrpc(local(relay), { ...OPTIONS, clock, keepalive }, resolve)
    })
    if (channel instanceof ConnectError) throw channel
    const { call, messages, ended } = talk(channel)
    const echo = async (text: string) => {
      call.send(Buffer.from(text))
      await expect.poll(() => String(messages.at(-1))).toBe(text)
    }
    await echo('one')
    clock.advance(30_000)
    await echo('two')
    clock.advance(10_000)
    await echo('three')
    isDeaf = true
    clock.advance(30_000)
    clock.advance(10_000)
    expect(await ended).toBe('UNAVAILABLE: no answer to a ping within 10 s')
  })
})
