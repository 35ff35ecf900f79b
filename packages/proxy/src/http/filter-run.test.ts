import { describe, expect, it } from 'vitest'
import { clusterConfig } from '../../test/support/cluster-configs.ts'
import { HttpFixture, response, statuses } from '../../test/support/http-fixture.ts'
import { routeAll } from '../../test/support/route-configs.ts'
import {
  type HttpFilter,
  type HttpFilterFactory,
  type HttpFilterPhase,
  type HttpStream,
  reply,
} from './filter.ts'

const PHASES = [
  'onRequestHeaders',
  'onRequestBody',
  'onRequestTrailers',
  'onResponseHeaders',
  'onResponseBody',
  'onResponseTrailers',
  'onDone',
] as const

/** A factory of one filter object a stream, which takes part in the phases that it implements. */
function factory(name: string, create: (stream: HttpStream) => HttpFilter): HttpFilterFactory {
  const sample = create({} as HttpStream)
  const phases = new Set<HttpFilterPhase>(PHASES.filter((phase) => sample[phase] !== undefined))
  return { name, phases, create }
}

function setUp(
  filters: HttpFilterFactory[],
  options: { bufferLimitBytes?: number; enableTrailers?: boolean } = {},
) {
  const http = {
    protocol: 'http1',
    idleTimeoutMs: 0,
    maxRequestsPerConnection: 0,
    maxConnectionDurationMs: undefined,
    enableTrailers: true,
  } as const
  const fixture = new HttpFixture({
    routes: routeAll('c'),
    clusters: [clusterConfig('c', ['10.0.0.1:80'], { http })],
    filters,
    manager: { enableTrailers: true },
    ...(options.bufferLimitBytes === undefined ? {} : { bufferLimitBytes: options.bufferLimitBytes }),
  })
  return { fixture, client: fixture.connect() }
}

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const POST = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n'
const CHUNKED = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'
const bodyOf = (written: string) => written.slice(written.indexOf('\r\n\r\n') + 4)
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')
const tick = () => new Promise((resolve) => setImmediate(resolve))

it('runs request phases in the order of the chain and response phases in reverse', () => {
  const calls: string[] = []
  const recorder = (name: string) =>
    factory(name, () => ({
      onRequestHeaders: (_headers, end) => void calls.push(`${name} request headers ${end}`),
      onRequestBody: (chunk, end) => void calls.push(`${name} request body ${text(chunk)} ${end}`),
      onRequestTrailers: (trailers) => void calls.push(`${name} request trailers ${trailers.get('x')}`),
      onResponseHeaders: (headers, end) =>
        void calls.push(`${name} response headers ${headers.status} ${end}`),
      onResponseBody: (chunk, end) => void calls.push(`${name} response body ${text(chunk)} ${end}`),
      onResponseTrailers: (trailers) => void calls.push(`${name} response trailers ${trailers.get('y')}`),
      onDone: () => void calls.push(`${name} done`),
    }))
  const { fixture, client } = setUp([recorder('a'), recorder('b')])
  client.receive(`${CHUNKED}2\r\nhi\r\n0\r\nX: 1\r\n\r\n`)
  fixture
    .accept()
    .receive('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nho\r\n0\r\nY: 2\r\n\r\n')
  expect(calls).toEqual([
    'a request headers false',
    'b request headers false',
    'a request body hi false',
    'b request body hi false',
    'a request trailers 1',
    'b request trailers 1',
    'b response headers 200 false',
    'a response headers 200 false',
    'b response body ho false',
    'a response body ho false',
    'b response trailers 2',
    'a response trailers 2',
    'a done',
    'b done',
  ])
})

it('lets filters change headers both ways', () => {
  const { fixture, client } = setUp([
    factory('f', () => ({
      onRequestHeaders(headers) {
        headers.set('x-added', '1')
        headers.path = '/other path'
        return undefined
      },
      onResponseHeaders(headers) {
        headers.status = 418
        headers.add('x-back', '2')
        return undefined
      },
    })),
  ])
  client.receive(GET)
  const host = fixture.accept()
  expect(host.written).toMatch(/^GET \/other%20path HTTP\/1\.1\r\n[\s\S]*x-added: 1\r\n/)
  host.receive(response(200))
  expect(client.written).toMatch(/^HTTP\/1\.1 418 Unknown\r\n[\s\S]*x-back: 2\r\n/)
})

