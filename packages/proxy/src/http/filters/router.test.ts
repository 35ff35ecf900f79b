import { describe, expect, it } from 'vitest'
import { clusterConfig } from '../../../test/support/cluster-configs.ts'
import { HttpFixture, response, statuses } from '../../../test/support/http-fixture.ts'
import {
  plainRoute,
  routeAction,
  routeAll,
  routeConfig,
  virtualHost,
} from '../../../test/support/route-configs.ts'
import type { RetryPolicy } from '../route/route-config.ts'

const GET = 'GET /p?q HTTP/1.1\r\nHost: a.example\r\n\r\n'
const retry = (over: Partial<RetryPolicy> = {}): RetryPolicy => ({
  retryOn: new Set(['5xx', 'connect-failure', 'reset']),
  numRetries: 2,
  perTryTimeoutMs: 0,
  retriableStatusCodes: new Set(),
  backOffBaseMs: 25,
  backOffMaxMs: 250,
  avoidPreviousHosts: false,
  hostSelectionMaxAttempts: 1,
  ...over,
})
const oneHost = [clusterConfig('c', ['10.0.0.1:80'])]
const _twoHosts = [clusterConfig('c', ['10.0.0.1:80', '10.0.0.2:80'])]

describe('an ordinary exchange', () => {
  it('sends the request on with the headers that the proxy vouches for, and the response back', () => {
    const fixture = new HttpFixture({ routes: routeAll('c'), clusters: oneHost })
    const client = fixture.connect()
    client.receive(
      'GET /p?q HTTP/1.1\r\nHost: a.example\r\nX-Own: 1\r\nX-Request-Id: id-1\r\nConnection: keep-alive\r\n\r\n',
    )
    expect(fixture.attempts.map((a) => a.target)).toEqual([{ host: '10.0.0.1', port: 80 }])
    const host = fixture.accept()
    expect(host.writes).toEqual([
      'GET /p?q HTTP/1.1\r\nhost: a.example\r\nx-own: 1\r\nx-request-id: id-1\r\nx-forwarded-proto: http\r\nx-envoy-expected-rq-timeout-ms: 15000\r\n\r\n',
    ])
    host.receive(
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nServer: x\r\nDate: d\r\nConnection: keep-alive\r\n\r\nhello',
    )
    expect(client.written).toBe(
      'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ndate: d\r\nx-envoy-upstream-service-time: 0\r\nserver: envoy\r\n\r\nhello',
    )
    expect(fixture.log.entries).toEqual([{ status: 200, flags: [], details: 'via_upstream' }])
  })

  it('uses the connection again for the next request', () => {
    const fixture = new HttpFixture({ routes: routeAll('c'), clusters: oneHost })
    const client = fixture.connect()
    client.receive(GET)
    const host = fixture.accept()
    for (let i = 0; i < 3; i++) {
      host.receive(response(200, 'x'))
      client.receive(GET)
    }
    expect(fixture.attempts).toEqual([])
    expect(statuses(client.written)).toEqual([200, 200, 200])
    expect(fixture.stat('cluster.c.upstream_rq_total')).toBe(4)
    expect(fixture.stat('cluster.c.upstream_cx_total')).toBe(1)
    expect(fixture.stat('cluster.c.upstream_rq_active')).toBe(1)
    expect(fixture.stat('cluster.c.upstream_rq_200')).toBe(3)
  })

  it.each([
    [true, 'x-t: 1\r\n', 'grpc-status: 0\r\n'],
    [false, '', ''],
  ])('streams a body both ways, with trailers: %s', (enableTrailers, sent, received) => {
    const http = {
      protocol: 'http1',
      idleTimeoutMs: 0,
      maxRequestsPerConnection: 0,
      maxConnectionDurationMs: undefined,
      enableTrailers,
    } as const
    const clusters = [clusterConfig('c', ['10.0.0.1:80'], { http })]
    const fixture = new HttpFixture({ routes: routeAll('c'), clusters, manager: { enableTrailers } })
    const client = fixture.connect()
    client.receive('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n')
    const host = fixture.accept()
    client.receive('2\r\nde\r\n0\r\nX-T: 1\r\n\r\n')
    expect(host.written.split('\r\n\r\n').slice(1).join('\r\n\r\n')).toBe(
      `3\r\nabc\r\n2\r\nde\r\n0\r\n${sent}\r\n`,
    )
    host.receive('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
    expect(client.written).toContain('transfer-encoding: chunked\r\n')
    host.receive('4\r\nwxyz\r\n0\r\nGrpc-Status: 0\r\n\r\n')
    expect(client.written.endsWith(`\r\n\r\n4\r\nwxyz\r\n0\r\n${received}\r\n`)).toBe(true)
  })

  it('passes a response that ends with its connection', () => {
    const fixture = new HttpFixture({ routes: routeAll('c'), clusters: oneHost })
    const client = fixture.connect()
    client.receive(GET)
    const host = fixture.accept()
    host.receive('HTTP/1.0 200 OK\r\n\r\nabc')
    host.receiveEnd()
    expect(client.written.endsWith('\r\n\r\n3\r\nabc\r\n0\r\n\r\n')).toBe(true)
    expect([fixture.log.entries[0]?.status, host.destroyed]).toEqual([200, true])
  })

  it('drops interim responses', () => {
    const fixture = new HttpFixture({ routes: routeAll('c'), clusters: oneHost })
    const client = fixture.connect()
    client.receive(GET)
    fixture
      .accept()
      .receive(`HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n${response(204)}`)
    expect(statuses(client.written)).toEqual([204])
  })

  it('tunnels an upgrade that the manager allows', () => {
    const fixture = new HttpFixture({
      routes: routeAll('c'),
      clusters: oneHost,
      manager: { upgrades: new Set(['websocket']) },
    })
    const client = fixture.connect()
    client.receive('GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    const host = fixture.accept()
    expect(host.written).toContain('upgrade: websocket\r\n')
    expect(host.written).toContain('connection: upgrade\r\n')
    host.receive('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhello')
    client.receive('\x00raw\xff')
    expect(client.takeWritten()).toMatch(
      /^HTTP\/1\.1 101 [\s\S]*connection: upgrade\r\nupgrade: websocket\r\n\r\nhello$/,
    )
    expect(host.written.endsWith('\r\n\r\n\x00raw\xff')).toBe(true)
    host.receiveEnd()
    expect(client.ended).toBe(true)
  })

  it('refuses an upgrade that nobody allows', () => {
    const fixture = new HttpFixture({ routes: routeAll('c'), clusters: oneHost })
    const client = fixture.connect()
    client.receive('GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    expect(fixture.log.entries).toEqual([{ status: 403, flags: [], details: 'upgrade_failed' }])
  })
})

describe('a request that cannot be sent', () => {
  const outcome = (fixture: HttpFixture, request = GET) => {
    const client = fixture.connect()
    client.receive(request)
    return { client, body: () => client.written.slice(client.written.indexOf('\r\n\r\n') + 4) }
  }

  it('gets 404 without a route', () => {
    const fixture = new HttpFixture({ routes: routeConfig([]) })
    outcome(fixture)
    expect(fixture.log.entries).toEqual([{ status: 404, flags: ['NR'], details: 'route_not_found' }])
    expect(fixture.stat('http.test.no_route')).toBe(1)
  })

  it('gets 503 without a cluster', () => {
    const fixture = new HttpFixture({ routes: routeAll('nowhere') })
    outcome(fixture)
    expect(fixture.log.entries).toEqual([{ status: 503, flags: ['NC'], details: 'cluster_not_found' }])
    expect(fixture.stat('http.test.no_cluster')).toBe(1)
  })

  it('gets 503 without a host', () => {
    const fixture = new HttpFixture({ routes: routeAll('c'), clusters: [clusterConfig('c', [])] })
    const { body } = outcome(fixture)
    expect(fixture.log.entries).toEqual([{ status: 503, flags: ['UH'], details: 'no_healthy_upstream' }])
    expect([
      body(),
      fixture.stat('cluster.c.upstream_cx_none_healthy'),
      fixture.stat('cluster.c.upstream_rq_503'),
    ]).toEqual(['no healthy upstream', 1, 1])
  })

  it('gets 503 with the reason when the host refuses', () => {
    const fixture = new HttpFixture({ routes: routeAll('c'), clusters: oneHost })
    const { body } = outcome(fixture)
    fixture.attempts[0]!.refuse('refused', 'cannot connect', 'ECONNREFUSED')
    expect(fixture.log.entries).toEqual([
      {
        status: 503,
        flags: ['UF'],
        details:
          'upstream_reset_before_response_started{remote_connection_failure|delayed_connect_error:_Connection_refused}',
      },
    ])
    expect(body()).toBe(
      'upstream connect error or disconnect/reset before headers. reset reason: remote connection failure',
    )
    expect(fixture.stat('cluster.c.upstream_cx_connect_fail')).toBe(1)
  })

  it('gets 503 when the queue is full, and says that we are overloaded', () => {
    const breaker = { maxConnections: 1, maxPendingRequests: 1, maxRequests: 10, maxRetries: 3 }
    const fixture = new HttpFixture({
      routes: routeAll('c'),
      clusters: [clusterConfig('c', ['10.0.0.1:80'], { circuitBreaker: breaker })],
    })
    outcome(fixture)
    const { client } = outcome(fixture)
    expect(fixture.log.entries).toEqual([
      { status: 503, flags: ['UO'], details: 'upstream_reset_before_response_started{overflow}' },
    ])
    expect(client.written).toContain('x-envoy-overloaded: true\r\n')
    expect(fixture.stat('cluster.c.upstream_rq_pending_overflow')).toBe(1)
    expect(fixture.stat('cluster.c.circuit_breakers.default.rq_pending_open')).toBe(1)
  })

  it('gets 503 when too many requests are under way', () => {
    const breaker = { maxConnections: 10, maxPendingRequests: 10, maxRequests: 1, maxRetries: 3 }
    const fixture = new HttpFixture({
      routes: routeAll('c'),
      clusters: [clusterConfig('c', ['10.0.0.1:80'], { circuitBreaker: breaker })],
    })
    outcome(fixture)
    fixture.accept()
    outcome(fixture)
    expect(fixture.log.entries.map((e) => [e.status, e.flags])).toEqual([[503, ['UO']]])
  })

  it.each<[string, (host: ReturnType<HttpFixture['accept']>) => void, number, string, string]>([
    [
      'the host closes before a response',
      (host) => host.receiveEnd(),
      503,
      'UC',
      'upstream_reset_before_response_started{connection_termination}',
    ],
    [
      'the host resets before a response',
      (host) => host.receiveClose(new Error('')),
      503,
      'UC',
      'upstream_reset_before_response_started{connection_termination}',
    ],
    [
      'the host answers nonsense',
      (host) => host.receive('nonsense nonsense\r\n\r\n'),
      502,
      'UPE',
      'upstream_reset_before_response_started{protocol_error}',
    ],
    [
      'the host smuggles',
      (host) => host.receive('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n'),
      502,
      'UPE',
      'upstream_reset_before_response_started{protocol_error}',
    ],
  ])('gets an answer when %s', (_title, act, status, flag, details) => {
    const fixture = new HttpFixture({ routes: routeAll('c'), clusters: oneHost })
    outcome(fixture)
    const host = fixture.accept()
    act(host)
    expect(fixture.log.entries).toEqual([{ status, flags: [flag], details }])
    expect(host.destroyed || host.closed).toBe(true)
  })

  it('is cut, not completed, when the host fails in the middle of the response', () => {
    const fixture = new HttpFixture({ routes: routeAll('c'), clusters: oneHost })
    const { client } = outcome(fixture)
    const host = fixture.accept()
    host.receive('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf')
    host.receiveEnd()
    expect([client.wasReset, client.ended, client.written.endsWith('half')]).toEqual([false, true, true])
    expect(fixture.log.entries).toEqual([
      { status: 200, flags: ['UPE'], details: 'upstream_reset_after_response_started{protocol_error}' },
    ])
  })

  it('never takes surplus bytes of one response for the next', () => {
    const fixture = new HttpFixture({ routes: routeAll('c'), clusters: oneHost })
    const { client } = outcome(fixture)
    const host = fixture.accept()
    host.receive(response(200, 'a') + response(200, 'evil'))
    expect([statuses(client.written), host.destroyed]).toEqual([[200], true])
    client.receive(GET)
    expect(fixture.attempts.length).toBe(1)
  })
})
describe('timeouts', () => {
  it('answer 504 when the route takes too long, and give up the connection', () => {
    const fixture = new HttpFixture({ routes: routeAll('c', { timeoutMs: 200 }), clusters: oneHost })
    const client = fixture.connect()
    client.receive(GET)
    const host = fixture.accept()
    fixture.clock.advance(199)
    expect(client.written).toBe('')
    fixture.clock.advance(10)
    expect(client.written.endsWith('\r\n\r\nupstream request timeout')).toBe(true)
    expect(fixture.log.entries).toEqual([{ status: 504, flags: ['UT'], details: 'response_timeout' }])
    expect([host.destroyed, fixture.stat('cluster.c.upstream_rq_timeout')]).toEqual([true, 1])
  })

  it('begin when the request is complete', () => {
    const fixture = new HttpFixture({ routes: routeAll('c', { timeoutMs: 200 }), clusters: oneHost })
    const client = fixture.connect()
    client.receive('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n')
    fixture.accept()
    fixture.clock.advance(1000)
    client.receive('x')
    fixture.clock.advance(150)
    expect(client.written).toBe('')
    fixture.clock.advance(100)
    expect(statuses(client.written)).toEqual([504])
  })

  it('of one try lead to the next, within the time of the route', () => {
    const policy = retry({ perTryTimeoutMs: 100 })
    const fixture = new HttpFixture({
      routes: routeAll('c', { timeoutMs: 1000, retryPolicy: policy }),
      clusters: oneHost,
    })
    const client = fixture.connect()
    client.receive(GET)
    const first = fixture.accept()
    fixture.clock.advance(140)
    expect(first.destroyed).toBe(true)
    const second = fixture.accept()
    second.receive(response(200))
    expect(statuses(client.written)).toEqual([200])
    expect(fixture.stat('cluster.c.upstream_rq_per_try_timeout')).toBe(1)
  })

  it('of the last try answer 504', () => {
    const policy = retry({ perTryTimeoutMs: 100, numRetries: 0 })
    const fixture = new HttpFixture({ routes: routeAll('c', { retryPolicy: policy }), clusters: oneHost })
    fixture.connect().receive(GET)
    fixture.clock.advance(110)
    expect(fixture.log.entries).toEqual([
      { status: 504, flags: ['URX', 'UT'], details: 'upstream_per_try_timeout' },
    ])
  })

  it('leave nothing behind after an ordinary exchange', () => {
    const fixture = new HttpFixture({
      routes: routeAll('c', { timeoutMs: 200, retryPolicy: retry({ perTryTimeoutMs: 100 }) }),
      clusters: [
        clusterConfig('c', ['10.0.0.1:80'], {
          http: {
            protocol: 'http1',
            idleTimeoutMs: 0,
            maxRequestsPerConnection: 0,
            maxConnectionDurationMs: undefined,
          },
        }),
      ],
      manager: {
        timeouts: {
          idleMs: 0,
          streamIdleMs: 0,
          requestMs: 100,
          requestHeadersMs: 100,
          maxStreamDurationMs: 100,
          maxConnectionDurationMs: 0,
          drainMs: 0,
          delayedCloseMs: 0,
        },
      },
    })
    const client = fixture.connect()
    client.receive(GET)
    expect(fixture.wheel.size).toBeGreaterThan(0)
    fixture.accept().receive(response(200))
    expect(fixture.wheel.size).toBe(0)
  })
})

describe('routes', () => {
  it('rewrite path and host, and keep the original path for the host', () => {
    const fixture = new HttpFixture({
      routes: routeAll('c', { prefixRewrite: '/new/', hostRewrite: { kind: 'literal', value: 'b.example' } }),
      clusters: oneHost,
    })
    fixture.connect().receive(GET)
    const host = fixture.accept()
    expect(host.written.startsWith('GET /new/p?q HTTP/1.1\r\nhost: b.example\r\n')).toBe(true)
    expect(host.written).toContain('x-envoy-original-path: /p?q\r\n')
  })

  it('answer by themselves', () => {
    const hello = plainRoute('', '', {
      action: { kind: 'direct-response', status: 200, body: Buffer.from('hi') },
    })
    const fixture = new HttpFixture({ routes: routeConfig([virtualHost('v', ['*'], [hello])]) })
    const client = fixture.connect()
    client.receive(GET)
    expect(client.written).toMatch(
      /^HTTP\/1\.1 200 OK\r\ncontent-length: 2\r\ncontent-type: text\/plain\r\n[\s\S]*\r\n\r\nhi$/,
    )
    expect(fixture.log.entries).toEqual([{ status: 200, flags: [], details: 'direct_response' }])
  })

  it('redirect', () => {
    const action = {
      kind: 'redirect',
      status: 302,
      scheme: 'https',
      host: undefined,
      port: undefined,
      path: undefined,
      prefixRewrite: undefined,
      regexRewrite: undefined,
      stripQuery: false,
    } as const
    const fixture = new HttpFixture({
      routes: routeConfig([virtualHost('v', ['*'], [plainRoute('', '', { action })])]),
    })
    const client = fixture.connect()
    client.receive(GET)
    expect(client.written).toContain('HTTP/1.1 302 Found\r\nlocation: https://a.example/p?q\r\n')
  })

  it('want TLS', () => {
    const host = virtualHost('v', ['*'], [plainRoute('', 'c')], { requireTls: 'all' })
    const fixture = new HttpFixture({ routes: routeConfig([host]), clusters: oneHost })
    const client = fixture.connect()
    client.receive(GET)
    expect(client.written).toContain('HTTP/1.1 301 Moved Permanently\r\nlocation: https://a.example/p?q\r\n')
  })

  it('add and remove headers, the most specific first', () => {
    const add = (name: string, value: string) => ({ kind: 'append', name, value, keepEmpty: false }) as const
    const level = (name: string) => ({
      request: [add('x-level', name)],
      response: [add('x-back', name), { kind: 'remove', name: 'x-secret' } as const],
    })
    const route = plainRoute('', 'c', { mutations: level('route'), action: routeAction('c') })
    const fixture = new HttpFixture({
      routes: routeConfig([virtualHost('v', ['*'], [route], { mutations: level('host') })], {
        mutations: level('config'),
      }),
      clusters: oneHost,
    })
    const client = fixture.connect()
    client.receive(GET)
    const host = fixture.accept()
    expect(host.written.match(/x-level: \w+/g)).toEqual([
      'x-level: route',
      'x-level: host',
      'x-level: config',
    ])
    host.receive(response(200, '', 'X-Secret: 1'))
    expect(client.written.match(/x-back: \w+/g)).toEqual(['x-back: route', 'x-back: host', 'x-back: config'])
    expect(client.written).not.toContain('x-secret')
  })
})

describe('backpressure', () => {
  it('stops reading the host while the client does not take the response', () => {
    const fixture = new HttpFixture({ routes: routeAll('c'), clusters: oneHost })
    const client = fixture.connect()
    client.receive(GET)
    const host = fixture.accept()
    client.blocked = true
    host.receive(`HTTP/1.1 200 OK\r\nContent-Length: 40000\r\n\r\n${'x'.repeat(20_000)}`)
    expect(host.paused).toBe(true)
    client.blocked = false
    client.handler.onDrain()
    expect(host.paused).toBe(false)
    host.receive('x'.repeat(20_000))
    expect(fixture.log.entries).toEqual([{ status: 200, flags: [], details: 'via_upstream' }])
  })

  it('stops reading the client while the host does not take the request', () => {
    const fixture = new HttpFixture({ routes: routeAll('c'), clusters: oneHost })
    const client = fixture.connect()
    client.receive('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 40000\r\n\r\n')
    const host = fixture.accept()
    host.blocked = true
    client.receive('x'.repeat(20_000))
    expect(client.paused).toBe(true)
    host.blocked = false
    host.handler.onDrain()
    expect(client.paused).toBe(false)
  })

  it('stops reading a large body while there is no connection', () => {
    const fixture = new HttpFixture({ routes: routeAll('c'), clusters: oneHost })
    const client = fixture.connect()
    client.receive(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n${'x'.repeat(100_000)}`)
    expect(client.paused).toBe(true)
    const host = fixture.accept()
    expect(client.paused).toBe(false)
    client.receive('y'.repeat(100_000))
    expect(host.written.endsWith(`${'x'.repeat(100_000)}${'y'.repeat(100_000)}`)).toBe(true)
  })
})

it('gives up the upstream request when the client goes away', () => {
  const fixture = new HttpFixture({ routes: routeAll('c'), clusters: oneHost })
  const client = fixture.connect()
  client.receive(GET)
  const host = fixture.accept()
  client.receiveClose(new Error('gone'))
  expect(host.destroyed).toBe(true)
  expect(fixture.log.entries).toEqual([{ status: 0, flags: ['DC'], details: 'downstream_remote_disconnect' }])
  expect(fixture.stat('http.test.downstream_rq_active')).toBe(0)
  expect(fixture.stat('http.test.downstream_cx_active')).toBe(0)
  expect(fixture.stat('cluster.c.upstream_rq_active')).toBe(0)
})
