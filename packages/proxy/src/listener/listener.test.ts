import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as tlsConnect } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import {
  anything,
  ask,
  authority,
  chain,
  cleanUp,
  closeOf,
  LineFilter,
  listener,
  manager,
  open,
  tls,
  until,
} from '../../test/listener-fixture.ts'
import type { NetworkFilterFactory } from '../network/filter.ts'

const undo: (() => unknown)[] = []
const onEnd = (step: () => unknown) => void undo.push(step)
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step()
  await cleanUp()
})

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
      onEnd(() => socket.destroy())
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
    onEnd(() => socket.destroy())
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
    onEnd(() => rmSync(folder, { recursive: true, force: true }))
    const path = join(folder, 'proxy.sock')
    const { listeners, portOf } = manager()
    const filter = new LineFilter('x')
    const config = listener([chain(filter)], { additionalAddresses: [{ path }] })
    await listeners.apply(config)
    const socket = connect(path)
    onEnd(() => socket.destroy())
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
    onEnd(() => again.destroy())
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
