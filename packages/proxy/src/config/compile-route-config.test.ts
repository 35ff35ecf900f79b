import { BattenError } from '@batten/core'
import { messageFromJson } from '@batten/xds'
import { describe, expect, it } from 'vitest'
import { recordingEnvironment } from '../../test/support/compile-environment.ts'
import { configErrorText } from '../errors.ts'
import { compileFilterConfigs } from './compile-http-filters.ts'
import { compileRouteConfig } from './compile-route-config.ts'
import { FieldPath } from './field-path.ts'

function compile(json: object) {
  const environment = recordingEnvironment()
  return compileRouteConfig(
    messageFromJson('envoy.config.route.v3.RouteConfiguration', { name: 'r', ...json }),
    {
      values: environment.headerValues,
      filterConfigs: (configs, at) => compileFilterConfigs(configs, environment, at),
    },
    FieldPath.of('route configuration', 'r'),
  )
}

const host = (routes: object[], more: object = {}) => ({
  virtual_hosts: [{ name: 'v', domains: ['*'], routes, ...more }],
})

function routeOf(route: object) {
  return compile(host([{ match: { prefix: '/' }, ...route }])).config.virtualHosts[0]!.routes[0]!
}

function refusal(json: object): string {
  try {
    compile(json)
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(BattenError)
    return configErrorText(thrown)
  }
  throw new Error('it was not refused')
}

const tag = (header: string) => ({
  '@type': 'type.googleapis.com/xds.type.v3.TypedStruct',
  type_url: 'type.googleapis.com/test.Tag',
  value: { header },
})

