import { type FilterChain, type FilterChainMatch, type Listener, listenerName } from '@batten/xds'
import { isSameMap } from '../../model/equal.ts'
import { defineQuery, type Reader } from '../../model/incremental.ts'
import type { Resource } from '../../model/resource.ts'
import type { MeshSnapshot } from '../../model/snapshot.ts'
import { credentialNamesOf, serverTlsToTransportSocket } from '../fields/gateway/tls.ts'
import { listenerAddress } from '../listener-address.ts'
import { type ClientClass, classOf, type GatewayClass } from '../node-class.ts'
import { encodeResource, guarded } from '../resource-encoder.ts'
import { ChainMatches } from './chain-matches.ts'
import { gatewayConnections } from './connections.ts'
import {
  conflictingServers,
  type GatewayServer,
  gatewayServers,
  type ServerConflict,
  serversByListener,
} from './gateway-servers.ts'
import { httpConnectionManager } from './http-connection-manager.ts'
import { TLS_INSPECTOR } from './listener-filters.ts'
import { gatewayRouteName } from './route-gateway.ts'
import { credentialProblem } from './secret.ts'
import { chainsOfConnection, tcpProxy } from './tcp-proxy.ts'

/** The listeners of a gateway proxy: one for each address and port of its servers. */
export const gatewayListeners = defineQuery<MeshSnapshot, ReadonlyMap<string, Resource>>(
  'gateway-listeners',
  (read, classKey, clientKey) => {
    const node = classOf<GatewayClass>(classKey!)
    const client = classOf<ClientClass>(clientKey!)
    const listeners = new Map<string, Resource>()
    for (const conflict of conflictingServers(read, node)) tellConflict(read, conflict)
    for (const servers of serversByListener(gatewayServers(read, node)).values()) {
      const { bind, port } = servers[0]!
      const name = listenerName(bind, port)
      const filterChains =
        guarded(read, `listener ${name}`, () => chainsOf(read, node, client, servers)) ?? []
      if (filterChains.length === 0) continue
      const listener: Listener = {
        name,
        address: listenerAddress(bind, port),
        trafficDirection: 'OUTBOUND',
        filterChains,
        ...(servers.some(({ kind }) => kind !== 'http' && kind !== 'tcp')
          ? { listenerFilters: [TLS_INSPECTOR] }
          : {}),
      }
      listeners.set(name, encodeResource('envoy.config.listener.v3.Listener', name, listener))
    }
    return listeners
  },
  isSameMap,
)

/** The plain HTTP servers of a port share one chain; every TLS server has its own. */
function chainsOf(
  read: Reader<MeshSnapshot>,
  node: GatewayClass,
  client: ClientClass,
  servers: readonly GatewayServer[],
): FilterChain[] {
  const chains: FilterChain[] = []
  const matches = new ChainMatches()
  const mesh = read.field('mesh')
  for (const server of servers) {
    if (server.kind === 'http') {
      if (matches.take({}).length > 0) chains.push({ filters: [manager(read, node, server)] })
      continue
    }
    if (server.kind === 'tcp' || server.kind === 'passthrough') {
      for (const connection of gatewayConnections(read, client, server))
        chains.push(...chainsOfConnection(connection, matches, mesh))
      continue
    }
    const filters = server.kind === 'https' ? [manager(read, node, server)] : tlsFilters(read, client, server)
    if (filters.length === 0 || !hasCredentials(read, node, server)) continue
    for (const free of matches.take(serverNames(server)))
      chains.push({
        ...(Object.keys(free).length === 0 ? {} : { filterChainMatch: free }),
        transportSocket: serverTlsToTransportSocket(server.server.tls ?? {}, {
          capabilities: node.capabilities,
          trustDomains: [mesh.trustDomain],
          kind: server.kind === 'https' ? 'http' : 'tcp',
        }),
        filters,
      })
  }
  return chains
}

function tellConflict(read: Reader<MeshSnapshot>, { server, older, host }: ServerConflict): void {
  const { gateway, port } = server
  const index = gateway.servers.indexOf(server.server)
  const other = `the older server ${older.server.port.name} of Gateway ${older.gateway.title}`
  read.report({
    code: 'CP_GATEWAY_CONFLICT',
    severity: 'error',
    subject: `server ${server.server.port.name} of Gateway ${gateway.title}`,
    message:
      host === undefined
        ? `port ${port} speaks ${older.server.port.protocol}, as ${other} says, so this server is left out`
        : `${other} has the host ${host} on port ${port}, so this server is left out`,
    object: gateway.key,
    path: host === undefined ? `spec.servers[${index}].port` : `spec.servers[${index}].hosts`,
  })
}

/** Whether a TLS server can have its certificates; when not, says so: its connections are refused. */
function hasCredentials(
  read: Reader<MeshSnapshot>,
  node: GatewayClass,
  { gateway, server }: GatewayServer,
): boolean {
  const problem = credentialProblem(read, node.namespace, credentialNamesOf(server.tls))
  if (problem === undefined) return true
  read.report({
    code: 'CP_SECRET_UNUSABLE',
    severity: 'error',
    subject: `TLS server ${server.port.name} of Gateway ${gateway.title}`,
    message: problem,
    object: gateway.key,
    path: `spec.servers[${gateway.servers.indexOf(server)}].tls.credentialName`,
  })
  return false
}

/** `*` alone takes every handshake, also one without a server name. */
function serverNames({ hosts }: GatewayServer): FilterChainMatch {
  const names = [...new Set(hosts.map(({ host }) => host))]
  return names.includes('*') ? {} : { serverNames: names }
}

function manager(read: Reader<MeshSnapshot>, node: GatewayClass, server: GatewayServer) {
  return httpConnectionManager(read, {
    statPrefix: `outbound_${listenerName(server.bind, server.port)}`,
    direction: 'gateway',
    routes: gatewayRouteName(server),
    port: server.port,
    capabilities: node.capabilities,
    plugins: node.plugins,
  })
}

/** TLS ends here, and bytes go where the `tcp` routes say. */
function tlsFilters(read: Reader<MeshSnapshot>, client: ClientClass, server: GatewayServer) {
  const [first] = gatewayConnections(read, client, server)
  if (first === undefined) return []
  return [tcpProxy(first.targets[0]!.cluster, first.targets, read.field('mesh'))]
}
