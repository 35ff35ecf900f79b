import { createLogger, type RootLogger } from '@batten/core'
import { TYPE_URLS } from '@batten/xds'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestAuthority } from '../../test/certificates.ts'
import {
  edsCluster,
  endpoints,
  httpListener,
  routesTo,
  tcpListener,
} from '../../test/support/mesh-resources.ts'
import { send, UpstreamServer } from '../../test/support/upstream-server.ts'
import { adsBootstrap, XdsServer } from '../../test/support/xds-server.ts'
import { createProxy } from '../server/proxy-server.ts'
import { ADMIN_HANDLERS } from './handlers/index.ts'

const { CDS, EDS, LDS, RDS, SDS } = TYPE_URLS

const authority = new TestAuthority()
const identity = authority.issue({ uris: ['spiffe://cluster.local/ns/default/sa/a'], dns: ['a.local'] })
const server = new XdsServer()
const upstream = new UpstreamServer('a')
let log: RootLogger
let proxy: ReturnType<typeof createProxy>
let admin = 0

beforeAll(async () => {
  await Promise.all([server.start(), upstream.start()])
  const socket = {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
      common_tls_context: {
        tls_certificate_sds_secret_configs: [{ name: 'default', sds_config: { ads: {} } }],
      },
    },
  }
  server.set(CDS, 'a', edsCluster('a', { alt_stat_name: 'short' }))
  server.set(EDS, 'a', endpoints('a', [upstream.port]))
  server.set(LDS, 'l', httpListener('l', 'r'))
  const inline = { rds: undefined, route_config: { name: 'inbound|9080||', virtual_hosts: [] } }
  server.set(LDS, 'inline', httpListener('inline', 'r', inline))
  const tls = tcpListener('tls', 'a') as { filter_chains: object[] }
  server.set(LDS, 'tls', { ...tls, filter_chains: [{ ...tls.filter_chains[0], transport_socket: socket }] })
  server.set(RDS, 'r', routesTo('r', { '/': 'a' }))
  server.set(SDS, 'default', {
    name: 'default',
    tls_certificate: {
      certificate_chain: { inline_string: identity.certificateChain },
      private_key: { inline_string: identity.privateKey },
    },
  })
  log = createLogger({ destination: { write() {} } })
  proxy = createProxy({ bootstrap: { json: adsBootstrap(server.port) }, log })
  await proxy.start()
  await proxy.ready
  admin = proxy.adminAddress!.port
  await send(proxy.listenerAddress('l')!.port, '/')
})

afterAll(async () => {
  await proxy.close()
  server.stop()
  await upstream.close()
})

const get = (path: string) => send(admin, path)
const post = (path: string) => send(admin, path, { method: 'POST' })
const json = async (path: string) => JSON.parse((await get(path)).body)

