import { once } from 'node:events'
import { connect } from 'node:tls'
import { createLogger } from '@batten/core'
import { TYPE_URLS } from '@batten/xds'
import { afterEach, describe, expect, it } from 'vitest'
import { TestAuthority } from '../../test/certificates.ts'
import {
  edsCluster,
  endpoints,
  httpListener,
  ROUTER,
  routesTo,
  tcpListener,
} from '../../test/support/mesh-resources.ts'
import { Load, send, UpstreamServer } from '../../test/support/upstream-server.ts'
import { adsBootstrap, XdsServer } from '../../test/support/xds-server.ts'
import { defineHttpFilter, reply } from '../extension/index.ts'
import { createProxy } from './proxy-server.ts'

const { CDS, EDS, LDS, RDS, ECDS } = TYPE_URLS

const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function upstream(name: string): Promise<UpstreamServer> {
  const server = await new UpstreamServer(name).start()
  cleanups.push(() => server.close())
  return server
}

async function xdsServer(): Promise<XdsServer> {
  const server = await new XdsServer().start()
  cleanups.push(() => server.stop())
  return server
}

async function start(json: object, more: Omit<Parameters<typeof createProxy>[0], 'bootstrap'> = {}) {
  const proxy = createProxy({ bootstrap: { json }, ...more })
  cleanups.push(() => proxy.close())
  await proxy.start()
  return proxy
}

/** A mesh of one service behind one listener. */
function serve(server: XdsServer, cluster: string, upstreams: readonly UpstreamServer[]): void {
  server.set(CDS, cluster, edsCluster(cluster))
  server.set(
    EDS,
    cluster,
    endpoints(
      cluster,
      upstreams.map(({ port }) => port),
    ),
  )
  server.set(LDS, 'l', httpListener('l', 'r'))
  server.set(RDS, 'r', routesTo('r', { '/': cluster }))
}

