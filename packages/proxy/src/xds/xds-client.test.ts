import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type Server as NetServer } from 'node:net'
import { type Clock, type LogFields, type Logger, silentLogger, systemClock } from '@batten/core'
import { GRPC_METHODS } from '@batten/xds'
import { Server, ServerCredentials, type ServerDuplexStream, status } from '@grpc/grpc-js'
import { afterEach, describe, expect, it } from 'vitest'
import { type IssuedCertificate, TestAuthority } from '../../test/certificates.ts'
import { ManualClock } from '../../test/manual-clock.ts'
import { clusterConfig, hostConfig } from '../../test/support/cluster-configs.ts'
import { listening } from '../../test/support/listening-server.ts'
import { TestStats } from '../../test/test-stats.ts'
import { createSecretStore } from '../tls/secret-store.ts'
import { SecureContextPool } from '../tls/secure-contexts.ts'
import type { SecretStore, TlsClientConfig } from '../tls/tls-config.ts'
import type { ClusterConfig } from '../upstream/cluster-config.ts'
import { socketTransports } from '../upstream/transport-factory.ts'
import { grpcTargetOf } from './grpc-target.ts'
import type { ResponseOutcome, XdsProtocol } from './protocol.ts'
import { Gate } from './warming.ts'
import { XdsClient, type XdsClientOptions } from './xds-client.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

type Stream = ServerDuplexStream<Buffer, Buffer>
const METHOD = GRPC_METHODS.deltaAggregatedResources

/** A server that leaves the streams to the test. */
class ManagementServer {
  readonly streams: Stream[] = []
  /** What the nodes have sent. */
  readonly requests: string[] = []
  /** The names in the certificates of the nodes, one entry for each stream. */
  readonly peers: (string | undefined)[] = []
  port = 0
  #server = new Server()

  async start(credentials = ServerCredentials.createInsecure()): Promise<this> {
    const pass = (bytes: Buffer) => bytes
    const kind = {
      requestSerialize: pass,
      requestDeserialize: pass,
      responseSerialize: pass,
      responseDeserialize: pass,
    }
    this.#server = new Server()
    this.#server.addService(
      { delta: { ...METHOD, ...kind } },
      {
        delta: (stream: Stream) => {
          this.streams.push(stream)
          this.peers.push(stream.getAuthContext().sslPeerCertificate?.subjectaltname)
          stream.on('data', (request: Buffer) => this.requests.push(String(request)))
          stream.on('error', () => {})
        },
      },
    )
    this.port = await new Promise<number>((resolve, reject) =>
      this.#server.bindAsync(`127.0.0.1:${this.port}`, credentials, (error, port) =>
        error === null ? resolve(port) : reject(error),
      ),
    )
    cleanups.push(() => this.stop())
    return this
  }

  stop(): void {
    this.#server.forceShutdown()
  }
}

/** Acknowledges every response, when it is told to. */
class TestProtocol implements XdsProtocol {
  readonly method = METHOD
  readonly received: string[] = []
  /** When set, a response is dealt with when it resolves. */
  gate: Promise<void> | undefined
  /** How much an ACK has to say. */
  replyBytes = 0
  #wanted: string[] = []
  #epoch = 0

  want(_typeUrl: string, name: string): void {
    this.#wanted.push(name)
  }

  drop(): void {}

  open(): Uint8Array[] {
    this.#epoch += 1
    return [Buffer.from(`open ${this.#wanted.splice(0).join()}`)]
  }

  flush(): Uint8Array[] {
    return this.#wanted.splice(0).map((name) => Buffer.from(`want ${name}`))
  }