describe('a pause', () => {
  it('in the headers holds the body, and goes on with everything in order', () => {
    let stream: HttpStream | undefined
    const { fixture, client } = setUp([
      factory('f', (s) => ({
        onRequestHeaders() {
          stream = s
          return 'pause'
        },
      })),
    ])
    client.receive(`${CHUNKED}3\r\nabc\r\n`)
    client.receive('3\r\ndef\r\n0\r\nX: 1\r\n\r\n')
    expect(fixture.attempts.length).toBe(0)
    stream!.resumeRequest()
    expect(bodyOf(fixture.accept().written)).toBe('6\r\nabcdef\r\n0\r\nx: 1\r\n\r\n')
  })

  it('in the body holds that chunk and what follows', () => {
    const streams: HttpStream[] = []
    const { fixture, client } = setUp([
      factory('f', (s) => ({
        onRequestBody(chunk) {
          if (text(chunk) !== 'abc') return undefined
          streams.push(s)
          return 'pause'
        },
      })),
    ])
    client.receive(POST)
    const host = fixture.accept()
    client.receive('abc')
    client.receive('def')
    expect(bodyOf(host.written)).toBe('')
    streams[0]!.resumeRequest()
    expect(bodyOf(host.written)).toBe('abcdef')
  })

  it('of a response holds it from the client', () => {
    let stream: HttpStream | undefined
    const { fixture, client } = setUp([
      factory('f', (s) => ({
        onResponseHeaders() {
          stream = s
          return 'pause'
        },
      })),
    ])
    client.receive(GET)
    fixture.accept().receive(response(200, 'body'))
    expect(client.written).toBe('')
    stream!.resumeResponse()
    expect(bodyOf(client.written)).toBe('body')
  })

  it('stops reading when too much waits, and reads on afterwards', () => {
    let stream: HttpStream | undefined
    const { fixture, client } = setUp([
      factory('f', (s) => ({
        onRequestHeaders() {
          stream = s
          return 'pause'
        },
      })),
    ])
    client.receive('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100006\r\n\r\n')
    client.receive('x'.repeat(100_000))
    expect(client.paused).toBe(true)
    stream!.resumeRequest()
    const host = fixture.accept()
    expect(client.paused).toBe(false)
    client.receive('abcdef')
    expect(bodyOf(host.written)).toBe(`${'x'.repeat(100_000)}abcdef`)
  })

  it('ends with a reply that is sent later', () => {
    let stream: HttpStream | undefined
    const { fixture, client } = setUp([
      factory('f', (s) => ({
        onRequestHeaders() {
          stream = s
          return 'pause'
        },
      })),
    ])
    client.receive(GET)
    stream!.sendReply(reply(403, 'no', { details: 'denied', flag: 'UAEX' }))
    stream!.resumeRequest()
    expect([statuses(client.written), fixture.attempts.length]).toEqual([[403], 0])
    expect(fixture.log.entries).toEqual([{ status: 403, flags: ['UAEX'], details: 'denied' }])
  })
})

describe('a promise', () => {
  it('pauses until it settles', async () => {
    const { fixture, client } = setUp([factory('f', () => ({ onRequestHeaders: async () => undefined }))])
    client.receive(`${POST}abcdef`)
    expect(fixture.attempts.length).toBe(0)
    await tick()
    expect(bodyOf(fixture.accept().written)).toBe('abcdef')
  })

  it('may bring a reply, or another chunk', async () => {
    const { fixture, client } = setUp([
      factory('f', () => ({
        onRequestBody: async (chunk) => Buffer.from(text(chunk).toUpperCase()),
        onResponseHeaders: async () => reply(500, 'changed my mind'),
      })),
    ])
    client.receive(`${POST}abcdef`)
    await tick()
    const host = fixture.accept()
    expect(bodyOf(host.written)).toBe('ABCDEF')
    host.receive(response(200, 'fine'))
    await tick()
    expect(bodyOf(client.written)).toBe('changed my mind')
  })

  it('that is rejected is a 500 which names the filter', async () => {
    const { fixture, client } = setUp([
      factory('broken', () => ({ onRequestHeaders: () => Promise.reject(new Error('x')) })),
    ])
    client.receive(GET)
    await tick()
    expect(fixture.log.entries).toEqual([{ status: 500, flags: [], details: 'filter_error{broken}' }])
  })

  it('that settles after the client went away does nothing', async () => {
    const { fixture, client } = setUp([factory('f', () => ({ onRequestHeaders: async () => undefined }))])
    client.receive(GET)
    client.receiveClose(new Error('gone'))
    await tick()
    expect(fixture.attempts.length).toBe(0)
  })
})