describe('a proxy with a static bootstrap', () => {
  it('serves HTTP and TCP to its clusters, and its admin pages', async () => {
    const a = await upstream('a')
    const proxy = await start({
      admin: { address: { socket_address: { address: '127.0.0.1', port_value: 0 } } },
      static_resources: {
        listeners: [
          httpListener('http', '', {
            rds: undefined,
            route_config: routesTo('r', { '/': 'a' }),
          }),
          tcpListener('tcp', 'a'),
        ].map((listener) => JSON.parse(JSON.stringify(listener))),
        clusters: [{ name: 'a', load_assignment: endpoints('a', [a.port]) }],
      },
    })
    await proxy.ready
    for (const name of ['http', 'tcp'])
      expect(await send(proxy.listenerAddress(name)!.port, '/x')).toMatchObject({
        status: 200,
        body: 'a GET /x',
      })
    expect(await send(proxy.adminAddress!.port, '/ready')).toMatchObject({ status: 200, body: 'LIVE\n' })
    expect(proxy.stats.find('cluster.a.upstream_rq_200')!.metric).toMatchObject({ value: 1 })
  })

  it('takes static secrets and inline certificates, and shows neither key', async () => {
    const a = await upstream('a')
    const authority = new TestAuthority()
    const [named, inline] = [authority.issue({ dns: ['named'] }), authority.issue({ dns: ['inline'] })]
    const source = (text: string) => ({ inline_string: text })
    const certificate = ({ certificateChain, privateKey }: typeof named) => ({
      certificate_chain: source(certificateChain),
      private_key: source(privateKey),
    })
    const listener = (name: string, context: object) => {
      const plain = tcpListener(name, 'a') as { filter_chains: object[] }
      const transportSocket = {
        name: 'envoy.transport_sockets.tls',
        typed_config: {
          '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
          common_tls_context: context,
        },
      }
      return { ...plain, filter_chains: [{ ...plain.filter_chains[0], transport_socket: transportSocket }] }
    }
    const proxy = await start({
      admin: { address: { socket_address: { address: '127.0.0.1', port_value: 0 } } },
      static_resources: {
        secrets: [{ name: 'cert', tls_certificate: certificate(named) }],
        listeners: [
          listener('named', { tls_certificate_sds_secret_configs: [{ name: 'cert' }] }),
          listener('inline', { tls_certificates: [certificate(inline)] }),
        ],
        clusters: [{ name: 'a', load_assignment: endpoints('a', [a.port]) }],
      },
    })
    for (const name of ['named', 'inline']) {
      const { port } = proxy.listenerAddress(name)!
      const socket = connect({ port, host: '127.0.0.1', ca: authority.certificate, servername: name })
      await once(socket, 'secureConnect')
      expect(socket.getPeerCertificate().subjectaltname).toBe(`DNS:${name}`)
      socket.destroy()
    }
    const { body } = await send(proxy.adminAddress!.port, '/config_dump')
    expect(body).toContain(JSON.stringify(named.certificateChain).slice(1, 60))
    // The later lines of a key hold the public half, which is in the certificate as well.
    for (const { privateKey } of [named, inline]) expect(body).not.toContain(privateKey.split('\n')[1])
    expect(body).toContain('[redacted]')
  })

  it('refuses a static secret that is not there', async () => {
    const listener = tcpListener('l', 'a') as { filter_chains: object[] }
    const socket = {
      name: 'tls',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
        common_tls_context: { tls_certificate_sds_secret_configs: [{ name: 'nobody' }] },
      },
    }
    const chain = { ...listener.filter_chains[0], transport_socket: socket }
    await expect(
      start({ static_resources: { listeners: [{ ...listener, filter_chains: [chain] }] } }),
    ).rejects.toMatchObject({
      message: 'refers to "nobody", which is not among static_resources.secrets',
      where: 'bootstrap: static_resources.listeners[0]',
    })
  })

  it('is two proxies in one process that share nothing', async () => {
    const [a, b] = [await upstream('a'), await upstream('b')]
    const proxies = await Promise.all(
      [a, b].map(({ port }) =>
        start({
          static_resources: {
            listeners: [tcpListener('l', 'c')],
            clusters: [{ name: 'c', load_assignment: endpoints('c', [port]) }],
          },
        }),
      ),
    )
    const bodies = await Promise.all(
      proxies.map(async (proxy) => (await send(proxy.listenerAddress('l')!.port, '/')).body),
    )
    expect(bodies).toEqual(['a GET /', 'b GET /'])
    expect(proxies.map((proxy) => proxy.stats.counter('cluster.c.upstream_cx_total').value)).toEqual([1, 1])
  })

  it('tells host and client which attempt it was, when the virtual host asks for it', async () => {
    const a = await upstream('a')
    const routes = routesTo('r', { '/': 'a' }) as { virtual_hosts: object[] }
    const counted = {
      ...routes.virtual_hosts[0],
      include_request_attempt_count: true,
      include_attempt_count_in_response: true,
    }
    const listener = httpListener('l', '', {
      rds: undefined,
      route_config: { ...routes, virtual_hosts: [counted] },
    })
    const proxy = await start({
      static_resources: {
        listeners: [JSON.parse(JSON.stringify(listener))],
        clusters: [{ name: 'a', load_assignment: endpoints('a', [a.port]) }],
      },
    })
    const { headers } = await send(proxy.listenerAddress('l')!.port, '/')
    expect(headers['x-envoy-attempt-count']).toBe('1')
    expect(a.lastHeaders['x-envoy-attempt-count']).toBe('1')
  })

  it('runs an in-house filter in TypeScript, configured by JSON', async () => {
    const a = await upstream('a')
    const gate = defineHttpFilter<{ header: string }>({
      name: 'acme.gate',
      typeUrls: ['type.googleapis.com/acme.Gate'],
      compile: ({ header }, context) => ({
        name: context.filterName,
        phases: new Set(['onRequestHeaders'] as const),
        create: () => ({
          onRequestHeaders: (headers) => (headers.has(header) ? undefined : reply(403, 'no\n')),
        }),
      }),
    })
    const filter = {
      name: 'gate',
      typed_config: {
        '@type': 'type.googleapis.com/xds.type.v3.TypedStruct',
        type_url: 'type.googleapis.com/acme.Gate',
        value: { header: 'x-pass' },
      },
    }
    const listener = httpListener('l', '', {
      rds: undefined,
      route_config: routesTo('r', { '/': 'a' }),
      http_filters: [filter, ROUTER],
    })
    const proxy = await start(
      {
        static_resources: {
          listeners: [JSON.parse(JSON.stringify(listener))],
          clusters: [{ name: 'a', load_assignment: endpoints('a', [a.port]) }],
        },
      },
      { extensions: [gate] },
    )
    const { port } = proxy.listenerAddress('l')!
    expect((await send(port, '/')).status).toBe(403)
    expect((await send(port, '/', { headers: { 'x-pass': '1' } })).status).toBe(200)
  })

  it.each([
    [
      { static_resources: { clusters: [{ name: 'a', outlier_detection: {} }] } },
      'bootstrap: static_resources.clusters[0].outlier_detection',
      'not supported yet',
    ],
    [{ static_resources: { clusterz: [] } }, 'bootstrap: static_resources.clusterz', /unknown field/],
    [{ hds_config: {} }, 'bootstrap: hds_config', 'not supported yet'],
    [
      { dynamic_resources: { cds_config: { ads: {} } } },
      'bootstrap: dynamic_resources.cds_config.ads',
      'there is no dynamic_resources.ads_config',
    ],
    [
      {
        dynamic_resources: {
          ads_config: { api_type: 'GRPC', grpc_services: [{ envoy_grpc: { cluster_name: 'x' } }] },
        },
      },
      'bootstrap: dynamic_resources.ads_config',
      'there is no static cluster "x"',
    ],
  ])('refuses %o before it starts, and says where', async (json, where, message) => {
    const failure = await start(json).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(failure).toMatchObject({ where, message: expect.stringMatching(message) })
  })

  it('gives one reason for a bad listener behind a good one', async () => {
    const unhandled: unknown[] = []
    const note = (reason: unknown) => unhandled.push(reason)
    process.on('unhandledRejection', note)
    const good = tcpListener('good', 'a')
    const bad = { ...tcpListener('bad', 'a'), filter_chains: [{ filters: [] }] }
    await expect(start({ static_resources: { listeners: [good, bad] } })).rejects.toMatchObject({
      where: expect.stringContaining('static_resources.listeners[1]'),
    })
    await new Promise((resolve) => setTimeout(resolve, 20))
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
  })

  it('says which address is taken', async () => {
    const a = await upstream('a')
    const listener = {
      ...tcpListener('l', 'a'),
      address: { socket_address: { address: '127.0.0.1', port_value: a.port } },
    }
    await expect(start({ static_resources: { listeners: [listener] } })).rejects.toMatchObject({
      code: 'PROXY_BIND_FAILED',
    })
  })
})

