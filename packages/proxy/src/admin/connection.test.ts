import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { ManualClock } from '../../test/support/fake-clock.ts'
import { MemoryTransport } from '../../test/support/memory-transport.ts'
import type { RequestHeaderTable } from '../http/header-table.ts'
import { openListenSocket } from '../listener/listen-socket.ts'
import { PlainTransport } from '../network/plain-transport.ts'
import { ADMIN_BUFFER_LIMIT_BYTES, AdminConnection, type AdminConnectionOwner } from './connection.ts'
import type { AdminResponse } from './handler.ts'

const GET = 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n'
const DATE = 'Tue, 14 Nov 2023 22:13:21 GMT'

class Owner implements AdminConnectionOwner {
  readonly clock = new ManualClock()
  readonly asked: string[] = []
  closed = 0
  page: (request: RequestHeaderTable) => AdminResponse = ({ method, path }) => ({
    body: `${method} ${path}\n`,
  })

  answer(request: RequestHeaderTable): AdminResponse {
    this.asked.push(`${request.method} ${request.path}`)
    return this.page(request)
  }

  onConnectionClosed(): void {
    this.closed++
  }
}

function fixture() {
  const owner = new Owner()
  const transport = new MemoryTransport()
  const connection = new AdminConnection(transport, owner)
  return { owner, transport, connection, clock: owner.clock }
}

function response(status: string, body: string, more = '', sent = body): string {
  return (
    `HTTP/1.1 ${status}\r\ncontent-type: text/plain; charset=UTF-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\n` +
    'cache-control: no-cache, max-age=0\r\nx-content-type-options: nosniff\r\nserver: batten\r\n' +
    `date: ${DATE}\r\n${more}\r\n${sent}`
  )
}

const ok = (body: string) => response('200 OK', body)
const CLOSE = 'connection: close\r\n'

describe('an admin connection', () => {
  it.each<[string, string, string, boolean]>([
    ['a request', GET, ok('GET /a\n'), false],
    [
      'requests that come together, in order',
      GET + GET.replace('/a', '/b'),
      ok('GET /a\n') + ok('GET /b\n'),
      false,
    ],
    ['HEAD, without the body', GET.replace('GET', 'HEAD'), response('200 OK', 'HEAD /a\n', '', ''), false],
    [
      'POST with a body, and what follows it',
      `POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nGET /${GET}`,
      ok('POST /a\n') + ok('GET /a\n'),
      false,
    ],
    [
      'POST with a chunked body and trailers, and what follows it',
      `POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx: y\r\n\r\n${GET}`,
      ok('POST /a\n') + ok('GET /a\n'),
      false,
    ],
    [
      'POST whose client waits for a go-ahead',
      'POST /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx',
      `HTTP/1.1 100 Continue\r\n\r\n${ok('POST /a\n')}`,
      false,
    ],
    [
      'HTTP/1.0, which closes',
      'GET /a HTTP/1.0\r\n\r\n',
      response('200 OK', 'GET /a\n', CLOSE).replace('1.1', '1.0'),
      true,
    ],
    [
      'HTTP/1.0 that asks to keep the connection',
      'GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
      response('200 OK', 'GET /a\n', 'connection: keep-alive\r\n').replace('1.1', '1.0'),
      false,
    ],
    [
      'a client that wants the connection closed',
      'GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
      response('200 OK', 'GET /a\n', CLOSE),
      true,
    ],
    [
      'a client that offers another protocol, in HTTP/1.1',
      'GET /a HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
      ok('GET /a\n'),
      false,
    ],
    ['a page with characters beyond ASCII', GET.replace('/a', '/u'), ok('grün\n'), false],
    ['an empty page', GET.replace('/a', '/empty'), ok(''), false],
  ])('answers %s', (_title, bytes, expected, closes) => {
    for (const step of [bytes.length, 1]) {
      const { owner, transport } = fixture()
      owner.page = ({ method, path }) => ({
        body: path === '/u' ? 'grün\n' : path === '/empty' ? '' : `${method} ${path}\n`,
      })
      for (let i = 0; i < bytes.length; i += step) transport.receive(bytes.slice(i, i + step))
      expect(Buffer.from(transport.written, 'latin1').toString()).toBe(expected)
      expect([transport.ended, transport.destroyed]).toEqual([closes, false])
    }
  })

  it.each<[string, string, string]>([
    ['what is not HTTP', '\x16\x03\x01\x02\x00\x01', '400 Bad Request'],
    ['HTTP/1.1 without a host', 'GET /a HTTP/1.1\r\n\r\n', '400 Bad Request'],
    [
      'a bad chunk',
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxy\r\n',
      '400 Bad Request',
    ],
    ['CONNECT', 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n', '403 Forbidden'],
    ['a head over 16 KiB', `GET /${'a'.repeat(16_400)}`, '431 Request Header Fields Too Large'],
    [
      'too many fields',
      `GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(101)}\r\n`,
      '431 Request Header Fields Too Large',
    ],
    [
      'a body that is announced to be over 1 MiB',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n',
      '413 Payload Too Large',
    ],
    [
      'a body that grows over 1 MiB',
      `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${`10000\r\n${'x'.repeat(65_536)}\r\n`.repeat(17)}`,
      '413 Payload Too Large',
    ],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '426 Upgrade Required'],
  ])('refuses %s, and closes', (_title, bytes, status) => {
    const { owner, transport } = fixture()
    transport.receive(bytes)
    const text = `${status.slice(4)}\n`
    expect(transport.written).toBe(response(status, text, CLOSE))
    expect([transport.ended, transport.destroyed, owner.asked]).toEqual([true, false, []])
    transport.receive(GET)
    owner.clock.advance(1000)
    expect([transport.destroyed, owner.asked]).toEqual([true, []])
  })

  it('takes a body of 1 MiB', () => {
    const { owner, transport } = fixture()
    transport.receive('POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\n')
    for (let i = 0; i < 16; i++) transport.receive('x'.repeat(65_536))
    expect([transport.written, owner.asked]).toEqual([ok('POST /a\n'), ['POST /a']])
  })

  it('asks for no page before the request is complete', () => {
    const { owner, transport } = fixture()
    transport.receive('POST /quit HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx')
    expect(owner.asked).toEqual([])
    transport.receiveClose()
    expect([owner.asked, owner.closed]).toEqual([[], 1])
  })

  it('writes a large page as fast as the client takes it, and only then looks at the next request', () => {
    const { owner, transport } = fixture()
    const body = Array.from({ length: 30_000 }, (_, i) => `${i}\n`).join('')
    owner.page = ({ path }) => ({ body: path === '/a' ? body : 'next\n' })
    transport.blocksOnWrite = true
    transport.receive(GET + GET.replace('/a', '/b'))
    let turns = 0
    const first = response('200 OK', body)
    while (transport.written.length < first.length) {
      expect([owner.asked, transport.paused]).toEqual([['GET /a'], true])
      turns++
      transport.drain()
    }
    expect(transport.written).toBe(first)
    expect(turns).toBe(Math.ceil(body.length / 65_536) - 1)
    transport.blocksOnWrite = false
    transport.drain()
    expect(transport.written).toBe(first + response('200 OK', 'next\n'))
    expect([owner.asked, transport.paused]).toEqual([['GET /a', 'GET /b'], false])
  })

  it('forgets a page whose reader is gone', () => {
    const { owner, transport } = fixture()
    transport.blocksOnWrite = true
    transport.receive(GET)
    transport.receiveClose(new Error('read ECONNRESET'))
    expect([owner.closed, owner.clock.pendingTimers]).toEqual([1, 0])
  })
})

