import { request } from 'node:http'
import type { KubernetesObject, Secret } from '@batten/api'
import { codec, TYPE_URLS } from '@batten/xds'
import { credentials } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../../test/support/eventually.ts'
import { FakeMesh } from '../../test/support/fake-mesh.ts'
import { GrpcStream } from '../../test/support/grpc-client.ts'
import { GrpcDeltaNode } from '../../test/support/grpc-delta-node.ts'
import { testNode } from '../../test/support/test-node.ts'
import { testCluster, testResource } from '../../test/support/test-resources.ts'
import { createSelfSignedAuthority } from '../ca/self-signed.ts'
import { type ControlPlane, createControlPlane } from '../control-plane.ts'
import { MemorySource } from '../ingest/memory/memory-source.ts'
import { ControlPlaneMetrics } from '../metrics.ts'
import { XdsServer } from '../serve/xds-server.ts'
import { configDump } from './handlers/config-dump.ts'
import { PushLog } from './push-log.ts'

const { CDS, LDS, SDS } = TYPE_URLS

const service: KubernetesObject = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'reviews', namespace: 'shop' },
  spec: { selector: { app: 'reviews' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
}
const secret: Secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'cert', namespace: 'shop' },
  type: 'kubernetes.io/tls',
  data: { 'tls.crt': 'Y2VydA==', 'tls.key': 'c2VjcmV0LWtleQ==' },
}
const undefinedSubset: KubernetesObject = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name: 'reviews', namespace: 'shop' },
  spec: { hosts: ['reviews'], http: [{ route: [{ destination: { host: 'reviews', subset: 'v9' } }] }] },
}

let controlPlane: ControlPlane
let node: GrpcDeltaNode
let bad: GrpcStream

async function get(path: string, headers: Record<string, string> = {}, method = 'GET') {
  return new Promise<{ status: number; type: string; text: string }>((resolve, reject) => {
    const call = request(`http://${controlPlane.debugAddress}${path}`, { headers, method }, (response) => {
      let text = ''
      response.on('data', (chunk) => (text += chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode!, type: response.headers['content-type'] ?? '', text }),
      )
    })
    call.on('error', reject).end()
  })
}

async function json(path: string): Promise<unknown> {
  const { status, type, text } = await get(path)
  expect({ status, type }).toEqual({ status: 200, type: 'application/json' })
  return JSON.parse(text)
}

beforeAll(async () => {
  controlPlane = await createControlPlane({ sources: [new MemorySource([service, secret, undefinedSubset])] })
  node = new GrpcDeltaNode(controlPlane.xdsAddress!, testNode({ name: 'good' }))
  node.subscribe(CDS, '*')
  node.subscribe(LDS, '*')
  bad = new GrpcStream(controlPlane.xdsAddress!)
  const requests = codec('envoy.service.discovery.v3.DeltaDiscoveryRequest')
  const responses = codec('envoy.service.discovery.v3.DeltaDiscoveryResponse')
  let isRejected = false
  bad.onFrame = (frame) => {
    const error = isRejected ? {} : { errorDetail: { code: 3, message: 'BlackHoleCluster: no' } }
    isRejected = true
    const { nonce } = responses.decode(frame)
    bad.send(Buffer.from(requests.encode({ typeUrl: CDS, responseNonce: nonce!, ...error })))
  }
  bad.send(Buffer.from(requests.encode({ typeUrl: CDS, node: testNode({ name: 'bad' }) })))
  await eventually('both are connected', () => controlPlane.nodes.length === 2)
  await controlPlane.waitUntilServed()
})

afterAll(async () => {
  node.close()
  bad.close()
  await controlPlane.close()
})

