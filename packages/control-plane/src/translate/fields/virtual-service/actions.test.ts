import type { Destination, HTTPRedirect, HTTPRewrite, HTTPRoute, HTTPRouteDestination } from '@batten/api'
import { describe, expect, it } from 'vitest'
import { corsPolicyToHttpCors } from './cors-policy.ts'
import { destinationToCluster } from './destination.ts'
import { directResponseToAction } from './direct-response.ts'
import { faultToHttpFault } from './fault.ts'
import { headersToMutations } from './headers.ts'
import { mirrorsToPolicies } from './mirror.ts'
import { redirectToRedirectAction } from './redirect.ts'
import { rewriteToRouteAction } from './rewrite.ts'
import { routeToTarget } from './route.ts'
import { timeoutToDuration } from './timeout.ts'

const clusterOf = ({ host, subset }: Destination) => `${host}/${subset ?? ''}`
const all = (numerator: number) => ({ numerator, denominator: 'MILLION' })

describe('routeToTarget', () => {
  it.each<[string, readonly HTTPRouteDestination[], unknown]>([
    [
      'sends everything to the only destination',
      [{ destination: { host: 'a' }, weight: 7 }],
      { cluster: 'a/' },
    ],
    [
      'splits by weight',
      [
        { destination: { host: 'a', subset: 'v1' }, weight: 90 },
        { destination: { host: 'a', subset: 'v2' }, weight: 30 },
      ],
      {
        weightedClusters: {
          clusters: [
            { name: 'a/v1', weight: { value: 90 } },
            { name: 'a/v2', weight: { value: 30 } },
          ],
        },
      },
    ],
    [
      'leaves out destinations without weight',
      [
        { destination: { host: 'a' }, weight: 100 },
        { destination: { host: 'b' }, weight: 0 },
        { destination: { host: 'c' } },
      ],
      { weightedClusters: { clusters: [{ name: 'a/', weight: { value: 100 } }] } },
    ],
    [
      'changes headers for one destination',
      [{ destination: { host: 'a' }, headers: { request: { set: { x: '1', Host: 'b' } } } }],
      {
        weightedClusters: {
          clusters: [
            {
              name: 'a/',
              weight: { value: 100 },
              requestHeadersToAdd: [
                { header: { key: 'x', value: '1' }, appendAction: 'OVERWRITE_IF_EXISTS_OR_ADD' },
              ],
              hostRewriteLiteral: 'b',
            },
          ],
        },
      },
    ],
  ])('%s', (_title, destinations, expected) => {
    expect(routeToTarget(destinations, clusterOf)).toEqual(expected)
  })
})

describe('destinationToCluster', () => {
  const services: Readonly<Record<string, { ports: { number: number }[] }>> = {
    'one.shop.svc.cluster.local': { ports: [{ number: 8080 }] },
    'two.shop.svc.cluster.local': { ports: [{ number: 80 }, { number: 81 }] },
  }
  const context = (listenerPort: number, isGateway: boolean) => ({
    namespace: 'shop',
    domainSuffix: 'cluster.local',
    listenerPort,
    isGateway,
    service: (hostname: string) => services[hostname] as never,
  })
  it.each<[string, Destination, number, boolean, string]>([
    [
      'the port it names',
      { host: 'one', port: { number: 1 } },
      9,
      false,
      'outbound|1||one.shop.svc.cluster.local',
    ],
    ['the listener port for a sidecar', { host: 'one' }, 9, false, 'outbound|9||one.shop.svc.cluster.local'],
    ['the only port for a gateway', { host: 'one' }, 9, true, 'outbound|8080||one.shop.svc.cluster.local'],
    [
      'the listener port of several for a gateway',
      { host: 'two' },
      81,
      true,
      'outbound|81||two.shop.svc.cluster.local',
    ],
    [
      'the only port for the HTTP proxy listener',
      { host: 'one' },
      0,
      false,
      'outbound|8080||one.shop.svc.cluster.local',
    ],
    ['a full name', { host: 'x.example.com', subset: 'v1' }, 80, false, 'outbound|80|v1|x.example.com'],
  ])('takes %s', (_title, destination, listenerPort, isGateway, expected) => {
    expect(destinationToCluster(destination, context(listenerPort, isGateway))).toBe(expected)
  })
})

describe('rewriteToRouteAction', () => {
  it.each<[HTTPRewrite | undefined, unknown]>([
    [undefined, {}],
    [{ uri: '/' }, { prefixRewrite: '/' }],
    [
      { uri: '/b', authority: 'c' },
      { prefixRewrite: '/b', hostRewriteLiteral: 'c' },
    ],
    [
      { uriRegexRewrite: { match: '/a(.*)', rewrite: '\\1' } },
      { regexRewrite: { pattern: { regex: '/a(.*)' }, substitution: '\\1' } },
    ],
  ])('%j', (rewrite, expected) => {
    expect(rewriteToRouteAction(rewrite)).toEqual(expected)
  })
})