describe('buffering', () => {
  const collector = (limitTo?: number) =>
    factory('f', () => ({
      onRequestBody: (chunk, end) =>
        end && chunk.length !== limitTo ? Buffer.from(`<${text(chunk)}>`) : 'buffer',
      onResponseBody: (chunk, end) => (end ? Buffer.from(`[${text(chunk)}]`) : 'buffer'),
    }))

  it('collects a body and gives it to the filter as a whole', () => {
    const { fixture, client } = setUp([collector()])
    client.receive(CHUNKED)
    const host = fixture.accept()
    client.receive('3\r\nabc\r\n')
    client.receive('3\r\ndef\r\n')
    expect(bodyOf(host.written)).toBe('')
    client.receive('0\r\n\r\n')
    expect(bodyOf(host.written)).toBe('8\r\n<abcdef>\r\n0\r\n\r\n')
    host.receive('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n')
    expect(bodyOf(client.written)).toBe('4\r\n[ab]\r\n0\r\n\r\n')
  })

  it('goes on with what is held when the filter resumes, changed if it wants', () => {
    let stream: HttpStream | undefined
    const { fixture, client } = setUp([
      factory('f', (s) => ({
        onRequestBody() {
          stream = s
          return 'buffer'
        },
      })),
    ])
    client.receive(CHUNKED)
    const host = fixture.accept()
    client.receive('6\r\nabcdef\r\n0\r\n\r\n')
    expect(text(stream!.bufferedRequestBody)).toBe('abcdef')
    stream!.setBufferedRequestBody(Buffer.from('xyz'))
    stream!.resumeRequest()
    expect(bodyOf(host.written)).toBe('3\r\nxyz\r\n0\r\n\r\n')
  })

  it('lets a collected body go in front of the trailers', () => {
    const { fixture, client } = setUp([factory('f', () => ({ onRequestBody: () => 'buffer' }))])
    client.receive(CHUNKED)
    const host = fixture.accept()
    client.receive('3\r\nabc\r\n0\r\nX: 1\r\n\r\n')
    expect(bodyOf(host.written)).toBe('3\r\nabc\r\n0\r\nx: 1\r\n\r\n')
  })

  it('has a limit: 413 for a request, 500 for a response', () => {
    const request = setUp([collector(-1)], { bufferLimitBytes: 10 })
    request.client.receive('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\n')
    request.client.receive('x'.repeat(11))
    expect(request.fixture.log.entries).toEqual([
      { status: 413, flags: [], details: 'request_payload_too_large' },
    ])
    expect(request.fixture.stat('http.test.downstream_rq_too_large')).toBe(1)
    const answer = setUp(
      [factory('f', () => ({ onResponseHeaders: () => undefined, onResponseBody: () => 'buffer' }))],
      { bufferLimitBytes: 10 },
    )
    // The headers have to wait for the body, or there is nothing left to replace.
    answer.client.receive(GET)
    answer.fixture.accept().receive(response(200, 'x'.repeat(11)))
    expect(answer.fixture.log.entries[0]?.details).toBe('response_payload_too_large')
    expect(answer.fixture.stat('http.test.rs_too_large')).toBe(1)
  })
})

