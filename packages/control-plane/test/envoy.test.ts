import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { codec, packAny, TYPE_URLS } from '@batten/xds'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDevelopmentTokens } from '../src/ca/development-tokens.ts'
import { createSelfSignedAuthority } from '../src/ca/self-signed.ts'
import { ControlPlaneMetrics } from '../src/metrics.ts'
import type { Resource } from '../src/model/resource.ts'
import type { AckEvent } from '../src/serve/stream-events.ts'
import { XdsServer } from '../src/serve/xds-server.ts'
import { EnvoyProcess, findEnvoy } from './support/envoy.ts'
import { eventually } from './support/eventually.ts'
import { FakeMesh } from './support/fake-mesh.ts'
import { testCluster, testEndpoints, testResource, testRoutes } from './support/test-resources.ts'

const { CDS, EDS, LDS, RDS } = TYPE_URLS
const envoy = findEnvoy()
const listeners = codec('envoy.config.listener.v3.Listener')

function httpListener(name: string, port: number, routeName: string): Resource {
  const value = listeners.encode({
    name,
    address: { socketAddress: { address: '127.0.0.1', portValue: port } },
    filterChains: [
      {
        filters: [
          {
            name: 'http',
            typedConfig: packAny(
              'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
              {
                statPrefix: name,
                rds: {
                  routeConfigName: routeName,
                  configSource: { ads: {}, resourceApiVersion: 'V3', initialFetchTimeout: {} },
                },
                httpFilters: [
                  {
                    name: 'router',
                    typedConfig: packAny('envoy.extensions.filters.http.router.v3.Router', {}),
                  },
                ],
              },
            ),
          },
        ],
      },
    ],
  })
  return testResource(LDS, name, value)
}

function bootstrap(xdsAddress: string, apiType: 'DELTA_GRPC' | 'GRPC') {
  const [address, port] = xdsAddress.split(':')
  return {
    node: {
      id: 'sidecar~127.0.0.1~reviews-v1.shop~shop.svc.cluster.local',
      cluster: 'reviews.shop',
      metadata: { NAMESPACE: 'shop', SERVICE_ACCOUNT: 'reviews' },
    },
    admin: { address: { socket_address: { address: '127.0.0.1', port_value: 0 } } },
    dynamic_resources: {
      ads_config: {
        api_type: apiType,
        transport_api_version: 'V3',
        set_node_on_first_message_only: true,
        grpc_services: [{ envoy_grpc: { cluster_name: 'xds-grpc' } }],
      },
      lds_config: { ads: {}, resource_api_version: 'V3', initial_fetch_timeout: '0s' },
      cds_config: { ads: {}, resource_api_version: 'V3', initial_fetch_timeout: '0s' },
    },
    static_resources: {
      clusters: [
        {
          name: 'xds-grpc',
          type: 'STATIC',
          connect_timeout: '1s',
          typed_extension_protocol_options: {
            'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
              '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
              explicit_http_config: { http2_protocol_options: {} },
            },
          },
          load_assignment: {
            cluster_name: 'xds-grpc',
            endpoints: [
              {
                lb_endpoints: [
                  { endpoint: { address: { socket_address: { address, port_value: Number(port) } } } },
                ],
              },
            ],
          },
        },
      ],
    },
  }
}