describe('redirectToRedirectAction', () => {
  it.each<[HTTPRedirect, unknown]>([
    [{ uri: '/a' }, { responseCode: 'MOVED_PERMANENTLY', pathRedirect: '/a' }],
    [
      { authority: 'b', scheme: 'https', redirectCode: 308 },
      { responseCode: 'PERMANENT_REDIRECT', hostRedirect: 'b', schemeRedirect: 'https' },
    ],
    [
      { prefixRewrite: '/c', redirectCode: 303 },
      { responseCode: 'SEE_OTHER', prefixRewrite: '/c' },
    ],
    [{ port: 8443 }, { responseCode: 'MOVED_PERMANENTLY', portRedirect: 8443 }],
    [{ derivePort: 'FROM_REQUEST_PORT' }, { responseCode: 'MOVED_PERMANENTLY', portRedirect: 9080 }],
    [
      { derivePort: 'FROM_PROTOCOL_DEFAULT', scheme: 'https' },
      { responseCode: 'MOVED_PERMANENTLY', schemeRedirect: 'https', portRedirect: 443 },
    ],
    [
      { uri: '/d', derivePort: 'FROM_PROTOCOL_DEFAULT' },
      { responseCode: 'MOVED_PERMANENTLY', pathRedirect: '/d' },
    ],
  ])('%j', (redirect, expected) => {
    expect(redirectToRedirectAction(redirect, 9080)).toEqual(expected)
  })
})

describe('directResponseToAction', () => {
  it('gives status and body', () => {
    expect(directResponseToAction({ status: 204 })).toEqual({ status: 204 })
    expect(directResponseToAction({ status: 200, body: { string: 'hi' } })).toEqual({
      status: 200,
      body: { inlineString: 'hi' },
    })
    expect(directResponseToAction({ status: 200, body: { bytes: 'AQI=' } })).toEqual({
      status: 200,
      body: { inlineBytes: new Uint8Array([1, 2]) },
    })
  })
})

describe('timeoutToDuration', () => {
  it('has no limit unless one is set', () => {
    expect(timeoutToDuration(undefined)).toEqual({ seconds: 0 })
    expect(timeoutToDuration('1.5s')).toEqual({ seconds: 1, nanos: 500_000_000 })
  })
})

describe('headersToMutations', () => {
  it('sets, adds and removes in both directions, and takes Host for the authority', () => {
    expect(
      headersToMutations({
        request: { set: { ':authority': 'a', b: '1' }, add: { c: '2' }, remove: ['d'] },
        response: { add: { e: '3' }, remove: ['f'] },
      }),
    ).toEqual({
      requestHeadersToAdd: [
        { header: { key: 'b', value: '1' }, appendAction: 'OVERWRITE_IF_EXISTS_OR_ADD' },
        { header: { key: 'c', value: '2' }, appendAction: 'APPEND_IF_EXISTS_OR_ADD' },
      ],
      requestHeadersToRemove: ['d'],
      responseHeadersToAdd: [{ header: { key: 'e', value: '3' }, appendAction: 'APPEND_IF_EXISTS_OR_ADD' }],
      responseHeadersToRemove: ['f'],
      hostRewriteLiteral: 'a',
    })
    expect(headersToMutations(undefined)).toEqual({})
  })
})

describe('faultToHttpFault', () => {
  it.each<[string, HTTPRoute['fault'], unknown]>([
    ['nothing', undefined, undefined],
    ['an empty fault', {}, undefined],
    [
      'a delay of all requests',
      { delay: { fixedDelay: '7s' } },
      { delay: { fixedDelay: { seconds: 7 }, percentage: all(1_000_000) } },
    ],
    [
      'an abort of a few',
      { abort: { httpStatus: 555, percentage: { value: 0.001 } } },
      { abort: { httpStatus: 555, percentage: all(10) } },
    ],
    [
      'a gRPC status',
      { abort: { grpcStatus: 'UNAVAILABLE', percentage: { value: 50 } } },
      { abort: { grpcStatus: 14, percentage: all(500_000) } },
    ],
    ['what Envoy cannot do', { delay: { exponentialDelay: '1s' } }, undefined],
  ])('translates %s', (_title, fault, expected) => {
    expect(faultToHttpFault(fault)).toEqual(expected)
  })
})

describe('mirrorsToPolicies', () => {
  const policy = (cluster: string, millionths: number) => ({
    cluster,
    runtimeFraction: { defaultValue: all(millionths) },
    traceSampled: { value: false },
    disableShadowHostSuffixAppend: true,
  })
  it.each<[string, HTTPRoute, unknown]>([
    ['nothing', {}, []],
    ['all requests', { mirror: { host: 'a' } }, [policy('a/', 1_000_000)]],
    ['a share', { mirror: { host: 'a' }, mirrorPercentage: { value: 12.5 } }, [policy('a/', 125_000)]],
    ['a share in the old field', { mirror: { host: 'a' }, mirrorPercent: 10 }, [policy('a/', 100_000)]],
    ['no requests at all', { mirror: { host: 'a' }, mirrorPercentage: { value: 0 } }, []],
    [
      'to several',
      { mirrors: [{ destination: { host: 'a' } }, { destination: { host: 'b' }, percentage: { value: 1 } }] },
      [policy('a/', 1_000_000), policy('b/', 10_000)],
    ],
  ])('mirrors %s', (_title, route, expected) => {
    expect(mirrorsToPolicies(route, clusterOf)).toEqual(expected)
  })
})

describe('corsPolicyToHttpCors', () => {
  it('gives every field of the policy', () => {
    expect(
      corsPolicyToHttpCors({
        allowOrigins: [{ exact: 'https://a' }, {}],
        allowOrigin: ['https://b'],
        allowMethods: ['GET', 'PUT'],
        maxAge: '90s',
        allowCredentials: false,
        unmatchedPreflights: 'IGNORE',
      }),
    ).toEqual({
      allowOriginStringMatch: [{ exact: 'https://a' }, { exact: 'https://b' }],
      allowMethods: 'GET,PUT',
      allowHeaders: '',
      exposeHeaders: '',
      maxAge: '90',
      allowCredentials: { value: false },
      forwardNotMatchingPreflights: { value: false },
      filterEnabled: { defaultValue: { numerator: 100 } },
    })
    expect(corsPolicyToHttpCors(undefined)).toBeUndefined()
  })
})
