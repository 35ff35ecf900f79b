import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { requestHeaders } from '../../../test/support/headers.ts'
import { ClientFixture, RecordingSink } from '../../../test/support/upstream-fixture.ts'
import { RequestHeaderTable } from '../header-table.ts'
import { HeadParser } from './http1-parser.ts'
import { DEFAULT_HEAD_LIMITS } from './limits.ts'

function sent(method: string, bodyPieces: string[] | undefined, fields: [string, string][] = []): string {
  const { codec, transport, sink } = new ClientFixture()
  const headers = requestHeaders('/p', fields)
  headers.method = method
  codec.start(sink, headers, bodyPieces === undefined)
  for (const [i, piece] of (bodyPieces ?? []).entries())
    codec.encodeData(Buffer.from(piece), i === bodyPieces!.length - 1)
  codec.flush()
  return transport.written
}

describe('a request', () => {
  it.each<[string, string, string[] | undefined, [string, string][], string]>([
    ['without a body', 'GET', undefined, [['x', '1']], 'GET /p HTTP/1.1\r\nhost: a.example\r\nx: 1\r\n\r\n'],
    [
      'without a body where one is usual',
      'POST',
      undefined,
      [],
      'POST /p HTTP/1.1\r\nhost: a.example\r\ncontent-length: 0\r\n\r\n',
    ],
    [
      'with a known length',
      'PUT',
      ['ab', 'c'],
      [['content-length', '3']],
      'PUT /p HTTP/1.1\r\nhost: a.example\r\ncontent-length: 3\r\n\r\nabc',
    ],
    [
      'in chunks',
      'POST',
      ['ab', '', 'c'],
      [],
      'POST /p HTTP/1.1\r\nhost: a.example\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n',
    ],
    [
      'for an upgrade',
      'GET',
      undefined,
      [['upgrade', 'websocket']],
      'GET /p HTTP/1.1\r\nhost: a.example\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
    ],
    ['to CONNECT', 'CONNECT', undefined, [], 'CONNECT a.example HTTP/1.1\r\nhost: a.example\r\n\r\n'],
  ])('%s', (_title, method, body, fields, expected) => {
    expect(sent(method, body, fields)).toBe(expected)
  })

  it.each<[string, string, (headers: RequestHeaderTable) => void, string]>([
    ['as it arrived', 'GET /p?q HTTP/1.1|Host: a:80|X: 1', () => {}, 'GET /p?q HTTP/1.1|host: a:80|x: 1'],
    ['its host moved to the front', 'GET / HTTP/1.1|X: 1|Host: a', () => {}, 'GET / HTTP/1.1|host: a|x: 1'],
    ['its host printed anew', 'GET / HTTP/1.1|Host:  a\t|X: 1', () => {}, 'GET / HTTP/1.1|host: a|x: 1'],
    ['an absolute target', 'GET http://b/c HTTP/1.1|Host: a', () => {}, 'GET /c HTTP/1.1|host: b'],
    ['another version', 'GET / HTTP/1.0|Host: a', () => {}, 'GET / HTTP/1.1|host: a'],
    ['a target that is no path', 'OPTIONS * HTTP/1.1|Host: a', () => {}, 'OPTIONS * HTTP/1.1|host: a'],
    ['another method', 'GET / HTTP/1.1|Host: a', (h) => h.set(':method', 'HEAD'), 'HEAD / HTTP/1.1|host: a'],
    ['another path', 'GET / HTTP/1.1|Host: a', (h) => h.set(':path', '/b'), 'GET /b HTTP/1.1|host: a'],
    ['another host', 'GET / HTTP/1.1|Host: a', (h) => h.set('host', 'b'), 'GET / HTTP/1.1|host: b'],
  ])('goes on with %s', (_title, arrived, change, expected) => {
    const { codec, transport, sink } = new ClientFixture()
    const headers = new RequestHeaderTable()
    const bytes = Buffer.from(`${arrived}||`.replaceAll('|', '\r\n'), 'latin1')
    expect(new HeadParser(DEFAULT_HEAD_LIMITS).parseRequest(bytes, 0, bytes.length, headers)).toBe(
      bytes.length,
    )
    change(headers)
    codec.start(sink, headers, true)
    codec.flush()
    const framing = headers.method === 'OPTIONS' ? 'content-length: 0|' : ''
    expect(transport.written).toBe(`${expected}|${framing}|`.replaceAll('|', '\r\n'))
  })

  it('cannot be split by what filters put into its line', () => {
    const { codec, transport, sink } = new ClientFixture()
    const headers = requestHeaders('/')
    headers.path = '/a b\r\nX: 1\u010a'
    headers.authority = 'evil\r\nX: 2'
    codec.start(sink, headers, true)
    codec.flush()
    expect(transport.written).toBe('GET /a%20b%0D%0AX:%201%C4%8A HTTP/1.1\r\nhost: evilX:2\r\n\r\n')
  })
})

