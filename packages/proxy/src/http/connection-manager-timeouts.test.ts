import { describe, expect, it } from 'vitest'
import { clusterConfig } from '../../test/support/cluster-configs.ts'
import { HttpFixture, response, statuses } from '../../test/support/http-fixture.ts'
import {
  managerConfig,
  plainRoute,
  routeAction,
  routeAll,
  routeConfig,
  virtualHost,
} from '../../test/support/route-configs.ts'
import type { HttpConnectionManagerConfig } from './connection-manager-config.ts'

const clusters = [clusterConfig('c', ['10.0.0.1:80'])]
const timeouts = (over: Partial<HttpConnectionManagerConfig['timeouts']>) => ({
  ...managerConfig(undefined).timeouts,
  ...over,
})

function setUp(manager: Partial<HttpConnectionManagerConfig> = {}) {
  return new HttpFixture({ routes: routeAll('c'), clusters, manager })
}

describe('time', () => {
  const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
  it.each<
    [
      string,
      Partial<HttpConnectionManagerConfig['timeouts']>,
      string,
      number,
      number,
      string,
      string[],
      string,
    ]
  >([
    [
      'a head that does not become complete',
      { requestHeadersMs: 100 },
      'GET / HTT',
      110,
      408,
      'request_header_timeout',
      [],
      'downstream_rq_header_timeout',
    ],
    [
      'a head, by the idle time of streams',
      { streamIdleMs: 100 },
      'GET / HTT',
      130,
      408,
      'stream_idle_timeout',
      ['SI'],
      'downstream_rq_idle_timeout',
    ],
    [
      'a head, by the time for requests',
      { requestMs: 100 },
      'GET / HTT',
      110,
      408,
      'request_overall_timeout',
      [],
      'downstream_rq_timeout',
    ],
    [
      'a body that stalls',
      { streamIdleMs: 100 },
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab',
      130,
      408,
      'stream_idle_timeout',
      ['SI'],
      'downstream_rq_idle_timeout',
    ],
    [
      'a body that takes too long',
      { requestMs: 100 },
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab',
      110,
      408,
      'request_overall_timeout',
      [],
      'downstream_rq_timeout',
    ],
    [
      'a host that is silent',
      { streamIdleMs: 100 },
      GET,
      130,
      504,
      'stream_idle_timeout',
      ['SI'],
      'downstream_rq_idle_timeout',
    ],
    [
      'an exchange that takes too long',
      { maxStreamDurationMs: 100 },
      GET,
      110,
      504,
      'max_duration_timeout',
      [],
      'downstream_rq_max_duration_reached',
    ],
  ])('ends %s', (_title, over, bytes, afterMs, status, details, flags, counter) => {
    const fixture = setUp({ timeouts: timeouts(over) })
    const client = fixture.connect()
    client.receive(bytes)
    fixture.clock.advance(99)
    expect(client.written).toBe('')
    fixture.clock.advance(afterMs - 99)
    expect(fixture.log.entries).toEqual([{ status, flags, details }])
    expect([statuses(client.written), fixture.stat(`http.test.${counter}`)]).toEqual([[status], 1])
  })

  it('does not end a body that keeps coming', () => {
    const fixture = setUp({ timeouts: timeouts({ streamIdleMs: 100 }) })
    const client = fixture.connect()
    client.receive('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n')
    for (let i = 0; i < 10; i++) {
      fixture.clock.advance(90)
      client.receive('x')
    }
    expect(client.written).toBe('')
  })

  it('cuts a response that stalls, because it has begun', () => {
    const fixture = setUp({ timeouts: timeouts({ streamIdleMs: 100 }) })
    const client = fixture.connect()
    client.receive(GET)
    fixture.accept().receive('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab')
    fixture.clock.advance(300)
    expect([client.wasReset, client.ended, fixture.log.entries]).toEqual([
      false,
      true,
      [{ status: 200, flags: ['SI'], details: 'stream_idle_timeout' }],
    ])
  })

  it('of a route replaces the idle time of the manager', () => {
    const fixture = new HttpFixture({
      routes: routeConfig([
        virtualHost('v', ['*'], [plainRoute('', 'c', { action: routeAction('c', { idleTimeoutMs: 50 }) })]),
      ]),
      clusters,
    })
    fixture.connect().receive(GET)
    fixture.clock.advance(80)
    expect(fixture.log.entries[0]?.details).toBe('stream_idle_timeout')
  })

  it('without requests closes a connection, after a time in which one more is still answered', () => {
    const fixture = setUp({ timeouts: timeouts({ idleMs: 1000, drainMs: 500 }) })
    const client = fixture.connect()
    fixture.clock.advance(1300)
    expect([client.destroyed, fixture.stat('http.test.downstream_cx_idle_timeout')]).toEqual([false, 1])
    client.receive(GET)
    fixture.accept().receive(response(200))
    expect([client.written.includes('connection: close'), client.ended]).toEqual([true, true])
    const other = fixture.connect()
    fixture.clock.advance(2000)
    expect(other.destroyed).toBe(true)
  })

  it('for requests is not that for responses', () => {
    const fixture = setUp({ timeouts: timeouts({ requestMs: 100 }) })
    const client = fixture.connect()
    client.receive(GET)
    fixture.clock.advance(500)
    const host = fixture.accept()
    host.receive(response(200, 'late'))
    client.receive('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab')
    host.receive('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nno')
    fixture.clock.advance(500)
    expect([statuses(client.written), fixture.stat('http.test.downstream_rq_timeout')]).toEqual([
      [200, 200],
      0,
    ])
  })

  it.each([
    ['a head that is not complete', 'GET / HTT', 408],
    ['a request that is not complete', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab', 408],
    ['a request that is complete', GET, 504],
  ])('for a stream ends %s', (_title, bytes, status) => {
    const fixture = setUp({ timeouts: timeouts({ maxStreamDurationMs: 100 }) })
    const client = fixture.connect()
    client.receive(bytes)
    fixture.clock.advance(110)
    expect(fixture.log.entries).toEqual([{ status, flags: [], details: 'max_duration_timeout' }])
    expect(client.written.endsWith('downstream duration timeout')).toBe(true)
  })

  it('of a connection ends it behind a response that had begun', () => {
    const fixture = setUp({ timeouts: timeouts({ maxConnectionDurationMs: 100, drainMs: 50 }) })
    const client = fixture.connect()
    client.receive(GET)
    const host = fixture.accept()
    host.receive('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab')
    fixture.clock.advance(200)
    expect(client.ended).toBe(false)
    host.receive('cd')
    expect([client.written.endsWith('abcd'), client.ended]).toEqual([true, true])
  })

  it('of a connection ends it with the next response', () => {
    const fixture = setUp({ timeouts: timeouts({ maxConnectionDurationMs: 100 }) })
    const client = fixture.connect()
    client.receive(GET)
    fixture.clock.advance(110)
    fixture.accept().receive(response(200))
    expect([client.written.includes('connection: close'), client.ended]).toEqual([true, true])
    expect(fixture.stat('http.test.downstream_cx_max_duration_reached')).toBe(1)
  })
})
