import { describe, expect, it } from 'vitest'
import { clusterConfig } from '../../../test/support/cluster-configs.ts'
import { HttpFixture, response, statuses } from '../../../test/support/http-fixture.ts'
import { routeAll } from '../../../test/support/route-configs.ts'
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
const twoHosts = [clusterConfig('c', ['10.0.0.1:80', '10.0.0.2:80'])]

describe('retries', () => {
  it('tries another host after a refused connection, then gives its answer', () => {
    const fixture = new HttpFixture({
      routes: routeAll('c', { retryPolicy: retry() }),
      clusters: twoHosts,
      random: () => 0,
    })
    const client = fixture.connect()
    client.receive(GET)
    const first = fixture.attempts.shift()!
    first.refuse()
    fixture.clock.advance(30)
    const second = fixture.attempts.shift()!
    expect([first.target, second.target]).toEqual([
      { host: '10.0.0.1', port: 80 },
      { host: '10.0.0.2', port: 80 },
    ])
    second.accept().receive(response(200, 'ok'))
    expect(statuses(client.written)).toEqual([200])
    expect(fixture.stat('cluster.c.upstream_rq_retry')).toBe(1)
    expect(fixture.stat('cluster.c.upstream_rq_retry_success')).toBe(1)
    expect(fixture.stat('cluster.c.circuit_breakers.default.rq_retry_open')).toBe(0)
    expect(fixture.log.streams[0]!.upstreamAttemptCount).toBe(2)
  })

  it('gives the last answer with URX when the limit is reached', () => {
    const fixture = new HttpFixture({ routes: routeAll('c', { retryPolicy: retry() }), clusters: oneHost })
    const client = fixture.connect()
    client.receive(GET)
    for (let i = 0; i < 3; i++) {
      fixture.accept().receive(response(503, 'busy'))
      fixture.clock.advance(300)
    }
    expect(client.written.endsWith('busy')).toBe(true)
    expect(fixture.log.entries).toEqual([{ status: 503, flags: ['URX'], details: 'via_upstream' }])
    expect(fixture.stat('cluster.c.upstream_rq_retry_limit_exceeded')).toBe(1)
    expect(fixture.stat('cluster.c.upstream_rq_503')).toBe(1)
    expect(fixture.stat('cluster.c.retry.upstream_rq_503')).toBe(2)
  })

  it('sends a body again that it has kept', () => {
    const fixture = new HttpFixture({ routes: routeAll('c', { retryPolicy: retry() }), clusters: oneHost })
    const client = fixture.connect()
    client.receive('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc')
    const first = fixture.accept()
    client.receive('def')
    first.receiveEnd()
    fixture.clock.advance(300)
    const second = fixture.accept()
    expect(second.written.endsWith('\r\n\r\nabcdef')).toBe(true)
    second.receive(response(200))
    expect(statuses(client.written)).toEqual([200])
  })

  it('does not retry when the body grew beyond what is kept', () => {
    const fixture = new HttpFixture({
      routes: routeAll('c', { retryPolicy: retry() }),
      clusters: oneHost,
      bufferLimitBytes: 10,
    })
    const client = fixture.connect()
    client.receive(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\n`)
    const host = fixture.accept()
    client.receive('x'.repeat(20))
    host.receive(response(503, 'busy'))
    expect(statuses(client.written)).toEqual([503])
  })

  it.each([
    // Host 1; the back-off; host 1 four times more, then host 2.
    ['as often as the policy says', 5, [0, 0, 0, 0, 0, 0, 0.9], '10.0.0.2'],
    ['once more, by default', 1, [0, 0, 0, 0.9], '10.0.0.2'],
    ['and then takes what there is', 1, [0, 0, 0, 0, 0.9], '10.0.0.1'],
  ])('avoids hosts that were tried: it chooses again %s', (_title, hostSelectionMaxAttempts, draws, host) => {
    const policy = retry({ avoidPreviousHosts: true, hostSelectionMaxAttempts })
    let n = 0
    const random = () => draws[n++] ?? 0.9
    const clusters = [clusterConfig('c', ['10.0.0.1:80', '10.0.0.2:80'], { loadBalancer: 'random' })]
    const fixture = new HttpFixture({ routes: routeAll('c', { retryPolicy: policy }), clusters, random })
    const client = fixture.connect()
    client.receive(GET)
    fixture.attempts.shift()!.refuse()
    fixture.clock.advance(300)
    expect(fixture.attempts[0]!.target).toEqual({ host, port: 80 })
  })

  it('sends a GET again when a reused connection turns out to be closed, without any policy', () => {
    const fixture = new HttpFixture({ routes: routeAll('c'), clusters: oneHost })
    const client = fixture.connect()
    client.receive(GET)
    const first = fixture.accept()
    first.receive(response(200, 'a'))
    client.receive(GET)
    first.receiveClose(new Error('reset'))
    const second = fixture.accept()
    second.receive(response(200, 'b'))
    expect(statuses(client.written)).toEqual([200, 200])
    expect(fixture.stat('cluster.c.upstream_rq_replay')).toBe(1)
  })

  it('does not send a POST again by itself: it might be done twice', () => {
    const fixture = new HttpFixture({ routes: routeAll('c'), clusters: oneHost })
    const client = fixture.connect()
    client.receive(GET)
    const host = fixture.accept()
    host.receive(response(200, 'a'))
    client.receive('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx')
    host.receiveEnd()
    expect(statuses(client.written)).toEqual([200, 503])
  })

  it('obeys retry headers of the request only where they are trusted', () => {
    const fixture = new HttpFixture({ routes: routeAll('c'), clusters: oneHost })
    const client = fixture.connect()
    client.receive('GET / HTTP/1.1\r\nHost: a\r\nX-Envoy-Retry-On: 5xx\r\nX-Envoy-Max-Retries: 3\r\n\r\n')
    const host = fixture.accept()
    host.receive(response(503))
    expect(statuses(client.written)).toEqual([503])
    expect(host.written).not.toContain('x-envoy-retry-on')
  })
})
