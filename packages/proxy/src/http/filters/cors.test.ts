import { describe, expect, it } from 'vitest'
import { clusterConfig } from '../../../test/support/cluster-configs.ts'
import { filterContext } from '../../../test/support/filter-context.ts'
import { HttpFixture, response } from '../../../test/support/http-fixture.ts'
import { plainRoute, routeConfig, virtualHost } from '../../../test/support/route-configs.ts'
import { type CorsPolicyMessage, cors } from './cors.ts'

const policy: CorsPolicyMessage = {
  allowOriginStringMatch: [{ exact: 'https://a.example' }, { suffix: '.b.example' }],
  allowMethods: 'GET, PUT',
  allowHeaders: 'x-a',
  exposeHeaders: 'x-b',
  maxAge: '600',
  allowCredentials: { value: true },
}

function setUp(message: CorsPolicyMessage = policy) {
  const context = filterContext('envoy.filters.http.cors')
  const filterConfigs = new Map([[context.filterName, cors.compileRouteConfig!(message)]])
  const fixture = new HttpFixture({
    routes: routeConfig([virtualHost('v', ['*'], [plainRoute('', 'c', { filterConfigs })])]),
    clusters: [clusterConfig('c', ['10.0.0.1:80'])],
    filters: [cors.compile({}, context)],
  })
  const client = fixture.connect()
  const send = (method: string, ...fields: string[]) =>
    client.receive(`${[`${method} / HTTP/1.1`, 'Host: a', ...fields].join('\r\n')}\r\n\r\n`)
  const fields = () =>
    [...client.written.matchAll(/(access-control-[a-z-]+: .*)\r\n/g)].map((match) => match[1])
  return { fixture, client, send, fields, context }
}

describe('a preflight', () => {
  it('of an allowed origin is answered', () => {
    const { fixture, send, fields } = setUp()
    send('OPTIONS', 'Origin: https://x.b.example', 'Access-Control-Request-Method: PUT')
    expect(fixture.log.entries).toEqual([{ status: 200, flags: [], details: 'cors_response' }])
    expect(fields().sort()).toEqual([
      'access-control-allow-credentials: true',
      'access-control-allow-headers: x-a',
      'access-control-allow-methods: GET, PUT',
      'access-control-allow-origin: https://x.b.example',
      'access-control-expose-headers: x-b',
      'access-control-max-age: 600',
    ])
  })

  it('of another origin goes on to the host, unless the policy answers it', () => {
    const going = setUp()
    going.send('OPTIONS', 'Origin: https://evil.example', 'Access-Control-Request-Method: PUT')
    expect([
      going.fixture.attempts.length,
      going.context.stats!.counter('http.test.cors.origin_invalid').value,
    ]).toEqual([1, 1])
    const answered = setUp({ ...policy, forwardNotMatchingPreflights: { value: false } })
    answered.send('OPTIONS', 'Origin: https://evil.example', 'Access-Control-Request-Method: PUT')
    // No origin is allowed in it: the browser takes it for a refusal.
    expect([answered.fixture.attempts.length, answered.fields()]).toEqual([
      0,
      [
        'access-control-allow-credentials: true',
        'access-control-allow-methods: GET, PUT',
        'access-control-allow-headers: x-a',
        'access-control-max-age: 600',
      ],
    ])
  })
})

describe('a request', () => {
  it('of an allowed origin gets the headers on its response', () => {
    const { fixture, send, fields } = setUp()
    send('GET', 'Origin: https://a.example')
    fixture.accept().receive(response(200, 'x', 'Access-Control-Allow-Origin: *'))
    expect(fields()).toEqual([
      'access-control-allow-origin: https://a.example',
      'access-control-allow-credentials: true',
      'access-control-expose-headers: x-b',
    ])
  })

  it.each([
    ['another origin', 'Origin: https://a.example.evil'],
    ['no origin', 'X-None: 1'],
  ])('with %s gets none', (_title, field) => {
    const { fixture, send, fields } = setUp()
    send('GET', field)
    fixture.accept().receive(response(200, 'x'))
    expect(fields()).toEqual([])
  })
})

it('refuses an origin rule that says nothing', () => {
  expect(() => cors.compileRouteConfig!({ allowOriginStringMatch: [{}] })).toThrow(
    expect.objectContaining({ code: 'PROXY_INVALID_CONFIG', where: 'allow_origin_string_match[0]' }),
  )
})
