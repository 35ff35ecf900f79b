import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { ConnectError, connectPlain } from './connect.ts'
import { PlainTransport } from './plain-transport.ts'
import type { SocketTransport, SocketTransportOptions } from './socket-transport.ts'
import type { Transport, TransportHandler } from './transport.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** Collects what a transport says, and lets a test wait for it. */
class Recorder implements TransportHandler {
  readonly chunks: Buffer[] = []
  readonly events: string[] = []
  error: Error | undefined
  onChunk: ((chunk: Buffer) => void) | undefined
  #waiters: { test: () => boolean; resolve: () => void }[] = []

  get text(): string {
    return Buffer.concat(this.chunks).toString('latin1')
  }
  get bytes(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  }
  onData(chunk: Buffer): void {
    this.chunks.push(Buffer.from(chunk))
    this.onChunk?.(chunk)
    this.#wake()
  }
  onEnd(): void {
    this.#event('end')
  }
  onDrain(): void {
    this.#event('drain')
  }
  onClose(error: Error | undefined): void {
    this.error = error
    this.#event('close')
  }
  until(test: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#waiters.push({ test, resolve })
      this.#wake()
    })
  }
  #event(name: string): void {
    this.events.push(name)
    this.#wake()
  }
  #wake(): void {
    this.#waiters = this.#waiters.filter((waiter) => {
      if (!waiter.test()) return true
      waiter.resolve()
      return false
    })
  }
}

async function listen(onSocket: (socket: Socket) => void, path?: string): Promise<Server> {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, onSocket)
  server.listen(path ?? { port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  cleanups.push(() => server.close())
  return server
}

const portOf = (server: Server) => (server.address() as { port: number }).port

/** An accepted transport with its recorder, and the plain Node socket of its peer. */
async function accepted(options: SocketTransportOptions = {}) {
  const pending = Promise.withResolvers<{ transport: PlainTransport; seen: Recorder }>()
  const server = await listen((socket) => {
    const transport = PlainTransport.accept(socket, options)!
    const seen = new Recorder()
    transport.handler = seen
    pending.resolve({ transport, seen })
  })
  const peer = connect({ port: portOf(server), host: '127.0.0.1', allowHalfOpen: true })
  cleanups.push(() => peer.destroy())
  await once(peer, 'connect')
  const { transport, seen } = await pending.promise
  cleanups.push(() => transport.destroy())
  return { transport, seen, peer, server }
}

function connected(port: number, options: SocketTransportOptions = {}) {
  const seen = new Recorder()
  return new Promise<{ transport: SocketTransport; seen: Recorder }>((resolve, reject) => {
    connectPlain({ host: '127.0.0.1', port }, { timeoutMs: 5000, ...options }, (result) => {
      if (result instanceof ConnectError) return reject(result)
      result.handler = seen
      cleanups.push(() => result.destroy())
      resolve({ transport: result, seen })
    })
  })
}

const patterned = (length: number) => Buffer.from(Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 255))

