import { describe, expect, it } from 'vitest'
import { clusterConfig } from '../../../test/support/cluster-configs.ts'
import { UpstreamFixture } from '../../../test/support/upstream-fixture.ts'
import type { ClusterConfig } from '../cluster-config.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'
const breaker = (over: Partial<ClusterConfig['circuitBreaker']>) => ({
  maxConnections: 10,
  maxPendingRequests: 10,
  maxRequests: 10,
  maxRetries: 3,
  ...over,
})
const http = (over: Partial<ClusterConfig['http']>): ClusterConfig['http'] => ({
  protocol: 'http1',
  idleTimeoutMs: 0,
  maxRequestsPerConnection: 0,
  maxConnectionDurationMs: undefined,
  ...over,
})

function setUp(over: Partial<ClusterConfig> = {}) {
  const fixture = new UpstreamFixture()
  fixture.clusters.apply(clusterConfig('c', ['10.0.0.1:80'], { http: http({}), ...over }))
  const host = fixture.clusters.get('c')!.hosts[0]!
  return { fixture, host }
}

it('connects once for each request that waits, and keeps connections for the next', () => {
  const { fixture, host } = setUp()
  const [first, second] = [fixture.acquire('c'), fixture.acquire('c')]
  expect([fixture.attempts.length, fixture.stat('cluster.c.upstream_rq_pending_active')]).toEqual([2, 2])
  const transports = fixture.attempts.splice(0).map((attempt) => attempt.accept())
  for (const waiter of [first, second]) waiter.send()
  for (const transport of transports) transport.receive(OK)
  expect(host.pool!.idleCount).toBe(2)
  const third = fixture.acquire('c')
  // The connection used last is used first.
  expect([third.connection === second.connection, fixture.attempts.length]).toEqual([true, 0])
  expect([
    fixture.stat('cluster.c.upstream_cx_total'),
    fixture.stat('cluster.c.upstream_cx_active'),
    host.counts.cxActive,
  ]).toEqual([2, 2, 2])
})

it('gives a connection that becomes free to who waits longest', () => {
  const { fixture } = setUp({ circuitBreaker: breaker({ maxConnections: 1 }) })
  const first = fixture.acquire('c')
  const transport = fixture.attempts.shift()!.accept()
  first.send()
  const [second, third] = [fixture.acquire('c'), fixture.acquire('c')]
  expect([fixture.attempts.length, fixture.stat('cluster.c.upstream_cx_overflow')]).toEqual([0, 2])
  transport.receive(OK)
  expect([second.connection !== undefined, third.connection]).toEqual([true, undefined])
  second.send()
  transport.receive(OK)
  expect(third.connection).toBeDefined()
})

it('refuses who would wait when too many wait already', () => {
  const { fixture } = setUp({ circuitBreaker: breaker({ maxPendingRequests: 1 }) })
  fixture.acquire('c')
  expect(fixture.acquire('c').failure).toBe('overflow')
  expect([
    fixture.stat('cluster.c.upstream_rq_pending_overflow'),
    fixture.stat('cluster.c.circuit_breakers.default.rq_pending_open'),
  ]).toEqual([1, 1])
})

it.each([
  ['refused', 'remote_connection_failure', 0],
  ['timeout', 'connection_timeout', 1],
] as const)('fails who waits when the connection ends with %s', (reason, failure, timeouts) => {
  const { fixture, host } = setUp()
  const [first, second] = [fixture.acquire('c'), fixture.acquire('c')]
  fixture.attempts.shift()!.fail(reason)
  // One connection is still being made: one may go on waiting.
  expect([first.failure, second.failure]).toEqual([failure, undefined])
  fixture.attempts.shift()!.fail(reason)
  expect(second.failure).toBe(failure)
  expect([
    fixture.stat('cluster.c.upstream_cx_connect_fail'),
    fixture.stat('cluster.c.upstream_cx_connect_timeout'),
    fixture.stat('cluster.c.upstream_cx_active'),
    host.counts.cxConnectFail,
  ]).toEqual([2, 2 * timeouts, 0, 2])
})

it('forgets who gives up waiting, and keeps the connection that was made for it', () => {
  const { fixture, host } = setUp()
  const waiter = fixture.acquire('c')
  expect(host.pool!.cancel(waiter)).toBe(true)
  expect(host.pool!.cancel(waiter)).toBe(false)
  fixture.attempts.shift()!.accept()
  expect([waiter.connection, host.pool!.idleCount, fixture.stat('cluster.c.upstream_rq_cancelled')]).toEqual([
    undefined,
    1,
    1,
  ])
})

describe('a connection is given up', () => {
  const idleOne = (over: Partial<ClusterConfig>) => {
    const { fixture, host } = setUp(over)
    const waiter = fixture.acquire('c')
    const transport = fixture.attempts.shift()!.accept()
    waiter.send()
    transport.receive(OK)
    return { fixture, host, transport }
  }

  it('when its host closes it', () => {
    const { fixture, host, transport } = idleOne({})
    transport.receiveEnd()
    transport.receiveClose()
    expect([
      host.pool!.idleCount,
      fixture.stat('cluster.c.upstream_cx_active'),
      fixture.stat('cluster.c.upstream_cx_destroy_remote'),
    ]).toEqual([0, 0, 1])
    fixture.acquire('c')
    expect(fixture.attempts.length).toBe(1)
  })

  it('after it was idle for its time', () => {
    const { fixture, transport } = idleOne({ http: http({ idleTimeoutMs: 1000 }) })
    fixture.clock.advance(990)
    expect(transport.destroyed).toBe(false)
    fixture.clock.advance(1000)
    expect([transport.destroyed, fixture.stat('cluster.c.upstream_cx_idle_timeout')]).toEqual([true, 1])
  })

  it('not while it is used again and again', () => {
    const { fixture, transport } = idleOne({ http: http({ idleTimeoutMs: 1000 }) })
    for (let i = 0; i < 5; i++) {
      fixture.clock.advance(700)
      fixture.acquire('c').send()
      transport.receive(OK)
    }
    expect(transport.destroyed).toBe(false)
  })

  it('after it carried as many requests as it may', () => {
    const { fixture, transport } = idleOne({ http: http({ maxRequestsPerConnection: 2 }) })
    expect(transport.destroyed).toBe(false)
    fixture.acquire('c').send()
    transport.receive(OK)
    expect([transport.destroyed, fixture.stat('cluster.c.upstream_cx_max_requests')]).toEqual([true, 1])
  })

  it('when it is old, but not before its exchange is over', () => {
    const { fixture, transport } = idleOne({ http: http({ maxConnectionDurationMs: 1000 }) })
    fixture.acquire('c').send()
    fixture.clock.advance(1100)
    expect(transport.destroyed).toBe(false)
    transport.receive(OK)
    expect([transport.destroyed, fixture.stat('cluster.c.upstream_cx_max_duration_reached')]).toEqual([
      true,
      1,
    ])
  })
})
