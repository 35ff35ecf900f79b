import { codec, packAny, TYPE_URLS } from '@batten/xds'
import { Client, credentials, Server, ServerCredentials } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSelfSignedAuthority } from '../src/ca/self-signed.ts'
import { ControlPlaneMetrics } from '../src/metrics.ts'
import type { Resource } from '../src/model/resource.ts'
import type { AckEvent } from '../src/serve/stream-events.ts'
import { XdsServer } from '../src/serve/xds-server.ts'
import { eventually } from './support/eventually.ts'
import { FakeMesh } from './support/fake-mesh.ts'
import { testCluster, testEndpoints, testResource } from './support/test-resources.ts'

const { LDS, RDS } = TYPE_URLS
const same = (bytes: Buffer) => bytes

/** What a proxyless gRPC client resolves `xds:///greeter` by. */
function apiListener(name: string, routeName: string): Resource {
  const value = codec('envoy.config.listener.v3.Listener').encode({
    name,
    apiListener: {
      apiListener: packAny(
        'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
        {
          statPrefix: name,
          rds: { routeConfigName: routeName, configSource: { ads: {}, resourceApiVersion: 'V3' } },
          httpFilters: [
            { name: 'router', typedConfig: packAny('envoy.extensions.filters.http.router.v3.Router', {}) },
          ],
        },
      ),
    },
  })
  return testResource(LDS, name, value)
}

function routes(name: string, cluster: string): Resource {
  const value = codec('envoy.config.route.v3.RouteConfiguration').encode({
    name,
    virtualHosts: [{ name: 'all', domains: ['*'], routes: [{ match: { prefix: '' }, route: { cluster } }] }],
  })
  return testResource(RDS, name, value)
}

describe('a proxyless client of @grpc/grpc-js-xds', () => {
  const mesh = new FakeMesh()
  const acks: AckEvent[] = []
  const backends: { server: Server; port: number; name: string }[] = []
  let server: XdsServer

  async function startBackend(name: string): Promise<number> {
    const backend = new Server()
    const method = { path: '/test.Greeter/Hello', requestStream: false, responseStream: false }
    backend.addService(
      {
        hello: {
          ...method,
          requestSerialize: same,
          requestDeserialize: same,
          responseSerialize: same,
          responseDeserialize: same,
        },
      },
      {
        hello: (_: unknown, callback: (error: null, reply: Buffer) => void) =>
          callback(null, Buffer.from(name)),
      },
    )
    const port = await new Promise<number>((resolve, reject) =>
      backend.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      ),
    )
    backends.push({ server: backend, port, name })
    return port
  }

  beforeAll(async () => {
    server = new XdsServer({
      translator: mesh,
      authority: createSelfSignedAuthority(),
      tokens: [],
      metrics: new ControlPlaneMetrics('test'),
      plaintextPort: 0,
      identifier: 'test',
      onAck: (event) => void acks.push(event),
    })
    await server.listen()
  })

  afterAll(async () => {
    for (const backend of backends) backend.server.forceShutdown()
    await server.close()
  })

  it('resolves, calls, and follows a change of routes', async () => {
    const [a, b] = [await startBackend('a'), await startBackend('b')]
    const all = (cluster: string) => [
      apiListener('greeter', 'greeter-routes'),
      routes('greeter-routes', cluster),
      testCluster('a'),
      testCluster('b'),
      testEndpoints('a', a),
      testEndpoints('b', b),
    ]
    server.update(mesh.set(all('a')))
    const bootstrap = JSON.stringify({
      xds_servers: [
        {
          server_uri: server.plaintextAddress,
          channel_creds: [{ type: 'insecure' }],
          server_features: ['xds_v3'],
        },
      ],
      node: {
        id: 'sidecar~127.0.0.1~client.shop~shop.svc.cluster.local',
        cluster: 'client',
        locality: {},
        metadata: { NAMESPACE: 'shop' },
      },
    })
    const { register } = await import('@grpc/grpc-js-xds')
    register()
    const client = new Client('xds:///greeter', credentials.createInsecure(), {
      'grpc.TEST_ONLY_DO_NOT_USE_IN_PROD.xds_bootstrap_config': bootstrap,
    })
    const call = () =>
      new Promise<string>((resolve, reject) =>
        client.makeUnaryRequest(
          '/test.Greeter/Hello',
          same,
          same,
          Buffer.alloc(0),
          { deadline: Date.now() + 10_000 },
          (error, reply?: Buffer) => (error ? reject(error) : resolve(String(reply))),
        ),
      )
    expect(await call()).toBe('a')
    server.update(mesh.set(all('b')))
    let last = ''
    const poll = setInterval(() => void call().then((name) => (last = name)), 20)
    await eventually('calls go to the other cluster', () => last === 'b')
    clearInterval(poll)
    expect(acks.filter((ack) => ack.error !== undefined)).toEqual([])
    client.close()
  })
})
