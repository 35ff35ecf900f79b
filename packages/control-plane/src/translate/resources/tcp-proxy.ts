import { type Filter, type FilterChain, NETWORK_FILTERS, packAny, type TcpProxy } from '@batten/xds'
import type { MeshConfig } from '../../model/mesh-config.ts'
import { meshConfigToAccessLog } from '../fields/mesh-config/access-log.ts'
import type { ConnectionTarget } from '../fields/virtual-service/l4-match.ts'
import { ChainMatches } from './chain-matches.ts'
import type { Connection } from './connections.ts'

/** Passes bytes on: the last filter of a chain that is not HTTP. */
export function tcpProxy(statPrefix: string, targets: readonly ConnectionTarget[], mesh: MeshConfig): Filter {
  const accessLog = meshConfigToAccessLog(mesh)
  const message: TcpProxy = {
    statPrefix,
    ...(targets.length === 1
      ? { cluster: targets[0]!.cluster }
      : {
          weightedClusters: { clusters: targets.map(({ cluster, weight }) => ({ name: cluster, weight })) },
        }),
    ...(accessLog.length === 0 ? {} : { accessLog }),
  }
  return {
    name: NETWORK_FILTERS.tcpProxy,
    typedConfig: packAny('envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy', message),
  }
}

/** A chain for each connection; what several ask for goes where the first says. */
export function connectionChains(connections: readonly Connection[], mesh: MeshConfig): FilterChain[] {
  const matches = new ChainMatches()
  return connections.flatMap((connection) => chainsOfConnection(connection, matches, mesh))
}

/** The chains of a connection, as far as nobody else has what it matches. */
export function chainsOfConnection(
  { match, targets }: Connection,
  matches: ChainMatches,
  mesh: MeshConfig,
): FilterChain[] {
  return matches.take(match).map((free) => ({
    ...(Object.keys(free).length === 0 ? {} : { filterChainMatch: free }),
    filters: [tcpProxy(targets[0]!.cluster, targets, mesh)],
  }))
}
