import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as tlsConnect } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { TestAuthority } from '../../test/certificates.ts'
import { TestStats } from '../../test/test-stats.ts'
import type { Connection } from '../network/connection.ts'
import type { ConnectionHandle, NetworkFilterFactory } from '../network/filter.ts'
import type { Transport } from '../network/transport.ts'
import { createSecretStore } from '../tls/secret-store.ts'
import { SecureContextPool } from '../tls/secure-contexts.ts'
import type { TlsServerConfig } from '../tls/tls-config.ts'
import type { FilterChainConfig, FilterChainMatch, ListenerConfig } from './listener-config.ts'
import { ListenerManager, type ListenerManagerOptions } from './listener-manager.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const authority = new TestAuthority()
const anything: FilterChainMatch = {
  destinationPort: undefined,
  prefixRanges: [],
  serverNames: [],
  transportProtocol: '',
  applicationProtocols: [],
  directSourcePrefixRanges: [],
  sourceType: 'any',
  sourcePrefixRanges: [],
  sourcePorts: [],
}
const tls: TlsServerConfig = {
  certificate: 'default',
  validation: 'ROOTCA',
  alpn: ['istio', 'http/1.1'],
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  ciphers: '',
  subjectAltNames: [],
  requireClientCertificate: false,
}

/**
 * Answers each line with `<name>:<line>`. Like an HTTP connection manager it ends a draining connection after the
 * next answer.
 */
class LineFilter implements NetworkFilterFactory {
  readonly name: string
  readonly terminal = true
  readonly connections: Connection[] = []
  isClosed = false

  constructor(name: string) {
    this.name = name
  }

  onConnection(transport: Transport, connection: Connection): ConnectionHandle {
    this.connections.push(connection)
    let isDraining = false
    transport.handler = {
      onData: (chunk) => {
        transport.writeLatin1(`${this.name}:${chunk.toString('latin1')}`)
        if (isDraining) transport.end()
      },
      onEnd: () => transport.end(),
      onDrain() {},
      onClose() {},
    }
    return {
      drain() {
        isDraining = true
      },
      close: () => transport.destroy(),
      get closed() {
        return transport.closed
      },
    }
  }

  close(): void {
    this.isClosed = true
  }
}

const chain = (
  filter: NetworkFilterFactory,
  options: Partial<FilterChainConfig> = {},
): FilterChainConfig => ({
  name: filter.name,
  match: anything,
  tls: undefined,
  transportSocketConnectTimeoutMs: undefined,
  filters: [filter],
  version: filter.name,
  ...options,
})

const listener = (
  filterChains: FilterChainConfig[],
  options: Partial<ListenerConfig> = {},
): ListenerConfig => ({
  name: 'l',
  address: { host: '127.0.0.1', port: 0 },
  additionalAddresses: [],
  bindToPort: true,
  direction: 'inbound',
  statPrefix: 'test',
  filterChains,
  defaultFilterChain: undefined,
  inspectors: { tls: false, http: false },
  listenerFiltersTimeoutMs: 15_000,
  continueOnListenerFiltersTimeout: false,
  connectionBufferLimitBytes: 1 << 20,
  maxConnections: 0,
  backlog: 0,
  version: JSON.stringify([filterChains.map((c) => c.version), options]),
  ...options,
})

function manager(options: Partial<ListenerManagerOptions> = {}) {
  const secrets = createSecretStore()
  secrets.set({
    kind: 'certificate',
    name: 'default',
    ...authority.issue({ uris: ['spiffe://td/ns/a/sa/b'] }),
  })
  secrets.set({ kind: 'validation', name: 'ROOTCA', trustedCa: authority.certificate })
  const stats = new TestStats()
  const listeners = new ListenerManager({ stats, contexts: new SecureContextPool(secrets), ...options })
  cleanups.push(() => listeners.close())
  const portOf = (name = 'l') => (listeners.get(name)!.addresses[0] as { port: number }).port
  return { listeners, stats, secrets, portOf }
}

