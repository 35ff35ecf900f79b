import { execFileSync } from 'node:child_process'
import { createPublicKey, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compileStringMatch } from '@batten/core'
import { asBuffer, codec, GRPC_METHODS } from '@batten/xds'
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js'
import { afterEach, describe, expect, it } from 'vitest'
import { TestAuthority } from '../../test/certificates.ts'
import { findEnvoy } from '../../test/find-envoy.ts'
import { TestStats } from '../../test/test-stats.ts'
import type { ListenerConfig } from '../listener/listener-config.ts'
import { ListenerManager } from '../listener/listener-manager.ts'
import { ConnectError } from '../network/connect.ts'
import type { Connection } from '../network/connection.ts'
import type { NetworkFilterFactory } from '../network/filter.ts'
import { connectTls, type TlsTransport } from '../network/tls-transport.ts'
import { ClientTlsContext } from '../tls/client-context.ts'
import { DER, DerReader } from '../tls/der.ts'
import { createSecretStore } from '../tls/secret-store.ts'
import { SecureContextPool } from '../tls/secure-contexts.ts'
import { EnvoyAgent } from './envoy-agent.ts'
import { type EnvoyBootstrap, envoyBootstrap } from './envoy-bootstrap.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const envoy = findEnvoy()
const spiffe = (account: string) => `spiffe://cluster.local/ns/default/sa/${account}`
const authority = new TestAuthority('mesh root')

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'batten-'))
  cleanups.push(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

/** A CA that certifies whatever key it is given for one account. */
async function startAuthority(uriOf: () => string): Promise<string> {
  const server = new Server()
  const { path, ...kind } = GRPC_METHODS.createCertificate
  const pass = (bytes: Buffer) => bytes
  server.addService(
    {
      createCertificate: {
        path,
        ...kind,
        requestSerialize: pass,
        requestDeserialize: pass,
        responseSerialize: pass,
        responseDeserialize: pass,
      },
    },
    {
      createCertificate(call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) {
        const { csr = '' } = codec('istio.v1.auth.IstioCertificateRequest').decode(call.request)
        const certChain = [authority.certify(publicKeyOf(csr), { uris: [uriOf()] }), authority.certificate]
        callback(null, asBuffer(codec('istio.v1.auth.IstioCertificateResponse').encode({ certChain })))
      },
    },
  )
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  )
  cleanups.push(() => server.forceShutdown())
  return `127.0.0.1:${port}`
}

function publicKeyOf(csr: string): KeyObject {
  const der = Buffer.from(csr.replace(/-----.*-----|\n/g, ''), 'base64')
  const info = new DerReader(der).enter(DER.sequence).enter(DER.sequence)
  info.expect(DER.integer)
  info.expect(DER.sequence)
  return createPublicKey({ key: info.expect(DER.sequence).encoded, format: 'der', type: 'spki' })
}

const node = {
  id: 'sidecar~127.0.0.1~reviews.default~default.svc.cluster.local',
  cluster: 'reviews.default',
  metadata: { NAMESPACE: 'default', LABELS: { app: 'reviews' } },
}