describe('a response', () => {
  it.each<[string, string, object, string[]]>([
    [
      'with a length',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
      { status: 200, body: 'ok', ended: true },
      ['reusable'],
    ],
    [
      'without a reason phrase',
      'HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n',
      { status: 200, ended: true },
      ['reusable'],
    ],
    [
      'in chunks with trailers',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: 1\r\n\r\n',
      { body: 'ok', trailers: [['x', '1']], ended: true },
      ['reusable'],
    ],
    [
      'that says close',
      'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok',
      { body: 'ok', ended: true },
      ['unusable'],
    ],
    [
      'of HTTP/1.0',
      'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok',
      { body: 'ok', ended: true },
      ['unusable'],
    ],
    [
      'of HTTP/1.0 that stays',
      'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok',
      { body: 'ok', ended: true },
      ['reusable'],
    ],
    ['204 without anything', 'HTTP/1.1 204 No Content\r\n\r\n', { status: 204, ended: true }, ['reusable']],
    [
      '304 with the length of what is not sent',
      'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n',
      { status: 304, ended: true },
      ['reusable'],
    ],
    [
      'behind interim ones',
      'HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
      { status: 200, ended: true },
      ['reusable'],
    ],
    [
      'with a head of 70 KB',
      `HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: ${'y'.repeat(70_000)}\r\n\r\n`,
      { status: 200, ended: true },
      ['reusable'],
    ],
    [
      'with surplus bytes, which end the connection',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n',
      { body: 'ok', ended: true },
      ['unusable'],
    ],
  ])('%s', (_title, bytes, expected, events) => {
    const fixture = new ClientFixture()
    fixture.codec.start(fixture.sink, requestHeaders('/'), true)
    fixture.transport.receive(bytes)
    expect(fixture.sink).toMatchObject(expected)
    expect(fixture.events).toEqual(events)
  })

  it.each([
    ['garbage', 'nothing like HTTP at all'],
    ['HTTP/2', 'HTTP/2.0 200 OK\r\n\r\n'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\nX: 1\r\n\r\n'],
    ['a status of 99', 'HTTP/1.1 099 X\r\nX: 1\r\n\r\n'],
    ['a bare line feed', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n'],
    ['a folded field', 'HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n'],
    ['length and chunked', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n'],
    ['another coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n'],
    ['a head over the limit of 80 KiB', `HTTP/1.1 200 OK\r\nX: ${'y'.repeat(82_000)}\r\n\r\n`],
    ['a few bytes that begin no response', 'hello\r\n'],
    ['a 204 with a body', 'HTTP/1.1 204 No Content\r\nContent-Length: 1\r\n\r\n'],
    ['an interim response with a body', 'HTTP/1.1 103 X\r\nContent-Length: 1\r\n\r\n'],
    ['101 that nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
    ['a broken chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'],
  ])('is refused for %s', (_title, bytes) => {
    const fixture = new ClientFixture()
    fixture.codec.start(fixture.sink, requestHeaders('/'), true)
    fixture.transport.receive(bytes)
    expect([fixture.sink.reset, fixture.transport.destroyed]).toEqual(['protocol_error', true])
  })

  it('to HEAD has no body whatever it says', () => {
    const fixture = new ClientFixture()
    const headers = requestHeaders('/')
    headers.method = 'HEAD'
    fixture.codec.start(fixture.sink, headers, true)
    fixture.transport.receive('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n')
    expect([fixture.sink.ended, fixture.events]).toEqual([true, ['reusable']])
  })

  it('may end with the connection', () => {
    const fixture = new ClientFixture()
    fixture.codec.start(fixture.sink, requestHeaders('/'), true)
    fixture.transport.receive('HTTP/1.1 200 OK\r\n\r\nabc')
    expect(fixture.sink.ended).toBe(false)
    fixture.transport.receiveEnd()
    expect(fixture.sink).toMatchObject({ body: 'abc', ended: true, reset: undefined })
  })

  it.each([
    ['before it began', '', 'connection_termination'],
    ['in its head', 'HTTP/1.1 200', 'protocol_error'],
    ['in its body', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab', 'protocol_error'],
    ['in a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab', 'protocol_error'],
    [
      'before the last chunk',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n',
      'protocol_error',
    ],
  ])('cut %s is not complete', (_title, bytes, reason) => {
    const fixture = new ClientFixture()
    fixture.codec.start(fixture.sink, requestHeaders('/'), true)
    if (bytes !== '') fixture.transport.receive(bytes)
    fixture.transport.receiveEnd()
    expect([fixture.sink.reset, fixture.sink.ended]).toEqual([reason, false])
  })

  it('before the request is complete does not bring the connection back before it is', () => {
    const fixture = new ClientFixture()
    const headers = requestHeaders('/', [['content-length', '3']])
    fixture.codec.start(fixture.sink, headers, false)
    fixture.transport.receive('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    expect([fixture.sink.ended, fixture.events]).toEqual([true, []])
  })

  it('can be held and goes on where it stopped', () => {
    const fixture = new ClientFixture()
    fixture.codec.start(fixture.sink, requestHeaders('/'), true)
    fixture.transport.receive('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nab')
    fixture.codec.holdResponse()
    fixture.codec.holdResponse()
    fixture.transport.receive('cdef')
    fixture.codec.resumeResponse()
    expect([fixture.sink.body, fixture.transport.paused]).toEqual(['ab', true])
    fixture.codec.resumeResponse()
    expect([fixture.sink.body, fixture.sink.ended]).toEqual(['abcdef', true])
  })

  it('is the same however its bytes are cut', () => {
    const wire =
      'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n' +
      '3;a=b\r\nabc\r\n0a\r\n0123456789\r\n0\r\nT: 1\r\n\r\n'
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 10 }), (cuts) => {
        const fixture = new ClientFixture()
        fixture.codec.start(fixture.sink, requestHeaders('/'), true)
        for (let at = 0, i = 0; at < wire.length; i++) {
          const length = cuts[i % cuts.length]!
          fixture.transport.receive(wire.slice(at, at + length))
          at += length
        }
        expect(fixture.sink).toMatchObject({
          status: 200,
          body: 'abc0123456789',
          trailers: [['t', '1']],
          ended: true,
        })
        expect(fixture.events).toEqual(['reusable'])
      }),
    )
  })
})

describe('a connection', () => {
  it('carries one exchange after the other', () => {
    const fixture = new ClientFixture()
    for (let i = 1; i <= 3; i++) {
      const sink = new RecordingSink()
      fixture.codec.start(sink, requestHeaders('/'), true)
      fixture.codec.flush()
      fixture.transport.receive(`HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${i}`)
      expect([sink.body, fixture.codec.exchanges]).toEqual([String(i), i])
    }
  })

  it('that speaks without being asked is closed', () => {
    const fixture = new ClientFixture()
    fixture.transport.receive('HTTP/1.1 408 Request Timeout\r\n\r\n')
    expect([fixture.transport.destroyed, fixture.events]).toEqual([true, ['unusable']])
  })

  it('whose host closes it while idle is given up', () => {
    const fixture = new ClientFixture()
    fixture.transport.receiveEnd()
    expect([fixture.transport.destroyed, fixture.events, fixture.codec.closedByHost]).toEqual([
      true,
      ['unusable'],
      true,
    ])
  })

  it('calls nobody any more after its exchange was given up', () => {
    const fixture = new ClientFixture()
    fixture.codec.start(fixture.sink, requestHeaders('/'), true)
    fixture.codec.resetStream()
    fixture.transport.receiveClose(new Error('late'))
    expect([fixture.sink.reset, fixture.events]).toEqual([undefined, ['unusable', 'close']])
  })
})
