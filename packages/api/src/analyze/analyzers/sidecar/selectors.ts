import type { Analyzer } from '../../analyzer.ts'
import type { AnalysisContext } from '../../context.ts'
import { selectorText } from '../../index/label-index.ts'
import { isAmbient } from '../../index/mesh-membership.ts'
import { selectorConflicts } from '../../index/selector-conflicts.ts'
import { definedStrings } from '../../index/service-index.ts'
import type { Resource, SpecOf } from '../../resource.ts'

type Sidecar = Resource<SpecOf<'networking.istio.io/Sidecar'>>

/**
 * A Sidecar must select workloads that have a sidecar, and no workload may have two of them.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0110/
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0167/
 */
export const sidecarSelectors: Analyzer = {
  name: 'sidecar.SelectorAnalyzer',
  description:
    'Validates that sidecars that define a workload selector match at least one pod, and that no two Sidecars select the same pod',
  codes: ['IST0101', 'IST0110', 'IST0167'],
  analyze(context) {
    const selecting = context
      .all('networking.istio.io/Sidecar')
      .filter(({ spec }) => spec.workloadSelector !== undefined)
      .map((resource) => ({ resource, selector: definedStrings(resource.spec.workloadSelector?.labels) }))
    for (const { resource, selector } of selecting) {
      const workloads = context.workloads.select(selector, resource.namespace)
      if (workloads.length === 0) {
        const path = ['spec', 'workloadSelector', 'labels']
        context.report(resource, 'IST0101', ['selector', selectorText(selector)], path)
      } else if (workloads.every((workload) => isAmbient(workload, context))) {
        reportAmbient(resource, 'selected workload', context)
      }
    }
    for (const { workload, policies } of selectorConflicts(selecting, context)) {
      const names = policies.map(({ name }) => name)
      for (const sidecar of policies) {
        const path = ['spec', 'workloadSelector', 'labels']
        context.report(sidecar, 'IST0110', [names, workload.namespace, workload.name], path)
      }
    }
  },
}

/** Sidecars have no meaning for workloads behind ztunnel. */
export function reportAmbient(sidecar: Sidecar, what: string, context: AnalysisContext): void {
  const path =
    sidecar.spec.workloadSelector === undefined ? ['metadata', 'name'] : ['spec', 'workloadSelector']
  context.report(sidecar, 'IST0167', [`${what} is in ambient mode, the policy has no impact`], path)
}