describe.each([
  ['delta', true],
  ['state-of-the-world', false],
])('a proxy with a %s management server', (_name, delta) => {
  it('takes its configuration from it and follows its changes', async () => {
    const [a, b] = [await upstream('a'), await upstream('b')]
    const server = await xdsServer()
    serve(server, 'a', [a])
    const proxy = await start(adsBootstrap(server.port, { delta }))
    await proxy.ready
    const { port } = proxy.listenerAddress('l')!
    expect((await send(port, '/')).body).toBe('a GET /')
    server.set(CDS, 'b', edsCluster('b'))
    server.set(EDS, 'b', endpoints('b', [b.port]))
    server.set(RDS, 'r', routesTo('r', { '/b': 'b', '/': 'a' }))
    await server.until(() => proxy.stats.find('cluster.b.membership_total') !== undefined)
    await server.until(() => server.lastAcknowledgement(RDS)?.error === undefined)
    await expect.poll(async () => (await send(port, '/b')).body).toBe('b GET /b')
    expect(server.acknowledgements.filter((entry) => entry.error !== undefined)).toEqual([])
  })

  it('refuses a bad resource with its name, field path and reason, and goes on with the last good one', async () => {
    const a = await upstream('a')
    const server = await xdsServer()
    serve(server, 'a', [a])
    const proxy = await start(adsBootstrap(server.port, { delta }))
    await proxy.ready
    const { port } = proxy.listenerAddress('l')!
    server.set(RDS, 'r', { name: 'r', virtual_hosts: [{ name: 'v', domains: ['*'], rate_limits: [{}] }] })
    await server.until(() => server.lastAcknowledgement(RDS)?.error !== undefined)
    expect(server.lastAcknowledgement(RDS)!.error).toBe(
      'route configuration "r": virtual_hosts[0].rate_limits: not supported yet',
    )
    server.set(LDS, 'l', httpListener('l', 'r', { codec_type: 'HTTP2' }))
    server.set(LDS, 'm', httpListener('m', 'r'))
    await expect.poll(() => proxy.listenerAddress('m')).toBeDefined()
    expect(
      server.acknowledgements.findLast((entry) => entry.typeUrl === LDS && entry.error !== undefined)!.error,
    ).toBe('listener "l": filter_chains[0].filters[0].typed_config.codec_type: HTTP2 is not supported yet')
    expect((await send(port, '/')).body).toBe('a GET /')
    const dump = JSON.parse(
      (await send(proxy.adminAddress!.port, '/config_dump?resource=dynamic_listeners')).body,
    )
    expect(dump.configs[0]).toMatchObject({
      name: 'l',
      active_state: { listener: { name: 'l' } },
      error_state: { details: expect.stringContaining('HTTP2 is not supported yet') },
      client_status: 'NACKED',
    })
  })

  it('refuses a listener whose address is taken, and starts it when the address is free', async () => {
    const a = await upstream('a')
    const server = await xdsServer()
    serve(server, 'a', [a])
    const proxy = await start(adsBootstrap(server.port, { delta }))
    await proxy.ready
    const taken = await upstream('taken')
    const listener = httpListener('m', 'r', {}, taken.port)
    server.set(LDS, 'm', listener)
    await server.until(() => server.lastAcknowledgement(LDS)?.error !== undefined)
    expect(server.lastAcknowledgement(LDS)!.error).toMatch(
      /^listener "m": .*cannot listen on 127\.0\.0\.1:\d+/,
    )
    await taken.close()
    server.set(LDS, 'm', { ...listener, stat_prefix: 'again' })
    await expect.poll(() => proxy.listenerAddress('m')).toEqual({ host: '127.0.0.1', port: taken.port })
    // The address goes to a listener of another name.
    server.setJson(LDS, 'n', { ...listener, name: 'n' })
    server.remove(LDS, 'm')
    await expect.poll(() => proxy.listenerAddress('n')).toEqual({ host: '127.0.0.1', port: taken.port })
    expect(server.lastAcknowledgement(LDS)!.error).toBeUndefined()
  })

  it('serves on when the server is gone, and takes up where it was when the server is back', async () => {
    const a = await upstream('a')
    const server = await xdsServer()
    serve(server, 'a', [a])
    const proxy = await start(adsBootstrap(server.port, { delta }))
    await proxy.ready
    const { port } = proxy.listenerAddress('l')!
    server.stop()
    expect((await send(port, '/')).body).toBe('a GET /')
    const before = server.requests.length
    await server.start()
    await server.until(() => server.requests.length >= before + 4)
    if (delta) {
      const first = server.requests.slice(before).find((request) => request.typeUrl === CDS)
      expect(first).toMatchObject({ initialResourceVersions: { a: expect.stringMatching(/^[0-9a-f]{16}$/) } })
    }
    server.set(RDS, 'r', routesTo('r', { '/only': 'a' }))
    await expect.poll(async () => (await send(port, '/')).status).toBe(404)
  })
})

