import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type NetConnectOpts, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Clock, systemClock } from '@batten/core'
import { afterEach, describe, expect, it } from 'vitest'
import { ManualClock } from '../../test/support/fake-clock.ts'
import { createProxy } from '../server/proxy-server.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const LOOPBACK = { socket_address: { address: '127.0.0.1', port_value: 0 } }

function proxyOn(address: object, metadata: object = {}, clock: Clock = systemClock) {
  const proxy = createProxy({
    bootstrap: { json: { node: { id: 'a', cluster: 'a', metadata }, admin: { address } } },
    clock,
  })
  cleanups.push(() => proxy.close())
  return proxy
}

async function start(metadata?: object, clock?: Clock) {
  const proxy = proxyOn(LOOPBACK, metadata, clock)
  await proxy.start()
  return { proxy, port: proxy.adminAddress!.port }
}

/** A client that shows what came, and waits for it. */
class RawClient {
  readonly socket: Socket
  text = ''
  isOver = false

  constructor(to: NetConnectOpts) {
    this.socket = connect(to)
    cleanups.push(() => this.socket.destroy())
    this.socket.setEncoding('latin1')
    this.socket.on('data', (chunk: string) => {
      this.text += chunk
    })
    this.socket.on('error', () => {})
    this.socket.on('close', () => {
      this.isOver = true
    })
  }

  /** Sends requests; resolves with as many responses as expected. */
  async ask(request: string, responses = 1): Promise<string> {
    this.text = ''
    this.socket.write(request)
    await expect.poll(() => countResponses(this.text)).toBe(responses)
    return this.text
  }

  async over(): Promise<string> {
    if (!this.isOver) await once(this.socket, 'close')
    return this.text
  }
}

/** Complete ones, by their content-length. */
function countResponses(text: string): number {
  let count = 0
  let at = 0
  for (;;) {
    const end = text.indexOf('\r\n\r\n', at)
    if (end < 0) return count
    at = end + 4 + Number(/content-length: (\d+)/.exec(text.slice(at, end))![1])
    if (at > text.length) return count
    count++
  }
}

const get = (path: string, fields = 'Host: localhost\r\n') => `GET ${path} HTTP/1.1\r\n${fields}\r\n`
const post = (path: string) => get(path).replace('GET', 'POST')
const bodyOf = (response: string) => response.slice(response.indexOf('\r\n\r\n') + 4)

