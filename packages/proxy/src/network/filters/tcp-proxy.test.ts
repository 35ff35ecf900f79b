import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { Counter } from '@batten/core'
import { afterEach, describe, expect, it } from 'vitest'
import { ManualClock } from '../../../test/manual-clock.ts'
import { TestStats } from '../../../test/test-stats.ts'
import type { TcpProxyConfig } from '../../listener/listener-config.ts'
import { ConnectError, connectPlain } from '../connect.ts'
import type { Connection } from '../connection.ts'
import type { ClusterConnector, ConnectionHandle } from '../filter.ts'
import { PlainTransport } from '../plain-transport.ts'
import { createTcpProxy, weightedChoice } from './tcp-proxy.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const connection: Connection = {
  id: 1,
  remoteAddress: '127.0.0.1:1',
  localAddress: '127.0.0.1:2',
  tls: undefined,
  requestedServerName: '',
  listenerName: 'l',
  filterChainName: 'c',
}

/** Connects by cluster name to a port; counts releases. */
class PortConnector implements ClusterConnector {
  readonly ports = new Map<string, number>()
  readonly attempts: string[] = []
  readonly receivedBytes = new Counter()
  readonly sentBytes = new Counter()
  released = 0

  connect: ClusterConnector['connect'] = (cluster, _downstream, done) => {
    this.attempts.push(cluster)
    const port = this.ports.get(cluster)
    if (port === undefined) {
      const immediate = setImmediate(() => done({ failure: 'unknown-cluster', message: cluster }))
      return { cancel: () => clearImmediate(immediate) }
    }
    return connectPlain(
      { host: '127.0.0.1', port },
      { timeoutMs: 5000, bufferLimitBytes: 64 * 1024 },
      (result) => {
        if (result instanceof ConnectError)
          return done({ failure: 'connect-failed', message: result.message })
        done({
          transport: result,
          hostAddress: `127.0.0.1:${port}`,
          receivedBytes: this.receivedBytes,
          sentBytes: this.sentBytes,
          release: () => this.released++,
        })
      },
    )
  }
}

async function serve(onSocket: (socket: Socket) => void): Promise<number> {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, onSocket)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(() => server.close())
  return (server.address() as { port: number }).port
}

/** A TCP proxy in front of an upstream that echoes, and answers the end of the peer with its own. */
async function proxy(
  options: Partial<TcpProxyConfig> = {},
  onUpstream?: (socket: Socket) => void,
  change: (connector: PortConnector) => void = () => {},
  clock?: ManualClock,
) {
  const connector = new PortConnector()
  change(connector)
  const stats = new TestStats()
  const upstreams: Socket[] = []
  connector.ports.set(
    'upstream',
    await serve((socket) => {
      upstreams.push(socket)
      socket.on('error', () => {})
      cleanups.push(() => socket.destroy())
      if (onUpstream === undefined) socket.pipe(socket)
      else onUpstream(socket)
    }),
  )
  const factory = createTcpProxy(
    {
      statPrefix: 'p',
      clusters: [{ name: 'upstream', weight: 1 }],
      idleTimeoutMs: 3_600_000,
      maxConnectionDurationMs: 0,
      maxConnectAttempts: 1,
      ...options,
    },
    { connector, stats, ...(clock === undefined ? {} : { clock }) },
  )
  const handles: ConnectionHandle[] = []
  const port = await serve((socket) => {
    const transport = PlainTransport.accept(socket, { bufferLimitBytes: 64 * 1024 })!
    handles.push(factory.onConnection(transport, connection, () => expect.fail('terminal')))
  })
  const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  client.on('error', () => {})
  cleanups.push(() => client.destroy())
  await once(client, 'connect')
  return { client, connector, stats, upstreams, handles }
}

async function until(test: () => boolean): Promise<void> {
  while (!test()) await new Promise((resolve) => setTimeout(resolve, 1))
}

async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk)).resume()
  await once(socket, 'end')
  return Buffer.concat(chunks)
}