describe('a proxy without its management server', () => {
  it('says what it waits for, in /ready and in its log', async () => {
    const server = await new XdsServer().start()
    server.stop()
    const lines: { msg: string; waitingFor?: string[] }[] = []
    let tick = () => {}
    const clock = {
      now: () => Date.now(),
      monotonicMs: () => performance.now(),
      setTimeout: (callback: () => void, delayMs: number) => {
        const timer = setTimeout(callback, delayMs)
        return { cancel: () => clearTimeout(timer) }
      },
      setInterval: (callback: () => void) => {
        tick = callback
        return { cancel: () => {} }
      },
    }
    const proxy = await start(adsBootstrap(server.port), {
      clock,
      log: createLogger({ destination: { write: (line: string) => void lines.push(JSON.parse(line)) } }),
    })
    await expect.poll(() => proxy.waitingFor()[0]).toMatch(/cannot be reached/)
    const { status, body } = await send(proxy.adminAddress!.port, '/ready')
    expect(status).toBe(503)
    expect(body).toMatch(
      /^PRE_INITIALIZING\nwaiting for the management server "xds-grpc", which cannot be reached: .*ECONNREFUSED.*\nwaiting for clusters \(CDS\)\nwaiting for listeners \(LDS\)\n$/s,
    )
    tick()
    expect(lines.find((line) => line.msg === 'not ready')!.waitingFor).toEqual(proxy.waitingFor())
    server.silent.add(EDS)
    await server.start()
    cleanups.push(() => server.stop())
    server.set(CDS, 'a', edsCluster('a'))
    await expect.poll(() => proxy.waitingFor()).toEqual(['cluster "a": endpoints "a"'])
    server.silent.delete(EDS)
    server.set(EDS, 'a', endpoints('a', []))
    await proxy.ready
    expect(proxy.state).toBe('LIVE')
  })
})

