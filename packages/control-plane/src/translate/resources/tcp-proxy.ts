import { type Filter, NETWORK_FILTERS, packAny, type TcpProxy } from '@batten/xds'
import type { MeshConfig } from '../../model/mesh-config.ts'
import { meshConfigToAccessLog } from '../fields/mesh-config/access-log.ts'

/** A cluster with its share of connections. */
export interface WeightedTarget {
  readonly cluster: string
  readonly weight: number
}

/** Passes bytes on: the last filter of a chain that is not HTTP. */
export function tcpProxy(statPrefix: string, targets: readonly WeightedTarget[], mesh: MeshConfig): Filter {
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