const sds = (name: string) => ({
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

/** An Envoy that terminates mutual TLS with the secrets of its agent and echoes. */
function tlsListener(port: number) {
  return {
    name: 'tls',
    address: { socket_address: { address: '127.0.0.1', port_value: port } },
    filter_chains: [
      {
        transport_socket: {
          name: 'envoy.transport_sockets.tls',
          typed_config: {
            '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
            require_client_certificate: true,
            common_tls_context: {
              alpn_protocols: ['istio'],
              tls_certificate_sds_secret_configs: [sds('default')],
              validation_context_sds_secret_config: sds('ROOTCA'),
            },
          },
        },
        filters: [
          {
            name: 'envoy.filters.network.echo',
            typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.network.echo.v3.Echo' },
          },
        ],
      },
    ],
  }
}

/** Our own side of the mesh: mutual TLS told by ALPN, as an inbound listener has it. */
function echoListener(connections: Connection[]): ListenerConfig {
  const echo: NetworkFilterFactory = {
    name: 'echo',
    terminal: true,
    onConnection(transport, connection) {
      connections.push(connection)
      transport.handler = {
        onData: (chunk) => void transport.writeBytes(chunk),
        onEnd: () => transport.end(),
        onDrain() {},
        onClose() {},
      }
      return { drain() {}, close: () => transport.destroy(), closed: false }
    },
  }
  return {
    name: 'inbound',
    address: { host: '127.0.0.1', port: 0 },
    additionalAddresses: [],
    bindToPort: true,
    direction: 'inbound',
    statPrefix: 'inbound',
    filterChains: [
      {
        name: 'mesh',
        match: {
          destinationPort: undefined,
          prefixRanges: [],
          serverNames: [],
          transportProtocol: 'tls',
          applicationProtocols: ['istio'],
          directSourcePrefixRanges: [],
          sourceType: 'any',
          sourcePrefixRanges: [],
          sourcePorts: [],
        },
        tls: {
          certificate: 'default',
          validation: 'ROOTCA',
          alpn: ['istio'],
          minVersion: 'TLSv1.2',
          maxVersion: 'TLSv1.3',
          ciphers: '',
          groups: [],
          signatureAlgorithms: [],
          subjectAltNames: [
            { type: 'any', matcher: compileStringMatch({ prefix: 'spiffe://cluster.local/' }) },
          ],
          requireClientCertificate: true,
        },
        transportSocketConnectTimeoutMs: undefined,
        filters: [echo],
        version: '1',
      },
    ],
    defaultFilterChain: undefined,
    inspectors: { tls: true, http: false },
    listenerFiltersTimeoutMs: 15_000,
    continueOnListenerFiltersTimeout: false,
    connectionBufferLimitBytes: 1 << 20,
    maxConnections: 0,
    backlog: 0,
    version: '1',
  }
}

function tcpListener(port: number) {
  return {
    name: 'tcp',
    address: { socket_address: { address: '127.0.0.1', port_value: port } },
    filter_chains: [
      {
        filters: [
          {
            name: 'envoy.filters.network.tcp_proxy',
            typed_config: {
              '@type': 'type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy',
              stat_prefix: 'tcp',
              cluster: 'ratings',
            },
          },
        ],
      },
    ],
  }
}

function meshCluster(port: number) {
  return {
    name: 'ratings',
    type: 'STATIC',
    connect_timeout: '2s',
    load_assignment: {
      cluster_name: 'ratings',
      endpoints: [
        {
          lb_endpoints: [
            { endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: port } } } },
          ],
        },
      ],
    },
    transport_socket: {
      name: 'envoy.transport_sockets.tls',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
        sni: 'outbound_.9080_._.ratings.default.svc.cluster.local',
        common_tls_context: {
          alpn_protocols: ['istio'],
          tls_params: { tls_maximum_protocol_version: 'TLSv1_3' },
          tls_certificate_sds_secret_configs: [sds('default')],
          combined_validation_context: {
            default_validation_context: {
              match_typed_subject_alt_names: [{ san_type: 'URI', matcher: { exact: spiffe('ratings') } }],
            },
            validation_context_sds_secret_config: sds('ROOTCA'),
          },
        },
      },
    },
  }
}

/** A client of the mesh, with our own TLS. */
function meshClient(serverAccount: string) {
  const secrets = createSecretStore()
  secrets.set({ kind: 'certificate', name: 'default', ...authority.issue({ uris: [spiffe('client')] }) })
  secrets.set({ kind: 'validation', name: 'ROOTCA', trustedCa: authority.certificate })
  return new ClientTlsContext(
    {
      certificate: 'default',
      validation: 'ROOTCA',
      alpn: ['istio'],
      minVersion: 'TLSv1.3',
      maxVersion: 'TLSv1.3',
      ciphers: '',
      groups: [],
      signatureAlgorithms: [],
      subjectAltNames: [{ type: 'any', matcher: compileStringMatch({ exact: spiffe(serverAccount) }) }],
      sni: '',
    },
    new SecureContextPool(secrets),
    new TestStats(),
  )
}

/** What Envoy echoes and who it is, or why there was no connection. */
function ask(
  port: number,
  context: ClientTlsContext,
): Promise<{ text: string; transport: TlsTransport } | ConnectError> {
  return new Promise((resolve) => {
    connectTls({ host: '127.0.0.1', port }, context, { timeoutMs: 5000 }, (result) => {
      if (result instanceof ConnectError) return resolve(result)
      let text = ''
      result.handler = {
        onData: (chunk) => {
          text += chunk.toString()
          if (text === 'hello') result.end()
        },
        onEnd: () => result.end(),
        onDrain() {},
        onClose: () => resolve({ text, transport: result }),
      }
      result.writeLatin1('hello')
    })
  })
}