describe('an admin connection is closed', () => {
  const TIMEOUT = response('408 Request Timeout', 'Request Timeout\n', CLOSE)
  const at = (ms: number) => new Date(1_700_000_000_000 + 1000 + ms).toUTCString()

  it('when nothing comes within 10 seconds', () => {
    const { transport, clock } = fixture()
    clock.advance(9_999)
    expect(transport.destroyed).toBe(false)
    clock.advance(1)
    expect([transport.destroyed, transport.written]).toEqual([true, ''])
  })

  it('when a head takes longer than 10 seconds, however often bytes come', () => {
    const { transport, clock } = fixture()
    for (const char of 'GET /a HT') {
      transport.receive(char)
      clock.advance(1_000)
    }
    expect(transport.ended).toBe(false)
    clock.advance(1_000)
    expect(transport.written).toBe(TIMEOUT.replace(DATE, at(10_000)))
    expect(transport.ended).toBe(true)
  })

  it('when a later head takes longer than 10 seconds', () => {
    const { transport, clock } = fixture()
    transport.receive(GET)
    clock.advance(30_000)
    transport.takeWritten()
    transport.receive('G')
    clock.advance(9_999)
    expect(transport.takeWritten()).toBe('')
    clock.advance(1)
    expect(transport.written).toBe(TIMEOUT.replace(DATE, at(40_000)))
  })

  it('when a body does not come to its end', () => {
    const { owner, transport, clock } = fixture()
    transport.receive('POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n')
    for (let i = 0; i < 20; i++) {
      expect(transport.ended).toBe(false)
      transport.receive('x')
      clock.advance(1_000)
    }
    expect([transport.written, transport.ended]).toEqual([TIMEOUT.replace(DATE, at(20_000)), true])
    expect(owner.asked).toEqual([])
  })

  it('after 75 seconds without a request', () => {
    const { transport, clock } = fixture()
    for (let i = 0; i < 3; i++) {
      transport.receive(GET)
      clock.advance(74_999)
    }
    expect(transport.destroyed).toBe(false)
    clock.advance(1)
    expect(transport.destroyed).toBe(true)
  })

  it('when its reader takes nothing for a minute', () => {
    const { owner, transport, clock } = fixture()
    owner.page = () => ({ body: 'x'.repeat(1_000_000) })
    transport.blocksOnWrite = true
    transport.receive(GET)
    for (let i = 0; i < 10; i++) {
      clock.advance(59_999)
      transport.drain()
    }
    expect(transport.destroyed).toBe(false)
    clock.advance(60_000)
    expect(transport.destroyed).toBe(true)
  })

  it('on demand at once when it is idle, else after the page that is being sent', () => {
    const idle = fixture()
    idle.connection.finish()
    expect(idle.transport.destroyed).toBe(true)
    const busy = fixture()
    busy.transport.blocksOnWrite = true
    busy.transport.receive(GET)
    busy.connection.finish()
    expect([busy.transport.destroyed, busy.transport.ended]).toEqual([false, false])
    busy.transport.blocksOnWrite = false
    busy.transport.drain()
    expect([busy.transport.destroyed, busy.transport.ended]).toEqual([false, true])
    expect(busy.transport.written).toBe(ok('GET /a\n'))
  })
})