describe('the TCP proxy', () => {
  it('relays both ways, ends each direction by itself, and gives everything back', async () => {
    const { client, connector, stats } = await proxy()
    const body = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => (i * 13 + (i >> 9)) & 255))
    client.end(body)
    const echoed = await readAll(client)
    expect(Buffer.compare(echoed, body)).toBe(0)
    await until(() => connector.released === 1)
    await until(() => stats.counted('tcp.p.')['downstream_cx_active'] === undefined)
    expect(stats.counted('tcp.p.')).toMatchObject({
      downstream_cx_total: 1,
      downstream_cx_rx_bytes_total: body.length,
      downstream_cx_tx_bytes_total: body.length,
    })
  })

  it('keeps a direction open after the other has ended', async () => {
    const { client, upstreams } = await proxy({}, (socket) => {
      socket.resume()
      socket.write('greeting')
    })
    const [greeting] = (await once(client, 'data')) as [Buffer]
    expect(greeting.toString()).toBe('greeting')
    client.end()
    await once(upstreams[0]!, 'end')
    upstreams[0]!.end('after the end')
    expect((await readAll(client)).toString()).toBe('after the end')
  })

  it('stops reading from the faster side while the slower one does not keep up', async () => {
    const { client, upstreams, stats } = await proxy({}, (socket) => socket.pause())
    const body = Buffer.alloc(24_000_000, 1)
    client.end(body)
    await until(() => stats.counted('tcp.p.')['downstream_flow_control_paused_reading_total'] === 1)
    const { downstream_cx_rx_bytes_total: received } = stats.counted('tcp.p.')
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(stats.counted('tcp.p.')['downstream_cx_rx_bytes_total']).toBe(received)
    expect((await readAll(upstreams[0]!)).length).toBe(body.length)
  })

  it('passes a reset on, in both directions', async () => {
    const one = await proxy()
    one.client.write('x')
    await once(one.client, 'data')
    one.client.resetAndDestroy()
    const [upstreamError] = (await once(one.upstreams[0]!, 'error')) as [NodeJS.ErrnoException]
    expect(upstreamError.code).toBe('ECONNRESET')
    await until(() => one.connector.released === 1 && one.handles[0]!.closed)
    const two = await proxy()
    two.client.write('x')
    await once(two.client, 'data')
    two.upstreams[0]!.resetAndDestroy()
    const [clientError] = (await once(two.client, 'error')) as [NodeJS.ErrnoException]
    expect(clientError.code).toBe('ECONNRESET')
    await until(() => two.connector.released === 1 && two.handles[0]!.closed)
  })

  it('closes a connection to a cluster that nobody knows', async () => {
    const { client, stats } = await proxy({ clusters: [{ name: 'nobody', weight: 1 }] })
    client.resume()
    await once(client, 'end')
    await until(() => stats.counted('tcp.p.')['downstream_cx_active'] === undefined)
    expect(stats.counted('tcp.p.')).toEqual({ downstream_cx_total: 1, downstream_cx_no_route: 1 })
  })

  it('tries as often as it is told to connect', async () => {
    const { client, connector } = await proxy(
      { maxConnectAttempts: 3 },
      () => {},
      (failing) => {
        failing.connect = (cluster, _downstream, done) => {
          failing.attempts.push(cluster)
          const immediate = setImmediate(() => done({ failure: 'connect-failed', message: 'refused' }))
          return { cancel: () => clearImmediate(immediate) }
        }
      },
    )
    client.resume()
    await once(client, 'end')
    expect(connector.attempts).toEqual(['upstream', 'upstream', 'upstream'])
  })

  it('closes an idle connection, but not one with traffic', async () => {
    const clock = new ManualClock()
    const { client, stats } = await proxy({ idleTimeoutMs: 60 }, undefined, undefined, clock)
    for (let i = 0; i < 3; i++) {
      client.write('x')
      await once(client, 'data')
      clock.advance(60)
      expect(stats.counted('tcp.p.')['idle_timeout']).toBeUndefined()
    }
    clock.advance(59)
    expect(stats.counted('tcp.p.')['idle_timeout']).toBeUndefined()
    clock.advance(1)
    await once(client, 'end')
    expect(stats.counted('tcp.p.')['idle_timeout']).toBe(1)
  })

  it('closes a connection that lasts too long', async () => {
    const { client, stats } = await proxy({ maxConnectionDurationMs: 30 })
    client.resume()
    await once(client, 'end')
    expect(stats.counted('tcp.p.')['max_downstream_connection_duration']).toBe(1)
  })

  it('is not ended by a drain, only by a close', async () => {
    const { client, handles, connector } = await proxy()
    client.write('1')
    await once(client, 'data')
    handles[0]!.drain()
    client.write('2')
    const [data] = (await once(client, 'data')) as [Buffer]
    expect(data.toString()).toBe('2')
    handles[0]!.close()
    await until(() => connector.released === 1 && handles[0]!.closed)
  })
})

describe('a choice by weight', () => {
  it('is in proportion to the weights', () => {
    const clusters = [
      { name: 'a', weight: 90 },
      { name: 'b', weight: 10 },
    ]
    let next = 0
    const choose = weightedChoice(clusters, () => next)
    for (const [point, expected] of [
      [0, 'a'],
      [0.899, 'a'],
      [0.9, 'b'],
      [0.999, 'b'],
    ] as const) {
      next = point
      expect(choose()).toBe(expected)
    }
    expect(weightedChoice([{ name: 'only', weight: 3 }], () => 0.5)()).toBe('only')
  })
})