describe('the debug pages', () => {
  it('/debug/syncz shows what each proxy has, and what it rejected and why', async () => {
    const list = (await json('/debug/syncz')) as Record<string, unknown>[]
    expect(list.find((entry) => entry['proxy'] === 'good.shop')).toMatchObject({
      proxy_type: 'sidecar',
      protocol: 'delta',
      user_agent: 'batten',
      revision: controlPlane.snapshot.revision,
      settled_revision: controlPlane.snapshot.revision,
      cluster_sent: expect.stringMatching(/^\d+$/),
      types: [
        { type: 'CDS', status: 'SYNCED', rejected: [] },
        { type: 'LDS', status: 'SYNCED', rejected: [] },
      ],
    })
    expect(list.find((entry) => entry['proxy'] === 'bad.shop')).toMatchObject({
      types: [
        {
          type: 'CDS',
          status: 'ERROR',
          rejected: [{ name: 'BlackHoleCluster', error: 'BlackHoleCluster: no' }],
        },
      ],
    })
  })

  it('/debug/configz lists objects, narrowed by kind, and no Secret', async () => {
    const all = (await json('/debug/configz')) as KubernetesObject[]
    expect(all.map(({ kind }) => kind).sort()).toEqual(['Service', 'VirtualService'])
    expect(await json('/debug/configz?kind=service&name=reviews')).toMatchObject([service])
    expect(await json('/debug/configz?namespace=elsewhere')).toEqual([])
  })

  it('/debug/findings says what is wrong', async () => {
    expect(await json('/debug/findings')).toMatchObject([
      {
        code: 'CP_PROXY_REJECTED',
        message:
          'the proxy bad.shop refused the CDS resource "BlackHoleCluster" and kept the one of before: BlackHoleCluster: no',
      },
      { object: 'VirtualService shop/reviews' },
    ])
  })

  it('/debug/registryz and /debug/endpointz show services and endpoints', async () => {
    expect(await json('/debug/registryz')).toMatchObject([{ hostname: 'reviews.shop.svc.cluster.local' }])
    expect(await json('/debug/endpointz?host=reviews.shop.svc.cluster.local')).toEqual([
      { service: 'reviews.shop.svc.cluster.local', namespace: 'shop', endpoints: [] },
    ])
  })

  it('/debug/connections shows subscriptions', async () => {
    expect(await json('/debug/connections')).toMatchObject({
      totalClients: 2,
      clients: [{ watches: { CDS: ['*'], LDS: ['*'] } }, { watches: { CDS: ['*'] } }],
    })
  })

  it('/debug/config_dump shows what a proxy is served, as Envoy prints it', async () => {
    const dump = (await json('/debug/config_dump?proxyID=good.shop')) as {
      configs: Record<string, unknown>[]
    }
    expect(dump.configs.map((config) => String(config['@type']).split('.').at(-1))).toEqual([
      'ClustersConfigDump',
      'ListenersConfigDump',
      'RoutesConfigDump',
      'EndpointsConfigDump',
      'EcdsConfigDump',
      'SecretsConfigDump',
    ])
    const names = (dump.configs[0]!['dynamic_active_clusters'] as { cluster: { name: string } }[]).map(
      ({ cluster }) => cluster.name,
    )
    expect(names).toContain('outbound|80||reviews.shop.svc.cluster.local')
    const one = (await json('/debug/config_dump?proxyID=good.shop&types=lds')) as { configs: unknown[] }
    expect(one.configs).toHaveLength(1)
    expect((await get('/debug/config_dump')).status).toBe(400)
    expect((await get('/debug/config_dump?proxyID=nobody')).status).toBe(404)
  })

  it('/debug/push_status shows standing rejections and the last pushes', async () => {
    const status = (await json('/debug/push_status')) as { log: { event: string }[] }
    expect(status).toMatchObject({ isServed: true, rejected: [{ type: 'CDS', name: 'BlackHoleCluster' }] })
    expect(new Set(status.log.map(({ event }) => event))).toEqual(new Set(['push', 'ack', 'nack']))
  })

  it('/metrics has the names of Istio', async () => {
    const { text, type } = await get('/metrics')
    expect(type).toMatch(/^text\/plain/)
    for (const line of [
      /^pilot_xds\{version=".+"\} 2$/m,
      /^pilot_xds_pushes\{type="cds"\} \d+$/m,
      /^pilot_total_xds_rejects\{type="cds"\} 1$/m,
      /^pilot_services 1$/m,
      /^pilot_xds_config_size_bytes_count\{type="cds"\} \d+$/m,
      /^citadel_server_root_cert_expiry_timestamp \d{10}$/m,
      /^istio_build\{component="pilot",tag=".+"\} 1$/m,
      /^process_resident_memory_bytes \d+$/m,
    ])
      expect(text).toMatch(line)
  })

  it('/ready, /version, /debug/mesh and the list answer', async () => {
    expect(await get('/ready')).toMatchObject({ status: 200, text: 'ready\n' })
    expect((await get('/version')).text).toMatch(/^\d+\.\d+\.\d+/)
    expect(await json('/debug/mesh')).toMatchObject({ trustDomain: 'cluster.local' })
    const { text } = await get('/')
    for (const path of ['/debug/syncz', '/metrics', '/ready']) expect(text).toContain(path)
  })

  it.each([
    ['a page that does not exist', '/debug/nothing', {}, 'GET', 404],
    ['anything but GET', '/debug/syncz', {}, 'POST', 405],
    [
      'a web page that reached loopback by a name of its own',
      '/debug/configz',
      { host: 'evil.example' },
      'GET',
      403,
    ],
  ])('refuse %s', async (_, path, headers: Record<string, string>, method, status) => {
    expect((await get(path, headers, method)).status).toBe(status)
  })

  it('are a page of links for a browser, and text for everybody else', async () => {
    const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }
    const page = await get('/debug/', html)
    expect(page).toMatchObject({ status: 200, type: 'text/html; charset=utf-8' })
    for (const path of ['/debug/syncz', '/debug/config_dump', '/metrics'])
      expect(page.text).toContain(`<a href="${path}"><code>${path}</code></a>`)
    expect(await get('/debug', { accept: '*/*' })).toMatchObject({ type: 'text/plain; charset=utf-8' })
    expect(await get('/debug/syncz', html)).toMatchObject({ type: 'application/json' })
  })

  it('name the proxies that there are to those who name none or another one', async () => {
    expect(await get('/debug/config_dump')).toEqual({
      status: 400,
      type: 'text/plain; charset=utf-8',
      text: 'say which proxy: ?proxyID=<pod>.<namespace>; connected: bad.shop, good.shop\n',
    })
    const page = await get('/debug/config_dump?proxyID=%3Cb%3E', { accept: 'text/html' })
    expect(page.status).toBe(404)
    expect(page.text).toContain('<p>no proxy &quot;&lt;b&gt;&quot; is connected here</p>')
    expect(page.text).toContain('<a href="/debug/config_dump?proxyID=good.shop"><code>good.shop</code></a>')
  })

  it('answer HEAD without a body', async () => {
    expect(await get('/ready', {}, 'HEAD')).toMatchObject({ status: 200, text: '' })
  })
})

