import { describe, expect, it } from 'vitest'
import { clusterConfig } from '../../test/support/cluster-configs.ts'
import { connectionTls } from '../../test/support/connection-tls.ts'
import { HttpFixture, response, statuses } from '../../test/support/http-fixture.ts'
import { managerConfig, routeAll, routeConfig } from '../../test/support/route-configs.ts'
import type { HttpConnectionManagerConfig } from './connection-manager-config.ts'

const clusters = [clusterConfig('c', ['10.0.0.1:80'])]
const limits = (over: Partial<HttpConnectionManagerConfig['limits']>) => ({
  ...managerConfig(undefined).limits,
  ...over,
})

function setUp(manager: Partial<HttpConnectionManagerConfig> = {}, connection: object = {}) {
  return new HttpFixture({ routes: routeAll('c'), clusters, manager, connection })
}

/** Header lines that the host sees for a request with these lines. */
function sentHeaders(fixture: HttpFixture, ...lines: string[]): string[] {
  const client = fixture.connect()
  client.receive(`${['GET / HTTP/1.1', 'Host: a.example', ...lines].join('\r\n')}\r\n\r\n`)
  return fixture
    .accept()
    .written.split('\r\n')
    .slice(1, -2)
    .filter((line) => !line.startsWith('x-envoy-expected'))
}

