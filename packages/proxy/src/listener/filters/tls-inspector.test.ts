import { once } from 'node:events'
import { createServer } from 'node:net'
import { connect } from 'node:tls'
import { Counter } from '@batten/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ClientHelloParser, MAX_CLIENT_HELLO_BYTES } from './client-hello.ts'
import type { InspectedConnection } from './listener-filter.ts'
import { createTlsInspector } from './tls-inspector.ts'

/** The ClientHello that Node itself sends. */
async function realHello(options: { servername?: string; ALPNProtocols?: string[]; maxVersion?: 'TLSv1.2' }) {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const accepted = once(server, 'connection')
  const client = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options })
  client.on('error', () => {})
  const [socket] = await accepted
  const [hello] = (await once(socket, 'data')) as [Buffer]
  client.destroy()
  socket.destroy()
  server.close()
  return hello
}

const vector = (lengthBytes: number, content: Buffer) => {
  const length = Buffer.alloc(lengthBytes)
  length.writeUIntBE(content.length, 0, lengthBytes)
  return Buffer.concat([length, content])
}

function helloMessage(extensions: Buffer[], padding = 0): Buffer {
  const body = Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32, 9),
    vector(1, Buffer.alloc(32)),
    vector(2, Buffer.from([0x13, 0x01])),
    vector(1, Buffer.from([0])),
    vector(2, Buffer.concat([...extensions, extension(21, Buffer.alloc(padding))])),
  ])
  return Buffer.concat([Buffer.from([1]), vector(3, body)])
}

const extension = (type: number, content: Buffer) =>
  Buffer.concat([Buffer.from([type >> 8, type & 255]), vector(2, content)])
const sni = (name: string) =>
  extension(0, vector(2, Buffer.concat([Buffer.from([0]), vector(2, Buffer.from(name, 'latin1'))])))
const alpn = (...protocols: string[]) =>
  extension(16, vector(2, Buffer.concat(protocols.map((p) => vector(1, Buffer.from(p))))))

/** Cuts a message into records of at most `size` bytes. */
function records(message: Buffer, size = 16_384): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; at < message.length; at += size)
    parts.push(Buffer.from([22, 3, 1]), vector(2, message.subarray(at, at + size)))
  return Buffer.concat(parts)
}

const parse = (bytes: Buffer) => new ClientHelloParser().parse(bytes)