async function eventually<T>(attempt: () => Promise<T | undefined>): Promise<T> {
  for (let i = 0; i < 400; i++) {
    const result = await attempt()
    if (result !== undefined) return result
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error('it did not happen in time')
}

async function startAgent(bootstrap: EnvoyBootstrap, path: string, uriOf: () => string) {
  const caAddress = await startAuthority(uriOf)
  writeFileSync(join(path, 'token'), 'a.token')
  writeFileSync(join(path, 'bootstrap.json'), JSON.stringify(bootstrap))
  const agent = await EnvoyAgent.start({
    envoy: envoy!,
    bootstrapFile: join(path, 'bootstrap.json'),
    sdsSocket: join(path, 'sds.sock'),
    output: 'ignore',
    identity: {
      spiffeId: spiffe('reviews'),
      ca: {
        address: caAddress,
        transport: { kind: 'plaintext' },
        tokenFile: join(path, 'token'),
        clusterId: 'Kubernetes',
      },
      ttlMs: 3_600_000,
      graceRatio: 0.5,
    },
  })
  cleanups.push(() => agent.close())
  return agent
}

describe('the bootstrap for a stock Envoy', () => {
  it('has the clusters of Istio and asks for everything by delta ADS', () => {
    const bootstrap = envoyBootstrap({
      node,
      xds: {
        host: 'istiod.istio-system.svc',
        port: 15012,
        tls: { subjectAltName: 'istiod.istio-system.svc' },
      },
      sdsPath: '/run/sds.sock',
      admin: { host: '127.0.0.1', port: 15000 },
    })
    expect(bootstrap).toMatchObject({
      node,
      dynamic_resources: {
        ads_config: { api_type: 'DELTA_GRPC', grpc_services: [{ envoy_grpc: { cluster_name: 'xds-grpc' } }] },
      },
      static_resources: {
        clusters: [
          { name: 'sds-grpc', type: 'STATIC' },
          { name: 'xds-grpc', type: 'STRICT_DNS', transport_socket: { name: 'envoy.transport_sockets.tls' } },
        ],
      },
    })
  })

  it.skipIf(envoy === undefined)('is valid to Envoy', () => {
    const path = folder()
    const file = join(path, 'bootstrap.json')
    for (const tls of [undefined, { subjectAltName: 'istiod.istio-system.svc' }]) {
      const bootstrap = envoyBootstrap({
        node: { ...node, locality: { region: 'r', zone: 'z', subZone: 's' } },
        xds: { host: '127.0.0.1', port: 15012, ...(tls === undefined ? {} : { tls }) },
        sdsPath: join(path, 'sds.sock'),
        admin: { host: '127.0.0.1', port: 15000 },
        stats: { host: '127.0.0.1', port: 15090 },
      })
      writeFileSync(file, JSON.stringify(bootstrap))
      const output = execFileSync(envoy!, ['--mode', 'validate', '-c', file, '--use-dynamic-base-id'], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: 15_000,
      })
      expect(output).toContain('OK')
    }
  })
})

