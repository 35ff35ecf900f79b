import type { Analyzer } from '../../analyzer.ts'
import { SelectorIndex } from '../../index/label-index.ts'
import { belongsToMesh, isSystemNamespace } from '../../index/mesh-membership.ts'
import { definedStrings } from '../../index/service-index.ts'

/** Workloads of the mesh that no policy protects, once some are protected. */
export const policyCoverage: Analyzer = {
  name: 'auth.CoverageAnalyzer',
  description: 'Checks that authorization policies apply to every workload, where there are any',
  codes: ['BAT0806'],
  analyze(context) {
    const policies = context.all('security.istio.io/AuthorizationPolicy')
    if (policies.length === 0) return
    const index = new SelectorIndex<true>()
    const attached = new Set<string>()
    for (const { spec, namespace } of policies) {
      const isAttached = spec.targetRef !== undefined || (spec.targetRefs ?? []).length > 0
      // Waypoints and gateways apply these in front of the workloads of the namespace.
      if (isAttached) attached.add(namespace)
      else index.add(true, definedStrings(spec.selector?.matchLabels), namespace)
    }
    for (const workload of context.workloads.all) {
      const { resource, labels, namespace, name } = workload
      if (attached.has(namespace) || isSystemNamespace(namespace) || !belongsToMesh(workload, context))
        continue
      const places = [namespace, context.rootNamespace]
      if (places.some((place) => index.matching(labels, place).length > 0)) continue
      context.report(resource, 'BAT0806', [`${namespace}/${name}`])
    }
  },
}
