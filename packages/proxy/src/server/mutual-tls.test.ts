import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TYPE_URLS } from '@batten/xds'
import { afterEach, describe, expect, it } from 'vitest'
import { TestAuthority } from '../../test/certificates.ts'
import { CaServer } from '../../test/support/ca-server.ts'
import { endpoints, httpListener, routesTo } from '../../test/support/mesh-resources.ts'
import { Load, send, UpstreamServer } from '../../test/support/upstream-server.ts'
import { adsBootstrap, XdsServer } from '../../test/support/xds-server.ts'
import { createProxy } from './proxy-server.ts'

const { CDS, LDS, RDS, SDS } = TYPE_URLS

const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const TLS = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.'
const sds = (name: string) => ({ name, sds_config: { ads: {}, initial_fetch_timeout: '0s' } })

const common = {
  alpn_protocols: ['istio', 'http/1.1'],
  tls_params: { tls_minimum_protocol_version: 'TLSv1_3' },
  tls_certificate_sds_secret_configs: [sds('default')],
  combined_validation_context: {
    default_validation_context: { match_subject_alt_names: [{ prefix: 'spiffe://cluster.local/' }] },
    validation_context_sds_secret_config: sds('ROOTCA'),
  },
}

/** A listener in plain text to a cluster over mutual TLS, and the listener on the other side of it. */
function setMesh(server: XdsServer, upstreamPort: number): void {
  const inbound = httpListener('inbound', 'to-app') as { filter_chains: object[] }
  server.set(LDS, 'inbound', {
    ...inbound,
    filter_chains: [
      {
        ...inbound.filter_chains[0],
        transport_socket: {
          name: 'envoy.transport_sockets.tls',
          typed_config: {
            '@type': `${TLS}DownstreamTlsContext`,
            require_client_certificate: true,
            common_tls_context: common,
          },
        },
      },
    ],
  })
  server.set(RDS, 'to-app', routesTo('to-app', { '/': 'app' }))
  server.set(CDS, 'app', { name: 'app', load_assignment: endpoints('app', [upstreamPort]) })
}

function setOutbound(server: XdsServer, port: number): void {
  server.set(CDS, 'sidecar', {
    name: 'sidecar',
    load_assignment: endpoints('sidecar', [port]),
    transport_socket: {
      name: 'envoy.transport_sockets.tls',
      typed_config: { '@type': `${TLS}UpstreamTlsContext`, common_tls_context: common, sni: 'sidecar' },
    },
  })
  server.set(LDS, 'outbound', httpListener('outbound', 'to-sidecar'))
  server.set(RDS, 'to-sidecar', routesTo('to-sidecar', { '/': 'sidecar' }))
}

function setIdentity(server: XdsServer, authority: TestAuthority, roots: string, account = 'a'): void {
  const { certificateChain, privateKey } = authority.issue({
    uris: [`spiffe://cluster.local/ns/default/sa/${account}`],
  })
  server.set(SDS, 'ROOTCA', { name: 'ROOTCA', validation_context: { trusted_ca: { inline_string: roots } } })
  server.set(SDS, 'default', {
    name: 'default',
    tls_certificate: {
      certificate_chain: { inline_string: certificateChain },
      private_key: { inline_string: privateKey },
    },
  })
}

async function setUp() {
  const upstream = await new UpstreamServer('app').start()
  const server = await new XdsServer().start()
  cleanups.push(
    () => server.stop(),
    () => upstream.close(),
  )
  return { upstream, server }
}

async function start(json: object, more: Omit<Parameters<typeof createProxy>[0], 'bootstrap'> = {}) {
  const proxy = createProxy({ bootstrap: { json }, ...more })
  cleanups.push(() => proxy.close())
  await proxy.start()
  return proxy
}

describe('two listeners of a mesh', () => {
  it('speak mutual TLS with secrets from the management server, and rotate without losing a request', async () => {
    const { upstream, server } = await setUp()
    const authority = new TestAuthority()
    setMesh(server, upstream.port)
    const proxy = await start(adsBootstrap(server.port))
    await expect
      .poll(() => proxy.waitingFor())
      .toContain('listener "inbound": secret "default", secret "ROOTCA"')
    setIdentity(server, authority, authority.certificate)
    await proxy.ready
    setOutbound(server, proxy.listenerAddress('inbound')!.port)
    await expect.poll(() => proxy.listenerAddress('outbound')).toBeDefined()
    const { port } = proxy.listenerAddress('outbound')!
    expect(await send(port, '/x')).toMatchObject({ status: 200, body: 'app GET /x' })
    // Plain text, and TLS without a certificate, are refused.
    await expect(send(proxy.listenerAddress('inbound')!.port, '/')).rejects.toThrow()

    const load = new Load(() => port, '/')
    cleanups.push(() => load.stop())
    const next = new TestAuthority('next root')
    const both = authority.certificate + next.certificate
    for (const [signer, roots] of [
      [authority, both],
      [next, both],
      [next, next.certificate],
    ] as const) {
      const before = load.total
      setIdentity(server, signer, roots)
      await server.until(() => load.total > before + 50)
    }
    await load.stop()
    expect(load.failures).toEqual([])
    const stats = (name: string) => proxy.stats.find(name)!.metric
    expect(stats('http.inbound.downstream_cx_ssl_total')).toMatchObject({ value: expect.any(Number) })
  })

  it('refuse a peer of another authority', async () => {
    const { upstream, server } = await setUp()
    setMesh(server, upstream.port)
    const ours = new TestAuthority()
    setIdentity(server, ours, ours.certificate)
    const proxy = await start(adsBootstrap(server.port))
    await proxy.ready

    const foreign = await new XdsServer().start()
    cleanups.push(() => foreign.stop())
    const stranger = new TestAuthority('stranger')
    setIdentity(foreign, stranger, ours.certificate)
    setOutbound(foreign, proxy.listenerAddress('inbound')!.port)
    const other = await start(adsBootstrap(foreign.port))
    await other.ready
    const { status } = await send(other.listenerAddress('outbound')!.port, '/')
    expect(status).toBe(503)
    expect(upstream.requests).toBe(0)
  })
})