describe('compileRouteConfig', () => {
  it("gives a route that says little Envoy's defaults", () => {
    const route = routeOf({ route: { cluster: 'a' } })
    expect(route).toMatchObject({
      name: '',
      match: {
        path: { kind: 'prefix', value: '/' },
        caseSensitive: true,
        headers: [],
        queryParameters: [],
        fraction: undefined,
        grpcOnly: false,
      },
      mutations: undefined,
      metadata: {},
      operation: undefined,
    })
    expect(route.action).toEqual({
      kind: 'route',
      cluster: { kind: 'name', name: 'a' },
      clusterNotFoundStatus: 503,
      prefixRewrite: undefined,
      regexRewrite: undefined,
      hostRewrite: undefined,
      appendsForwardedHost: false,
      timeoutMs: 15_000,
      idleTimeoutMs: undefined,
      maxStreamDurationMs: undefined,
      retryPolicy: undefined,
      upgrades: new Set(),
      metadataMatch: undefined,
    })
  })

  it('compiles the route that Istio sends: retries, host predicate, decorator, timeout off', () => {
    const route = routeOf({
      name: 'default',
      decorator: { operation: 'reviews.default.svc.cluster.local:9080/*' },
      metadata: { filter_metadata: { istio: { config: '/apis/x' } } },
      route: {
        cluster: 'outbound|9080||reviews',
        timeout: '0s',
        max_grpc_timeout: '0s',
        retry_policy: {
          retry_on: 'connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes',
          num_retries: 2,
          retry_host_predicate: [
            {
              name: 'envoy.retry_host_predicates.previous_hosts',
              typed_config: {
                '@type':
                  'type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate',
              },
            },
          ],
          host_selection_retry_max_attempts: 5,
          retriable_status_codes: [503],
        },
      },
    })
    expect(route.operation).toBe('reviews.default.svc.cluster.local:9080/*')
    expect(route.action).toMatchObject({
      timeoutMs: 0,
      retryPolicy: {
        retryOn: new Set([
          'connect-failure',
          'refused-stream',
          'unavailable',
          'cancelled',
          'retriable-status-codes',
        ]),
        numRetries: 2,
        perTryTimeoutMs: 0,
        retriableStatusCodes: new Set([503]),
        backOffBaseMs: 25,
        backOffMaxMs: 250,
        avoidPreviousHosts: true,
        hostSelectionMaxAttempts: 5,
      },
    })
  })

  it('compiles matches on headers and query parameters, old forms and new', () => {
    const { match } = compile(
      host([
        {
          match: {
            safe_regex: { regex: '/v[0-9]+/.*' },
            case_sensitive: false,
            headers: [
              { name: 'End-User', string_match: { exact: 'jason' } },
              { name: 'a', prefix_match: 'x', invert_match: true },
              { name: 'b', present_match: false },
              { name: 'c', range_match: { start: 1, end: 5 } },
              { name: 'd' },
            ],
            query_parameters: [
              { name: 'q', string_match: { contains: 'z', ignore_case: true } },
              { name: 'p', present_match: true },
            ],
            runtime_fraction: { default_value: { numerator: 25 } },
          },
          direct_response: { status: 204 },
        },
      ]),
    ).config.virtualHosts[0]!.routes[0]!
    expect(match.path.kind === 'regex' && match.path.regex.matches('/v1/x')).toBe(true)
    expect(match.caseSensitive).toBe(false)
    expect(match.fraction).toBe(0.25)
    expect(match.headers.map(({ name, invert }) => [name, invert])).toEqual([
      ['end-user', false],
      ['a', true],
      ['b', true],
      ['c', false],
      ['d', false],
    ])
    expect(match.headers[3]!.value).toEqual({ rangeStart: 1, rangeEnd: 5 })
    const [query] = match.queryParameters
    expect(query!.value!.matches('aZb')).toBe(true)
    expect(match.queryParameters[1]!.value).toBeUndefined()
  })

  it('compiles weighted clusters, redirects and direct responses', () => {
    const { config, clusters } = compile(
      host([
        {
          match: { path: '/w' },
          route: {
            weighted_clusters: {
              clusters: [
                { name: 'v1', weight: 90 },
                { name: 'v2', weight: 10, host_rewrite_literal: 'h', response_headers_to_remove: ['X-A'] },
              ],
            },
          },
        },
        {
          match: { path_separated_prefix: '/r' },
          redirect: {
            https_redirect: true,
            port_redirect: 8443,
            prefix_rewrite: '/x',
            response_code: 'FOUND',
            strip_query: true,
          },
        },
        { match: { prefix: '/' }, direct_response: { status: 502, body: { inline_string: 'no' } } },
      ]),
    )
    const [weighted, redirect, direct] = config.virtualHosts[0]!.routes
    expect(weighted!.action).toMatchObject({
      cluster: {
        kind: 'weighted',
        totalWeight: 100,
        entries: [
          { name: 'v1', weight: 90, hostRewrite: undefined, mutations: undefined },
          {
            name: 'v2',
            weight: 10,
            hostRewrite: 'h',
            mutations: { request: [], response: [{ kind: 'remove', name: 'x-a' }] },
          },
        ],
      },
    })
    expect(redirect!.action).toEqual({
      kind: 'redirect',
      status: 302,
      scheme: 'https',
      host: undefined,
      port: 8443,
      path: undefined,
      prefixRewrite: '/x',
      regexRewrite: undefined,
      stripQuery: true,
    })
    expect(direct!.action).toEqual({ kind: 'direct-response', status: 502, body: Buffer.from('no') })
    expect([...clusters]).toEqual(['v1', 'v2'])
  })

  it('finds virtual hosts by domain: exact, suffix, prefix, any, the port ignored if asked', () => {
    const hosts = {
      virtual_hosts: [
        { name: 'exact', domains: ['A.com'] },
        { name: 'suffix', domains: ['*.com', '*-x.com'] },
        { name: 'prefix', domains: ['a.*'] },
        { name: 'any', domains: ['*'] },
      ],
    }
    const find = (json: object, authority: string) => compile(json).config.findVirtualHost(authority)?.name
    expect(find(hosts, 'a.COM')).toBe('exact')
    expect(find(hosts, 'b.com')).toBe('suffix')
    expect(find(hosts, 'a.org')).toBe('prefix')
    expect(find(hosts, 'a.com:80')).toBe('prefix')
    expect(find({ ...hosts, ignore_port_in_host_matching: true }, 'a.com:80')).toBe('exact')
    expect(find(hosts, 'z')).toBe('any')
  })

  it('merges filter configurations, the most specific one first', () => {
    const { config } = compile({
      typed_per_filter_config: { f: tag('route configuration'), g: tag('g') },
      ...host(
        [
          { match: { prefix: '/a' }, route: { cluster: 'a' }, typed_per_filter_config: { f: tag('route') } },
          { match: { prefix: '/' }, route: { cluster: 'a' } },
        ],
        { typed_per_filter_config: { f: tag('host') } },
      ),
    })
    const [first, second] = config.virtualHosts[0]!.routes
    expect(Object.fromEntries(first!.filterConfigs)).toEqual({ f: 'route', g: 'g' })
    expect(Object.fromEntries(second!.filterConfigs)).toEqual({ f: 'host', g: 'g' })
  })

  it('compiles header mutations with the older append flag as well', () => {
    const route = routeOf({
      route: { cluster: 'a' },
      request_headers_to_add: [
        { header: { key: 'A', value: '1' }, append: false },
        { header: { key: 'B', value: '2' }, append: true },
        { header: { key: 'C', value: '3' }, append_action: 'ADD_IF_ABSENT' },
        {
          header: { key: 'D', value: '' },
          append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
          keep_empty_value: true,
        },
      ],
      request_headers_to_remove: ['E'],
    })
    expect(route.mutations!.request).toEqual([
      { kind: 'remove', name: 'e' },
      { kind: 'overwrite', name: 'a', value: '1', keepEmpty: false },
      { kind: 'overwrite', name: 'd', value: '', keepEmpty: true },
      { kind: 'append-if-exists-or-add', name: 'b', value: '2', keepEmpty: false },
      { kind: 'add-if-absent', name: 'c', value: '3', keepEmpty: false },
    ])
  })

  const at = 'route configuration "r": virtual_hosts[0].routes[0]'
  it.each<[object, string]>([
    [
      host([{ match: { prefix: '/' }, route: {} }]),
      `${at}.route: one of cluster, cluster_header, weighted_clusters is required`,
    ],
    [
      host([{ match: {}, route: { cluster: 'a' } }]),
      `${at}.match: one of prefix, path, safe_regex, path_separated_prefix is required`,
    ],
    [
      host([
        { match: { prefix: '/' }, route: { cluster: 'a', hash_policy: [{ header: { header_name: 'x' } }] } },
      ]),
      `${at}.route.hash_policy: not supported yet`,
    ],
    [
      host([
        { match: { prefix: '/' }, route: { cluster: 'a', request_mirror_policies: [{ cluster: 'b' }] } },
      ]),
      `${at}.route.request_mirror_policies: not supported yet`,
    ],
    [
      host([{ match: { prefix: '/' }, route: { cluster: 'a', rate_limits: [{}] } }]),
      `${at}.route.rate_limits: not supported yet`,
    ],
    [
      host([{ match: { prefix: '/' }, route: { cluster: 'a', retry_policy: { retry_on: '5xx,maybe' } } }]),
      `${at}.route.retry_policy.retry_on: "maybe" is not supported yet`,
    ],
    [
      host([{ match: { safe_regex: { regex: '(' } }, route: { cluster: 'a' } }]),
      `${at}.match.safe_regex.regex: `,
    ],
    [
      host([{ match: { prefix: '/' }, direct_response: { status: 99 } }]),
      `${at}.direct_response.status: must be between 200 and 599`,
    ],
    [
      host([
        {
          match: { prefix: '/' },
          direct_response: { status: 200, body: { inline_string: 'x'.repeat(5000) } },
        },
      ]),
      `${at}.direct_response.body: 5000 bytes are more than the 4096 that are allowed`,
    ],
    [
      host([
        { match: { prefix: '/' }, route: { weighted_clusters: { clusters: [{ name: 'a', weight: 0 }] } } },
      ]),
      `${at}.route.weighted_clusters: the sum of the weights must be greater than 0`,
    ],
    [
      host([
        {
          match: { prefix: '/' },
          route: { cluster: 'a' },
          request_headers_to_add: [{ header: { key: ':path', value: 'x' } }],
        },
      ]),
      `${at}.request_headers_to_add[0].header.key: :path must not be changed`,
    ],
    [
      host([
        {
          match: { prefix: '/' },
          route: { cluster: 'a' },
          typed_per_filter_config: {
            f: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy' },
          },
        },
      ]),
      `${at}.typed_per_filter_config["f"]: type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy is not supported yet`,
    ],
    [
      {
        virtual_hosts: [
          { name: 'a', domains: ['x.com'] },
          { name: 'b', domains: ['X.com'] },
        ],
      },
      'route configuration "r": virtual_hosts[1].domains[0]: "X.com" is also in route configuration "r": virtual_hosts[0]',
    ],
    ...(
      [
        [{ prefix_rewrite: '/a\nb' }, 'prefix_rewrite: must not contain line breaks or NUL'],
        [{ host_rewrite_literal: 'a\rb' }, 'host_rewrite_literal: must not contain line breaks or NUL'],
        [
          { prefix_rewrite: '/a', regex_rewrite: { pattern: { regex: 'a' }, substitution: 'b' } },
          'regex_rewrite: must not stand beside prefix_rewrite',
        ],
        [{ cluster_not_found_response_code: 7 }, 'cluster_not_found_response_code: 7 is none of'],
        [
          { retry_policy: { retry_on: '5xx', retry_back_off: {} } },
          'retry_policy.retry_back_off.base_interval: is required',
        ],
        [
          { retry_policy: { retry_on: '5xx', retry_host_predicate: [{ name: 'x' }] } },
          'retry_policy.retry_host_predicate[0].typed_config: is required for x',
        ],
      ] as const
    ).map(
      ([more, expected]) =>
        [host([{ match: { prefix: '/' }, route: { cluster: 'a', ...more } }]), `${at}.route.${expected}`] as [
          object,
          string,
        ],
    ),
    ...(
      [
        [{ clusters: [{ weight: 1 }] }, '.clusters[0]: either name or cluster_header is required, not both'],
        [
          {
            clusters: [
              { name: 'a', weight: 4_294_967_295 },
              { name: 'b', weight: 1 },
            ],
          },
          ': the sum of the weights must not be greater than 4294967295',
        ],
      ] as const
    ).map(
      ([weighted, expected]) =>
        [
          host([{ match: { prefix: '/' }, route: { weighted_clusters: weighted } }]),
          `${at}.route.weighted_clusters${expected}`,
        ] as [object, string],
    ),
    ...(
      [
        [{ header: { key: 'a', value: 'b\nc' } }, 'header.value: must not contain line breaks or NUL'],
        [{ header: { key: 'a', value: 'b'.repeat(16_385) } }, 'header.value: longer than 16384 bytes'],
        [{ header: { key: 'Host', value: 'b' } }, 'header.key: host must not be changed'],
        [
          { header: { key: 'a', value: 'b' }, append: true, append_action: 'ADD_IF_ABSENT' },
          'append: must not stand beside append_action',
        ],
      ] as const
    ).map(
      ([option, expected]) =>
        [
          host([{ match: { prefix: '/' }, route: { cluster: 'a' }, response_headers_to_add: [option] }]),
          `${at}.response_headers_to_add[0].${expected}`,
        ] as [object, string],
    ),
    [
      host([
        {
          match: {
            prefix: '/',
            headers: [{ name: 'a', string_match: { safe_regex: { regex: 'a' }, ignore_case: true } }],
          },
          route: { cluster: 'a' },
        },
      ]),
      `${at}.match.headers[0].string_match.ignore_case: has no effect on safe_regex; write (?i) into it`,
    ],
    [
      host([{ match: { prefix: '/', headers: [{ name: 'a', prefix_match: '' }] }, route: { cluster: 'a' } }]),
      `${at}.match.headers[0].prefix_match: must not be empty`,
    ],
    [
      host([{ match: { prefix: '/' }, redirect: { response_code: 9 } }]),
      `${at}.redirect.response_code: 9 is none of`,
    ],
    [
      host([{ match: { prefix: '/' }, direct_response: { status: 200, body: {} } }]),
      `${at}.direct_response.body: is empty`,
    ],
    [{ vhds: {} }, 'route configuration "r": vhds: not supported yet'],
  ])('refuses %o by name', (json, expected) => {
    expect(refusal(json).slice(0, expected.length)).toBe(expected)
  })
})