describe('the ClientHello parser', () => {
  it.each([undefined, 'TLSv1.2' as const])('reads a real hello (%s)', async (maxVersion) => {
    const hello = await realHello({
      servername: 'Outbound_.9080_._.Reviews.default',
      ALPNProtocols: ['istio-http/1.1', 'istio'],
      ...(maxVersion === undefined ? {} : { maxVersion }),
    })
    expect(parse(hello)).toEqual({
      serverName: 'outbound_.9080_._.reviews.default',
      applicationProtocols: ['istio-http/1.1', 'istio'],
    })
  })

  it('reads a hello without SNI and ALPN', async () => {
    expect(parse(await realHello({}))).toEqual({ serverName: '', applicationProtocols: [] })
  })

  it('gives the same result for every way to cut the hello into records and segments', () => {
    const message = helloMessage([sni('a.example'), alpn('h2', 'http/1.1')])
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: message.length }),
        fc.integer({ min: 1, max: 40 }),
        (size, step) => {
          const bytes = records(message, size)
          const parser = new ClientHelloParser()
          for (let end = 1; end < bytes.length; end += step)
            if (parser.parse(bytes.subarray(0, end)) !== 'more') return false
          expect(parser.parse(bytes)).toEqual({
            serverName: 'a.example',
            applicationProtocols: ['h2', 'http/1.1'],
          })
          return true
        },
      ),
    )
  })

  it.each<[string, Buffer | string, ReturnType<typeof parse>]>([
    ['nothing yet', '', 'more'],
    ['an HTTP request', 'GET / HTTP/1.1\r\n', 'not-tls'],
    ['an SSLv2 hello', '\u0080\u002e\u0001\u0003\u0001', 'not-tls'],
    ['one byte of a record', '\u0016', 'more'],
    ['a record of another protocol version', '\u0016\u0004', 'not-tls'],
    ['an empty record', '\u0016\u0003\u0001\u0000\u0000', 'not-tls'],
    ['a record that is too long', '\u0016\u0003\u0001\u0040\u0001', 'not-tls'],
    ['a handshake message that is no ClientHello', '\u0016\u0003\u0001\u0000\u0010\u0002', 'not-tls'],
    [
      'a hello that announces too much',
      '\u0016\u0003\u0001\u0000\u0010\u0001\u0001\u0000\u0000',
      'too-large',
    ],
    ['SNI with a NUL', records(helloMessage([sni('a\u0000.example')])), 'not-tls'],
    ['an empty SNI', records(helloMessage([sni('')])), 'not-tls'],
    ['SNI of 300 bytes', records(helloMessage([sni('a'.repeat(300))])), 'not-tls'],
    ['an empty protocol', records(helloMessage([alpn('')])), 'not-tls'],
    ['an extension cut off', records(helloMessage([Buffer.from([0, 16, 0, 9])])), 'not-tls'],
    [
      'the largest hello',
      records(helloMessage([], MAX_CLIENT_HELLO_BYTES - 79)),
      { serverName: '', applicationProtocols: [] },
    ],
    ['one byte more', records(helloMessage([], MAX_CLIENT_HELLO_BYTES - 78)), 'too-large'],
  ])('%s', (_, bytes, expected) => {
    expect(parse(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)).toEqual(expected)
  })

  it('never throws, whatever the bytes are', () => {
    const valid = records(helloMessage([sni('a.example'), alpn('h2')]))
    const damaged = fc
      .array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 })
      .map((changes) => {
        const bytes = Buffer.from(valid)
        for (const [at, value] of changes) bytes[at] = value
        return bytes
      })
    const garbage = fc
      .uint8Array({ maxLength: 200 })
      .map((bytes) => Buffer.concat([Buffer.from([22, 3, 1]), bytes]))
    fc.assert(
      fc.property(fc.oneof(damaged, garbage), (bytes) => {
        const result = parse(bytes)
        if (typeof result === 'object') expect(typeof result.serverName).toBe('string')
      }),
      { numRuns: 2000 },
    )
  })
})

describe('the TLS inspector', () => {
  const inspect = (bytes: Buffer) => {
    const counters = new Map<string, Counter>()
    const counter = (name: string) => {
      if (!counters.has(name)) counters.set(name, new Counter())
      return counters.get(name)!
    }
    const connection: InspectedConnection = {
      transportProtocol: '',
      serverName: '',
      applicationProtocols: [],
    }
    const verdict = createTlsInspector({ counter }).create().inspect(bytes, connection)
    const counted = [...counters]
      .filter(([, c]) => c.value > 0)
      .map(([name]) => name.slice('tls_inspector.'.length))
    return { verdict, ...connection, counted }
  }

  it('finds TLS, its server name and its protocols', () => {
    expect(inspect(records(helloMessage([sni('a.example'), alpn('h2')])))).toEqual({
      verdict: 'done',
      transportProtocol: 'tls',
      serverName: 'a.example',
      applicationProtocols: ['h2'],
      counted: ['tls_found', 'sni_found', 'alpn_found'],
    })
  })

  it('lets plain text pass and refuses a hello that is too large', () => {
    expect(inspect(Buffer.from('GET /'))).toMatchObject({
      verdict: 'done',
      transportProtocol: '',
      counted: ['tls_not_found'],
    })
    expect(inspect(records(helloMessage([], MAX_CLIENT_HELLO_BYTES)))).toMatchObject({
      verdict: 'reject',
      counted: ['client_hello_too_large'],
    })
  })
})