describe('request headers', () => {
  it('of the hop do not go on, nor those that connection names', () => {
    const sent = sentHeaders(
      setUp({ generateRequestId: false }),
      'Connection: keep-alive, X-Named, TE',
      'Keep-Alive: timeout=5',
      'Proxy-Connection: keep-alive',
      'X-Named: 1',
      'TE: gzip, trailers',
      'X-Kept: 1',
    )
    expect(sent).toEqual(['host: a.example', 'x-kept: 1', 'te: trailers', 'x-forwarded-proto: http'])
  })

  it.each(['X-Forwarded-For', 'x-forwarded-proto', 'HOST', ':path'])(
    'of ours cannot be taken away by naming %s in connection',
    (name) => {
      const fixture = setUp()
      fixture.connect().receive(`GET / HTTP/1.1\r\nHost: a\r\nConnection: ${name}\r\n\r\n`)
      expect(fixture.log.entries).toEqual([
        { status: 400, flags: ['DPE'], details: 'http1.connection_header_rejected' },
      ])
    },
  )

  it('that only the mesh may set are removed, at the edge those of a hop before as well', () => {
    const lines = [
      'X-Envoy-Retry-On: 5xx',
      'X-Envoy-Internal: true',
      'X-Envoy-Upstream-Rq-Timeout-Ms: 1',
      'X-Envoy-Original-Path: /x',
      'X-Envoy-Decorator-Operation: y',
    ]
    const config = { generateRequestId: false }
    expect(sentHeaders(setUp(config), ...lines)).toEqual([
      'host: a.example',
      'x-envoy-original-path: /x',
      'x-envoy-decorator-operation: y',
      'x-forwarded-proto: http',
    ])
    expect(sentHeaders(setUp({ ...config, useRemoteAddress: true }), ...lines)).toEqual([
      'host: a.example',
      'x-forwarded-for: 127.0.0.9',
      'x-forwarded-proto: http',
      'x-envoy-external-address: 127.0.0.9',
    ])
  })

  it.each<[string, Partial<HttpConnectionManagerConfig>, string[], string | undefined, string]>([
    ['nobody is asked: the peer', {}, [], undefined, '127.0.0.9:1234'],
    [
      'a sidecar trusts the last address',
      {},
      ['X-Forwarded-For: 1.1.1.1, 2.2.2.2'],
      '1.1.1.1, 2.2.2.2',
      '2.2.2.2:0',
    ],
    [
      'a sidecar may trust one further back',
      { xffTrustedHops: 1 },
      ['X-Forwarded-For: 1.1.1.1, 2.2.2.2'],
      '1.1.1.1, 2.2.2.2',
      '1.1.1.1:0',
    ],
    ['nonsense is not trusted', {}, ['X-Forwarded-For: me'], 'me', '127.0.0.9:1234'],
    [
      'an edge trusts only the peer',
      { useRemoteAddress: true },
      ['X-Forwarded-For: 1.1.1.1'],
      '1.1.1.1,127.0.0.9',
      '127.0.0.9:1234',
    ],
    [
      'an edge behind a balancer trusts what that one wrote',
      { useRemoteAddress: true, xffTrustedHops: 1 },
      ['X-Forwarded-For: 1.1.1.1'],
      '1.1.1.1,127.0.0.9',
      '1.1.1.1:0',
    ],
    [
      'an edge may leave the list alone',
      { useRemoteAddress: true, skipXffAppend: true },
      ['X-Forwarded-For: 1.1.1.1'],
      '1.1.1.1',
      '127.0.0.9:1234',
    ],
    ['IPv6', {}, ['X-Forwarded-For: fd00::1'], 'fd00::1', '[fd00::1]:0'],
  ])('where a request comes from: %s', (_title, config, lines, forwardedFor, remoteAddress) => {
    const fixture = setUp(config)
    const client = fixture.connect()
    client.receive(`${['GET / HTTP/1.1', 'Host: a', ...lines].join('\r\n')}\r\n\r\n`)
    const host = fixture.accept()
    expect(/x-forwarded-for: (.*)\r\n/.exec(host.written)?.[1]).toBe(forwardedFor)
    host.receive(response(200))
    expect(fixture.log.streams[0]!.downstreamRemoteAddress).toBe(remoteAddress)
  })

  it('get a request id; one that is there stays, but not at the edge', () => {
    const idOf = (lines: string[]) => lines.find((line) => line.startsWith('x-request-id: '))
    expect(idOf(sentHeaders(setUp()))).toMatch(/^x-request-id: [0-9a-f-]{36}$/)
    expect(idOf(sentHeaders(setUp(), 'X-Request-Id: mine'))).toBe('x-request-id: mine')
    expect(idOf(sentHeaders(setUp({ useRemoteAddress: true }), 'X-Request-Id: mine'))).not.toBe(
      'x-request-id: mine',
    )
    expect(
      idOf(
        sentHeaders(setUp({ useRemoteAddress: true, preserveExternalRequestId: true }), 'X-Request-Id: mine'),
      ),
    ).toBe('x-request-id: mine')
    expect(idOf(sentHeaders(setUp({ generateRequestId: false })))).toBeUndefined()
  })

  it('say which scheme the client used, as far as it can be believed', () => {
    const proto = (lines: string[]) => lines.find((line) => line.startsWith('x-forwarded-proto: '))
    expect(proto(sentHeaders(setUp(), 'X-Forwarded-Proto: https'))).toBe('x-forwarded-proto: https')
    expect(proto(sentHeaders(setUp({ useRemoteAddress: true }), 'X-Forwarded-Proto: https'))).toBe(
      'x-forwarded-proto: http',
    )
  })

  it('name this proxy where via is configured', () => {
    const via = (lines: string[]) => lines.filter((line) => line.startsWith('via: '))
    expect(via(sentHeaders(setUp({ via: '1.1 batten' }), 'Via: 1.0 other'))).toEqual([
      'via: 1.0 other, 1.1 batten',
    ])
  })

  it.each<[string, Partial<HttpConnectionManagerConfig>, string, string | number]>([
    ['are normalised', { normalizePath: true }, '/a/./b/../%7euser/%2f?x=/../', '/a/~user/%2f?x=/../'],
    ['do not leave the root', { normalizePath: true }, '/a/../../b', '/b'],
    ['are encoded where they must be', { normalizePath: true }, '/a{b}?{', '/a%7Bb%7D?{'],
    ['with an escaped NUL are refused', { normalizePath: true }, '/a%00', 400],
    ['with a fragment are refused', {}, '/a#b', 400],
    ['have single slashes', { mergeSlashes: true }, '//a///b?c//d', '/a/b?c//d'],
    ['stay as they are by default', {}, '//a/../b', '//a/../b'],
  ])('paths %s', (_title, config, path, expected) => {
    const fixture = setUp(config)
    fixture.connect().receive(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
    if (typeof expected === 'number') expect(fixture.log.entries[0]?.status).toBe(expected)
    else expect(fixture.accept().written.split(' ')[1]).toBe(expected)
  })

  it.each<[string, Partial<HttpConnectionManagerConfig>, string, string]>([
    ['stays', {}, 'a.example:80', 'a.example:80'],
    [
      'goes when it is the port of the listener',
      { stripMatchingHostPort: true },
      'a.example:80',
      'a.example',
    ],
    ['stays when it is another', { stripMatchingHostPort: true }, 'a.example:8080', 'a.example:8080'],
    ['goes always', { stripAnyHostPort: true }, 'a.example:8080', 'a.example'],
  ])('the port of the host %s', (_title, config, host, expected) => {
    const fixture = setUp(config)
    fixture.connect().receive(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`)
    expect(fixture.accept().written).toContain(`\r\nhost: ${expected}\r\n`)
  })
})

describe('x-forwarded-client-cert', () => {
  const element =
    'By=spiffe://cluster.local/ns/default/sa/ratings;Hash=abcd;Cert="PEM%20PEM";Subject="CN=\\"a\\"";URI=spiffe://cluster.local/ns/default/sa/reviews;DNS=x'
  it.each<[HttpConnectionManagerConfig['forwardClientCert']['mode'], boolean, string | undefined]>([
    ['sanitize', true, undefined],
    ['forward-only', true, 'URI=claimed'],
    ['append-forward', true, `URI=claimed,${element}`],
    ['sanitize-set', true, element],
    ['always-forward-only', true, 'URI=claimed'],
    ['forward-only', false, undefined],
    ['append-forward', false, undefined],
    ['sanitize-set', false, undefined],
    ['always-forward-only', false, 'URI=claimed'],
  ])('with mode %s and mutual TLS: %s', (mode, mutual, expected) => {
    const forwardClientCert = { mode, subject: true, uri: true, dns: true, cert: true, chain: false }
    const fixture = setUp({ forwardClientCert }, { tls: connectionTls({ mutual }) })
    const lines = sentHeaders(fixture, 'X-Forwarded-Client-Cert: URI=claimed')
    expect(lines.find((line) => line.startsWith('x-forwarded-client-cert'))?.slice(25)).toBe(expected)
  })
})

describe('response headers', () => {
  const receivedHeaders = (config: Partial<HttpConnectionManagerConfig>, ...lines: string[]) => {
    const fixture = setUp(config)
    const client = fixture.connect()
    client.receive('GET / HTTP/1.1\r\nHost: a\r\nX-Request-Id: r\r\n\r\n')
    fixture.accept().receive(response(200, '', ...lines))
    return client.written
      .split('\r\n')
      .slice(1, -2)
      .filter((line) => !line.startsWith('x-envoy'))
  }

  it('of the hop do not go on; those that connection names do, as in Envoy', () => {
    expect(
      receivedHeaders(
        {},
        'Connection: close, X-Named',
        'X-Named: 1',
        'Keep-Alive: x',
        'Date: d',
        'Server: s',
      ),
    ).toEqual(['content-length: 0', 'x-named: 1', 'date: d', 'server: envoy'])
  })

  it.each<[HttpConnectionManagerConfig['serverHeader'], string[], string | undefined]>([
    ['overwrite', ['Server: s'], 'server: envoy'],
    ['append-if-absent', ['Server: s'], 'server: s'],
    ['append-if-absent', [], 'server: envoy'],
    ['pass-through', [], undefined],
    ['pass-through', ['Server: s'], 'server: s'],
  ])('server with %s and %j', (serverHeader, lines, expected) => {
    const headers = receivedHeaders({ serverHeader }, ...lines)
    expect(headers.find((line) => line.startsWith('server:'))).toBe(expected)
  })

  it('get a date, the request id and via where that is configured', () => {
    expect(receivedHeaders({ alwaysSetRequestIdInResponse: true, via: '1.1 b' })).toEqual([
      'content-length: 0',
      'date: Tue, 14 Nov 2023 22:13:21 GMT',
      'server: envoy',
      'via: 1.1 b',
      'x-request-id: r',
    ])
  })
})

describe('a limit', () => {
  it.each<[string, string, number, string, Partial<HttpConnectionManagerConfig['limits']>]>([
    [
      'of header bytes',
      `GET / HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(2000)}\r\n\r\n`,
      431,
      'headers_too_large',
      { maxRequestHeadersBytes: 1024 },
    ],
    [
      'of header bytes, before they are complete',
      `GET / HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(2000)}`,
      431,
      'headers_too_large',
      { maxRequestHeadersBytes: 1024 },
    ],
    [
      'of headers',
      `GET / HTTP/1.1\r\nHost: a\r\n${'X: y\r\n'.repeat(5)}\r\n`,
      431,
      'too_many_headers',
      { maxHeaders: 5 },
    ],
    ['of the syntax', 'GET / HTTP/1.1\nHost: a\n\n', 400, 'codec_error', {}],
    [
      'of framing',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      400,
      'content_length_and_chunked_not_allowed',
      {},
    ],
    [
      'of transfer codings',
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n',
      501,
      'invalid_transfer_encoding',
      {},
    ],
    ['of characters', 'GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n', 400, 'invalid_characters', {}],
  ])('%s is answered, counted, logged, and ends the connection', (_title, bytes, status, reason, over) => {
    const fixture = setUp({ limits: limits(over) })
    const client = fixture.connect()
    client.receive(bytes)
    expect(client.written).toContain(`HTTP/1.1 ${status} `)
    expect(client.written).toContain('connection: close\r\n')
    expect(client.ended).toBe(true)
    expect(fixture.log.entries).toEqual([{ status, flags: ['DPE'], details: `http1.${reason}` }])
    expect([
      fixture.stat(`http.test.http1.${reason}`),
      fixture.stat('http.test.downstream_cx_protocol_error'),
    ]).toEqual([1, 1])
    expect([
      fixture.stat(`http.test.downstream_rq_${status < 500 ? 4 : 5}xx`),
      fixture.attempts.length,
    ]).toEqual([1, 0])
    fixture.clock.advance(1100)
    expect([client.destroyed, fixture.stat('http.test.downstream_cx_delayed_close_timeout')]).toEqual([
      true,
      1,
    ])
  })

  it('of chunk framing resets the request that was already sent on', () => {
    const fixture = setUp()
    const client = fixture.connect()
    client.receive('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n')
    const host = fixture.accept()
    client.receive('zz\r\n')
    expect([statuses(client.written), host.destroyed]).toEqual([[400], true])
    expect(fixture.log.entries).toEqual([{ status: 400, flags: ['DPE'], details: 'http1.codec_error' }])
  })

  it('of requests for a connection ends it with the last response', () => {
    const fixture = setUp({ limits: limits({ maxRequestsPerConnection: 2 }) })
    const client = fixture.connect()
    client.receive('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    const host = fixture.accept()
    host.receive(response(200))
    expect(client.takeWritten()).not.toContain('connection: close')
    client.receive('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    host.receive(response(200))
    expect([client.written.includes('connection: close'), client.ended]).toEqual([true, true])
    expect(fixture.stat('http.test.downstream_cx_max_requests_reached')).toBe(1)
  })

  it('of a response that comes before the request is complete ends the connection', () => {
    const fixture = setUp()
    const client = fixture.connect()
    client.receive('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab')
    fixture.accept().receive(response(200, 'early'))
    const stat = (name: string) => fixture.stat(`http.test.downstream_rq_${name}`)
    expect([client.written.includes('connection: close\r\n'), client.ended]).toEqual([true, true])
    expect([stat('response_before_rq_complete'), stat('rx_reset'), stat('completed')]).toEqual([1, 1, 1])
  })

  it('of methods refuses what nobody knows', () => {
    const fixture = setUp()
    fixture.connect().receive('BREW / HTTP/1.1\r\nHost: a\r\n\r\n')
    expect(fixture.log.entries).toEqual([{ status: 400, flags: ['DPE'], details: 'http1.codec_error' }])
  })
})

describe('a drain', () => {
  it('lets the exchange finish, says connection: close, and closes', () => {
    const fixture = setUp()
    const client = fixture.connect()
    client.receive('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    client.handle!.drain()
    fixture.accept().receive(response(200, 'ok'))
    expect([
      client.written.includes('connection: close\r\n'),
      client.written.endsWith('ok'),
      client.ended,
    ]).toEqual([true, true, true])
    expect(fixture.stat('http.test.downstream_cx_drain_close')).toBe(1)
  })

  it('leaves an idle connection open: a request may be on its way', () => {
    const fixture = setUp()
    const client = fixture.connect()
    client.handle!.drain()
    expect([client.destroyed, client.ended]).toEqual([false, false])
    client.handle!.close()
    expect(client.destroyed).toBe(true)
  })
})

it('reads the route configuration that is current when a request comes', () => {
  const slot = { name: 'r', current: undefined as ReturnType<typeof routeAll> | undefined }
  const fixture = setUp({ routes: slot })
  const client = fixture.connect()
  client.receive('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  slot.current = routeAll('c')
  client.receive('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  fixture.accept().receive(response(200))
  expect(fixture.log.entries.map((entry) => entry.status)).toEqual([404, 200])
})

it('answers gRPC requests in gRPC, with status 200', () => {
  const fixture = new HttpFixture({ routes: routeConfig([]) })
  const client = fixture.connect()
  client.receive(
    'POST /s/M HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc\r\nContent-Length: 0\r\n\r\n',
  )
  expect(client.written).toMatch(
    /^HTTP\/1\.1 200 OK\r\ncontent-type: application\/grpc\r\ngrpc-status: 12\r\n/,
  )
})

it('keeps its books: every connection and request that began has ended', () => {
  const fixture = setUp()
  const client = fixture.connect()
  client.receive('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  fixture.accept().receive(response(200, 'hello'))
  client.receiveClose()
  const value = (name: string) => fixture.stat(`http.test.downstream_${name}`)
  expect({
    cx: [
      value('cx_total'),
      value('cx_active'),
      value('cx_destroy'),
      value('cx_destroy_remote'),
      value('cx_length_ms'),
    ],
    rq: [value('rq_total'), value('rq_active'), value('rq_completed'), value('rq_2xx'), value('rq_time')],
    bytes: [value('cx_rx_bytes_total'), value('cx_tx_bytes_total') > 50],
    managed: fixture.manager.activeConnections,
  }).toEqual({ cx: [1, 0, 1, 1, 1], rq: [1, 0, 1, 1, 1], bytes: [27, true], managed: 0 })
})