describe.skipIf(envoy === undefined).each(['DELTA_GRPC', 'GRPC'] as const)(
  'a stock Envoy over %s',
  (apiType) => {
    const mesh = new FakeMesh()
    const authority = createSelfSignedAuthority()
    const acks: AckEvent[] = []
    const metrics = new ControlPlaneMetrics('test')
    let server: XdsServer
    let proxy: EnvoyProcess
    let upstream: Server
    let upstreamPort: number
    let port: number

    const start = () =>
      new XdsServer({
        translator: mesh,
        authority,
        tokens: [createDevelopmentTokens()],
        metrics,
        plaintextPort: 0,
        identifier: 'test',
        onAck: (event) => void acks.push(event),
      })
    const push = async (...resources: Resource[]) => {
      server.update(mesh.set(resources))
      await eventually(
        'Envoy has accepted the snapshot',
        () => server.connections.size === 1 && server.isServed,
      )
    }
    const request = async () => {
      const response = await fetch(`http://127.0.0.1:${port}/0`)
      return { status: response.status, body: await response.text() }
    }

    beforeAll(async () => {
      upstream = createServer((_, response) => response.end('upstream'))
      await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
      upstreamPort = (upstream.address() as AddressInfo).port
      const spare = createServer()
      await new Promise<void>((resolve) => spare.listen(0, '127.0.0.1', resolve))
      port = (spare.address() as AddressInfo).port
      await new Promise((resolve) => spare.close(resolve))
      server = start()
      await server.listen()
      proxy = new EnvoyProcess(envoy!, () => bootstrap(server.plaintextAddress!, apiType))
    })

    afterAll(async () => {
      await proxy.close()
      await server.close()
      await new Promise((resolve) => upstream.close(resolve))
    })

    const all = (generation: number, ...clusters: string[]) => [
      ...clusters.flatMap((name) => [testCluster(name, generation), testEndpoints(name, upstreamPort)]),
      httpListener('l', port, 'r'),
      testRoutes('r', ...clusters),
    ]

    it('becomes ready and forwards requests', async () => {
      server.update(mesh.set(all(0, 'a')))
      await proxy.ready()
      await eventually('Envoy is served', () => server.connections.size === 1 && server.isServed)
      expect(await request()).toEqual({ status: 200, body: 'upstream' })
      expect(acks.filter((ack) => ack.error !== undefined)).toEqual([])
    })

    it('loses no request while clusters come, change and go', async () => {
      let stop = false
      const statuses: number[] = []
      const load = (async () => {
        while (!stop) statuses.push((await request()).status)
      })()
      for (let i = 1; i <= 20; i++)
        await push(...all(i, `cluster-${i % 7}`, ...(i % 2 === 0 ? ['extra'] : [])))
      stop = true
      await load
      expect(statuses.length).toBeGreaterThan(50)
      expect(statuses.filter((status) => status !== 200)).toEqual([])
      const clusters = await proxy.admin('/clusters')
      expect([...new Set(clusters.match(/^(a|extra|cluster-\d)(?=::)/gm))].sort()).toEqual([
        'cluster-6',
        'extra',
      ])
    })

    it('rejects a bad listener with its reason and keeps the rest', async () => {
      const bad = testResource(LDS, 'bad', listeners.encode({ name: 'bad' }))
      await push(...all(30, 'a'), bad)
      const nack = acks.findLast((ack) => ack.error !== undefined)!
      expect(nack.typeUrl).toBe(LDS)
      expect(nack.error).toMatch(/bad/)
      expect(nack.resources).toEqual(['bad'])
      expect(await request()).toEqual({ status: 200, body: 'upstream' })
      await push(...all(31, 'a'))
    })

    it('warms a listener whose routes do not exist', async () => {
      await push(...all(40, 'a').filter((resource) => resource.typeUrl !== RDS))
      await push(testCluster('a', 41), testEndpoints('a', upstreamPort), httpListener('l', port, 'missing'))
      await eventually('the listener serves its empty routes', () => acks.at(-1)?.typeUrl === RDS)
      expect((await request()).status).toBe(404)
      await push(...all(42, 'a'))
      expect((await request()).status).toBe(200)
    })

    it('keeps its configuration while the control plane is away, and takes the new one after that', async () => {
      const address = server.plaintextAddress!
      await server.close()
      expect((await request()).status).toBe(200)
      server = new XdsServer({
        translator: mesh,
        authority,
        tokens: [],
        metrics,
        plaintextPort: Number(address.split(':')[1]),
        identifier: 'test',
        onAck: (event) => void acks.push(event),
      })
      await server.listen()
      const before = metrics.configSize(CDS).count + metrics.configSize(EDS).count
      server.update(mesh.set(all(42, 'a')))
      await eventually('Envoy is back', () => server.connections.size === 1 && server.isServed)
      expect(before).toBeGreaterThan(0)
      await push(...all(43, 'b'))
      expect((await request()).status).toBe(200)
      await eventually('the old cluster is gone', () => acks.at(-1)!.revision > 0)
    })
  },
)