describe('a local reply', () => {
  it('of a filter runs through the response phases of every filter, as in Envoy', () => {
    const marker = (name: string) =>
      factory(name, () => ({
        onResponseHeaders(headers) {
          headers.add('x-seen-by', name)
          return undefined
        },
      }))
    const denier = factory('denier', () => ({ onRequestHeaders: () => reply(403, 'no') }))
    const { client } = setUp([marker('a'), denier, marker('b')])
    client.receive(GET)
    expect(client.written.match(/x-seen-by: \w/g)).toEqual(['x-seen-by: b', 'x-seen-by: a'])
  })

  it('after the response began cuts it', () => {
    let stream: HttpStream | undefined
    const { fixture, client } = setUp([factory('f', (s) => ({ onResponseHeaders: () => void (stream = s) }))])
    client.receive(GET)
    fixture.accept().receive('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc')
    stream!.sendReply(reply(500))
    expect([client.ended, client.written.endsWith('\r\n\r\nabc')]).toEqual([true, true])
  })

  it('before the body of a request was read closes the connection', () => {
    const { fixture, client } = setUp([factory('f', () => ({ onRequestHeaders: () => reply(401) }))])
    client.receive(POST)
    expect([
      client.written.includes('connection: close'),
      client.ended,
      fixture.stat('http.test.downstream_rq_response_before_rq_complete'),
    ]).toEqual([true, true, 1])
  })

  it('to HEAD has the length of its body, but no body', () => {
    const { client } = setUp([factory('f', () => ({ onRequestHeaders: () => reply(403, 'denied') }))])
    client.receive('HEAD / HTTP/1.1\r\nHost: a\r\n\r\n')
    expect([client.written.includes('content-length: 6\r\n'), bodyOf(client.written)]).toEqual([true, ''])
  })
})

it('adds trailers to messages that had none', () => {
  const { fixture, client } = setUp([
    factory('f', (stream) => ({
      onRequestHeaders: () => undefined,
      onRequestBody: (_chunk, end) => void (end && stream.addRequestTrailer('x-sum', '1')),
      onResponseHeaders: () => void stream.addResponseTrailer('x-end', '2'),
    })),
  ])
  client.receive(CHUNKED)
  const host = fixture.accept()
  client.receive('2\r\nab\r\n0\r\n\r\n')
  expect(bodyOf(host.written)).toBe('2\r\nab\r\n0\r\nx-sum: 1\r\n\r\n')
  host.receive('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n')
  expect(bodyOf(client.written)).toBe('0\r\nx-end: 2\r\n\r\n')
})

it('a filter that throws costs its request a 500 and nothing else', () => {
  const { fixture, client } = setUp([
    factory('broken', () => ({
      onRequestHeaders(headers) {
        if (headers.path === '/bad') throw new Error('x')
        return undefined
      },
    })),
  ])
  client.receive('GET /bad HTTP/1.1\r\nHost: a\r\n\r\n')
  client.receive(GET)
  fixture.accept().receive(response(200))
  expect(fixture.log.entries.map((e) => [e.status, e.details])).toEqual([
    [500, 'filter_error{broken}'],
    [200, 'via_upstream'],
  ])
  expect(fixture.stat('http.test.filter_error')).toBe(1)
})

it('waits for no filter whose configuration has not arrived: 500', () => {
  const { fixture } = setUp([])
  const manager = fixture.manager.config.filters as { name: string; current: HttpFilterFactory | undefined }[]
  manager.unshift({ name: 'missing', current: undefined })
  fixture.connect().receive(GET)
  expect(fixture.log.entries).toEqual([{ status: 500, flags: ['NFCF'], details: 'no_filter_config_found' }])
})

it('takes a replaced filter for the next request; a stream keeps the filters that it began with', () => {
  const tagger = (tag: string) =>
    factory('t', () => ({ onResponseHeaders: (headers) => void headers.set('x-tag', tag) }))
  const { fixture, client } = setUp([tagger('old')])
  const slot = fixture.manager.config.filters[0] as { current: HttpFilterFactory | undefined }
  client.receive(GET)
  slot.current = tagger('new')
  const host = fixture.accept()
  host.receive(response(200))
  client.receive(GET)
  host.receive(response(200))
  expect(client.written.match(/x-tag: \w+/g)).toEqual(['x-tag: old', 'x-tag: new'])
})

it('chooses the route anew when a filter asks for it', () => {
  const { fixture, client } = setUp([
    factory('f', (stream) => ({
      onRequestHeaders(headers) {
        headers.authority = 'b.example'
        stream.clearRouteCache()
        return undefined
      },
    })),
  ])
  client.receive(GET)
  expect(fixture.accept().written).toContain('host: b.example\r\n')
})