async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' })
  cleanups.push(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** Writes a line and resolves with what comes next, or with `closed`. */
async function ask(socket: Socket, line: string): Promise<string> {
  const answer = Promise.withResolvers<string>()
  const onData = (data: Buffer) => answer.resolve(data.toString())
  const onClose = () => answer.resolve('closed')
  socket.once('data', onData).once('close', onClose)
  socket.on('error', () => {})
  socket.write(line)
  const text = await answer.promise
  socket.off('data', onData).off('close', onClose)
  return text
}

const closeOf = (socket: Socket) =>
  socket.destroyed
    ? Promise.resolve()
    : new Promise<void>((resolve) => socket.resume().once('close', () => resolve()))

async function until(test: () => boolean): Promise<void> {
  while (!test()) await new Promise((resolve) => setTimeout(resolve, 1))
}

describe('a listener', () => {
  it('hands connections to its filter and accounts for them', async () => {
    const { listeners, stats, portOf } = manager()
    const filter = new LineFilter('echo')
    await listeners.apply(listener([chain(filter)]))
    const socket = await open(portOf())
    expect(await ask(socket, 'hello')).toBe('echo:hello')
    expect(filter.connections[0]).toMatchObject({
      remoteAddress: `127.0.0.1:${socket.localPort}`,
      localAddress: `127.0.0.1:${portOf()}`,
      tls: undefined,
      requestedServerName: '',
      listenerName: 'l',
      filterChainName: 'echo',
    })
    expect(listeners.connectionCount).toBe(1)
    expect(stats.counted('listener.test.')).toEqual({ downstream_cx_total: 1, downstream_cx_active: 1 })
    socket.end()
    await closeOf(socket)
    await until(() => listeners.connectionCount === 0)
    expect(stats.counted('listener.test.')).toEqual({ downstream_cx_total: 1, downstream_cx_destroy: 1 })
  })

  it('is named by its address in stats when it has no stat prefix', async () => {
    const { listeners, stats, portOf } = manager()
    await listeners.apply(listener([chain(new LineFilter('echo'))], { statPrefix: '' }))
    await ask(await open(portOf()), 'x')
    expect(stats.counted(`listener.127.0.0.1_${portOf()}.`)).toMatchObject({ downstream_cx_total: 1 })
  })

  it('chooses between TLS and plain text on one port, and offers the bytes it has looked at', async () => {
    const { listeners, stats, portOf } = manager()
    const plain = new LineFilter('plain')
    const mesh = new LineFilter('mesh')
    const other = new LineFilter('other')
    await listeners.apply(
      listener(
        [
          chain(plain, { match: { ...anything, transportProtocol: 'raw_buffer' } }),
          chain(mesh, {
            match: { ...anything, transportProtocol: 'tls', applicationProtocols: ['istio'] },
            tls,
          }),
          chain(other, { match: { ...anything, transportProtocol: 'tls' }, tls }),
        ],
        { inspectors: { tls: true, http: false } },
      ),
    )
    expect(await ask(await open(portOf()), 'hello')).toBe('plain:hello')
    for (const [ALPNProtocols, expected, alpn] of [
      [['istio'], 'mesh:hello', 'istio'],
      [['http/1.1'], 'other:hello', 'http/1.1'],
      [['unheard-of'], 'other:hello', false],
    ] as const) {
      const socket = tlsConnect({
        port: portOf(),
        host: '127.0.0.1',
        ca: authority.certificate,
        servername: 'A.Example',
        ALPNProtocols: [...ALPNProtocols],
        checkServerIdentity: () => undefined,
      })
      cleanups.push(() => socket.destroy())
      expect(await ask(socket, 'hello')).toBe(expected)
      expect(socket.alpnProtocol).toBe(alpn)
    }
    expect(mesh.connections[0]).toMatchObject({
      requestedServerName: 'a.example',
      tls: { alpn: 'istio', serverName: 'a.example', mutual: false },
    })
    expect(stats.counted('tls_inspector.')).toEqual({
      tls_found: 3,
      tls_not_found: 1,
      sni_found: 3,
      alpn_found: 3,
    })
    expect(stats.counted('listener.test.')).toMatchObject({ 'ssl.handshake': 3, 'ssl.no_certificate': 3 })
  })

  it('terminates TLS without an inspector, and goes on without ALPN when no protocol is common', async () => {
    const { listeners, stats, portOf } = manager()
    const filter = new LineFilter('tls')
    await listeners.apply(listener([chain(filter, { tls })]))
    const socket = tlsConnect({
      port: portOf(),
      host: '127.0.0.1',
      rejectUnauthorized: false,
      servername: 'a.example',
      ALPNProtocols: ['unheard-of'],
    })
    cleanups.push(() => socket.destroy())
    expect(await ask(socket, 'hello')).toBe('tls:hello')
    expect(filter.connections[0]).toMatchObject({ requestedServerName: '', tls: { serverName: 'a.example' } })
    expect(stats.counted('tls_inspector.')).toEqual({})
  })

  it('detects HTTP in plain text', async () => {
    const { listeners, portOf } = manager()
    const http = new LineFilter('http')
    await listeners.apply(
      listener([chain(http, { match: { ...anything, applicationProtocols: ['http/1.0', 'http/1.1'] } })], {
        inspectors: { tls: true, http: true },
        defaultFilterChain: chain(new LineFilter('tcp')),
      }),
    )
    const socket = await open(portOf())
    socket.write('GET / HT')
    expect(await ask(socket, 'TP/1.1\r\n\r\n')).toBe('http:GET / HTTP/1.1\r\n\r\n')
    expect(await ask(await open(portOf()), 'PING\r\n')).toBe('tcp:PING\r\n')
  })

  it('closes a connection that no chain matches', async () => {
    const { listeners, stats, portOf } = manager()
    await listeners.apply(
      listener([chain(new LineFilter('x'), { match: { ...anything, destinationPort: 1 } })]),
    )
    await closeOf(await open(portOf()))
    expect(stats.counted('listener.test.')).toEqual({ no_filter_chain_match: 1 })
    expect(listeners.connectionCount).toBe(0)
  })

  it('closes a peer that says nothing while it is being inspected, or goes on if told to', async () => {
    const one = manager()
    const inspected = { inspectors: { tls: true, http: false }, listenerFiltersTimeoutMs: 20 }
    await one.listeners.apply(listener([chain(new LineFilter('x'))], inspected))
    await closeOf(await open(one.portOf()))
    expect(one.stats.counted('listener.test.')).toEqual({ downstream_pre_cx_timeout: 1 })
    const two = manager()
    await two.listeners.apply(
      listener([chain(new LineFilter('x'))], { ...inspected, continueOnListenerFiltersTimeout: true }),
    )
    const socket = await open(two.portOf())
    await until(
      () =>
        two.listeners.connectionCount === 1 &&
        two.stats.counted('listener.test.')['downstream_cx_total'] === 1,
    )
    expect(await ask(socket, 'late')).toBe('x:late')
  })

  it('counts a peer that leaves during the inspection', async () => {
    const { listeners, stats, portOf } = manager()
    await listeners.apply(listener([chain(new LineFilter('x'))], { inspectors: { tls: true, http: false } }))
    const socket = await open(portOf())
    socket.end('\u0016')
    await closeOf(socket)
    expect(stats.counted('listener.test.')).toEqual({ downstream_listener_filter_remote_close: 1 })
  })

  it('refuses connections beyond its limit and beyond that of the proxy', async () => {
    const { listeners, stats, portOf } = manager({ maxConnections: 2 })
    await listeners.apply(listener([chain(new LineFilter('a'))], { maxConnections: 1 }))
    await listeners.apply(listener([chain(new LineFilter('b'))], { name: 'm', statPrefix: 'm' }))
    await ask(await open(portOf()), 'x')
    await closeOf(await open(portOf()))
    expect(stats.counted('listener.test.')).toMatchObject({
      downstream_cx_overflow: 1,
      downstream_cx_active: 1,
    })
    await ask(await open(portOf('m')), 'x')
    await closeOf(await open(portOf('m')))
    expect(stats.counted('listener.m.')).toMatchObject({
      downstream_global_cx_overflow: 1,
      downstream_cx_active: 1,
    })
  })

  it('closes a TLS handshake that takes too long', async () => {
    const { listeners, stats, portOf } = manager()
    await listeners.apply(
      listener([
        chain(new LineFilter('x'), { tls: { ...tls, alpn: [] }, transportSocketConnectTimeoutMs: 20 }),
      ]),
    )
    await closeOf(await open(portOf()))
    await until(() => listeners.connectionCount === 0)
    expect(stats.counted('listener.test.')).toEqual({
      downstream_cx_total: 1,
      downstream_cx_destroy: 1,
      downstream_cx_transport_socket_connect_timeout: 1,
    })
  })

  it('listens on several addresses and on a Unix domain socket, and replaces a stale socket file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'batten-'))
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }))
    const path = join(folder, 'proxy.sock')
    const { listeners, portOf } = manager()
    const filter = new LineFilter('x')
    const config = listener([chain(filter)], { additionalAddresses: [{ path }] })
    await listeners.apply(config)
    const socket = connect(path)
    cleanups.push(() => socket.destroy())
    expect(await ask(socket, 'a')).toBe('x:a')
    expect(await ask(await open(portOf()), 'b')).toBe('x:b')
    const second = manager()
    await expect(second.listeners.apply(config)).rejects.toMatchObject({
      code: 'PROXY_BIND_FAILED',
      message: `cannot listen on ${path}: address in use`,
    })
    // A socket file without an owner, as a process leaves it that is killed.
    const stale = join(folder, 'stale.sock')
    const script = `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`
    spawnSync(process.execPath, ['-e', script, stale], { stdio: 'ignore', timeout: 10_000 })
    await second.listeners.apply(listener([chain(filter)], { address: { path: stale } }))
    const again = connect(stale)
    cleanups.push(() => again.destroy())
    expect(await ask(again, 'c')).toBe('x:c')
  })

  it('survives a network filter that throws', async () => {
    const { listeners, portOf } = manager()
    const broken: NetworkFilterFactory = {
      name: 'broken',
      terminal: true,
      onConnection() {
        throw new Error('bug')
      },
    }
    await listeners.apply(listener([chain(broken)]))
    await closeOf(await open(portOf()))
    await until(() => listeners.connectionCount === 0)
  })

  it('runs filters in order, each of which may wrap the transport or refuse', async () => {
    const { listeners, portOf } = manager()
    const gate: NetworkFilterFactory = {
      name: 'gate',
      terminal: false,
      onConnection(transport, connection, next) {
        if (connection.listenerName === 'closed') {
          transport.destroy()
          return { drain() {}, close() {}, closed: true }
        }
        return next(transport)
      },
    }
    const filter = new LineFilter('x')
    const filters = { filters: [gate, filter] }
    await listeners.apply(listener([chain(filter, filters)]))
    await listeners.apply(listener([chain(filter, filters)], { name: 'closed', statPrefix: 'closed' }))
    expect(await ask(await open(portOf()), 'a')).toBe('x:a')
    await closeOf(await open(portOf('closed')))
  })
})

