import type { TcpProxy } from '@batten/xds'
import type { TcpProxyConfig } from '../listener/listener-config.ts'
import { compileAccessLogs } from './compile-access-log.ts'
import type { CompileEnvironment } from './environment.ts'
import type { MessageReader } from './message-reader.ts'
import type { ResourceReferences } from './resource-references.ts'

const HOUR_MS = 3_600_000

/** `TcpProxy` -> {@link TcpProxyConfig}. Defaults are Envoy's. */
export function compileTcpProxy(
  proxy: MessageReader<TcpProxy>,
  references: ResourceReferences,
  environment: Pick<CompileEnvironment, 'createAccessLogger'>,
): TcpProxyConfig {
  const statPrefix = proxy.requiredText('statPrefix')
  const clusters = compileClusters(proxy)
  for (const { name } of clusters) references.clusters.add(name)
  const config: TcpProxyConfig = {
    statPrefix,
    clusters: Object.freeze(clusters),
    idleTimeoutMs: proxy.durationMs('idleTimeout') ?? HOUR_MS,
    maxConnectionDurationMs: proxy.durationMs('maxDownstreamConnectionDuration') ?? 0,
    maxConnectAttempts: proxy.number('maxConnectAttempts') ?? 1,
    accessLoggers: compileAccessLogs(proxy.each('accessLog', 'AccessLog'), environment),
  }
  if (config.maxConnectAttempts < 1) throw proxy.path('maxConnectAttempts').invalid('must be at least 1')
  proxy.done()
  return Object.freeze(config)
}

function compileClusters(proxy: MessageReader<TcpProxy>): { name: string; weight: number }[] {
  const cluster = proxy.text('cluster')
  const weighted = proxy.nested('weightedClusters', 'TcpProxy.WeightedCluster')
  if (cluster !== '') return [{ name: cluster, weight: 1 }]
  if (weighted === undefined) throw proxy.at.invalid('one of cluster and weighted_clusters is required')
  const clusters = weighted.each('clusters', 'TcpProxy.WeightedCluster.ClusterWeight').map((entry) => {
    const compiled = { name: entry.requiredText('name'), weight: entry.number('weight') ?? 0 }
    entry.done()
    if (compiled.weight < 1) throw entry.path('weight').invalid('must be at least 1')
    return Object.freeze(compiled)
  })
  weighted.done()
  if (clusters.length === 0) throw weighted.path('clusters').invalid('at least one cluster is required')
  return clusters
}
