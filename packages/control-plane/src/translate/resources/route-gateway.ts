import {
  formatRouteName,
  type Route,
  type RouteConfiguration,
  type VirtualHost,
  virtualHostName,
} from '@batten/xds'
import { isSameMap } from '../../model/equal.ts'
import { defineQuery, type Reader } from '../../model/incremental.ts'
import type { Resource } from '../../model/resource.ts'
import type { MeshSnapshot } from '../../model/snapshot.ts'
import type { MeshVirtualService } from '../../model/virtual-service.ts'
import { attachedHosts } from '../fields/gateway/server-hosts.ts'
import { destinationToCluster } from '../fields/virtual-service/destination.ts'
import { type ClientClass, classOf, type GatewayClass } from '../node-class.ts'
import { reportsFeature } from '../proxy-features.ts'
import { type GatewayServer, gatewayServers } from './gateway-servers.ts'
import { hashPolicyOf, virtualServicesOf, visibleService } from './service-lookup.ts'
import { encodeRoutes, MAX_DIRECT_RESPONSE_BYTES, VirtualHostList } from './virtual-host.ts'
import { guardedRoutes, type RouteContext } from './virtual-service-routes.ts'

/**
 * Name of the route configuration of a server: plain HTTP shares one for each port, each TLS server has its own.
 *
 * @translates Gateway spec.servers[].port.name -> RouteConfiguration.name
 */
export function gatewayRouteName({ kind, port, server, gateway }: GatewayServer): string {
  if (kind !== 'https') return formatRouteName({ kind: 'gateway-http', port, bind: server.bind ?? '' })
  return formatRouteName({
    kind: 'gateway-https',
    port,
    portName: server.port.name.replaceAll('.', '-'),
    gateway: gateway.name.replaceAll('.', '-'),
    namespace: gateway.namespace,
    bind: server.bind ?? '',
  })
}

/** The route configurations of a gateway proxy, by name. */
export const gatewayRoutes = defineQuery<MeshSnapshot, ReadonlyMap<string, Resource>>(
  'gateway-routes',
  (read, classKey, clientKey) => {
    const node = classOf<GatewayClass>(classKey!)
    const client = classOf<ClientClass>(clientKey!)
    const byName = new Map<string, GatewayServer[]>()
    for (const server of gatewayServers(read, node)) {
      if (server.kind !== 'http' && server.kind !== 'https') continue
      const name = gatewayRouteName(server)
      byName.set(name, [...(byName.get(name) ?? []), server])
    }
    const routes = new Map<string, Resource>()
    for (const [name, servers] of byName) {
      const message: RouteConfiguration = {
        name,
        virtualHosts: virtualHosts(read, client, servers),
        validateClusters: { value: false },
        maxDirectResponseBodySizeBytes: { value: MAX_DIRECT_RESPONSE_BYTES },
        ignorePortInHostMatching: true,
      }
      routes.set(name, encodeRoutes(read, message))
    }
    return routes
  },
  isSameMap,
)

/** @translates Gateway spec.servers[].tls.httpsRedirect -> VirtualHost.require_tls */
interface HostDraft {
  readonly port: number
  readonly routes: Route[]
  readonly catchAll: Route[]
  redirectsToHttps: boolean
}

function virtualHosts(
  read: Reader<MeshSnapshot>,
  client: ClientClass,
  servers: readonly GatewayServer[],
): VirtualHost[] {
  const drafts = new Map<string, HostDraft>()
  const draft = (host: string, port: number) => {
    let found = drafts.get(host)
    if (found === undefined)
      drafts.set(host, (found = { port, routes: [], catchAll: [], redirectsToHttps: false }))
    return found
  }
  for (const { server, gateway, hosts, port } of servers) {
    const redirects = server.tls?.httpsRedirect === true
    if (redirects) for (const { host } of hosts) draft(host, port).redirectsToHttps = true
    for (const virtualService of virtualServicesOf(read, gateway.title, client.namespace)) {
      for (const host of attachedHosts(hosts, virtualService)) {
        const target = draft(host, port)
        if (redirects) target.redirectsToHttps = true
        addRoutes(read, client, virtualService, gateway.title, server.port.number, host, target)
      }
    }
  }
  const list = new VirtualHostList()
  for (const [host, { routes, catchAll, redirectsToHttps, port }] of drafts)
    list.add({
      name: virtualHostName(host, port),
      domains: [host],
      routes: [...routes, ...catchAll.slice(0, 1)],
      ...(redirectsToHttps ? { requireTls: 'ALL' as const } : {}),
      includeRequestAttemptCount: true,
    })
  // Envoy answers 404 where nothing matches; a configuration without any host would be no configuration.
  if (list.hosts.length === 0) return [{ name: `blackhole:${servers[0]?.port ?? 0}`, domains: ['*'] }]
  return list.hosts
}

/** Several VirtualServices of one host are merged by age; what takes everything goes to the end. */
function addRoutes(
  read: Reader<MeshSnapshot>,
  client: ClientClass,
  virtualService: MeshVirtualService,
  gatewayTitle: string,
  serverPort: number,
  host: string,
  target: HostDraft,
): void {
  const context = routeContext(read, client, virtualService, gatewayTitle, serverPort, host)
  for (const index of (virtualService.spec.http ?? []).keys()) {
    const routes = guardedRoutes(read, virtualService, context, index)
    const last = routes.at(-1)
    if (last !== undefined && takesEverything(last)) {
      target.routes.push(...routes.slice(0, -1))
      target.catchAll.push(last)
      return
    }
    target.routes.push(...routes)
  }
}

function takesEverything({ match }: Route): boolean {
  const anyPath = match?.prefix === '/' || match?.safeRegex?.regex === '.*'
  return anyPath && (match?.headers ?? []).length === 0 && (match?.queryParameters ?? []).length === 0
}

function routeContext(
  read: Reader<MeshSnapshot>,
  client: ClientClass,
  virtualService: MeshVirtualService,
  gatewayTitle: string,
  serverPort: number,
  host: string,
): RouteContext {
  const { namespace } = virtualService
  const { domainSuffix, defaultHttpRetryAttempts } = read.field('mesh')
  return {
    client: {
      namespace: client.namespace,
      labels: client.labels,
      gateways: new Set([gatewayTitle]),
      port: serverPort,
    },
    defaultRetryAttempts: defaultHttpRetryAttempts,
    operationHost: `${host}:${serverPort}`,
    clusterOf: (destination) =>
      destinationToCluster(destination, {
        namespace,
        domainSuffix,
        listenerPort: serverPort,
        isGateway: true,
        service: (hostname) => visibleService(read, client.namespace, hostname),
      }),
    hashPolicyOf: (destination) => hashPolicyOf(read, client, destination, namespace, serverPort),
    hasFeature: (feature, object, path) => reportsFeature(read, client.capabilities, feature, object, path),
  }
}