describe('on a socket', () => {
  const cleanups: (() => unknown)[] = []
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
  })

  const line = `${'0123456789'.repeat(10)}grün\n`
  /** More than the system buffers of both sides take. */
  const big = line.repeat(200_000)

  async function serve(): Promise<{ owner: Owner; client: Socket }> {
    const owner = new Owner()
    owner.page = ({ path }) => ({ body: path === '/big' ? big : 'small\n' })
    const socket = await openListenSocket({ host: '127.0.0.1', port: 0 }, 0, (accepted) => {
      const transport = PlainTransport.accept(accepted, { bufferLimitBytes: ADMIN_BUFFER_LIMIT_BYTES })
      if (transport !== undefined) new AdminConnection(transport, owner)
    })
    const { port } = socket.address as { port: number }
    const client = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
    cleanups.push(
      () => socket.close(),
      () => client.destroy(),
    )
    await once(client, 'connect')
    return { owner, client }
  }

  /** Reads to the end, a little a turn. */
  async function readSlowly(client: Socket): Promise<Buffer> {
    const chunks: Buffer[] = []
    for await (const chunk of client) {
      chunks.push(chunk as Buffer)
      await new Promise(setImmediate)
    }
    return Buffer.concat(chunks)
  }

  const bodyOf = (bytes: Buffer) => bytes.subarray(bytes.indexOf('\r\n\r\n') + 4)

  it.each([
    [
      'HTTP/1.1, and closes when asked to',
      'GET /big HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
      false,
    ],
    ['HTTP/1.0', 'GET /big HTTP/1.0\r\n\r\n', false],
    ['a client that has closed its side', 'GET /big HTTP/1.1\r\nHost: a\r\n\r\n', true],
    ['a client of HTTP/1.0 that has closed its side', 'GET /big HTTP/1.0\r\n\r\n', true],
  ])('a slow reader gets every byte of a large page: %s', async (_title, request, closesItsSide) => {
    const { client } = await serve()
    if (closesItsSide) client.end(request)
    else client.write(request)
    const received = await readSlowly(client)
    expect(bodyOf(received).equals(Buffer.from(big))).toBe(true)
  })

  it('a reader that stands still holds up nobody else, and gets its page later', async () => {
    const { owner, client } = await serve()
    client.pause()
    client.write(
      'GET /big HTTP/1.1\r\nHost: a\r\n\r\nGET /small HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    )
    const other = connect(client.remotePort!, '127.0.0.1')
    cleanups.push(() => other.destroy())
    other.write('GET /small HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    expect(bodyOf(await readSlowly(other)).toString()).toBe('small\n')
    expect(owner.asked).toEqual(['GET /big', 'GET /small'])
    const received = bodyOf(await readSlowly(client))
    const bytes = Buffer.byteLength(big)
    expect(received.subarray(0, bytes).equals(Buffer.from(big))).toBe(true)
    expect(received.subarray(bytes).toString()).toMatch(/^HTTP\/1\.1 200 OK\r\n.*\r\n\r\nsmall\n$/s)
    expect(owner.asked).toEqual(['GET /big', 'GET /small', 'GET /small'])
  })

  it('a reader that goes away in the middle of a page is no error', async () => {
    const { owner, client } = await serve()
    client.write('GET /big HTTP/1.1\r\nHost: a\r\n\r\n')
    await once(client, 'data')
    client.resetAndDestroy()
    await expect.poll(() => owner.closed).toBe(1)
    expect(owner.clock.pendingTimers).toBe(0)
  })
})