describe('the listener manager', () => {
  it('does nothing for an equal version, and lets go of the filters compiled for it', async () => {
    const { listeners } = manager()
    const first = new LineFilter('x')
    const second = new LineFilter('x')
    expect(await listeners.apply(listener([chain(first)]))).toBe('added')
    expect(await listeners.apply(listener([chain(second)]))).toBe('unchanged')
    expect([first.isClosed, second.isClosed]).toEqual([false, true])
  })

  it('updates on the same socket: changed chains drain, unchanged ones keep their connections', async () => {
    const { listeners, stats, portOf } = manager()
    const stays = new LineFilter('stays')
    const goes = new LineFilter('goes')
    const chains = (changed: LineFilter, kept: LineFilter) => [
      chain(kept, { match: { ...anything, sourcePrefixRanges: ['127.0.0.1'] } }),
      chain(changed, { match: { ...anything, sourcePrefixRanges: ['127.0.0.2'] } }),
    ]
    await listeners.apply(listener(chains(goes, stays)))
    const port = portOf()
    const kept = await open(port)
    const from2 = async () => {
      const socket = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' })
      cleanups.push(() => socket.destroy())
      await once(socket, 'connect')
      return socket
    }
    const drained = await from2()
    expect([await ask(kept, '1'), await ask(drained, '1')]).toEqual(['stays:1', 'goes:1'])

    const comes = new LineFilter('comes')
    expect(await listeners.apply(listener(chains(comes, new LineFilter('stays'))))).toBe('updated')
    expect(portOf()).toBe(port)
    expect(goes.isClosed).toBe(false)
    expect(await ask(drained, '2')).toBe('goes:2')
    await closeOf(drained)
    expect(await ask(kept, '2')).toBe('stays:2')
    expect(await ask(kept, '3')).toBe('stays:3')
    expect(await ask(await from2(), '1')).toBe('comes:1')
    await until(() => goes.isClosed)
    expect(stays.isClosed).toBe(false)
    expect(stats.counted('listener_manager.')).toEqual({
      listener_added: 1,
      listener_modified: 1,
      listener_in_place_updated: 1,
      listener_create_success: 1,
      total_listeners_active: 1,
    })
  })

  it('closes what is left of a drained chain when the drain time is over', async () => {
    const { listeners, portOf } = manager({ drainTimeMs: 20 })
    const filter = new LineFilter('old')
    await listeners.apply(listener([chain(filter)]))
    const idle = await open(portOf())
    await ask(idle, 'x')
    await listeners.apply(listener([chain(new LineFilter('new'))]))
    await closeOf(idle)
    await until(() => filter.isClosed)
  })

  it('refuses an address that is taken and keeps the old listener', async () => {
    const { listeners, stats, portOf } = manager()
    const taken = createServer()
    taken.listen(0, '127.0.0.1')
    await once(taken, 'listening')
    cleanups.push(() => taken.close())
    const { port } = taken.address() as { port: number }
    await listeners.apply(listener([chain(new LineFilter('old'))]))
    const socket = await open(portOf())
    await expect(
      listeners.apply(listener([chain(new LineFilter('new'))], { address: { host: '127.0.0.1', port } })),
    ).rejects.toMatchObject({
      code: 'PROXY_BIND_FAILED',
      where: 'address',
      message: `cannot listen on 127.0.0.1:${port}: address in use`,
    })
    expect(await ask(socket, 'x')).toBe('old:x')
    expect(await ask(await open(portOf()), 'y')).toBe('old:y')
    const owner = { host: '127.0.0.1', port: portOf() }
    await expect(
      listeners.apply(
        listener([chain(new LineFilter('second'))], { name: 'second', address: { host: '127.0.0.1', port } }),
      ),
    ).rejects.toMatchObject({ code: 'PROXY_BIND_FAILED' })
    await expect(listeners.apply(listener([], { name: 'third', address: owner }))).rejects.toMatchObject({
      code: 'PROXY_BIND_FAILED',
    })
    expect(stats.counted('listener_manager.')['listener_create_failure']).toBe(3)
  })

  it('moves to another address and keeps its connections', async () => {
    const { listeners, portOf } = manager()
    const config = (version: string, host: string) =>
      listener([chain(new LineFilter('x'))], { address: { host, port: 0 }, version })
    await listeners.apply(config('1', '127.0.0.1'))
    const port = portOf()
    const socket = await open(port)
    expect(await ask(socket, '1')).toBe('x:1')
    await listeners.apply(config('2', '127.0.0.2'))
    expect(listeners.get('l')!.addresses[0]).toMatchObject({ host: '127.0.0.2' })
    expect(await ask(socket, '2')).toBe('x:2')
    const refused = connect({ port, host: '127.0.0.1' })
    const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toBe('ECONNREFUSED')
  })

  it('removes a listener: nobody gets in, those inside get out', async () => {
    const { listeners, stats, portOf } = manager()
    const filter = new LineFilter('x')
    await listeners.apply(listener([chain(filter)]))
    const port = portOf()
    const socket = await open(port)
    await ask(socket, '1')
    await listeners.remove('l')
    await listeners.remove('unknown')
    expect(listeners.listeners()).toMatchObject([
      { name: 'l', state: 'draining', connections: 1, addresses: [] },
    ])
    const [error] = (await once(connect({ port, host: '127.0.0.1' }), 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toBe('ECONNREFUSED')
    expect(await ask(socket, '2')).toBe('x:2')
    await closeOf(socket)
    await until(() => listeners.listeners().length === 0)
    expect(filter.isClosed).toBe(true)
    expect(stats.counted('listener_manager.')).toMatchObject({ listener_removed: 1 })
  })

  it('drains inbound listeners only, on request, and lets handshakes that have begun come to their end', async () => {
    const { listeners, portOf } = manager()
    await listeners.apply(listener([chain(new LineFilter('in'), { tls })]))
    await listeners.apply(
      listener([chain(new LineFilter('out'))], { name: 'o', direction: 'outbound', statPrefix: 'o' }),
    )
    const late = connect({ port: portOf(), host: '127.0.0.1' })
    await once(late, 'connect')
    await until(() => listeners.connectionCount === 1)
    const drained = listeners.drain({ inboundOnly: true, timeMs: 5000 })
    const changed = listener([chain(new LineFilter('changed'))], { version: '2' })
    expect(await listeners.apply(changed)).toBe('ignored')
    expect(listeners.listeners()).toMatchObject([
      { name: 'o', state: 'active' },
      { name: 'l', state: 'draining' },
    ])
    const socket = tlsConnect({ socket: late, rejectUnauthorized: false })
    cleanups.push(() => socket.destroy())
    expect(await ask(socket, 'late')).toBe('in:late')
    socket.end()
    await drained
    expect(await ask(await open(portOf('o')), 'x')).toBe('out:x')
  })

  it('goes on accepting during a graceful drain', async () => {
    const { listeners, portOf } = manager()
    await listeners.apply(listener([chain(new LineFilter('x'))]))
    const port = portOf()
    const drained = listeners.drain({ graceful: true, timeMs: 100 })
    const socket = await open(port)
    expect(await ask(socket, 'late')).toBe('x:late')
    await closeOf(socket)
    await drained
    expect(listeners.listeners()).toEqual([])
  })

  it('lets connections linger after a graceful drain', async () => {
    const { listeners, portOf } = manager()
    await listeners.apply(listener([chain(new LineFilter('x'))]))
    const socket = await open(portOf())
    await ask(socket, 'early')
    const drained = listeners.drain({ graceful: true, timeMs: 10, lingerMs: 5000 })
    await until(() => listeners.listeners()[0]!.state === 'draining')
    expect(await ask(socket, 'late')).toBe('x:late')
    await drained
  })

  it('closes everything at once', async () => {
    const { listeners, portOf } = manager()
    const inspected = listener([chain(new LineFilter('x'), { tls })])
    await listeners.apply(inspected)
    await listeners.apply(listener([chain(new LineFilter('y'))], { name: 'm', statPrefix: 'm' }))
    const sockets = [await open(portOf()), await open(portOf('m'))]
    await until(() => listeners.connectionCount === 2)
    await listeners.close()
    await Promise.all(sockets.map(closeOf))
    expect(listeners.connectionCount).toBe(0)
    await expect(listeners.apply(inspected)).rejects.toMatchObject({ code: 'PROXY_NOT_STARTED' })
  })
})