describe('the admin server', () => {
  it('answers one request after the other on a connection, each with the headers of a page', async () => {
    const { port } = await start()
    const client = new RawClient({ host: '127.0.0.1', port })
    for (let i = 0; i < 3; i++)
      expect(await client.ask(get('/ready'))).toMatch(
        /^HTTP\/1\.1 200 OK\r\ncontent-type: text\/plain; charset=UTF-8\r\ncontent-length: 5\r\ncache-control: no-cache, max-age=0\r\nx-content-type-options: nosniff\r\nserver: batten\r\ndate: \w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT\r\n\r\nLIVE\n$/,
      )
    const answers = await client.ask(get('/ready') + post('/healthcheck/fail') + get('/ready'), 3)
    expect(answers.match(/^(HTTP|OK|LIVE|DRAINING).*$/gm)).toEqual([
      'HTTP/1.1 200 OK',
      'LIVE',
      'HTTP/1.1 200 OK',
      'OK',
      'HTTP/1.1 503 Service Unavailable',
      'DRAINING',
    ])
  })

  it.each([
    ['an address', get('/ready', 'Host: 127.0.0.1:15000\r\n'), 200],
    ['an IPv6 address', get('/ready', 'Host: [::1]:15000\r\n'), 200],
    ['a name below localhost', get('/ready', 'Host: a.localhost\r\n'), 200],
    ['a name in capitals, with the dot of the root', get('/ready', 'Host: LocalHost.:1\r\n'), 200],
    ['a name that begins with an address', get('/ready', 'Host: 127.0.0.1.evil.example\r\n'), 403],
    ['no host, in HTTP/1.0', 'GET /ready HTTP/1.0\r\n\r\n', 200],
    ['an absolute target', get('http://localhost/ready'), 200],
    ['an absolute target of another host', get('http://evil.example/ready'), 403],
    ['another name', get('/ready', 'Host: evil.example\r\n'), 403],
    ['a link typed in', get('/ready', 'Host: localhost\r\nSec-Fetch-Site: none\r\n'), 200],
    ['its own page', get('/ready', 'Host: localhost\r\nSec-Fetch-Site: same-origin\r\n'), 200],
    ['another site', get('/ready', 'Host: localhost\r\nSec-Fetch-Site: same-site\r\n'), 403],
    [
      'sites that contradict each other',
      get('/ready', 'Host: localhost\r\nSec-Fetch-Site: none\r\nSec-Fetch-Site: cross-site\r\n'),
      403,
    ],
  ])('judges where a request comes from: %s', async (_title, request, status) => {
    const { port } = await start()
    const client = new RawClient({ host: '127.0.0.1', port })
    expect((await client.ask(request)).slice(9, 12)).toBe(String(status))
  })

  it('listens on a Unix domain socket, and removes it', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'admin-'))
    cleanups.push(() => rmSync(directory, { recursive: true }))
    const path = join(directory, 's')
    const proxy = proxyOn({ pipe: { path } })
    await proxy.start()
    const client = new RawClient({ path })
    expect(bodyOf(await client.ask(get('/ready', 'Host: anything\r\n')))).toBe('LIVE\n')
    await proxy.close()
    expect(await client.over()).toContain('LIVE\n')
    expect(existsSync(path)).toBe(false)
  })

  it('says which address it cannot have, and what to do', async () => {
    const owner = createServer().listen(0, '127.0.0.1')
    await once(owner, 'listening')
    cleanups.push(() => owner.close())
    const { port } = owner.address() as { port: number }
    const proxy = proxyOn({ socket_address: { address: '127.0.0.1', port_value: port } })
    await expect(proxy.start()).rejects.toMatchObject({
      code: 'PROXY_ADMIN_BIND_FAILED',
      message: `admin pages: cannot listen on 127.0.0.1:${port}: address in use`,
      hint: 'change admin.address in the bootstrap, or stop what owns the port',
    })
  })

  it('closes connections above 256 as they come, and takes new ones when others are gone', async () => {
    const { port } = await start()
    const clients = Array.from({ length: 256 }, () => new RawClient({ host: '127.0.0.1', port }))
    await Promise.all(clients.map((client) => client.ask(get('/ready'))))
    expect(await new RawClient({ host: '127.0.0.1', port }).over()).toBe('')
    clients[0]!.socket.end()
    await clients[0]!.over()
    await expect
      .poll(async () => {
        const client = new RawClient({ host: '127.0.0.1', port })
        client.socket.write(get('/ready').replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))
        return bodyOf(await client.over())
      })
      .toBe('LIVE\n')
  })

  it('answers /quitquitquit, though the proxy ends because of it', async () => {
    const { proxy, port } = await start()
    const idle = new RawClient({ host: '127.0.0.1', port })
    await idle.ask(get('/ready'))
    const client = new RawClient({ host: '127.0.0.1', port })
    const ended = proxy.quitRequested.then(() => proxy.close())
    client.socket.write(post('/quitquitquit'))
    expect(bodyOf(await client.over())).toBe('OK\n')
    await ended
    expect(bodyOf(await idle.over())).toBe('LIVE\n')
    await expect(once(connect(port, '127.0.0.1'), 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('answers /drain_listeners, and goes on', async () => {
    const { port } = await start()
    const client = new RawClient({ host: '127.0.0.1', port })
    expect(bodyOf(await client.ask(post('/drain_listeners')))).toBe('OK\n')
    expect(bodyOf(await client.ask(get('/ready')))).toBe('LIVE\n')
  })

  it('gives a page that is being sent a moment when it closes, and not more', async () => {
    const clock = new ManualClock()
    const { proxy, port } = await start({ large: 'x'.repeat(20_000_000) }, clock)
    const request = get('/config_dump')
    const reader = new RawClient({ host: '127.0.0.1', port })
    const stuck = new RawClient({ host: '127.0.0.1', port })
    stuck.socket.once('data', () => stuck.socket.pause())
    stuck.socket.write(request)
    await once(stuck.socket, 'data')
    reader.socket.write(request)
    await once(reader.socket, 'data')
    let isClosed = false
    const closed = Promise.all([proxy.close(), proxy.close()]).then(() => {
      isClosed = true
    })
    expect(countResponses(await reader.over())).toBe(1)
    clock.advance(99)
    expect(isClosed).toBe(false)
    clock.advance(1)
    await closed
    stuck.socket.resume()
    expect(countResponses(await stuck.over())).toBe(0)
  })
})