describe('the admin pages', () => {
  it('print clusters and hosts as Envoy does', async () => {
    const host = `a::127.0.0.1:${upstream.port}::`
    const { body } = await get('/clusters')
    expect(body.split('\n').slice(0, 13)).toEqual([
      'a::observability_name::short',
      'a::default_priority::max_connections::1024',
      'a::default_priority::max_pending_requests::1024',
      'a::default_priority::max_requests::1024',
      'a::default_priority::max_retries::3',
      'a::high_priority::max_connections::1024',
      'a::high_priority::max_pending_requests::1024',
      'a::high_priority::max_requests::1024',
      'a::high_priority::max_retries::3',
      'a::added_via_api::true',
      `${host}cx_active::1`,
      `${host}cx_connect_fail::0`,
      `${host}cx_total::1`,
    ])
    expect(body).toContain(`${host}health_flags::healthy\n`)
    expect(await json('/clusters?format=json')).toMatchObject({
      cluster_statuses: [
        {
          name: 'a',
          added_via_api: true,
          host_statuses: [
            {
              address: { socket_address: { address: '127.0.0.1', port_value: upstream.port } },
              health_status: { eds_health_status: 'HEALTHY' },
              weight: 1,
            },
          ],
        },
      ],
    })
    expect((await get('/clusters?filter=nothing')).body).toBe('')
    expect(await get('/clusters?filter=(')).toMatchObject({ status: 400, body: 'Invalid re2 regex\n' })
  })

  it('print listeners with the ports that they have', async () => {
    const { port } = proxy.listenerAddress('l')!
    expect((await get('/listeners')).body.split('\n')[1]).toBe(`l::127.0.0.1:${port}`)
    expect((await json('/listeners?format=json')).listener_statuses[1]).toEqual({
      name: 'l',
      local_address: { socket_address: { address: '127.0.0.1', port_value: port } },
    })
  })

  it('print certificates without keys', async () => {
    const { certificates } = await json('/certs')
    expect(certificates).toMatchObject([
      {
        ca_cert: [],
        cert_chain: [
          {
            path: '<inline: default>',
            subject_alt_names: [{ dns: 'a.local' }, { uri: 'spiffe://cluster.local/ns/default/sa/a' }],
            days_until_expiration: expect.stringMatching(/^\d+$/),
          },
        ],
      },
    ])
  })

  it('dump the configuration with its versions, and never a private key', async () => {
    const { body } = await get('/config_dump?include_eds')
    const { configs } = JSON.parse(body)
    expect(configs.map((config: { '@type': string }) => config['@type'].split('.').at(-1))).toEqual([
      'BootstrapConfigDump',
      'ClustersConfigDump',
      'EndpointsConfigDump',
      'ListenersConfigDump',
      'ScopedRoutesConfigDump',
      'RoutesConfigDump',
      'SecretsConfigDump',
    ])
    expect(configs[1]).toMatchObject({
      static_clusters: [{ cluster: { name: 'xds-grpc' } }],
      dynamic_active_clusters: [
        {
          version_info: expect.stringMatching(/^[0-9a-f]{16}$/),
          cluster: { '@type': 'type.googleapis.com/envoy.config.cluster.v3.Cluster', name: 'a', type: 'EDS' },
          last_updated: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        },
      ],
    })
    expect(configs[3].dynamic_listeners.map((listener: { name: string }) => listener.name)).toEqual([
      'inline',
      'l',
      'tls',
    ])
    expect(configs[6].dynamic_active_secrets[0]).toMatchObject({
      name: 'default',
      secret: { name: 'default' },
    })
    const encoded = (text: string) => Buffer.from(text).toString('base64')
    for (const secret of [identity.privateKey, identity.privateKey.split('\n')[1]!])
      expect([body.includes(secret), body.includes(encoded(secret).replace(/=+$/, ''))]).toEqual([
        false,
        false,
      ])
    expect(body).toContain(encoded(identity.certificateChain))
  })

  it('dump one kind of resource, by name and with a mask', async () => {
    expect(await json('/config_dump?resource=dynamic_listeners&mask=name&name_regex=^t')).toEqual({
      configs: [
        { '@type': 'type.googleapis.com/envoy.admin.v3.ListenersConfigDump.DynamicListener', name: 'tls' },
      ],
    })
    // What istioctl prints of inbound routes.
    expect((await json('/config_dump?resource=static_route_configs')).configs).toMatchObject([
      { route_config: { name: 'inbound|9080||' } },
    ])
    expect(await json('/config_dump?resource=static_route_configs&name_regex=nope')).toEqual({})
    expect(await get('/config_dump?mask=nope')).toMatchObject({ status: 400 })
    expect((await json('/config_dump?mask=dynamic_route_configs')).configs).toMatchObject([
      { dynamic_route_configs: [{ route_config: { name: 'r' } }] },
    ])
    expect((await json('/config_dump?resource=dynamic_endpoint_configs')).configs).toHaveLength(1)
    expect((await json('/config_dump?resource=bootstrap')).configs[0]).toMatchObject({
      node: { user_agent_name: 'batten' },
    })
    expect(await get('/config_dump?resource=nonsense')).toMatchObject({
      status: 404,
      body: 'nonsense not found in config dump\n',
    })
  })

  it('print stats as text, JSON and for Prometheus, all or some', async () => {
    expect((await get('/stats?filter=^cluster.short.upstream_rq_(200|503)$')).body).toBe(
      'cluster.short.upstream_rq_200: 1\n',
    )
    expect((await get('/stats?filter=^cluster.short.upstream_rq_(.xx|t.+out)$')).body).toBe(
      'cluster.short.upstream_rq_2xx: 1\ncluster.short.upstream_rq_timeout: 0\n',
    )
    expect((await get('/stats?filter=^cluster.short.upstream_rq_(.xx|t.+out)$&usedonly')).body).toBe(
      'cluster.short.upstream_rq_2xx: 1\n',
    )
    // What Istio's agent asks for to know whether the proxy is ready: a gauge that was set to 0 is used.
    expect((await get('/stats?usedonly&filter=^(server.state|listener_manager.workers_started)$')).body).toBe(
      'listener_manager.workers_started: 1\nserver.state: 0\n',
    )
    expect(await get('/stats?type=TextReadouts')).toMatchObject({ status: 200, body: '' })
    expect(await get('/stats?type=Bogus')).toMatchObject({ status: 400, body: 'invalid &type= param' })
    expect(await get('/stats?histogram_buckets=bogus')).toMatchObject({ status: 400 })
    expect((await get('/stats?histogram_buckets=cumulative&filter=short.upstream_rq_time$')).body).toMatch(
      /^cluster\.short\.upstream_rq_time: B0\.5\(0,\d\) .* B3600000\(0,1\)\n$/,
    )
    expect(await json('/stats?format=json&filter=cluster.short.upstream_rq_2xx$')).toEqual({
      stats: [
        { name: 'cluster.short.external.upstream_rq_2xx', value: 1 },
        { name: 'cluster.short.upstream_rq_2xx', value: 1 },
      ].slice(1),
    })
    const histogram = (await get('/stats?type=Histograms&filter=cluster.short.upstream_rq_time')).body
    expect(histogram).toMatch(/^cluster\.short\.upstream_rq_time: P0\(nan,[\d.]+\) .* P100\(nan,[\d.]+\)\n$/)
    const prometheus = (await get('/stats/prometheus?filter=upstream_rq_total')).body
    expect(prometheus).toBe(
      '# TYPE envoy_cluster_upstream_rq_total counter\nenvoy_cluster_upstream_rq_total{envoy_cluster_name="short"} 1\n',
    )
    // The filter is about Envoy's names, not those of Prometheus.
    expect((await get('/stats/prometheus?filter=upstream_rq_2xx$&usedonly')).body).toBe(
      '# TYPE envoy_cluster_external_upstream_rq_xx counter\nenvoy_cluster_external_upstream_rq_xx{envoy_response_code_class="2",envoy_cluster_name="short"} 1\n' +
        '# TYPE envoy_cluster_upstream_rq_xx counter\nenvoy_cluster_upstream_rq_xx{envoy_response_code_class="2",envoy_cluster_name="short"} 1\n',
    )
    expect((await get('/stats/prometheus?filter=envoy_cluster')).body).toBe('')
    expect((await get('/stats?filter=^cluster.short.upstream_cx_[rt]x_bytes_total')).body).toMatch(
      /rx_bytes_total: [1-9]\d+\n.*tx_bytes_total: [1-9]\d+\n$/,
    )
    expect((await get('/stats?format=prometheus')).body).toContain(
      'envoy_listener_manager_listener_added{} 3',
    )
  })

  it('show the process itself in the stats', async () => {
    const { body } = await get('/stats?filter=^server.(live|state|concurrency|total_connections|days_until)')
    expect(body).toBe(
      'server.concurrency: 1\nserver.days_until_first_cert_expiring: 0\nserver.live: 1\nserver.state: 0\nserver.total_connections: 0\n',
    )
    expect((await get('/stats/prometheus?filter=^server.(live|uptime)')).body).toMatch(
      /envoy_server_live\{\} 1\n.*envoy_server_uptime\{\} \d+\n$/s,
    )
  })

  it('change log levels', async () => {
    expect((await post('/logging?level=debug')).body).toMatch(/^active loggers:\n {2}default: debug\n/)
    expect(log.level).toBe('debug')
    await post('/logging?xds=trace')
    expect(log.child('xds').level).toBe('trace')
    expect(await post('/logging?level=loud')).toMatchObject({
      status: 400,
      body: expect.stringContaining('"loud"'),
    })
    expect(await post('/logging?nobody=info')).toMatchObject({ status: 400 })
  })

  it('fail and pass the health check, and reset counters', async () => {
    expect(await post('/healthcheck/fail')).toMatchObject({ status: 200, body: 'OK\n' })
    expect(await get('/ready')).toMatchObject({ status: 503, body: 'DRAINING\n' })
    await post('/healthcheck/ok')
    expect(await get('/ready')).toMatchObject({ status: 200, body: 'LIVE\n' })
    await post('/reset_counters')
    expect((await get('/stats?filter=^cluster.short.upstream_rq_total$')).body).toBe(
      'cluster.short.upstream_rq_total: 0\n',
    )
  })

  it('take changes by POST only', async () => {
    for (const { path, method } of ADMIN_HANDLERS.filter((handler) => handler.method === 'POST')) {
      expect(method).toBe('POST')
      expect(await get(path)).toMatchObject({ status: 405, body: 'Method GET not allowed, POST required.' })
    }
    expect(await send(admin, '/ready', { method: 'DELETE' })).toMatchObject({ status: 405 })
  })

  it('keep web pages of other sites out', async () => {
    expect((await send(admin, '/ready', { headers: { host: 'evil.example' } })).status).toBe(403)
    expect((await send(admin, '/ready', { headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(403)
    expect((await send(admin, '/ready', { headers: { host: `localhost:${admin}` } })).status).toBe(200)
  })

  it('list every page', async () => {
    const { body, status } = await get('/nope')
    expect(status).toBe(404)
    expect(body).toMatch(/^invalid path\. admin commands are:\n {2}\/: Admin home page\n/)
    for (const { path } of ADMIN_HANDLERS) expect((await get('/help')).body).toContain(`  ${path}`)
    expect((await get('/')).headers['content-type']).toMatch('text/html')
  })

  it('ask the process to end', async () => {
    await post('/quitquitquit')
    await proxy.quitRequested
  })
})