describe('/debug/config_dump', () => {
  it('masks private keys', async () => {
    const secrets = codec('envoy.extensions.transport_sockets.tls.v3.Secret')
    const value = secrets.encode({
      name: 'kubernetes://cert',
      tlsCertificate: {
        certificateChain: { inlineBytes: Buffer.from('public') },
        privateKey: { inlineBytes: Buffer.from('very secret') },
      },
    })
    const mesh = new FakeMesh()
    const authority = createSelfSignedAuthority()
    const metrics = new ControlPlaneMetrics('test')
    const server = new XdsServer({
      translator: mesh,
      authority,
      tokens: [],
      metrics,
      tlsPort: 0,
      identifier: 'test',
    })
    await server.listen()
    server.update(mesh.set([testCluster('a'), testResource(SDS, 'kubernetes://cert', value)]))
    const own = authority.issueWorkload({ namespace: 'shop', serviceAccount: 'reviews' })
    const gateway = new GrpcDeltaNode(server.tlsAddress!, testNode({ name: 'gateway' }), {
      credentials: credentials.createSsl(
        Buffer.from(authority.trustBundle),
        Buffer.from(own.privateKey),
        Buffer.from(own.certificateChain),
      ),
    })
    gateway.subscribe(SDS, 'kubernetes://cert')
    await eventually('the gateway has its secret', () => gateway.client.type(SDS).resources.size === 1)
    const reply = configDump.handle(new URLSearchParams({ proxyID: 'gateway.shop' }), {
      version: 'test',
      model: controlPlane,
      findings: () => [],
      server,
      translator: mesh,
      authority,
      metrics,
      pushLog: new PushLog(Date.now),
      isReady: () => true,
    })
    const text = JSON.stringify(reply.body)
    expect(text).toContain('kubernetes://cert')
    expect(text).toContain(Buffer.from('public').toString('base64'))
    expect(text).not.toContain(Buffer.from('very secret').toString('base64'))
    expect(text).not.toContain('very secret')
    gateway.close()
    await server.close()
  })
})