describe('an identity from a CA', () => {
  it('stands for the SDS cluster sds-grpc of a bootstrap by Istio', async () => {
    const { upstream, server } = await setUp()
    const authority = new TestAuthority()
    const folder = mkdtempSync(join(tmpdir(), 'batten-identity-'))
    cleanups.push(() => rmSync(folder, { recursive: true }))
    const tokenFile = join(folder, 'token')
    writeFileSync(tokenFile, 'secret-token')
    const ca = await new CaServer(authority, 'spiffe://cluster.local/ns/default/sa/a').start()
    cleanups.push(() => ca.stop())

    const agent = (name: string) => ({
      name,
      sds_config: {
        resource_api_version: 'V3',
        initial_fetch_timeout: '0s',
        api_config_source: {
          api_type: 'GRPC',
          transport_api_version: 'V3',
          grpc_services: [{ envoy_grpc: { cluster_name: 'sds-grpc' } }],
        },
      },
    })
    const inbound = httpListener('inbound', '', {
      rds: undefined,
      route_config: routesTo('r', { '/': 'app' }),
    }) as { filter_chains: object[] }
    const bootstrap = adsBootstrap(server.port) as { static_resources: Record<string, object[]> }
    bootstrap.static_resources['clusters']!.push({
      name: 'app',
      load_assignment: endpoints('app', [upstream.port]),
    })
    bootstrap.static_resources['listeners'] = [
      {
        ...inbound,
        filter_chains: [
          {
            ...inbound.filter_chains[0],
            transport_socket: {
              name: 'envoy.transport_sockets.tls',
              typed_config: {
                '@type': `${TLS}DownstreamTlsContext`,
                require_client_certificate: true,
                common_tls_context: {
                  tls_certificate_sds_secret_configs: [agent('default')],
                  validation_context_sds_secret_config: agent('ROOTCA'),
                },
              },
            },
          },
        ],
      },
    ]
    const proxy = await start(JSON.parse(JSON.stringify(bootstrap)), {
      identity: {
        spiffeId: 'spiffe://cluster.local/ns/default/sa/a',
        ca: {
          address: `127.0.0.1:${ca.port}`,
          transport: { kind: 'plaintext' },
          tokenFile,
          clusterId: 'Kubernetes',
        },
        ttlMs: 3_600_000,
        graceRatio: 0.5,
      },
    })
    await proxy.ready
    expect(ca.tokens).toEqual(['Bearer secret-token'])
    const { body } = await send(proxy.adminAddress!.port, '/certs')
    expect(body).toContain('spiffe://cluster.local/ns/default/sa/a')
    expect(proxy.listenerAddress('inbound')).toBeDefined()
  })
})

describe('the authorities of the machine', () => {
  const agent = {
    name: 'file-root:system',
    sds_config: {
      resource_api_version: 'V3',
      initial_fetch_timeout: '0s',
      api_config_source: {
        api_type: 'GRPC',
        transport_api_version: 'V3',
        grpc_services: [{ envoy_grpc: { cluster_name: 'sds-grpc' } }],
      },
    },
  }

  it('are there for a cluster that asks the agent of Istio for them, without any', async () => {
    const { server } = await setUp()
    const issued = new TestAuthority().issue({ dns: ['a.example'] })
    const tlsFiles = { cert: issued.certificateChain, key: issued.privateKey }
    const tlsServer = createServer(tlsFiles, (_incoming, response) => {
      response.end('too far')
    })
    cleanups.push(() => tlsServer.close())
    await new Promise<void>((resolve) => tlsServer.listen(0, '127.0.0.1', resolve))
    const { port } = tlsServer.address() as { port: number }
    server.set(CDS, 'outside', {
      name: 'outside',
      load_assignment: endpoints('outside', [port]),
      transport_socket: {
        name: 'envoy.transport_sockets.tls',
        typed_config: {
          '@type': `${TLS}UpstreamTlsContext`,
          sni: 'a.example',
          common_tls_context: {
            combined_validation_context: {
              default_validation_context: {},
              validation_context_sds_secret_config: agent,
            },
          },
        },
      },
    })
    server.set(LDS, 'outbound', httpListener('outbound', 'to-outside'))
    server.set(RDS, 'to-outside', routesTo('to-outside', { '/': 'outside' }))
    const proxy = await start(adsBootstrap(server.port))
    await proxy.ready
    const { status } = await send(proxy.listenerAddress('outbound')!.port, '/')
    // The cluster is warm, and an authority that the machine does not know is not believed.
    expect(status).toBe(503)
    expect(proxy.stats.counter('cluster.outside.ssl.fail_verify_error').value).toBe(1)
    const certs = await send(proxy.adminAddress!.port, '/certs')
    expect(JSON.parse(certs.body).certificates.length).toBeGreaterThan(0)
  })
})
