import { describe, expect, it } from 'vitest'
import { ServerFixture, type ServerFixtureOptions } from '../../../test/support/codec-recorder.ts'
import { HeaderTable, ResponseHeaderTable } from '../header-table.ts'
import { Header } from '../known-headers.ts'

const H = 'Host: a\r\n'

describe('a request head is refused', () => {
  it.each<[string, string, number, string]>([
    [
      'content-length with transfer-encoding',
      `POST / HTTP/1.1\r\n${H}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n`,
      400,
      'http1.content_length_and_chunked_not_allowed',
    ],
    [
      'two equal content-lengths',
      `POST / HTTP/1.1\r\n${H}Content-Length: 3\r\nContent-Length: 3\r\n\r\n`,
      400,
      'http1.codec_error',
    ],
    [
      'a list of content-lengths',
      `POST / HTTP/1.1\r\n${H}Content-Length: 3, 3\r\n\r\n`,
      400,
      'http1.codec_error',
    ],
    [
      'a signed content-length',
      `POST / HTTP/1.1\r\n${H}Content-Length: +3\r\n\r\n`,
      400,
      'http1.codec_error',
    ],
    ['an empty content-length', `POST / HTTP/1.1\r\n${H}Content-Length:\r\n\r\n`, 400, 'http1.codec_error'],
    [
      'a content-length beyond exact numbers',
      `POST / HTTP/1.1\r\n${H}Content-Length: 99999999999999999999\r\n\r\n`,
      400,
      'http1.codec_error',
    ],
    [
      'a transfer coding before chunked',
      `POST / HTTP/1.1\r\n${H}Transfer-Encoding: gzip, chunked\r\n\r\n`,
      501,
      'http1.invalid_transfer_encoding',
    ],
    [
      'chunked twice',
      `POST / HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n`,
      501,
      'http1.invalid_transfer_encoding',
    ],
    [
      'the identity coding',
      `POST / HTTP/1.1\r\n${H}Transfer-Encoding: identity\r\n\r\n`,
      501,
      'http1.invalid_transfer_encoding',
    ],
    ['a bare line feed after the request line', `GET / HTTP/1.1\nHost: a\r\n\r\n`, 400, 'http1.codec_error'],
    [
      'a bare line feed after a field',
      `GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n`,
      400,
      'http1.invalid_characters',
    ],
    ['a bare line feed as the empty line', `GET / HTTP/1.1\r\n${H}\n`, 400, 'http1.codec_error'],
    [
      'a bare carriage return in a value',
      `GET / HTTP/1.1\r\n${H}X: a\rb\r\n\r\n`,
      400,
      'http1.invalid_characters',
    ],
    ['a folded field', `GET / HTTP/1.1\r\n${H}X: a\r\n b\r\n\r\n`, 400, 'http1.codec_error'],
    ['a NUL in a value', `GET / HTTP/1.1\r\n${H}X: a\0b\r\n\r\n`, 400, 'http1.invalid_characters'],
    ['a NUL in a name', `GET / HTTP/1.1\r\n${H}X\0: a\r\n\r\n`, 400, 'http1.invalid_characters'],
    ['a space before the colon', `GET / HTTP/1.1\r\n${H}X : a\r\n\r\n`, 400, 'http1.codec_error'],
    ['a field without a name', `GET / HTTP/1.1\r\n${H}: a\r\n\r\n`, 400, 'http1.codec_error'],
    ['a line without a colon', `GET / HTTP/1.1\r\n${H}abc\r\n\r\n`, 400, 'http1.codec_error'],
    ['two hosts', `GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n`, 400, 'http.invalid_authority'],
    ['a host with a path', `GET / HTTP/1.1\r\nHost: a/b\r\n\r\n`, 400, 'http.invalid_authority'],
    ['an empty host', `GET / HTTP/1.1\r\nHost:\r\n\r\n`, 400, 'http.invalid_authority'],
    ['a host with user information', `GET / HTTP/1.1\r\nHost: u@a\r\n\r\n`, 400, 'http.invalid_authority'],
    ['two spaces in the request line', `GET  / HTTP/1.1\r\n${H}\r\n`, 400, 'http1.codec_error'],
    ['a method that is no token', `G@T / HTTP/1.1\r\n${H}\r\n`, 400, 'http1.codec_error'],
    ['a control character in the target', `GET /\x01 HTTP/1.1\r\n${H}\r\n`, 400, 'http1.codec_error'],
    ['a method that nobody knows', `BREW / HTTP/1.1\r\n${H}\r\n`, 400, 'http1.codec_error'],
    ['CONNECT without a port', `CONNECT a HTTP/1.1\r\n${H}\r\n`, 400, 'http1.invalid_url'],
    [
      'CONNECT with a body',
      `CONNECT a:1 HTTP/1.1\r\n${H}Content-Length: 1\r\n\r\n`,
      400,
      'http1.body_disallowed',
    ],
    ['a target that is no path and no URL', `GET abc HTTP/1.1\r\n${H}\r\n`, 400, 'http1.invalid_url'],
    ['an asterisk with GET', `GET * HTTP/1.1\r\n${H}\r\n`, 400, 'http1.invalid_url'],
    ['HTTP/0.9', `GET /\r\n`, 400, 'http1.codec_error'],
    ['HTTP/1.0', `GET / HTTP/1.0\r\n${H}\r\n`, 426, 'low_version'],
    ['HTTP/1.2', `GET / HTTP/1.2\r\n${H}\r\n`, 426, 'low_version'],
    ['HTTP/2.0', `GET / HTTP/2.0\r\n${H}\r\n`, 426, 'low_version'],
    ['another protocol', `GET / HTTQ/1.1\r\n${H}\r\n`, 400, 'http1.codec_error'],
    ['a version with two digits', `GET / HTTP/1.11\r\n${H}\r\n`, 400, 'http1.codec_error'],
    ['CONNECT without an authority', `CONNECT /a HTTP/1.1\r\n${H}\r\n`, 400, 'http1.invalid_url'],
    ['CONNECT where no tunnel is allowed', `CONNECT a:1 HTTP/1.1\r\n${H}\r\n`, 403, 'upgrade_failed'],
    [
      'more fields than allowed',
      `GET / HTTP/1.1\r\n${H}${'X: 1\r\n'.repeat(100)}\r\n`,
      431,
      'http1.too_many_headers',
    ],
    [
      'a head over the limit',
      `GET / HTTP/1.1\r\n${H}X: ${'y'.repeat(61_440)}\r\n\r\n`,
      431,
      'http1.headers_too_large',
    ],
    ['TLS on a plain port', '\x16\x03\x01\x02\x00\x01', 400, 'http1.codec_error'],
    ['the HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 426, 'low_version'],
    [
      'empty lines without end before it',
      `${'\r\n'.repeat(6)}GET / HTTP/1.1\r\n${H}\r\n`,
      400,
      'http1.codec_error',
    ],
  ])('%s', (_title, bytes, status, details) => {
    for (const step of [bytes.length, 1]) {
      const fixture = new ServerFixture({ answer: 200 })
      for (let i = 0; i < bytes.length && fixture.refused === undefined; i += step)
        fixture.transport.receive(bytes.slice(i, i + step))
      expect({ ...fixture.refused, step, requests: fixture.requests }).toEqual({
        status,
        details,
        step,
        requests: [],
      })
    }
  })

  it('as soon as an incomplete head is over the limit', () => {
    const fixture = new ServerFixture()
    fixture.transport.receive('GET / HTTP/1.1\r\nX: ')
    for (let i = 0; i < 15; i++) fixture.transport.receive('y'.repeat(4096))
    expect(fixture.refused).toEqual({ status: 431, details: 'http1.headers_too_large' })
  })
})

describe('a request is read', () => {
  it.each<[string, string, object, ServerFixtureOptions?]>([
    [
      'without a body',
      `GET /p?q HTTP/1.1\r\n${H}Accept: x\r\n\r\n`,
      { method: 'GET', path: '/p?q', authority: 'a', fields: [['accept', 'x']], body: '' },
    ],
    ['after an empty line', `\r\nGET / HTTP/1.1\r\n${H}\r\n`, { path: '/' }],
    ['with a length', `POST / HTTP/1.1\r\n${H}Content-Length: 5\r\n\r\nhello`, { body: 'hello' }],
    ['with a length of zero', `POST / HTTP/1.1\r\n${H}Content-Length: 0\r\n\r\n`, { body: '' }],
    [
      'in chunks',
      `POST / HTTP/1.1\r\n${H}Transfer-Encoding: Chunked\r\n\r\n3;x=y\r\nhel\r\n02\r\nlo\r\n0\r\n\r\n`,
      { body: 'hello', trailers: [] },
    ],
    [
      'in chunks with trailers',
      `POST / HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n0\r\nX-T: v\r\n\r\n`,
      { body: '0123456789', trailers: [['x-t', 'v']] },
    ],
    [
      'with an absolute target, whose host wins',
      'GET http://b:81?q HTTP/1.1\r\nHost: a\r\n\r\n',
      { path: '/?q', authority: 'b:81' },
    ],
    ['without a host, which the manager judges', 'GET / HTTP/1.1\r\n\r\n', { authority: '' }],
    ['as OPTIONS *', `OPTIONS * HTTP/1.1\r\n${H}\r\n`, { path: '*' }],
    [
      'as HTTP/1.0 where that is accepted',
      `GET / HTTP/1.0\r\n${H}\r\n`,
      { path: '/' },
      { acceptHttp10: true },
    ],
    ['with an IPv6 host', `GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n`, { authority: '[::1]:80' }],
  ])('%s', (_title, bytes, expected, options) => {
    for (const step of [bytes.length, 1, 3]) {
      const fixture = new ServerFixture({ answer: 200, ...options })
      for (let i = 0; i < bytes.length; i += step) fixture.transport.receive(bytes.slice(i, i + step))
      expect(fixture.refused).toBeUndefined()
      expect(fixture.requests).toEqual([expect.objectContaining({ ...expected, ended: true, reset: '' })])
    }
  })
})

it('takes the sizes of chunks with padding, as old clients and servers write them', () => {
  const fixture = new ServerFixture()
  fixture.transport.receive(
    `POST / HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n5  \r\nhello\r\n1\t;x\r\n!\r\n0 \r\n\r\n`,
  )
  expect(fixture.requests[0]).toMatchObject({ body: 'hello!', ended: true, reset: '' })
})

describe('a chunked body is refused', () => {
  it.each([
    ['a size without digits', '\r\n'],
    ['a size with a prefix', '0x5\r\nhello\r\n'],
    ['a negative size', '-1\r\n'],
    ['a size after a space', ' 5\r\nhello\r\n'],
    ['digits after the padding of a size', '5 5\r\nhello\r\n'],
    ['a size of 14 digits', `${'0'.repeat(13)}5\r\nhello\r\n`],
    ['a bare line feed after the size', '5\nhello\r\n'],
    ['surplus data in a chunk', '5\r\nhelloX\r\n'],
    ['a bare line feed after the data', '5\r\nhello\n'],
    ['a NUL in an extension', '5;\0\r\nhello\r\n'],
    ['an extension over the limit', `5;${'x'.repeat(5000)}\r\nhello\r\n`],
    ['a content-length among the trailers', '0\r\nContent-Length: 5\r\n\r\n'],
    ['a malformed trailer', '0\r\nbad trailer\r\n\r\n'],
  ])('%s', (_title, body) => {
    const fixture = new ServerFixture()
    fixture.transport.receive(`POST / HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n${body}`)
    expect(fixture.requests[0]).toMatchObject({ ended: false, reset: 'protocol-error' })
  })
})

describe('a response', () => {
  const respond = (
    request: string,
    write: (codec: ServerFixture['codec'], headers: ResponseHeaderTable) => void,
    options?: ServerFixtureOptions,
  ) => {
    const fixture = new ServerFixture(options)
    fixture.transport.receive(request)
    write(fixture.codec, new ResponseHeaderTable(200))
    return fixture
  }
  const GET = `GET / HTTP/1.1\r\n${H}\r\n`

  it('with a known length', () => {
    const { transport } = respond(GET, (codec, headers) => {
      headers.setId(Header.contentLength, '2')
      codec.encodeHeaders(headers, false)
      codec.encodeData(Buffer.from('ok'), true)
    })
    expect(transport.written).toBe('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
  })

  it('of unknown length is chunked', () => {
    const { transport } = respond(GET, (codec, headers) => {
      codec.encodeHeaders(headers, false)
      codec.encodeData(Buffer.from('hello'), false)
      codec.encodeData(Buffer.alloc(0), true)
    })
    expect(transport.written).toBe(
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    )
  })

  it('without a body says so', () => {
    const { transport } = respond(GET, (codec, headers) => codec.encodeHeaders(headers, true))
    expect(transport.written).toBe('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
  })

  it.each([
    [204, 'HTTP/1.1 204 No Content\r\n\r\n'],
    [304, 'HTTP/1.1 304 Not Modified\r\n\r\n'],
  ])('of status %i has neither length nor coding', (status, expected) => {
    const { transport } = respond(GET, (codec, headers) => {
      headers.status = status
      codec.encodeHeaders(headers, true)
    })
    expect(transport.written).toBe(expected)
  })

  it('to HEAD keeps the length and drops the body; without a length it says chunked, as Envoy does', () => {
    const head = `HEAD / HTTP/1.1\r\n${H}\r\n`
    const sized = respond(head, (codec, headers) => {
      headers.setId(Header.contentLength, '9')
      codec.encodeHeaders(headers, false)
      codec.encodeData(Buffer.from('not sent!'), true)
    })
    expect(sized.transport.written).toBe('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n')
    const bare = respond(head, (codec, headers) => codec.encodeHeaders(headers, true))
    expect(bare.transport.written).toBe('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n')
  })

  it('carries trailers', () => {
    const { transport } = respond(GET, (codec, headers) => {
      codec.encodeHeaders(headers, false)
      const trailers = new HeaderTable()
      trailers.add('grpc-status', '0')
      codec.encodeTrailers(trailers)
    })
    expect(transport.written).toBe(
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\ngrpc-status: 0\r\n\r\n',
    )
  })

  it('closes the connection when the client asked for it', () => {
    const fixture = respond(`GET / HTTP/1.1\r\n${H}Connection: Close\r\n\r\n`, (codec, headers) =>
      codec.encodeHeaders(headers, true),
    )
    expect(fixture.transport.written).toBe(
      'HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n',
    )
    expect(fixture.events).toEqual(['final-response'])
  })

  it('before the request was read closes the connection, whose rest is dropped', () => {
    const fixture = respond(`POST / HTTP/1.1\r\n${H}Content-Length: 50\r\n\r\nabc`, (codec, headers) =>
      codec.encodeHeaders(headers, true),
    )
    expect(fixture.transport.written).toContain('connection: close\r\n')
    fixture.transport.receive('GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(3))
    expect(fixture.requests.length).toBe(1)
  })

  it('to HTTP/1.0 of unknown length ends with the connection', () => {
    const fixture = respond(
      `GET / HTTP/1.0\r\n${H}Connection: keep-alive\r\n\r\n`,
      (codec, headers) => {
        codec.encodeHeaders(headers, false)
        codec.encodeData(Buffer.from('x'), true)
      },
      { acceptHttp10: true },
    )
    expect(fixture.transport.written).toBe('HTTP/1.0 200 OK\r\nconnection: close\r\n\r\nx')
    expect(fixture.events).toEqual(['final-response'])
  })

  it('is reset, not ended, when it cannot be completed', () => {
    const fixture = respond(GET, (codec, headers) => {
      codec.encodeHeaders(headers, false)
      codec.resetStream()
    })
    expect([fixture.transport.wasReset, fixture.transport.ended]).toEqual([true, false])
  })
})

describe('a connection', () => {
  it('answers pipelined requests in order, one at a time', () => {
    const fixture = new ServerFixture()
    fixture.transport.receive(
      `GET /1 HTTP/1.1\r\n${H}\r\nPOST /2 HTTP/1.1\r\n${H}Content-Length: 2\r\n\r\nhiGET /3`,
    )
    expect(fixture.requests.map((r) => r.path)).toEqual(['/1'])
    expect(fixture.transport.paused).toBe(false)
    fixture.codec.encodeHeaders(new ResponseHeaderTable(200), true)
    expect(fixture.requests.map((r) => [r.path, r.body])).toEqual([
      ['/1', ''],
      ['/2', 'hi'],
    ])
    fixture.codec.encodeHeaders(new ResponseHeaderTable(404), true)
    expect(fixture.transport.paused).toBe(false)
    fixture.transport.receive(' HTTP/1.1\r\nHost: a\r\n\r\n')
    expect(fixture.requests.map((r) => r.path)).toEqual(['/1', '/2', '/3'])
    expect(fixture.transport.written.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 404'])
  })

  it('notices that a client left behind requests that wait, and stops reading when too much of them waits', () => {
    const fixture = new ServerFixture()
    fixture.transport.receive(`GET /1 HTTP/1.1\r\n${H}\r\nGET /2 HTTP/1.1\r\n${H}\r\n`)
    fixture.transport.receiveEnd()
    expect(fixture.requests.map((r) => [r.path, r.reset])).toEqual([['/1', 'remote-close']])
    const other = new ServerFixture()
    other.transport.receive(`GET /1 HTTP/1.1\r\n${H}\r\n`)
    const paused = [40_000, 20_000, 10_000].map((length) => {
      other.transport.receive('x'.repeat(length))
      return other.transport.paused
    })
    expect(paused).toEqual([false, false, true])
  })

  it('answers a thousand pipelined requests without deep recursion', () => {
    const fixture = new ServerFixture({ answer: 204 })
    fixture.transport.receive(`GET / HTTP/1.1\r\n${H}\r\n`.repeat(1000))
    expect(fixture.requests.length).toBe(1000)
  })

  it('begins no pipelined request while the client does not take its responses', () => {
    const fixture = new ServerFixture({ answer: 200 })
    const { transport } = fixture
    transport.blocked = true
    transport.receive(`GET /1 HTTP/1.1\r\n${H}\r\nGET /2 HTTP/1.1\r\n${H}\r\nGET /3`)
    expect([fixture.requests.length, transport.paused]).toEqual([0, true])
    transport.blocked = false
    transport.handler.onDrain()
    expect([fixture.requests.map((r) => r.path), transport.paused]).toEqual([['/1', '/2'], false])
    transport.receive(` HTTP/1.1\r\n${H}\r\n`)
    expect(fixture.requests.map((r) => r.path)).toEqual(['/1', '/2', '/3'])
  })

  it('goes on with the next request when a client takes a response that was too long for it', () => {
    const fixture = new ServerFixture()
    const { transport } = fixture
    transport.receive(`GET /1 HTTP/1.1\r\n${H}\r\nGET /2 HTTP/1.1\r\n${H}\r\n`)
    transport.blocked = true
    fixture.codec.encodeHeaders(new ResponseHeaderTable(200), true)
    expect([fixture.requests.map((r) => r.path), transport.paused]).toEqual([['/1'], true])
    transport.blocked = false
    transport.handler.onDrain()
    expect(fixture.requests.map((r) => r.path)).toEqual(['/1', '/2'])
  })

  it('stops reading a body while it is held, and goes on where it stopped', () => {
    const fixture = new ServerFixture()
    fixture.transport.receive(`POST / HTTP/1.1\r\n${H}Content-Length: 6\r\n\r\nab`)
    fixture.codec.holdRequest()
    fixture.codec.holdRequest()
    expect(fixture.transport.paused).toBe(true)
    fixture.codec.resumeRequest()
    expect(fixture.transport.paused).toBe(true)
    fixture.transport.receive('cdef')
    expect(fixture.requests[0]!.body).toBe('ab')
    fixture.codec.resumeRequest()
    expect([fixture.requests[0]!.body, fixture.requests[0]!.ended]).toEqual(['abcdef', true])
  })

  it('resets the request when the client goes away', () => {
    for (const leave of ['receiveEnd', 'receiveClose'] as const) {
      const fixture = new ServerFixture()
      fixture.transport.receive(`GET / HTTP/1.1\r\n${H}\r\n`)
      fixture.transport[leave]()
      expect(fixture.requests[0]!.reset).toBe('remote-close')
    }
  })

  it('tells its owner about a FIN between requests', () => {
    const fixture = new ServerFixture({ answer: 200 })
    fixture.transport.receive(`GET / HTTP/1.1\r\n${H}\r\n`)
    fixture.transport.receiveEnd()
    expect(fixture.events).toEqual(['exchange-end', 'idle-end'])
  })

  it('says 100 Continue to a client that waits for it', () => {
    const fixture = new ServerFixture({ answer: 200 })
    fixture.transport.receive(`POST / HTTP/1.1\r\n${H}Content-Length: 2\r\nExpect: 100-continue\r\n\r\n`)
    expect(fixture.transport.takeWritten()).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    fixture.transport.receive('hi')
    expect(fixture.requests[0]!.body).toBe('hi')
  })

  it('becomes a tunnel after 101, where upgrades are allowed', () => {
    const fixture = new ServerFixture({ upgrades: ['websocket'] })
    fixture.transport.receive(
      `GET /ws HTTP/1.1\r\n${H}Connection: Upgrade\r\nUpgrade: WebSocket\r\n\r\nearly`,
    )
    // Until it is granted, what follows may be taken for another request by the host.
    expect(fixture.requests[0]!.body).toBe('')
    const headers = new ResponseHeaderTable(101)
    headers.add('upgrade', 'websocket')
    fixture.codec.encodeHeaders(headers, false)
    fixture.transport.receive('\x01raw\r\n\r\n')
    fixture.codec.encodeData(Buffer.from('down'), false)
    fixture.codec.flush()
    fixture.transport.receiveEnd()
    expect(fixture.requests[0]).toMatchObject({ body: 'early\x01raw\r\n\r\n', ended: true, reset: '' })
    expect(fixture.transport.written).toBe(
      'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\ndown',
    )
  })

  it.each([
    ['an upgrade', 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'],
    ['CONNECT', 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n'],
  ])('drops what follows %s that the host refuses', (_title, head) => {
    const fixture = new ServerFixture({ upgrades: ['websocket', 'connect'] })
    fixture.transport.receive(`${head}GET /admin HTTP/1.1\r\n`)
    fixture.transport.receive('Host: a\r\n\r\n')
    fixture.codec.encodeHeaders(new ResponseHeaderTable(403), true)
    expect(fixture.requests.map((r) => [r.body, r.ended])).toEqual([['', false]])
    expect(fixture.events).toEqual(['final-response'])
  })

  it('treats an upgrade that is not allowed as a plain request', () => {
    const fixture = new ServerFixture({ answer: 200, upgrades: ['websocket'] })
    fixture.transport.receive(`GET / HTTP/1.1\r\n${H}Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n`)
    expect(fixture.requests[0]).toMatchObject({ ended: true, body: '' })
  })
})
