import { expect, it } from 'vitest'
import { clusterConfig } from '../../../test/support/cluster-configs.ts'
import { ManualClock } from '../../../test/support/fake-clock.ts'
import { filterContext } from '../../../test/support/filter-context.ts'
import { HttpFixture, statuses } from '../../../test/support/http-fixture.ts'
import { plainRoute, routeConfig, virtualHost } from '../../../test/support/route-configs.ts'
import { StatsStore } from '../../telemetry/stats.ts'
import { type FaultMessage, fault } from './fault.ts'

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const always = { numerator: 100 }

function setUp(general: FaultMessage, ofRoute?: FaultMessage, random = 0.5) {
  const clock = new ManualClock()
  const stats = new StatsStore()
  const factory = fault.compile(
    general,
    filterContext('envoy.filters.http.fault', { clock, stats, random: () => random }),
  )
  const filterConfigs = new Map<string, unknown>()
  if (ofRoute !== undefined) filterConfigs.set('envoy.filters.http.fault', fault.compileRouteConfig!(ofRoute))
  const routes = routeConfig([virtualHost('v', ['*'], [plainRoute('', 'c', { filterConfigs })])])
  const fixture = new HttpFixture({
    routes,
    clusters: [clusterConfig('c', ['10.0.0.1:80'])],
    filters: [factory],
  })
  const count = (name: string) => {
    const stat = stats.find(`http.test.fault.${name}`)
    return stat === undefined || stat.kind === 'histogram' ? -1 : stat.metric.value
  }
  return { clock, fixture, count }
}

it('aborts with the status of the route', () => {
  const { fixture, count } = setUp({}, { abort: { httpStatus: 418, percentage: always } })
  const client = fixture.connect()
  client.receive(GET)
  expect(client.written.endsWith('\r\n\r\nfault filter abort')).toBe(true)
  expect(fixture.log.entries).toEqual([{ status: 418, flags: ['FI'], details: 'fault_filter_abort' }])
  expect([count('aborts_injected'), count('active_faults'), fixture.attempts.length]).toEqual([1, 0, 0])
})

it('by gRPC status answers what is not gRPC with 200', () => {
  const { fixture } = setUp({ abort: { grpcStatus: 14, percentage: always } })
  const [plain, grpc] = [fixture.connect(), fixture.connect()]
  plain.receive(GET)
  expect(statuses(plain.written)).toEqual([200])
  expect(plain.written).not.toContain('grpc-status')
  grpc.receive('POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc\r\nContent-Length: 0\r\n\r\n')
  expect(grpc.written).toContain('\r\ngrpc-status: 14\r\n')
})

it('delays, then sends the request on', () => {
  const { fixture, clock, count } = setUp({
    delay: { fixedDelay: { seconds: 2, nanos: 500_000_000 }, percentage: always },
  })
  fixture.connect().receive(GET)
  clock.advance(2499)
  expect([fixture.attempts.length, count('active_faults')]).toEqual([0, 1])
  clock.advance(1)
  expect([fixture.attempts.length, count('delays_injected')]).toEqual([1, 1])
})

it('delays and then aborts where both are asked for', () => {
  const delay = { fixedDelay: { seconds: 1 }, percentage: always }
  const { fixture, clock } = setUp({}, { delay, abort: { httpStatus: 503, percentage: always } })
  const client = fixture.connect()
  client.receive(GET)
  expect(client.written).toBe('')
  clock.advance(1000)
  expect(statuses(client.written)).toEqual([503])
  expect(fixture.log.entries[0]!.flags).toEqual(['DI', 'FI'])
})

it.each([
  [{ numerator: 49 }, []],
  [{ numerator: 51 }, [500]],
  [{ numerator: 5001, denominator: 'TEN_THOUSAND' }, [500]],
  [undefined, []],
])('aborts the share %j of the requests', (percentage, expected) => {
  const { fixture } = setUp({ abort: { httpStatus: 500, percentage } })
  const client = fixture.connect()
  client.receive(GET)
  expect(statuses(client.written)).toEqual(expected)
})

it('stops its timer when the client goes away', () => {
  const { fixture, clock, count } = setUp({ delay: { fixedDelay: { seconds: 9 }, percentage: always } })
  const client = fixture.connect()
  client.receive(GET)
  client.receiveClose(new Error('gone'))
  expect([clock.pendingTimers, count('active_faults')]).toEqual([0, 0])
})

it('aborts no more requests at a time than it may', () => {
  const { fixture, count } = setUp({
    delay: { fixedDelay: { seconds: 9 }, percentage: always },
    maxActiveFaults: { value: 1 },
  })
  fixture.connect().receive(GET)
  fixture.connect().receive(GET)
  expect([fixture.attempts.length, count('faults_overflow')]).toEqual([1, 1])
})

it.each<[object, string, string]>([
  [{ headers: [{ name: 'x' }] }, 'PROXY_UNSUPPORTED_FIELD', 'headers'],
  [{ responseRateLimit: {} }, 'PROXY_UNSUPPORTED_FIELD', 'response_rate_limit'],
  [{ abort: {} }, 'PROXY_INVALID_CONFIG', 'abort.http_status'],
  [{ abort: { httpStatus: 99 } }, 'PROXY_INVALID_CONFIG', 'abort.http_status'],
  [{ delay: {} }, 'PROXY_INVALID_CONFIG', 'delay.fixed_delay'],
])('refuses %j, naming the field', (message, code, where) => {
  expect(() => fault.compile(message, filterContext('f'))).toThrow(expect.objectContaining({ code, where }))
})
