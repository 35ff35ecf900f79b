import type { Analyzer } from '../../analyzer.ts'
import type { AnalysisContext } from '../../context.ts'
import { append } from '../../index/label-index.ts'
import type { Resource, SpecOf } from '../../resource.ts'

type Service = Resource<SpecOf<'/Service'>>

/**
 * A Service must be the same in every cluster that has it: its definitions are merged.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0170/
 */
export const multiClusterServices: Analyzer = {
  name: 'services.MultiClusterServiceAnalyzer',
  aliases: ['multicluster.ServiceAnalyzer', 'services.MultiClusterServicesAnalyzer'],
  description: 'Checks that services are consistent across clusters',
  codes: ['IST0170'],
  analyze(context) {
    if (context.remoteClusters.size === 0) return
    const elsewhere = new Map<string, { cluster: string; service: Service }[]>()
    for (const [cluster, resources] of context.remoteClusters) {
      for (const resource of resources) {
        if (resource.type !== '/Service') continue
        const service = resource as Service
        append(elsewhere, `${service.namespace}/${service.name}`, { cluster, service })
      }
    }
    for (const service of context.all('/Service')) {
      const others = elsewhere.get(`${service.namespace}/${service.name}`) ?? []
      check(service, others, context)
    }
  },
}

function check(
  service: Service,
  others: readonly { cluster: string; service: Service }[],
  context: AnalysisContext,
): void {
  const differences = new Set<string>()
  const clusters = [context.clusterName]
  for (const other of others) {
    const found = differencesOf(service, other.service)
    if (found.length > 0) clusters.push(other.cluster)
    for (const one of found) differences.add(one)
  }
  if (differences.size === 0) return
  const args = [service.name, service.namespace, clusters, [...differences].join('; ')] as const
  context.report(service, 'IST0170', args)
}

function differencesOf(a: Service, b: Service): string[] {
  const out: string[] = []
  if ((a.spec.type ?? 'ClusterIP') !== (b.spec.type ?? 'ClusterIP'))
    out.push('service types are inconsistent')
  if ((a.spec.clusterIP === 'None') !== (b.spec.clusterIP === 'None'))
    out.push('headless and non-headless services are mixed')
  if (portsText(a) !== portsText(b)) out.push('service ports are inconsistent')
  return out
}

function portsText({ spec }: Service): string {
  return (spec.ports ?? [])
    .map(({ name, port, targetPort, protocol, appProtocol }) =>
      JSON.stringify([name ?? '', port, targetPort ?? port, protocol ?? 'TCP', appProtocol ?? '']),
    )
    .sort()
    .join()
}
