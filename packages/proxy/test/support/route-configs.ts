import type { HttpConnectionManagerConfig } from '../../src/http/connection-manager-config.ts'
import type {
  Route,
  RouteAction,
  RouteConfig,
  RouteMatch,
  VirtualHost,
} from '../../src/http/route/route-config.ts'
import { VirtualHostTable } from '../../src/http/route/virtual-host-match.ts'

/** Matches every path. */
export function routeMatch(overrides: Partial<RouteMatch> = {}): RouteMatch {
  return {
    path: { kind: 'prefix', value: '/' },
    caseSensitive: true,
    headers: [],
    queryParameters: [],
    fraction: undefined,
    grpcOnly: false,
    ...overrides,
  }
}

export function routeAction(cluster: string, overrides: Partial<RouteAction> = {}): RouteAction {
  return {
    kind: 'route',
    cluster: { kind: 'name', name: cluster },
    clusterNotFoundStatus: 503,
    prefixRewrite: undefined,
    regexRewrite: undefined,
    hostRewrite: undefined,
    timeoutMs: 15_000,
    idleTimeoutMs: undefined,
    maxStreamDurationMs: undefined,
    retryPolicy: undefined,
    upgrades: new Set(),
    metadataMatch: undefined,
    ...overrides,
  }
}

/** A route whose virtual host is set by {@link virtualHost}. */
export function plainRoute(name: string, cluster: string, overrides: Partial<Route> = {}): Route {
  return {
    name,
    virtualHost: undefined as unknown as VirtualHost,
    match: routeMatch(),
    action: routeAction(cluster),
    mutations: undefined,
    filterConfigs: new Map(),
    metadata: {},
    operation: undefined,
    ...overrides,
  }
}

export function virtualHost(
  name: string,
  domains: readonly string[],
  routes: readonly Route[],
  overrides: Partial<VirtualHost> = {},
): VirtualHost {
  const own: Route[] = []
  const host: VirtualHost = {
    name,
    domains,
    routes: own,
    requireTls: 'none',
    mutations: undefined,
    retryPolicy: undefined,
    filterConfigs: new Map(),
    ...overrides,
  }
  for (const route of routes) own.push({ ...route, virtualHost: host })
  return host
}

export function routeConfig(
  hosts: readonly VirtualHost[],
  overrides: Partial<RouteConfig> = {},
): RouteConfig {
  const table = new VirtualHostTable(hosts, false)
  return {
    name: 'test',
    virtualHosts: hosts,
    findVirtualHost: (authority) => table.find(authority),
    mutations: undefined,
    ...overrides,
  }
}

/** Every request to one cluster. */
export function routeAll(cluster: string, action: Partial<RouteAction> = {}): RouteConfig {
  return routeConfig([
    virtualHost('all', ['*'], [plainRoute('', cluster, { action: routeAction(cluster, action) })]),
  ])
}

/** A connection manager with Envoy's defaults and no filter. */
export function managerConfig(
  routes: RouteConfig | undefined,
  overrides: Partial<HttpConnectionManagerConfig> = {},
): HttpConnectionManagerConfig {
  return {
    statPrefix: 'test',
    routes: { name: 'test', current: routes },
    filters: [],
    serverName: 'envoy',
    serverHeader: 'overwrite',
    useRemoteAddress: false,
    xffTrustedHops: 0,
    skipXffAppend: false,
    generateRequestId: true,
    preserveExternalRequestId: false,
    alwaysSetRequestIdInResponse: false,
    forwardClientCert: {
      mode: 'sanitize',
      subject: false,
      dns: false,
      uri: false,
      cert: false,
      chain: false,
    },
    normalizePath: false,
    mergeSlashes: false,
    stripMatchingHostPort: false,
    stripAnyHostPort: false,
    via: '',
    accessLoggers: [],
    upgrades: new Set(),
    limits: { maxRequestHeadersBytes: 60 * 1024, maxHeaders: 100, maxRequestsPerConnection: 0 },
    timeouts: {
      idleMs: 3_600_000,
      streamIdleMs: 300_000,
      requestMs: 0,
      requestHeadersMs: 0,
      maxStreamDurationMs: 0,
      maxConnectionDurationMs: 0,
      drainMs: 5000,
      delayedCloseMs: 1000,
    },
    acceptHttp10: false,
    ...overrides,
  }
}