  async receive(bytes: Uint8Array): Promise<ResponseOutcome | undefined> {
    const epoch = this.#epoch
    const text = String(Buffer.from(bytes))
    this.received.push(text)
    if (text === 'nonsense') throw new Error('this is no response')
    await this.gate
    if (epoch !== this.#epoch) return undefined
    const reply = Buffer.from(`ack ${text}`.padEnd(this.replyBytes))
    return { typeUrl: 'type.googleapis.com/x.Y', nonce: text, arrived: 1, removed: 0, rejected: [], reply }
  }
}

const plainPool = () => new SecureContextPool(createSecretStore())

function setUp(
  cluster: ClusterConfig,
  more: Partial<XdsClientOptions> & { readonly pool?: SecureContextPool; readonly authority?: string } = {},
) {
  const { pool = plainPool(), authority, clock = systemClock, ...options } = more
  const protocol = new TestProtocol()
  const log: string[] = []
  const note = (message: string, fields: LogFields = {}) => {
    const { address, error, retryInMs } = fields
    log.push([message, address, error, retryInMs].filter((part) => part !== undefined).join(' | '))
  }
  const client = new XdsClient({
    target: grpcTargetOf(cluster, authority, {
      transports: socketTransports(pool, clock),
      stats: new TestStats(),
    }),
    protocol,
    clock,
    random: () => 1,
    log: { ...silentLogger, info: note, warn: note } satisfies Logger,
    callMetadata: async () => [],
    backOffBaseMs: 4,
    backOffMaxMs: 16,
    ...options,
  })
  cleanups.push(() => client.close())
  return { client, protocol, log }
}

const at = (...ports: number[]) =>
  clusterConfig(
    'xds-grpc',
    ports.map((port) => `127.0.0.1:${port}`),
  )

async function portOf(server: NetServer): Promise<number> {
  const { port, close } = await listening(server)
  cleanups.push(close)
  return port
}

/** A port where nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer()
  const port = await portOf(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

describe('an xDS client', () => {
  it('opens a stream, acknowledges responses, and sends wishes of one turn together', async () => {
    const server = await new ManagementServer().start()
    const connected: boolean[] = []
    const { client, protocol, log } = setUp(at(server.port), {
      onConnectedChange: (is) => connected.push(is),
    })
    client.want('x', 'a')
    client.start()
    expect(client.state).toEqual({ kind: 'connecting' })
    await expect.poll(() => server.requests).toEqual(['open a'])
    server.streams[0]!.write(Buffer.from('one'))
    server.streams[0]!.write(Buffer.from('two'))
    await expect.poll(() => server.requests).toEqual(['open a', 'ack one', 'ack two'])
    client.want('x', 'b')
    client.want('x', 'c')
    await expect.poll(() => server.requests.slice(3)).toEqual(['want b', 'want c'])
    expect([client.state.kind, protocol.received, connected]).toEqual(['connected', ['one', 'two'], [true]])
    client.close()
    expect([client.state, connected]).toEqual([{ kind: 'closed' }, [true, false]])
    expect(log).toEqual([`connected to the management server | 127.0.0.1:${server.port}`])
    await expect.poll(() => server.streams[0]!.cancelled).toBe(true)
  })

  it('waits until what it needs to connect is there', async () => {
    const server = await new ManagementServer().start()
    const ready = new Gate('secret "default"')
    const { client } = setUp(at(server.port), { ready })
    client.start()
    expect(client.state).toEqual({ kind: 'waiting', for: 'secret "default"' })
    ready.open()
    await expect.poll(() => server.requests).toEqual(['open '])
  })

  it('comes back after the server was gone, and says so once', async () => {
    const server = await new ManagementServer().start()
    const { client, log } = setUp(at(server.port))
    client.start()
    await expect.poll(() => server.streams.length).toBe(1)
    server.streams[0]!.write(Buffer.from('one'))
    await expect.poll(() => client.state.kind).toBe('connected')
    server.stop()
    await expect.poll(() => client.state.kind).toBe('backing-off')
    await server.start()
    await expect.poll(() => server.streams.length).toBe(2)
    server.streams[1]!.write(Buffer.from('two'))
    await expect.poll(() => client.state.kind).toBe('connected')
    const [first, lost, again] = log.map((line) => line.split(' | ')[0])
    expect([first, lost, again, log.length]).toEqual([
      'connected to the management server',
      'lost the management server; what was applied stays',
      'connected to the management server',
      3,
    ])
  })

  it('waits longer after each failure, up to the longest pause', async () => {
    const port = await closedPort()
    const clock = new ManualClock()
    const { client, log } = setUp(at(port), { clock, backOffBaseMs: 200, backOffMaxMs: 30_000 })
    client.start()
    const pauses: number[] = []
    const error = `cannot connect to 127.0.0.1:${port}: ECONNREFUSED`
    for (let i = 0; i < 10; i++) {
      await expect.poll(() => client.state).toEqual({ kind: 'backing-off', error })
      pauses.push(clock.delays[0]!)
      clock.advance(clock.delays[0]!)
      expect(client.state.kind).toBe('connecting')
    }
    expect(pauses).toEqual([200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000])
    expect(log).toEqual([`lost the management server; what was applied stays | ${error} | 200`])
  })

  it('tries one address after another', async () => {
    const server = await new ManagementServer().start()
    const { client, log } = setUp(at(await closedPort(), await closedPort(), server.port))
    client.start()
    await expect.poll(() => server.streams.length).toBe(1)
    server.streams[0]!.write(Buffer.from('one'))
    await expect.poll(() => log.at(-1)).toBe(`connected to the management server | 127.0.0.1:${server.port}`)
  })

  it('gives up an address that does not answer after 10 s', async () => {
    const silent = createServer()
    const port = await portOf(silent)
    const clock = new ManualClock()
    const accepted = once(silent, 'connection')
    const { client } = setUp(at(port), { clock })
    client.start()
    await accepted
    expect(clock.delays.every((delay) => delay === 10_000)).toBe(true)
    clock.advance(10_000)
    expect(client.state).toMatchObject({
      kind: 'backing-off',
      error: `127.0.0.1:${port}: no connection within 10 s`,
    })
  })

  it.each<[string, (stream: Stream) => void, string]>([
    ['ends it', (stream) => stream.end(), 'the stream was closed by the server'],
    [
      'refuses it',
      (stream) => stream.emit('error', { code: status.UNAUTHENTICATED, details: 'no token' }),
      'no token (UNAUTHENTICATED)',
    ],
    ['sends no response', (stream) => stream.write(Buffer.from('nonsense')), 'this is no response'],
  ])('says why the stream is over: the server %s', async (_, act, error) => {
    const server = await new ManagementServer().start()
    const { client } = setUp(at(server.port), { backOffBaseMs: 100_000, backOffMaxMs: 100_000 })
    client.start()
    await expect.poll(() => server.streams.length).toBe(1)
    act(server.streams[0]!)
    await expect
      .poll(() => client.state)
      .toEqual({ kind: 'backing-off', error: `127.0.0.1:${server.port}: ${error}` })
  })

  it('says what a server is that speaks no HTTP/2', async () => {
    const port = await portOf(createHttpServer((_, response) => response.end()))
    const { client } = setUp(at(port), { backOffBaseMs: 100_000, backOffMaxMs: 100_000 })
    client.start()
    await expect
      .poll(() => client.state)
      .toEqual({
        kind: 'backing-off',
        error: `127.0.0.1:${port} is no gRPC server: the peer does not speak HTTP/2: it begins with "HTTP/1.1 400 Bad Request"`,
      })
  })

  it('deals with responses one after another, those of a new stream after the last of the old one', async () => {
    const server = await new ManagementServer().start()
    const { client, protocol } = setUp(at(server.port))
    const gate = Promise.withResolvers<void>()
    protocol.gate = gate.promise
    client.start()
    await expect.poll(() => server.streams.length).toBe(1)
    server.streams[0]!.write(Buffer.from('old 1'))
    server.streams[0]!.write(Buffer.from('old 2'))
    await expect.poll(() => protocol.received).toEqual(['old 1'])
    server.streams[0]!.end()
    // The stream ends when its responses were dealt with; a killed server does not wait.
    server.stop()
    await server.start()
    await expect.poll(() => server.streams.length).toBe(2)
    server.streams[1]!.write(Buffer.from('new'))
    await expect.poll(() => client.state.kind).toBe('connected')
    expect(protocol.received).toEqual(['old 1'])
    gate.resolve()
    await expect.poll(() => server.requests.at(-1)).toBe('ack new')
    expect(protocol.received).toEqual(['old 1', 'new'])
    expect(server.requests).toEqual(['open ', 'open ', 'ack new'])
  })

  it('leaves a server that sends and does not read', async () => {
    const server = await new ManagementServer().start()
    const { client, protocol } = setUp(at(server.port), { backOffBaseMs: 100_000, backOffMaxMs: 100_000 })
    protocol.replyBytes = 10_000_000
    client.start()
    await expect.poll(() => server.requests.length).toBe(1)
    server.streams[0]!.pause()
    for (let i = 0; i < 6; i++) server.streams[0]!.write(Buffer.from('x'))
    await expect.poll(() => protocol.received.length).toBe(6)
    expect(client.state.kind).toBe('connected')
    server.streams[0]!.write(Buffer.from('x'))
    await expect
      .poll(() => client.state)
      .toEqual({
        kind: 'backing-off',
        error: `127.0.0.1:${server.port}: the server does not read what it is sent`,
      })
  })

  it('sends metadata of the moment, and fails where that cannot be had or sent', async () => {
    const server = await new ManagementServer().start()
    let metadata: () => Promise<readonly (readonly [string, string])[]> = async () => [
      ['authorization', 'Bearer one'],
      ['x-Mixed', 'case'],
    ]
    const { client } = setUp(at(server.port), {
      callMetadata: () => metadata(),
      authority: 'istiod.test:15010',
    })
    client.start()
    await expect.poll(() => server.streams.length).toBe(1)
    const [stream] = server.streams
    expect([
      stream!.metadata.get('authorization'),
      stream!.metadata.get('x-mixed'),
      stream!.getHost(),
    ]).toEqual([['Bearer one'], ['case'], 'istiod.test:15010'])
    metadata = async () => Promise.reject(new Error('the token cannot be read'))
    const address = `127.0.0.1:${server.port}`
    stream!.end()
    await expect
      .poll(() => client.state)
      .toEqual({ kind: 'backing-off', error: `cannot connect to ${address}: the token cannot be read` })
    metadata = async () => [['bad name', '']]
    await expect
      .poll(() => client.state)
      .toEqual({
        kind: 'backing-off',
        error: `cannot connect to ${address}: metadata: the name "bad name" is not allowed`,
      })
  })
})

describe('an xDS client over TLS', () => {
  const root = new TestAuthority('root')
  const ofServer = root.issue({
    dns: ['istiod.test'],
    uris: ['spiffe://cluster.local/ns/istio-system/sa/istiod'],
  })
  const one = root.issue({ uris: ['spiffe://cluster.local/ns/default/sa/one'] })
  const two = root.issue({ uris: ['spiffe://cluster.local/ns/default/sa/two'] })

  const credentials = ServerCredentials.createSsl(
    Buffer.from(root.certificate),
    [{ cert_chain: Buffer.from(ofServer.certificateChain), private_key: Buffer.from(ofServer.privateKey) }],
    true,
  )

  function store(certificate: IssuedCertificate): SecretStore {
    const secrets = createSecretStore()
    secrets.set({ kind: 'certificate', name: 'default', ...certificate })
    secrets.set({ kind: 'validation', name: 'ROOTCA', trustedCa: root.certificate })
    return secrets
  }

  function cluster(port: number, tls: Partial<TlsClientConfig> = {}): ClusterConfig {
    return {
      ...clusterConfig('xds-grpc', []),
      hosts: [hostConfig(`localhost:${port}`, { address: { host: '127.0.0.1', port } })],
      transport: {
        kind: 'tls',
        tls: {
          certificate: 'default',
          validation: 'ROOTCA',
          // As they are compiled: `h2` is never offered on the request path.
          alpn: [],
          minVersion: 'TLSv1.2',
          maxVersion: 'TLSv1.3',
          ciphers: '',
          groups: [],
          signatureAlgorithms: [],
          subjectAltNames: [],
          sni: 'istiod.test',
          ...tls,
        },
      },
    }
  }

  it('uses a rotated certificate for the next connection', async () => {
    const server = await new ManagementServer().start(credentials)
    const secrets = store(one)
    const { client } = setUp(cluster(server.port), { pool: new SecureContextPool(secrets) })
    client.start()
    await expect.poll(() => server.peers).toEqual(['URI:spiffe://cluster.local/ns/default/sa/one'])
    secrets.set({ kind: 'certificate', name: 'default', ...two })
    server.streams[0]!.end()
    await expect
      .poll(() => server.peers)
      .toEqual([
        'URI:spiffe://cluster.local/ns/default/sa/one',
        'URI:spiffe://cluster.local/ns/default/sa/two',
      ])
    expect(server.streams[0]!.getHost()).toBe('istiod.test')
  })

  const matching = (text: string) => [
    { type: 'any' as const, matcher: { matches: (name: string) => name === text } },
  ]
  it.each<[string, Partial<TlsClientConfig>, string | undefined]>([
    ['the SNI, where there is nothing else to go by', {}, undefined],
    [
      'not another name',
      { sni: 'other.test' },
      "the peer's certificate is for DNS:istiod.test, URI:spiffe://cluster.local/ns/istio-system/sa/istiod, not for other.test",
    ],
    [
      'a SAN that is asked for, whatever the SNI',
      { sni: 'other.test', subjectAltNames: matching('spiffe://cluster.local/ns/istio-system/sa/istiod') },
      undefined,
    ],
    [
      'no other SAN',
      { subjectAltNames: matching('spiffe://x') },
      'verify cert failed: verify SAN list: the peer is spiffe://cluster.local/ns/istio-system/sa/istiod, istiod.test',
    ],
    ['anybody without trusted roots, as Envoy does', { sni: 'other.test', validation: undefined }, undefined],
    ['anybody of the roots without SNI', { sni: '' }, undefined],
  ])('takes a server for %s', async (_, tls, error) => {
    const server = await new ManagementServer().start(credentials)
    const { client } = setUp(cluster(server.port, tls), {
      pool: new SecureContextPool(store(one)),
      backOffBaseMs: 100_000,
      backOffMaxMs: 100_000,
    })
    client.start()
    if (error === undefined) await expect.poll(() => server.requests).toEqual(['open '])
    else
      await expect
        .poll(() => client.state)
        .toEqual({ kind: 'backing-off', error: `localhost:${server.port}: ${error}` })
  })
})

it('needs an endpoint', () => {
  const context = { transports: socketTransports(plainPool(), systemClock as Clock), stats: new TestStats() }
  expect(() => grpcTargetOf(clusterConfig('xds-grpc', []), undefined, context)).toThrow(
    'cluster "xds-grpc" has no endpoint in its load_assignment',
  )
})
