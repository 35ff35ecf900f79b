import { describe, expect, it } from 'vitest'
import { clusterConfig } from '../../test/support/cluster-configs.ts'
import { HttpFixture, response } from '../../test/support/http-fixture.ts'
import { createCallout } from './callout.ts'
import type { CalloutFailure, CalloutRequest, CalloutResponse } from './filter.ts'

function fixtureWithCallout(overrides: Parameters<typeof clusterConfig>[2] = {}) {
  const clusters = [clusterConfig('authz', ['10.0.0.1:80'], overrides), clusterConfig('empty', [])]
  const fixture = new HttpFixture({ routes: undefined, clusters })
  const callout = createCallout({ clusters: fixture.clusters, clock: fixture.clock })
  const outcomes: unknown[] = []
  const call = (request: Partial<CalloutRequest> = {}) =>
    callout(
      {
        cluster: 'authz',
        headers: [
          [':method', 'POST'],
          [':path', '/check'],
          [':authority', 'authz'],
        ],
        body: new Uint8Array(0),
        timeoutMs: 100,
        ...request,
      },
      (outcome) => outcomes.push(readable(outcome)),
    )
  return { fixture, call, outcomes }
}

function readable(outcome: CalloutResponse | CalloutFailure): unknown {
  return 'failure' in outcome ? outcome : { ...outcome, body: Buffer.from(outcome.body).toString() }
}

describe('a callout', () => {
  it('sends one request and gives back its response', () => {
    const { fixture, call, outcomes } = fixtureWithCallout()
    call({ body: Buffer.from('who?'), headers: [...BASE, ['x-a', 'b'], ['content-length', '99']] })
    const host = fixture.accept()
    expect(host.written).toBe(
      'POST /check HTTP/1.1\r\nhost: authz\r\nx-a: b\r\ncontent-length: 4\r\nx-envoy-internal: true\r\nx-envoy-expected-rq-timeout-ms: 100\r\n\r\nwho?',
    )
    host.receive('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Who: alice\r\n\r\nal')
    expect(outcomes).toEqual([])
    host.receive('ice')
    const headers = [
      ['content-length', '5'],
      ['x-who', 'alice'],
      ['x-envoy-upstream-service-time', '0'],
    ]
    expect(outcomes).toEqual([{ status: 200, headers, body: 'alice' }])
    expect(fixture.stat('cluster.authz.upstream_rq_200')).toBe(1)
    expect(fixture.stat('cluster.authz.upstream_rq_active')).toBe(0)
    fixture.clock.advance(1000)
    expect(outcomes).toHaveLength(1)
  })

  it('uses the connections of the cluster again', () => {
    const { fixture, call, outcomes } = fixtureWithCallout()
    call()
    const host = fixture.accept()
    host.receive(response(204))
    call()
    expect(fixture.attempts).toEqual([])
    host.receive(response(200, 'x'))
    expect(outcomes).toMatchObject([{ status: 204 }, { status: 200, body: 'x' }])
  })

  it.each([
    ['a cluster that does not exist', 'nowhere', 'unknown-cluster'],
    ['a cluster without hosts', 'empty', 'no-healthy-upstream'],
  ])('fails at once for %s', (_title, cluster, failure) => {
    const { call, outcomes } = fixtureWithCallout()
    call({ cluster })
    expect(outcomes).toEqual([{ failure }])
  })

  it('answers 503 as the router does when the host cannot be reached, or goes before its response', () => {
    const { fixture, call, outcomes } = fixtureWithCallout()
    call()
    fixture.attempts.shift()!.refuse('refused', 'connection refused')
    call()
    fixture.accept().receiveClose()
    const beginning = 'upstream connect error or disconnect/reset before headers. reset reason: '
    expect(outcomes).toMatchObject([
      { status: 503, body: expect.stringContaining(`${beginning}remote connection failure`) },
      { status: 503, body: `${beginning}connection termination` },
    ])
  })

  it('fails when the host goes in the middle of its response', () => {
    const { fixture, call, outcomes } = fixtureWithCallout()
    call()
    const host = fixture.accept()
    host.receive('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nal')
    host.receiveClose()
    expect(outcomes).toEqual([{ failure: 'reset' }])
    expect(fixture.stat('cluster.authz.upstream_rq_active')).toBe(0)
  })

  it('fails when it takes too long, and closes the connection', () => {
    const { fixture, call, outcomes } = fixtureWithCallout()
    call()
    const host = fixture.accept()
    fixture.clock.advance(99)
    expect(outcomes).toEqual([])
    fixture.clock.advance(1)
    expect(outcomes).toEqual([{ failure: 'timeout' }])
    expect(host.destroyed || host.wasReset).toBe(true)
    expect(fixture.stat('cluster.authz.upstream_rq_timeout')).toBe(1)
  })

  it('fails when the response is larger than 1 MiB', () => {
    const { fixture, call, outcomes } = fixtureWithCallout()
    call()
    const host = fixture.accept()
    host.receive(`HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n${'x'.repeat(1_100_000)}`)
    expect(outcomes).toEqual([{ failure: 'reset' }])
  })

  it('calls nobody back once it was cancelled, waiting or under way', () => {
    const { fixture, call, outcomes } = fixtureWithCallout()
    call().cancel()
    const second = call()
    const host = fixture.attempts.at(-1)!.accept()
    second.cancel()
    second.cancel()
    host.receive(response(200))
    fixture.clock.advance(1000)
    expect(outcomes).toEqual([])
    expect(fixture.stat('cluster.authz.upstream_rq_active')).toBe(0)
  })

  it('answers 503 when the circuit breaker of the cluster is open', () => {
    const circuitBreaker = { maxConnections: 1, maxPendingRequests: 1, maxRequests: 0, maxRetries: 0 }
    const { call, outcomes } = fixtureWithCallout({ circuitBreaker })
    call()
    expect(outcomes).toMatchObject([{ status: 503, body: expect.stringContaining('reset reason: overflow') }])
  })
})

const BASE: [string, string][] = [
  [':method', 'POST'],
  [':path', '/check'],
  [':authority', 'authz'],
]