describe('a plain transport', () => {
  it('delivers what the peer writes and writes what it is given', async () => {
    const { transport, seen, peer } = await accepted()
    peer.write('hello')
    await seen.until(() => seen.text === 'hello')
    transport.writeLatin1('caf\u00e9')
    const [data] = (await once(peer, 'data')) as [Buffer]
    expect(data.toString('hex')).toBe('636166e9')
    expect(transport.remoteAddress).toBe(`127.0.0.1:${peer.localPort}`)
    expect(transport.localAddress).toBe(`127.0.0.1:${peer.remotePort}`)
  })

  it('keeps the other direction open after the peer has sent FIN, and closes in order', async () => {
    const { transport, seen, peer } = await accepted()
    peer.end('bye')
    await seen.until(() => seen.events.includes('end'))
    expect(seen.text).toBe('bye')
    transport.writeLatin1('late answer')
    transport.end()
    transport.writeLatin1('ignored')
    const chunks: Buffer[] = []
    peer.on('data', (chunk) => chunks.push(chunk))
    await once(peer, 'end')
    expect(Buffer.concat(chunks).toString()).toBe('late answer')
    await seen.until(() => seen.events.includes('close'))
    expect(seen.events).toEqual(['end', 'close'])
    expect(seen.error).toBeUndefined()
    expect(transport.closed).toBe(true)
  })

  it('keeps the order of text and bytes of all sizes that are written in one turn', async () => {
    const { transport, peer } = await accepted()
    const big = patterned(100_000)
    const expected: Buffer[] = []
    const write = (piece: string | Buffer) => {
      expected.push(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece)
      if (typeof piece === 'string') transport.writeLatin1(piece)
      else transport.writeBytes(piece)
    }
    write('head\r\n')
    write(Buffer.from('small'))
    write(big)
    write('x'.repeat(20_000))
    write(patterned(10))
    write('after')
    transport.end()
    const chunks: Buffer[] = []
    peer.on('data', (chunk) => chunks.push(chunk))
    await once(peer, 'end')
    expect(Buffer.compare(Buffer.concat(chunks), Buffer.concat(expected))).toBe(0)
  })

  it('keeps text and bytes in order when the system takes neither at once', async () => {
    const { transport, seen, peer } = await accepted({ bufferLimitBytes: 64 * 1024 })
    peer.pause()
    const expected: Buffer[] = []
    // Beyond both socket buffers, with a text last, which waits below the stream.
    for (let i = 0; i < 400; i++) {
      const piece = i % 3 === 2 ? patterned(20_000 + i) : Buffer.from(`${i}:`.padEnd(15_000, 'x'), 'latin1')
      expected.push(piece)
      if (i % 3 === 2) transport.writeBytes(piece)
      else transport.writeLatin1(piece.toString('latin1'))
    }
    expect(transport.blocked).toBe(true)
    expect(transport.bufferedBytes).toBeGreaterThanOrEqual(64 * 1024)
    const chunks: Buffer[] = []
    peer.on('data', (chunk: Buffer) => chunks.push(chunk))
    peer.resume()
    await seen.until(() => seen.events.includes('drain'))
    expect(transport.blocked).toBe(false)
    transport.writeLatin1('the end')
    expected.push(Buffer.from('the end'))
    transport.end()
    await once(peer, 'end')
    expect(Buffer.compare(Buffer.concat(chunks), Buffer.concat(expected))).toBe(0)
    expect(transport.bufferedBytes).toBe(0)
  })

  it('says blocked for text that waits, and closes with an error when the peer resets meanwhile', async () => {
    const { transport, seen, peer } = await accepted({ bufferLimitBytes: 64 * 1024 })
    peer.pause()
    while (transport.writeLatin1('y'.repeat(16_000))) await new Promise((resolve) => setImmediate(resolve))
    peer.resetAndDestroy()
    await seen.until(() => seen.events.includes('close'))
    expect(seen.events).toEqual(['close'])
    expect(seen.error).toBeInstanceOf(Error)
  })

  it('says blocked above the high watermark and drains when the peer reads', async () => {
    const { transport, seen, peer } = await accepted({ bufferLimitBytes: 64 * 1024 })
    peer.pause()
    let sent = 0
    const piece = patterned(64 * 1024)
    while (transport.writeBytes(piece)) {
      sent += piece.length
      await new Promise((resolve) => setImmediate(resolve))
    }
    sent += piece.length
    expect(transport.blocked).toBe(true)
    expect(transport.bufferedBytes).toBeGreaterThanOrEqual(64 * 1024)
    let received = 0
    peer.on('data', (chunk: Buffer) => {
      received += chunk.length
    })
    peer.resume()
    await seen.until(() => seen.events.includes('drain'))
    expect(transport.blocked).toBe(false)
    transport.end()
    await once(peer, 'end')
    expect(received).toBe(sent)
  })

  it('reads nothing while paused, and what it was given back comes first after that', async () => {
    const { transport, seen, peer } = await accepted()
    transport.pause()
    transport.unread(Buffer.from('first '))
    peer.end('second')
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect([seen.text, seen.events]).toEqual(['', []])
    transport.resume()
    expect(seen.text).toBe('')
    await seen.until(() => seen.events.includes('end'))
    expect(seen.text).toBe('first second')
  })

  it('relays a large body between two sockets intact when the slower one holds it up', async () => {
    const { transport: from, seen: _, peer: writer } = await accepted({ bufferLimitBytes: 32 * 1024 })
    const sink = await listen((socket) => {
      sinkSocket = socket
      ready.resolve()
    })
    let sinkSocket!: Socket
    const ready = Promise.withResolvers<void>()
    const { transport: to } = await connected(portOf(sink), { bufferLimitBytes: 32 * 1024 })
    await ready.promise
    from.handler = {
      onData(chunk) {
        if (!to.writeBytes(chunk)) from.pause()
      },
      onEnd: () => to.end(),
      onDrain() {},
      onClose() {},
    }
    to.handler = { onData() {}, onEnd() {}, onDrain: () => from.resume(), onClose() {} }
    const body = patterned(6_000_000)
    writer.end(body)
    const chunks: Buffer[] = []
    let length = 0
    sinkSocket.on('data', (chunk) => {
      chunks.push(chunk)
      length += chunk.length
      // Stop and go, so that queues fill up and empty several times.
      if (length % 5 === 0) {
        sinkSocket.pause()
        setTimeout(() => sinkSocket.resume(), 1)
      }
    })
    sinkSocket.resume()
    await once(sinkSocket, 'end')
    expect(Buffer.compare(Buffer.concat(chunks), body)).toBe(0)
  })

  it('reports a reset by the peer as an error, once', async () => {
    const { transport, seen, peer } = await accepted()
    peer.resetAndDestroy()
    await seen.until(() => seen.events.includes('close'))
    expect((seen.error as NodeJS.ErrnoException).code).toBe('ECONNRESET')
    transport.destroy()
    expect(transport.writeLatin1('x')).toBe(true)
    expect(seen.events).toEqual(['close'])
  })

  it('sends RST on reset and FIN on destroy', async () => {
    const one = await accepted()
    one.transport.reset()
    const [error] = (await once(one.peer, 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toBe('ECONNRESET')
    await one.seen.until(() => one.seen.events.includes('close'))
    expect(one.seen.error).toBeUndefined()
    const two = await accepted()
    two.transport.destroy()
    two.transport.destroy()
    two.peer.resume()
    await once(two.peer, 'end')
    await two.seen.until(() => two.seen.events.includes('close'))
    expect(two.seen.events).toEqual(['close'])
  })

  it('closes when its handler throws, and says why', async () => {
    const { transport, seen, peer } = await accepted()
    const thrown = new Error('bug in a codec')
    seen.onChunk = () => {
      throw thrown
    }
    peer.write('x')
    peer.resume()
    await seen.until(() => seen.events.includes('close'))
    expect(seen.error).toBe(thrown)
    expect(transport.closed).toBe(true)
  })

  it('lets its server close when the last connection has ended', async () => {
    const { transport, server } = await accepted()
    const closed = once(server, 'close')
    server.close()
    transport.destroy()
    await closed
  })
})

describe('connecting in plain text', () => {
  it('reports a refused connection', async () => {
    const server = await listen(() => {})
    const port = portOf(server)
    server.close()
    await once(server, 'close')
    const error = await connected(port).catch((thrown: ConnectError) => thrown)
    expect(error).toBeInstanceOf(ConnectError)
    expect((error as ConnectError).reason).toBe('refused')
    expect((error as ConnectError).message).toBe(`cannot connect to 127.0.0.1:${port}: ECONNREFUSED`)
  })

  it('connects to a Unix domain socket', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'batten-'))
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }))
    const path = join(folder, 's')
    await listen((socket) => socket.end('over a pipe'), path)
    const seen = new Recorder()
    connectPlain({ path }, { timeoutMs: 5000 }, (result) => {
      if (result instanceof ConnectError) throw result
      result.handler = seen
      cleanups.push(() => result.destroy())
    })
    await seen.until(() => seen.events.includes('end'))
    expect(seen.text).toBe('over a pipe')
  })

  it('gives up at the time-out, and says nothing after a cancel', async () => {
    let fire: () => void = () => {}
    const clock = {
      now: () => 0,
      monotonicMs: () => 0,
      setInterval: () => ({ cancel() {} }),
      setTimeout(callback: () => void) {
        fire = callback
        return { cancel() {} }
      },
    }
    const server = await listen(() => {})
    const target = { host: '127.0.0.1', port: portOf(server) }
    const results: unknown[] = []
    connectPlain(target, { timeoutMs: 250, clock }, (result) => results.push(result))
    fire()
    expect(results).toMatchObject([
      { reason: 'timeout', message: `no connection to 127.0.0.1:${target.port} within 250 ms` },
    ])
    const pending = connectPlain(target, { timeoutMs: 250, clock }, (result) => results.push(result))
    pending.cancel()
    fire()
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(results).toHaveLength(1)
  })
})

/** The interface is what codecs see: the class must fit it. */
export const _fits: (transport: PlainTransport) => Transport = (transport) => transport