describe('a proxy under load', () => {
  it('loses no request while clusters, endpoints, routes and listeners change and the server restarts', async () => {
    const [a, b] = [await upstream('a'), await upstream('b')]
    const server = await xdsServer()
    serve(server, 'a', [a])
    const proxy = await start(adsBootstrap(server.port))
    await proxy.ready
    const { port } = proxy.listenerAddress('l')!
    const load = new Load(() => port, '/')
    cleanups.push(() => load.stop())
    for (let i = 0; i < 50; i++) {
      const [from, to] = i % 2 === 0 ? ['a', 'b'] : ['b', 'a']
      server.set(CDS, to!, edsCluster(to!, { connect_timeout: `${i + 1}s` }))
      server.set(EDS, to!, endpoints(to!, [(to === 'a' ? a : b).port]))
      // The wrong order on purpose: the cluster goes before its routes do.
      server.remove(CDS, from!)
      server.set(RDS, 'r', routesTo('r', { '/': to! }))
      if (i % 10 === 3) server.set(LDS, 'l', httpListener('l', 'r', { via: `v${i}` }))
      if (i % 25 === 12) {
        server.stop()
        await server.start()
      }
      const seen = load.bodies.get(`${to} GET /`) ?? 0
      await server.until(() => (load.bodies.get(`${to} GET /`) ?? 0) > seen)
    }
    await load.stop()
    expect(load.failures).toEqual([])
    expect(load.bodies.size).toBe(2)
  }, 60_000)

  it('swaps a filter that ECDS delivers without losing a request', async () => {
    const a = await upstream('a')
    const server = await xdsServer()
    const made: string[] = []
    const closed: string[] = []
    const tag = defineHttpFilter<{ value: string }>({
      name: 'acme.tag',
      typeUrls: ['type.googleapis.com/acme.Tag'],
      compile({ value }, context) {
        made.push(value)
        return {
          name: context.filterName,
          phases: new Set(['onResponseHeaders'] as const),
          create: () => ({
            onResponseHeaders: (headers) => {
              headers.set('x-tag', value)
              return undefined
            },
          }),
          close: () => void closed.push(value),
        }
      },
    })
    const extension = (value: string) => ({
      name: 'tag',
      typed_config: {
        '@type': 'type.googleapis.com/xds.type.v3.TypedStruct',
        type_url: 'type.googleapis.com/acme.Tag',
        value: { value },
      },
    })
    serve(server, 'a', [a])
    const place = {
      name: 'tag',
      config_discovery: {
        config_source: { ads: {}, initial_fetch_timeout: '0s' },
        type_urls: ['type.googleapis.com/acme.Tag'],
      },
    }
    server.set(LDS, 'l', httpListener('l', 'r', { http_filters: [place, ROUTER] }))
    server.set(ECDS, 'tag', extension('0'))
    const proxy = await start(adsBootstrap(server.port), { extensions: [tag] })
    await proxy.ready
    const { port } = proxy.listenerAddress('l')!
    expect((await send(port, '/')).headers['x-tag']).toBe('0')
    const load = new Load(() => port, '/')
    cleanups.push(() => load.stop())
    for (let i = 1; i <= 20; i++) {
      server.set(ECDS, 'tag', extension(String(i)))
      await expect.poll(async () => (await send(port, '/')).headers['x-tag']).toBe(String(i))
    }
    await load.stop()
    expect(load.failures).toEqual([])
    expect(made).toEqual(Array.from({ length: 21 }, (_, i) => String(i)))
    expect(closed).toEqual(made.slice(0, -1))
  }, 60_000)

  it('ends every connection after its response when it drains, and loses no request', async () => {
    const a = await upstream('a')
    const server = await xdsServer()
    serve(server, 'a', [a])
    const proxy = await start(adsBootstrap(server.port))
    const other = await start(adsBootstrap(server.port))
    await Promise.all([proxy.ready, other.ready])
    let port = proxy.listenerAddress('l')!.port
    const load = new Load(() => port, '/')
    cleanups.push(() => load.stop())
    await server.until(() => load.total > 20)
    const drained = proxy.drain({ graceMs: 200, timeMs: 5000 })
    expect(proxy.state).toBe('DRAINING')
    // As a load balancer does that saw the proxy go.
    port = other.listenerAddress('l')!.port
    await drained
    expect(proxy.listenerAddress('l')).toBeUndefined()
    await proxy.close()
    const total = load.total
    await server.until(() => load.total > total + 20)
    await load.stop()
    expect(load.failures).toEqual([])
  })
})
