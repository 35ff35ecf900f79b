import { X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import { codec, GRPC_METHODS, TYPE_URLS } from '@batten/xds'
import { credentials, status } from '@grpc/grpc-js'
import { afterEach, describe, expect, it } from 'vitest'
import { createTestRequest } from '../../test/support/certificate-request.ts'
import { eventually } from '../../test/support/eventually.ts'
import { FakeMesh } from '../../test/support/fake-mesh.ts'
import { createCertificate, GrpcStream } from '../../test/support/grpc-client.ts'
import { GrpcDeltaNode } from '../../test/support/grpc-delta-node.ts'
import { testNode } from '../../test/support/test-node.ts'
import {
  clustersOfRoutes,
  opaqueResource,
  testCluster,
  testEndpoints,
  testListener,
  testRoutes,
} from '../../test/support/test-resources.ts'
import { createDevelopmentTokens } from '../ca/development-tokens.ts'
import { splitCertificates } from '../ca/pem.ts'
import { createSelfSignedAuthority } from '../ca/self-signed.ts'
import { ControlPlaneMetrics } from '../metrics.ts'
import type { Resource } from '../model/resource.ts'
import type { AckEvent } from './stream-events.ts'
import { XdsServer, type XdsServerOptions } from './xds-server.ts'

const { CDS, EDS, LDS, PCDS, RDS, SDS } = TYPE_URLS
const closers: (() => unknown)[] = []

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const mesh = (generation = 0): Resource[] => [
  testCluster('a', generation),
  testEndpoints('a', 1),
  testListener('l', 'r'),
  testRoutes('r', 'a'),
]

async function start(options: Partial<XdsServerOptions> = {}, resources: readonly Resource[] = mesh()) {
  const translator = new FakeMesh()
  const authority = createSelfSignedAuthority()
  const tokens = createDevelopmentTokens()
  const acks: AckEvent[] = []
  const metrics = new ControlPlaneMetrics('test')
  const server = new XdsServer({
    translator,
    authority,
    tokens: [tokens],
    metrics,
    plaintextPort: 0,
    tlsPort: 0,
    identifier: 'test',
    onAck: (event) => void acks.push(event),
    ...options,
  })
  await server.listen()
  server.update(translator.set(resources))
  closers.push(
    () => authority.close(),
    () => server.close(),
  )
  const roots = Buffer.from(authority.trustBundle)
  return {
    server,
    translator,
    authority,
    tokens,
    acks,
    metrics,
    plaintext: server.plaintextAddress!,
    tls: server.tlsAddress!,
    withoutCertificate: credentials.createSsl(roots),
    withCertificate: (namespace: string, serviceAccount: string, ca = authority) => {
      const own = ca.issueWorkload({ namespace, serviceAccount })
      return credentials.createSsl(roots, Buffer.from(own.privateKey), Buffer.from(own.certificateChain))
    },
    push: (next: readonly Resource[]) => server.update(translator.set(next)),
    connect: (
      address: string,
      name = 'reviews-v1',
      rest: ConstructorParameters<typeof GrpcDeltaNode>[2] = {},
    ) => {
      const node = new GrpcDeltaNode(address, testNode({ name }), rest)
      closers.push(() => node.close())
      return node
    },
  }
}

function subscribeAll(node: GrpcDeltaNode): void {
  node.subscribe(CDS, '*')
  node.subscribe(EDS, 'a')
  node.subscribe(LDS, '*')
  node.subscribe(RDS, 'r')
}

describe('the xDS server', () => {
  it('serves a node over gRPC and pushes what changes', async () => {
    const { server, plaintext, connect, push } = await start()
    const node = connect(plaintext)
    subscribeAll(node)
    await eventually('the node is served', () => server.connections.size === 1 && server.isServed)
    expect([...node.client.type(CDS).resources.keys()]).toEqual(['a'])
    push([
      testCluster('a'),
      testCluster('b'),
      testEndpoints('b', 2),
      testListener('l', 'r'),
      testRoutes('r', 'b'),
    ])
    node.subscribe(EDS, 'b')
    await eventually('the new snapshot is served', () => server.isServed)
    expect(clustersOfRoutes(node.client.type(RDS).resources.get('r')!.value)).toEqual(['b'])
  })

  it('serves many nodes at once, and one that does not read holds back nobody', async () => {
    const { server, plaintext, connect, push, acks } = await start()
    const slow = connect(plaintext, 'slow')
    subscribeAll(slow)
    await eventually('the slow node is served', () => server.connections.size === 1 && server.isServed)
    slow.stream.pause()
    const nodes = Array.from({ length: 50 }, (_, i) => connect(plaintext, `node-${i}`))
    for (const node of nodes) subscribeAll(node)
    await eventually('all are connected', () => server.connections.size === 51)
    const big = 'x'.repeat(200_000)
    for (let i = 1; i <= 8; i++) {
      push([...mesh(i), opaqueResource(LDS, 'big', `${big}${i}`)])
      const have = (node: GrpcDeltaNode) => node.client.type(LDS).resources.get('big')?.value.at(-1)
      await eventually('the others have it', () => nodes.every((node) => have(node) === 48 + i))
    }
    const slowAcks = () => acks.filter((ack) => ack.node.name === 'slow' && ack.typeUrl === LDS).length
    const before = slowAcks()
    expect(server.isServed).toBe(false)
    slow.stream.resume()
    await eventually('the slow one catches up', () => server.isServed)
    expect(slow.client.type(LDS).resources.get('big')?.value.at(-1)).toBe(56)
    // The one that was on its way, and one with everything since.
    expect(slowAcks() - before).toBeLessThanOrEqual(2)
  })

  it('sends a node that reconnects nothing that it has', async () => {
    const { server, plaintext, connect, metrics } = await start()
    const node = connect(plaintext)
    subscribeAll(node)
    await eventually('it is served', () => server.connections.size === 1 && server.isServed)
    const before = metrics.configSize(EDS).count + metrics.configSize(RDS).count
    node.reconnect()
    await eventually('the first stream is gone', () => server.connections.size === 1)
    await eventually('it is served again', () => server.isServed)
    expect(metrics.configSize(EDS).count + metrics.configSize(RDS).count).toBe(before)
    expect(node.client.type(RDS).resources.size).toBe(1)
  })

  it('speaks state of the world as well', async () => {
    const { plaintext, server } = await start()
    const requests = codec('envoy.service.discovery.v3.DiscoveryRequest')
    const responses = codec('envoy.service.discovery.v3.DiscoveryResponse')
    const stream = new GrpcStream(plaintext, { method: GRPC_METHODS.streamAggregatedResources })
    closers.push(() => stream.close())
    stream.send(Buffer.from(requests.encode({ node: testNode(), typeUrl: CDS })))
    await eventually('a response comes', () => stream.frames.length === 1)
    const response = responses.decode(stream.frames[0]!)
    expect(response).toMatchObject({
      typeUrl: CDS,
      resources: [{ typeUrl: CDS, value: Uint8Array.from(testCluster('a').value) }],
      controlPlane: { identifier: 'test' },
    })
    const ack = { typeUrl: CDS, responseNonce: response.nonce!, versionInfo: response.versionInfo! }
    stream.send(Buffer.from(requests.encode(ack)))
    await eventually('the node is served', () => server.isServed)
  })

  it('counts and logs a NACK, and goes on with everybody else', async () => {
    const { plaintext, metrics, acks, connect, server } = await start()
    const responses = codec('envoy.service.discovery.v3.DeltaDiscoveryResponse')
    const requests = codec('envoy.service.discovery.v3.DeltaDiscoveryRequest')
    const bad = new GrpcStream(plaintext)
    closers.push(() => bad.close())
    bad.send(Buffer.from(requests.encode({ node: testNode({ name: 'bad' }), typeUrl: CDS })))
    await eventually('clusters come', () => bad.frames.length > 0)
    const { nonce } = responses.decode(bad.frames[0]!)
    const error = { code: 3, message: 'cluster "a": connect_timeout: too long' }
    bad.send(Buffer.from(requests.encode({ typeUrl: CDS, responseNonce: nonce!, errorDetail: error })))
    await eventually('the NACK is counted', () => metrics.rejects(CDS).value === 1)
    expect(acks[0]).toMatchObject({ typeUrl: CDS, resources: ['a'], error: error.message })
    const good = connect(plaintext, 'good')
    subscribeAll(good)
    await eventually(
      'the good node is served',
      () => good.client.type(RDS).resources.size === 1 && server.isServed,
    )
  })

  it('pushes the trust bundle, and again when a root joins it', async () => {
    const { plaintext, connect, authority } = await start()
    const node = connect(plaintext)
    node.subscribe(PCDS, '*')
    const configs = codec('istio.mesh.v1alpha1.ProxyConfig')
    const roots = () => {
      const resource = node.client.type(PCDS).resources.get('default')
      return resource === undefined ? [] : (configs.decode(resource.value).caCertificatesPem ?? [])
    }
    await eventually('the bundle arrives', () => roots().length === 1)
    authority.rotation.announce()
    await eventually('the second root arrives', () => roots().length === 2)
    expect(roots()).toEqual(splitCertificates(authority.trustBundle))
  })

  it('takes no node before it knows the mesh', async () => {
    const translator = new FakeMesh()
    const server = new XdsServer({
      translator,
      authority: createSelfSignedAuthority(),
      tokens: [],
      metrics: new ControlPlaneMetrics('test'),
      plaintextPort: 0,
      identifier: 'test',
    })
    await server.listen()
    closers.push(() => server.close())
    const stream = new GrpcStream(server.plaintextAddress!)
    closers.push(() => stream.close())
    expect(await stream.ended).toEqual({
      code: status.UNAVAILABLE,
      details: 'server is not ready to serve discovery information',
    })
  })

  it('ends streams that are too old, and the node goes on where it was', async () => {
    const { plaintext, connect } = await start({ limits: { maxStreamAgeMs: 100 }, random: () => 0.5 })
    const node = connect(plaintext)
    subscribeAll(node)
    expect(await node.stream.ended).toEqual({ code: status.OK, details: 'OK' })
    expect(node.client.type(RDS).resources.size).toBe(1)
  })

  it.each<[string, Partial<XdsServerOptions>, (stream: GrpcStream) => void, number, RegExp]>([
    [
      'a node without an id',
      {},
      (s) => s.send(request({ typeUrl: CDS })),
      status.INVALID_ARGUMENT,
      /no node id/,
    ],
    [
      'a malformed node id',
      {},
      (s) => s.send(request({ typeUrl: CDS, node: { id: 'sidecar~x' } })),
      status.INVALID_ARGUMENT,
      /2 parts in place of 4/,
    ],
    ['garbage', {}, (s) => s.send(Buffer.from([0xff, 0xff])), status.INVALID_ARGUMENT, /not a valid/],
    [
      'too many names',
      { limits: { maxNames: 2 } },
      (s) => s.send(request({ typeUrl: EDS, node: testNode(), resourceNamesSubscribe: ['a', 'b', 'c'] })),
      status.RESOURCE_EXHAUSTED,
      /more than 2 resources/,
    ],
    [
      'too large a message',
      { limits: { maxReceiveBytes: 1000 } },
      (s) => s.send(request({ typeUrl: CDS, node: { id: 'x'.repeat(2000) } })),
      status.RESOURCE_EXHAUSTED,
      /larger than max/,
    ],
    [
      'too many streams',
      { limits: { maxStreams: 0 } },
      () => {},
      status.RESOURCE_EXHAUSTED,
      /0 streams are open/,
    ],
  ])('refuses %s', async (_, options, act, code, details) => {
    const { plaintext } = await start(options)
    const stream = new GrpcStream(plaintext)
    closers.push(() => stream.close())
    act(stream)
    expect(await stream.ended).toEqual({ code, details: expect.stringMatching(details) })
  })

  it('says which address it cannot have', async () => {
    const { plaintext } = await start()
    const port = Number(plaintext.split(':')[1])
    await expect(start({ plaintextPort: port })).rejects.toMatchObject({ code: 'SERVER_BIND_FAILED' })
  })
})

describe('the secure port', () => {
  it('serves a node by its client certificate', async () => {
    const { tls, connect, withCertificate, server } = await start()
    const node = connect(tls, 'reviews-v1', { credentials: withCertificate('shop', 'reviews') })
    subscribeAll(node)
    await eventually('it is served', () => server.connections.size === 1 && server.isServed)
    expect([...server.connections.values()][0]!.identity).toEqual({
      namespace: 'shop',
      serviceAccount: 'reviews',
      proof: 'certificate',
    })
  })

  it('serves a node by its token', async () => {
    const { tls, connect, withoutCertificate, tokens, server } = await start()
    const token = await tokens.issue({ namespace: 'shop', serviceAccount: 'reviews' })
    const node = connect(tls, 'reviews-v1', { credentials: withoutCertificate, token })
    subscribeAll(node)
    await eventually('it is served', () => server.connections.size === 1 && server.isServed)
  })

  it('gives secrets only to nodes that have shown who they are', async () => {
    const { tls, plaintext, connect, withCertificate } = await start({}, [
      opaqueResource(SDS, 'kubernetes://c', 'k'),
    ])
    const known = connect(tls, 'reviews-v1', { credentials: withCertificate('shop', 'reviews') })
    const unknown = connect(plaintext)
    for (const node of [known, unknown]) node.subscribe(SDS, 'kubernetes://c')
    await eventually('the known node has it', () => known.client.type(SDS).resources.size === 1)
    await eventually('the unknown node is told no', () => unknown.client.type(SDS).absent.size === 1)
    expect(unknown.client.type(SDS).resources.size).toBe(0)
  })

  it.each([
    ['shows nothing', {}, status.UNAUTHENTICATED, /no client certificate of this mesh and no token/],
    [
      'is another service account',
      { identity: ['shop', 'ratings'] },
      status.PERMISSION_DENIED,
      /matched shop\/reviews/,
    ],
    [
      'is of another namespace',
      { identity: ['other', 'reviews'] },
      status.PERMISSION_DENIED,
      /matched shop\/reviews/,
    ],
    ['has a token for another audience', { audiences: ['vault'] }, status.UNAUTHENTICATED, /"aud"/],
    ['has a certificate of another CA', { foreign: true }, status.UNAUTHENTICATED, /no client certificate/],
    ['has a token of nobody here', { token: 'e30.e30.e30' }, status.UNAUTHENTICATED, /nobody here knows/],
  ])('refuses a node that %s', async (_, how: Record<string, unknown>, code, details) => {
    const { tls, tokens, withCertificate, withoutCertificate } = await start()
    let options: ConstructorParameters<typeof GrpcStream>[1] = { credentials: withoutCertificate }
    if (Array.isArray(how['identity']))
      options = { credentials: withCertificate(how['identity'][0], how['identity'][1]) }
    if (how['foreign'] === true)
      options = { credentials: withCertificate('shop', 'reviews', createSelfSignedAuthority()) }
    if (Array.isArray(how['audiences'])) {
      const token = await tokens.issue({
        namespace: 'shop',
        serviceAccount: 'reviews',
        audiences: how['audiences'],
      })
      options = { ...options, token }
    }
    if (typeof how['token'] === 'string') options = { ...options, token: how['token'] }
    const stream = new GrpcStream(tls, options)
    closers.push(() => stream.close())
    stream.send(request({ typeUrl: CDS, node: testNode() }))
    expect(await stream.ended).toEqual({ code, details: expect.stringMatching(details) })
  })

  it('renews its own certificate without ending a connection', async () => {
    const { tls, connect, withCertificate, server, authority, push } = await start()
    const node = connect(tls, 'reviews-v1', { credentials: withCertificate('shop', 'reviews') })
    subscribeAll(node)
    await eventually('it is served', () => server.connections.size === 1 && server.isServed)
    authority.rotation.announce()
    authority.rotation.activate()
    push(mesh(1))
    await eventually('the old connection goes on', () => server.isServed)
    const late = connect(tls, 'reviews-v2', {
      credentials: credentials.createSsl(
        Buffer.from(splitCertificates(authority.trustBundle)[0]!),
        ...certificateBuffers(authority.issueWorkload({ namespace: 'shop', serviceAccount: 'reviews' })),
      ),
    })
    subscribeAll(late)
    await eventually('a new one trusts only the new root', () => late.client.type(RDS).resources.size === 1)
  })
})

describe('CreateCertificate', () => {
  const { csr, publicKey } = createTestRequest({ dnsNames: ['admin'] })

  it('signs for the identity of the token, and next time for that of the certificate', async () => {
    const { tls, tokens, withoutCertificate, authority, metrics } = await start()
    const token = await tokens.issue({ namespace: 'shop', serviceAccount: 'reviews' })
    const chain = await createCertificate(
      tls,
      { csr, validityDuration: 3600 },
      { credentials: withoutCertificate, token },
    )
    const leaf = new X509Certificate(chain[0]!)
    expect(leaf.subjectAltName).toBe('URI:spiffe://cluster.local/ns/shop/sa/reviews')
    expect(leaf.publicKey.equals(publicKey)).toBe(true)
    expect(chain.slice(1)).toEqual([authority.trustBundle])
    expect(leaf.validToDate.getTime() - Date.now()).toBeLessThanOrEqual(3_600_000)
    expect(() => createSecureContext({ cert: chain[0]! })).not.toThrow()
    expect(metrics.certificatesIssued.value).toBe(1)

    const own = authority.issueWorkload({ namespace: 'shop', serviceAccount: 'ratings' })
    const roots = Buffer.from(authority.trustBundle)
    const renewed = await createCertificate(
      tls,
      { csr },
      { credentials: credentials.createSsl(roots, ...certificateBuffers(own)) },
    )
    expect(new X509Certificate(renewed[0]!).subjectAltName).toBe(
      'URI:spiffe://cluster.local/ns/shop/sa/ratings',
    )
  })

  it.each([
    [
      'without a token',
      { token: undefined },
      { csr },
      status.UNAUTHENTICATED,
      'request authenticate failure',
    ],
    [
      'with a wrong token',
      { token: 'wrong' },
      { csr },
      status.UNAUTHENTICATED,
      'request authenticate failure',
    ],
    [
      'with an expired token',
      { ttlMs: -1000 },
      { csr },
      status.UNAUTHENTICATED,
      'request authenticate failure',
    ],
    ['with a bad request', {}, { csr: 'nonsense' }, status.INVALID_ARGUMENT, 'CSR signing error'],
    [
      'for somebody else',
      {},
      {
        csr,
        metadata: { fields: { ImpersonatedIdentity: { stringValue: 'spiffe://cluster.local/ns/a/sa/b' } } },
      },
      status.UNAUTHENTICATED,
      'request impersonation authentication failure',
    ],
  ])('fails as with Istio %s', async (_, how, request, code, message) => {
    const { tls, tokens, withoutCertificate } = await start()
    const ttl = 'ttlMs' in how ? { ttlMs: how.ttlMs as number } : {}
    const issued = await tokens.issue({ namespace: 'shop', serviceAccount: 'reviews', ...ttl })
    const token = 'token' in how ? (how.token as string | undefined) : issued
    const options = { credentials: withoutCertificate, ...(token === undefined ? {} : { token }) }
    await expect(createCertificate(tls, request, options)).rejects.toMatchObject({
      code,
      details: expect.stringContaining(message),
    })
  })

  it('takes no token in plaintext', async () => {
    const { plaintext, tokens } = await start()
    const token = await tokens.issue({ namespace: 'shop', serviceAccount: 'reviews' })
    await expect(createCertificate(plaintext, { csr }, { token })).rejects.toMatchObject({
      code: status.UNAUTHENTICATED,
    })
  })
})

function request(body: object): Buffer {
  return Buffer.from(codec('envoy.service.discovery.v3.DeltaDiscoveryRequest').encode(body))
}

function certificateBuffers(own: { privateKey: string; certificateChain: string }): [Buffer, Buffer] {
  return [Buffer.from(own.privateKey), Buffer.from(own.certificateChain)]
}
