import type { RouteDestination } from '@batten/api'
import type { FilterChainMatch } from '@batten/xds'
import type { Reader } from '../../model/incremental.ts'
import { isTls } from '../../model/protocol.ts'
import type { MeshService, ServicePort } from '../../model/service.ts'
import type { MeshSnapshot } from '../../model/snapshot.ts'
import { MESH_GATEWAY, type MeshVirtualService } from '../../model/virtual-service.ts'
import { attachedHosts } from '../fields/gateway/server-hosts.ts'
import { destinationToCluster } from '../fields/virtual-service/destination.ts'
import {
  type ConnectionTarget,
  l4MatchToFilterChainMatch,
  routeToConnectionTargets,
} from '../fields/virtual-service/l4-match.ts'
import { matchesClient, type RouteClient } from '../fields/virtual-service/match-source.ts'
import type { ClientClass } from '../node-class.ts'
import type { GatewayServer } from './gateway-servers.ts'
import { ownerOf, virtualServicesOf, visibleService } from './service-lookup.ts'

/** Connections with this match go there. */
export interface Connection {
  readonly match: FilterChainMatch
  readonly targets: readonly ConnectionTarget[]
}

/**
 * Where connections of a TCP or TLS server go. TLS that goes on uses the `tls` routes only, anything else the `tcp`
 * routes only; without routes there is nothing to connect to.
 */
export function gatewayConnections(
  read: Reader<MeshSnapshot>,
  client: ClientClass,
  { server, gateway, hosts, kind }: GatewayServer,
): Connection[] {
  const source: RouteClient = {
    namespace: client.namespace,
    labels: client.labels,
    gateways: new Set([gateway.title]),
    port: server.port.number,
  }
  return virtualServicesOf(read, gateway.title, client.namespace)
    .filter((virtualService) => attachedHosts(hosts, virtualService).length > 0)
    .flatMap((virtualService) =>
      routesToConnections(read, client, virtualService, kind === 'passthrough' ? 'tls' : 'tcp', source),
    )
}

/**
 * Where connections of a sidecar's client to a TCP or TLS port go: as the VirtualService of the service says, else to
 * the service itself. With TLS routes other handshakes have no place here.
 */
export function serviceConnections(
  read: Reader<MeshSnapshot>,
  client: ClientClass,
  virtualServices: readonly MeshVirtualService[],
  service: MeshService,
  port: ServicePort,
): Connection[] {
  const owner = ownerOf(service.hostname, virtualServices)
  if (owner !== undefined) {
    const source: RouteClient = {
      namespace: client.namespace,
      labels: client.labels,
      gateways: new Set([MESH_GATEWAY]),
      port: port.number,
    }
    const kind = isTls(port.protocol) ? 'tls' : 'tcp'
    const connections = routesToConnections(read, client, owner, kind, source)
    if (connections.length > 0) return connections
  }
  const cluster = `outbound|${port.number}||${service.hostname}`
  return [{ match: {}, targets: [{ cluster, weight: 1 }] }]
}

function routesToConnections(
  read: Reader<MeshSnapshot>,
  client: ClientClass,
  { namespace, spec }: MeshVirtualService,
  kind: 'tls' | 'tcp',
  source: RouteClient,
): Connection[] {
  const isGateway = !source.gateways.has(MESH_GATEWAY)
  const targetsOf = (route: readonly RouteDestination[] | undefined) =>
    routeToConnectionTargets(route, (destination) =>
      destinationToCluster(destination, {
        namespace,
        domainSuffix: client.domainSuffix,
        listenerPort: source.port,
        isGateway,
        service: (hostname) => visibleService(read, client.namespace, hostname),
      }),
    )
  return (spec[kind] ?? []).flatMap((route) => {
    const targets = targetsOf(route.route)
    if (targets.length === 0) return []
    const matches = route.match === undefined || route.match.length === 0 ? [undefined] : route.match
    return matches
      .filter((match) => matchesClient(match, namespace, source))
      .map((match) => ({ match: l4MatchToFilterChainMatch(match), targets }))
  })
}
