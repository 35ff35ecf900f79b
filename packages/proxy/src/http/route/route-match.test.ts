import { compileRegex, compileStringMatch } from '@batten/core'
import { describe, expect, it } from 'vitest'
import { requestHeaders } from '../../../test/support/headers.ts'
import { plainRoute, routeMatch, virtualHost } from '../../../test/support/route-configs.ts'
import { redirectLocation } from './redirect.ts'
import { rewritePath } from './rewrite.ts'
import type { RedirectAction, RouteMatch } from './route-config.ts'
import { findRoute } from './route-match.ts'
import { VirtualHostTable } from './virtual-host-match.ts'
import { chooseCluster } from './weighted.ts'

const match = (rule: Partial<RouteMatch>, path: string, fields: [string, string][] = [], random = 0.5) => {
  const route = plainRoute('r', 'cluster', { match: routeMatch(rule) })
  return findRoute(virtualHost('v', ['*'], [route]), requestHeaders(path, fields), () => random) !== undefined
}

const header = (over: object) => ({
  headers: [{ name: 'x-a', value: undefined, invert: false, treatMissingAsEmpty: false, ...over }],
})
const exactly = (text: string) => compileStringMatch({ exact: text })

describe('a route matches', () => {
  it.each<[string, Partial<RouteMatch>, string, [string, string][], boolean]>([
    ['a prefix', { path: { kind: 'prefix', value: '/api' } }, '/apis?x', [], true],
    ['a prefix, not the query', { path: { kind: 'prefix', value: '/a?b' } }, '/a?b', [], false],
    [
      'a prefix in another case only if allowed',
      { path: { kind: 'prefix', value: '/API' } },
      '/api',
      [],
      false,
    ],
    [
      'a prefix in another case',
      { path: { kind: 'prefix', value: '/API' }, caseSensitive: false },
      '/api',
      [],
      true,
    ],
    ['an exact path, query aside', { path: { kind: 'exact', value: '/a' } }, '/a?b=c', [], true],
    ['an exact path only', { path: { kind: 'exact', value: '/a' } }, '/a/', [], false],
    ['a separated prefix itself', { path: { kind: 'path-separated-prefix', value: '/a' } }, '/a', [], true],
    [
      'a separated prefix with more',
      { path: { kind: 'path-separated-prefix', value: '/a' } },
      '/a/b',
      [],
      true,
    ],
    [
      'a separated prefix, not a longer word',
      { path: { kind: 'path-separated-prefix', value: '/a' } },
      '/ab',
      [],
      false,
    ],
    ['a regex on the whole path', { path: { kind: 'regex', regex: compileRegex('/a.') } }, '/ab?c', [], true],
    ['a regex not on a part', { path: { kind: 'regex', regex: compileRegex('/a') } }, '/ab', [], false],
    ['a header that is there', header({}), '/', [['x-a', '']], true],
    ['a header that is not there', header({}), '/', [], false],
    ['the absence of a header', header({ invert: true }), '/', [], true],
    ['a value', header({ value: exactly('1') }), '/', [['x-a', '1']], true],
    [
      'one of repeated values, never the joined text',
      header({ value: exactly('2') }),
      '/',
      [
        ['x-a', '1'],
        ['x-a', '2'],
      ],
      true,
    ],
    [
      'not the joined text',
      header({ value: exactly('1,2') }),
      '/',
      [
        ['x-a', '1'],
        ['x-a', '2'],
      ],
      false,
    ],
    [
      'inverted: no value may match',
      header({ value: exactly('2'), invert: true }),
      '/',
      [
        ['x-a', '1'],
        ['x-a', '2'],
      ],
      false,
    ],
    ['inverted: another value', header({ value: exactly('2'), invert: true }), '/', [['x-a', '1']], true],
    ['inverted: not a missing header', header({ value: exactly('2'), invert: true }), '/', [], false],
    [
      'inverted: a missing header that counts as empty',
      header({ value: exactly('2'), invert: true, treatMissingAsEmpty: true }),
      '/',
      [],
      true,
    ],
    [
      'a range, end excluded',
      header({ value: { rangeStart: 1, rangeEnd: 10 } }),
      '/',
      [['x-a', '10']],
      false,
    ],
    [
      'a range, start included',
      header({ value: { rangeStart: 1, rangeEnd: 10 } }),
      '/',
      [['x-a', '1']],
      true,
    ],
    [
      'a range with numbers only',
      header({ value: { rangeStart: 0, rangeEnd: 10 } }),
      '/',
      [['x-a', '1a']],
      false,
    ],
    [
      'a method',
      { headers: [{ name: ':method', value: exactly('GET'), invert: false, treatMissingAsEmpty: false }] },
      '/',
      [],
      true,
    ],
    [
      'a query parameter that is there',
      { queryParameters: [{ name: 'a', value: undefined }] },
      '/?b&a',
      [],
      true,
    ],
    [
      'the first of repeated query parameters',
      { queryParameters: [{ name: 'a', value: exactly('2') }] },
      '/?a=1&a=2',
      [],
      false,
    ],
    [
      'a query value as it is encoded',
      { queryParameters: [{ name: 'a', value: exactly('x%20y') }] },
      '/?a=x%20y',
      [],
      true,
    ],
    ['gRPC', { grpcOnly: true }, '/', [['content-type', 'application/grpc+proto']], true],
    ['gRPC, not gRPC-Web', { grpcOnly: true }, '/', [['content-type', 'application/grpc-web']], false],
  ])('%s', (_title, rule, path, fields, expected) => {
    expect(match(rule, path, fields)).toBe(expected)
  })

  it('a share of the requests', () => {
    expect([match({ fraction: 0.3 }, '/', [], 0.29), match({ fraction: 0.3 }, '/', [], 0.3)]).toEqual([
      true,
      false,
    ])
  })

  it('first come, first served', () => {
    const host = virtualHost(
      'v',
      ['*'],
      [
        plainRoute('one', 'a', { match: routeMatch({ path: { kind: 'prefix', value: '/x' } }) }),
        plainRoute('two', 'b'),
        plainRoute('three', 'c'),
      ],
    )
    const found = ['/x', '/y'].map((path) => findRoute(host, requestHeaders(path), () => 0)?.name)
    expect(found).toEqual(['one', 'two'])
  })

  it('CONNECT by its own matcher only', () => {
    const headers = requestHeaders('')
    headers.method = 'CONNECT'
    const host = virtualHost(
      'v',
      ['*'],
      [
        plainRoute('path', 'a'),
        plainRoute('connect', 'b', { match: routeMatch({ path: { kind: 'connect' } }) }),
      ],
    )
    expect(findRoute(host, headers, () => 0)?.name).toBe('connect')
  })
})

