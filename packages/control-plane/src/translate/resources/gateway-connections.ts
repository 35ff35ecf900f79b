import type { FilterChainMatch } from '@batten/xds'
import type { Reader } from '../../model/incremental.ts'
import type { MeshSnapshot } from '../../model/snapshot.ts'
import { attachedHosts } from '../fields/gateway/server-hosts.ts'
import { destinationToCluster } from '../fields/virtual-service/destination.ts'
import {
  type ConnectionTarget,
  l4MatchToFilterChainMatch,
  routeToConnectionTargets,
} from '../fields/virtual-service/l4-match.ts'
import { matchesClient } from '../fields/virtual-service/match-source.ts'
import type { ClientClass } from '../node-class.ts'
import type { GatewayServer } from './gateway-servers.ts'
import { virtualServicesOf } from './route-gateway.ts'
import { visibleService } from './route-sidecar.ts'

/** Connections with this match go there. */
export interface GatewayConnection {
  readonly match: FilterChainMatch
  readonly targets: readonly ConnectionTarget[]
}

/**
 * Where connections of a TCP or TLS server go. TLS that goes on uses the `tls` routes only, anything else the `tcp`
 * routes only; without routes there is nothing to connect to.
 */
export function gatewayConnectionTargets(
  read: Reader<MeshSnapshot>,
  client: ClientClass,
  { server, gateway, hosts, kind }: GatewayServer,
): GatewayConnection[] {
  const connections: GatewayConnection[] = []
  for (const virtualService of virtualServicesOf(read, gateway.title, client.namespace)) {
    if (attachedHosts(hosts, virtualService).length === 0) continue
    const { namespace, spec } = virtualService
    const routes = kind === 'passthrough' ? (spec.tls ?? []) : (spec.tcp ?? [])
    for (const route of routes) {
      const targets = routeToConnectionTargets(route.route, (destination) =>
        destinationToCluster(destination, {
          namespace,
          domainSuffix: client.domainSuffix,
          listenerPort: server.port.number,
          isGateway: true,
          service: (hostname) => visibleService(read, client.namespace, hostname),
        }),
      )
      if (targets.length === 0) continue
      const matches = route.match === undefined || route.match.length === 0 ? [undefined] : route.match
      for (const match of matches) {
        const source = {
          namespace: client.namespace,
          labels: client.labels,
          gateways: new Set([gateway.title]),
          port: server.port.number,
        }
        if (matchesClient(match, namespace, source))
          connections.push({ match: l4MatchToFilterChainMatch(match), targets })
      }
    }
  }
  return connections
}