describe.skipIf(envoy === undefined)('the agent of a stock Envoy', () => {
  it('gives Envoy an identity that our TLS accepts, and a new one without losing connections', async () => {
    const path = folder()
    const port = await freePort()
    const adminPort = await freePort()
    const base = envoyBootstrap({
      node,
      xds: { host: '127.0.0.1', port: await freePort() },
      sdsPath: join(path, 'sds.sock'),
      admin: { host: '127.0.0.1', port: adminPort },
    })
    const { clusters } = base['static_resources'] as { clusters: unknown[] }
    const bootstrap = {
      ...base,
      dynamic_resources: undefined,
      static_resources: { clusters, listeners: [tlsListener(port)] },
    }
    let uri = spiffe('reviews')
    const agent = await startAgent(bootstrap, path, () => uri)
    await agent.certificateReady

    const client = meshClient('reviews')
    const first = await eventually(async () => {
      const result = await ask(port, client)
      return result instanceof ConnectError ? undefined : result
    })
    expect(first.text).toBe('hello')
    expect(first.transport.info).toMatchObject({
      version: 'TLSv1.3',
      alpn: 'istio',
      mutual: true,
      peerUriSans: [spiffe('reviews')],
    })

    uri = spiffe('renewed')
    await agent.renewCertificate()
    const renewed = meshClient('renewed')
    const second = await eventually(async () => {
      const result = await ask(port, renewed)
      return result instanceof ConnectError ? undefined : result
    })
    expect(second.transport.info!.peerUriSans).toEqual([spiffe('renewed')])
    expect(await ask(port, meshClient('reviews'))).toMatchObject({ reason: 'certificate' })
    expect(agent.certificate).toMatchObject({ issuedCount: 2, error: undefined })

    await agent.close()
    expect(await agent.exited).toMatchObject({ code: 0 })
    expect(existsSync(join(path, 'sds.sock'))).toBe(false)
  })

  it('lets Envoy connect to a listener of ours, by full handshakes and by resumed ones', async () => {
    const secrets = createSecretStore()
    secrets.set({ kind: 'certificate', name: 'default', ...authority.issue({ uris: [spiffe('ratings')] }) })
    secrets.set({ kind: 'validation', name: 'ROOTCA', trustedCa: authority.certificate })
    const stats = new TestStats()
    const listeners = new ListenerManager({ stats, contexts: new SecureContextPool(secrets) })
    cleanups.push(() => listeners.close())
    const connections: Connection[] = []
    await listeners.apply(echoListener(connections))
    const { port: meshPort } = listeners.get('inbound')!.addresses[0] as { port: number }

    const path = folder()
    const port = await freePort()
    const base = envoyBootstrap({
      node,
      xds: { host: '127.0.0.1', port: await freePort() },
      sdsPath: join(path, 'sds.sock'),
      admin: { host: '127.0.0.1', port: await freePort() },
    })
    const { clusters } = base['static_resources'] as { clusters: unknown[] }
    const agent = await startAgent(
      {
        ...base,
        dynamic_resources: undefined,
        static_resources: { clusters: [...clusters, meshCluster(meshPort)], listeners: [tcpListener(port)] },
      },
      path,
      () => spiffe('reviews'),
    )
    await agent.certificateReady
    const echo = (text: string) =>
      new Promise<string>((resolve) => {
        const socket = connect(port, '127.0.0.1')
        socket.on('error', () => resolve(''))
        socket.on('close', () => resolve(''))
        socket.on('data', (data) => {
          resolve(data.toString())
          socket.destroy()
        })
        socket.write(text)
      })
    await eventually(async () => (await echo('hello')) || undefined)
    for (let i = 0; i < 3; i++) expect(await echo(`again ${i}`)).toBe(`again ${i}`)
    const [first] = connections
    expect(first).toMatchObject({
      requestedServerName: 'outbound_.9080_._.ratings.default.svc.cluster.local',
      tls: { version: 'TLSv1.3', alpn: 'istio', mutual: true, peerUriSans: [spiffe('reviews')] },
    })
    const last = connections.at(-1)!
    expect(last.tls).toMatchObject({ resumed: true, mutual: true, peerUriSans: [spiffe('reviews')] })
    expect(stats.counted('listener.inbound.')['ssl.connection_error']).toBeUndefined()
  })

  it('tells when Envoy ends by itself', async () => {
    const path = folder()
    const agent = await startAgent({ admin: { nonsense: 1 } }, path, () => spiffe('reviews'))
    expect((await agent.exited).code).toBe(1)
    await agent.close()
  })
})

describe('the agent', () => {
  it('says what is missing when there is no Envoy', async () => {
    const path = folder()
    await expect(
      EnvoyAgent.start({
        envoy: join(path, 'no-such-envoy'),
        bootstrapFile: 'bootstrap.json',
        sdsSocket: join(path, 'sds.sock'),
        identity: {
          spiffeId: spiffe('reviews'),
          ca: {
            address: '127.0.0.1:1',
            transport: { kind: 'plaintext' },
            tokenFile: join(path, 'token'),
            clusterId: 'Kubernetes',
          },
          ttlMs: 1000,
          graceRatio: 0.5,
        },
      }),
    ).rejects.toMatchObject({ code: 'PROXY_ENVOY_FAILED', where: join(path, 'no-such-envoy') })
    expect(existsSync(join(path, 'sds.sock'))).toBe(false)
  })
})