it('finds virtual hosts by exact name, longest suffix, longest prefix, then any', () => {
  const hosts = ['a.b.c', '*.b.c', '*.c', 'a.*', '*'].map((domain) => virtualHost(domain, [domain], []))
  const table = new VirtualHostTable(hosts, false)
  const found = ['A.b.c', 'x.b.c', 'x.c', 'a.x', 'q', 'a.b.c:80'].map((name) => table.find(name)?.name)
  expect(found).toEqual(['a.b.c', '*.b.c', '*.c', 'a.*', '*', 'a.*'])
  expect(new VirtualHostTable(hosts, true).find('a.b.c:80')?.name).toBe('a.b.c')
})

it.each([
  [0, 'v1'],
  [0.09, 'v1'],
  [0.1, 'v3'],
  [0.999, 'v3'],
])('chooses among weighted clusters: %f gives %s', (random, name) => {
  const entry = (cluster: string, weight: number) => ({
    name: cluster,
    weight,
    mutations: undefined,
    hostRewrite: undefined,
    filterConfigs: new Map(),
  })
  const { action } = plainRoute('r', '', {})
  if (action.kind !== 'route') throw new Error('not a route')
  const entries = [entry('v1', 10), entry('v2', 0), entry('v3', 90)]
  const weighted = { ...action, cluster: { kind: 'weighted', entries, totalWeight: 100 } as const }
  expect(chooseCluster(weighted, requestHeaders('/'), () => random).name).toBe(name)
})

it.each<
  [string, Partial<RouteMatch>, string | undefined, [string, string] | undefined, string, string | undefined]
>([
  ['a prefix', { path: { kind: 'prefix', value: '/a/' } }, '/', undefined, '/a/b?c', '/b?c'],
  [
    'a separated prefix as Envoy does, double slash included',
    { path: { kind: 'path-separated-prefix', value: '/root' } },
    '/',
    undefined,
    '/root/a',
    '//a',
  ],
  ['an exact path as a whole', { path: { kind: 'exact', value: '/a' } }, '/z', undefined, '/a?q', '/z?q'],
  ['by regex, query untouched', {}, undefined, ['/(.*)/x', '/\\1/y'], '/a/x?/x', '/a/y?/x'],
  ['nothing without a rule', {}, undefined, undefined, '/a', undefined],
])('rewrites %s', (_title, rule, prefixRewrite, regex, path, expected) => {
  const regexRewrite =
    regex === undefined ? undefined : { regex: compileRegex(regex[0]), substitution: regex[1] }
  expect(rewritePath({ prefixRewrite, regexRewrite }, routeMatch(rule), path)).toBe(expected)
})

const redirect: RedirectAction = {
  kind: 'redirect',
  status: 301,
  scheme: undefined,
  host: undefined,
  port: undefined,
  path: undefined,
  prefixRewrite: undefined,
  regexRewrite: undefined,
  stripQuery: false,
}

it.each<[string, Partial<RedirectAction>, string, boolean, string]>([
  ['to https, default port dropped', { scheme: 'https' }, 'a.b:80', false, 'https://a.b/old?q=1'],
  ['to https, other port kept', { scheme: 'https' }, 'a.b:8080', false, 'https://a.b:8080/old?q=1'],
  ['to another host', { host: 'c.d' }, 'a.b', false, 'http://c.d/old?q=1'],
  ['to another port', { port: 8443 }, 'a.b:80', true, 'https://a.b:8443/old?q=1'],
  ['to another path, query kept', { path: '/new' }, 'a.b', false, 'http://a.b/new?q=1'],
  ['to a path with a query of its own', { path: '/new?z' }, 'a.b', false, 'http://a.b/new?z'],
  [
    'with a path over TLS the explicit port stays',
    { path: '/new' },
    'a.b:443',
    true,
    'https://a.b:443/new?q=1',
  ],
  ['without the query', { stripQuery: true }, 'a.b', false, 'http://a.b/old'],
])('redirects %s', (_title, over, authority, isTls, location) => {
  const headers = requestHeaders('/old?q=1')
  headers.authority = authority
  headers.scheme = isTls ? 'https' : 'http'
  headers.set('x-forwarded-proto', headers.scheme)
  expect(redirectLocation({ ...redirect, ...over }, headers)).toBe(location)
})
