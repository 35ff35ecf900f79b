import { describe, expect, it } from 'vitest'
import { requestHeaders, responseHeaders } from '../../../test/support/headers.ts'
import { StatsStore } from '../../telemetry/stats.ts'
import { CircuitBreaker } from '../../upstream/circuit-breaker.ts'
import { ClusterStats } from '../../upstream/cluster-stats.ts'
import type { UpstreamReset } from '../codec/stream-codec.ts'
import { isRetriableReset, isRetriableResponse, RetryState, retryPolicyOf } from './retry-state.ts'
import type { RetryCondition, RetryPolicy } from './route-config.ts'
import { requestTimeouts } from './timeout.ts'

const policy = (retryOn: RetryCondition[], over: Partial<RetryPolicy> = {}): RetryPolicy => ({
  retryOn: new Set(retryOn),
  numRetries: 2,
  perTryTimeoutMs: 0,
  retriableStatusCodes: new Set([418]),
  backOffBaseMs: 25,
  backOffMaxMs: 250,
  avoidPreviousHosts: false,
  hostSelectionMaxAttempts: 1,
  ...over,
})

describe('a response', () => {
  it.each<[RetryCondition[], number, [string, string][], boolean]>([
    [['5xx'], 500, [], true],
    [['5xx'], 404, [], false],
    [['5xx'], 200, [], false],
    [['gateway-error'], 500, [], false],
    [['gateway-error'], 502, [], true],
    [['gateway-error'], 504, [], true],
    [['gateway-error'], 505, [], false],
    [['retriable-4xx'], 409, [], true],
    [['retriable-4xx'], 404, [], false],
    [['retriable-status-codes'], 418, [], true],
    [['connect-failure'], 418, [], false],
    [['unavailable'], 200, [['grpc-status', '14']], true],
    [['unavailable'], 200, [['grpc-status', '13']], false],
    [['5xx'], 503, [['x-envoy-overloaded', 'true']], true],
    [['5xx'], 503, [['x-envoy-ratelimited', 'true']], false],
    [['envoy-ratelimited'], 429, [['x-envoy-ratelimited', 'true']], true],
  ])('under %j with status %i and %j is retried: %s', (retryOn, status, fields, expected) => {
    expect(isRetriableResponse(policy(retryOn), responseHeaders(status, fields))).toBe(expected)
  })
})

describe('a broken try', () => {
  it.each<[RetryCondition[], UpstreamReset, boolean, boolean]>([
    [['connect-failure'], 'remote_connection_failure', false, true],
    [['connect-failure'], 'connection_timeout', false, true],
    [['connect-failure'], 'connection_termination', true, false],
    [['reset'], 'connection_termination', true, true],
    [['5xx'], 'connection_termination', true, true],
    [['gateway-error'], 'protocol_error', true, true],
    [['reset-before-request'], 'connection_termination', false, true],
    [['reset-before-request'], 'connection_termination', true, false],
    [['5xx', 'reset'], 'overflow', false, false],
    [['retriable-status-codes'], 'connection_termination', true, false],
  ])('under %j with %s (sent: %s) is retried: %s', (retryOn, reason, sent, expected) => {
    expect(isRetriableReset(policy(retryOn), reason, sent)).toBe(expected)
  })
})

describe('retry headers', () => {
  it('widen the policy of the route and are consumed', () => {
    const headers = requestHeaders('/', [
      ['x-envoy-retry-on', 'reset, nonsense'],
      ['x-envoy-retry-grpc-on', 'cancelled'],
      ['x-envoy-max-retries', '5'],
      ['x-envoy-retriable-status-codes', '425,x'],
    ])
    expect(retryPolicyOf(policy(['5xx']), headers)).toEqual(
      policy(['5xx', 'reset', 'cancelled'], { numRetries: 5, retriableStatusCodes: new Set([418, 425]) }),
    )
    expect(headers.size).toBe(0)
  })

  it('make a policy where the route has none, with one retry', () => {
    const made = retryPolicyOf(undefined, requestHeaders('/', [['x-envoy-retry-on', '5xx']]))
    expect([made?.numRetries, [...made!.retryOn]]).toEqual([1, ['5xx']])
  })

  it('without a condition do nothing', () => {
    expect(retryPolicyOf(undefined, requestHeaders('/', [['x-envoy-max-retries', '9']]))).toBeUndefined()
  })
})

describe('RetryState', () => {
  const setUp = (maxRetries: number, over: Partial<RetryPolicy> = {}) => {
    const store = new StatsStore()
    const scope = store.scope('cluster', 'c')
    const limits = { maxConnections: 9, maxPendingRequests: 9, maxRequests: 9, maxRetries }
    const breaker = new CircuitBreaker(limits, scope)
    const value = (name: string) => store.counter(`cluster.c.${name}`).value
    const create = () => new RetryState(policy(['5xx'], over), new ClusterStats(scope), breaker)
    return { breaker, value, create }
  }

  it('allows as many retries as the policy says, then tells that the limit is reached', () => {
    const { create, value, breaker } = setUp(3)
    const state = create()
    expect([state.next(), state.next(), state.next(), state.retries]).toEqual(['retry', 'retry', 'limit', 2])
    expect([
      value('upstream_rq_retry'),
      value('upstream_rq_retry_limit_exceeded'),
      breaker.retries.active,
    ]).toEqual([2, 1, 0])
  })

  it('respects the circuit breaker, which counts retries under way', () => {
    const { create, value } = setUp(1)
    const [first, second] = [create(), create()]
    expect([first.next(), second.next()]).toEqual(['retry', 'overflow'])
    first.succeeded()
    expect([second.next(), value('upstream_rq_retry_overflow'), value('upstream_rq_retry_success')]).toEqual([
      'retry',
      1,
      1,
    ])
  })

  it('waits longer each time, up to a limit, with jitter', () => {
    const { create } = setUp(9, { numRetries: 6 })
    const state = create()
    const waits: number[] = []
    for (let i = 0; i < 6; i++) {
      state.next()
      waits.push(state.backOffMs(() => 0.5))
    }
    expect(waits).toEqual([12.5, 25, 50, 100, 125, 125])
  })
})

it.each<[number, number, [string, string][], { globalMs: number; perTryMs: number }]>([
  [15_000, 0, [], { globalMs: 15_000, perTryMs: 0 }],
  [15_000, 200, [], { globalMs: 15_000, perTryMs: 200 }],
  [15_000, 20_000, [], { globalMs: 15_000, perTryMs: 0 }],
  [0, 200, [], { globalMs: 0, perTryMs: 200 }],
  [15_000, 0, [['x-envoy-upstream-rq-timeout-ms', '30']], { globalMs: 30, perTryMs: 0 }],
  [15_000, 0, [['x-envoy-upstream-rq-timeout-ms', 'soon']], { globalMs: 15_000, perTryMs: 0 }],
  [15_000, 0, [['x-envoy-upstream-rq-per-try-timeout-ms', '40']], { globalMs: 15_000, perTryMs: 40 }],
])('route timeout %i, per try %i, headers %j', (route, perTry, fields, expected) => {
  const headers = requestHeaders('/', fields)
  expect(requestTimeouts({ timeoutMs: route }, policy([], { perTryTimeoutMs: perTry }), headers)).toEqual(
    expected,
  )
  expect(headers.size).toBe(0)
})
