import type { Route } from './route-config.ts'

/**
 * Where `require_tls` sends plain requests, before any route is looked at. Nobody is internal: `external-only` is
 * everybody.
 */
export const TO_HTTPS: Route = Object.freeze({
  name: '',
  virtualHost: Object.freeze({
    name: '',
    domains: [],
    routes: [],
    requireTls: 'none',
    mutations: undefined,
    retryPolicy: undefined,
    filterConfigs: new Map(),
  }),
  match: Object.freeze({
    path: { kind: 'prefix', value: '' } as const,
    caseSensitive: true,
    headers: [],
    queryParameters: [],
    fraction: undefined,
    grpcOnly: false,
  }),
  action: Object.freeze({
    kind: 'redirect',
    status: 301,
    scheme: 'https',
    host: undefined,
    port: undefined,
    path: undefined,
    prefixRewrite: undefined,
    regexRewrite: undefined,
    stripQuery: false,
  }),
  mutations: undefined,
  filterConfigs: new Map(),
  metadata: {},
  operation: undefined,
})
