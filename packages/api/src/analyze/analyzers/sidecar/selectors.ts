import type { Analyzer } from '../../analyzer.ts'
import type { AnalysisContext } from '../../context.ts'
import { append, selectorText } from '../../index/label-index.ts'
import { isAmbient, isAmbientNamespace } from '../../index/mesh-membership.ts'
import { type SelectingPolicy, selectorConflicts } from '../../index/selector-conflicts.ts'
import { definedStrings } from '../../index/service-index.ts'
import type { FieldPath, Resource, SpecOf } from '../../resource.ts'

type Sidecar = Resource<SpecOf<'networking.istio.io/Sidecar'>>

const LABELS: FieldPath = ['spec', 'workloadSelector', 'labels']

/**
 * A Sidecar must select workloads that have a sidecar, and no workload may have two of them; a namespace has one
 * without a selector, its default.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0110/
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0111/
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0167/
 */
export const sidecarSelectors: Analyzer = {
  name: 'sidecar.SelectorAnalyzer',
  aliases: ['sidecar.DefaultSelectorAnalyzer'],
  description:
    'Validates that sidecars that define a workload selector match at least one pod, and that there are not multiple sidecar resources for the same pods',
  codes: ['IST0101', 'IST0110', 'IST0111', 'IST0167'],
  analyze(context) {
    const defaults = new Map<string, Sidecar[]>()
    const selecting: SelectingPolicy<Sidecar>[] = []
    for (const resource of context.all('networking.istio.io/Sidecar')) {
      const selector = definedStrings(resource.spec.workloadSelector?.labels)
      if (Object.keys(selector).length === 0) append(defaults, resource.namespace, resource)
      else selecting.push({ resource, selector })
    }
    for (const policy of selecting) checkWorkloads(policy, context)
    checkConflicts(selecting, context)
    for (const [namespace, sidecars] of defaults) checkDefaults(namespace, sidecars, context)
  },
}

function checkWorkloads({ resource, selector }: SelectingPolicy<Sidecar>, context: AnalysisContext): void {
  const workloads = context.workloads.select(selector, resource.namespace)
  if (workloads.length === 0) {
    context.report(resource, 'IST0101', ['selector', selectorText(selector)], LABELS)
  } else if (workloads.some((workload) => isAmbient(workload, context))) {
    const reason = 'selected workload is in ambient mode, the policy has no impact'
    context.report(resource, 'IST0167', [reason], ['spec', 'workloadSelector'])
  }
}

function checkConflicts(selecting: readonly SelectingPolicy<Sidecar>[], context: AnalysisContext): void {
  for (const { workload, policies } of selectorConflicts(selecting, context)) {
    if (isAmbient(workload, context)) continue
    const names = policies.map(({ name }) => name)
    for (const sidecar of policies) {
      context.report(sidecar, 'IST0110', [names, workload.namespace, workload.name], LABELS)
    }
  }
}

/** Sidecars have no meaning behind ztunnel, so that several of them do not contradict each other there. */
function checkDefaults(namespace: string, sidecars: readonly Sidecar[], context: AnalysisContext): void {
  const isWithoutEffect = isAmbientNamespace(context, namespace)
  if (!isWithoutEffect && sidecars.length < 2) return
  const names = sidecars.map(({ name }) => name)
  for (const sidecar of sidecars) {
    if (!isWithoutEffect) context.report(sidecar, 'IST0111', [names, namespace])
    else context.report(sidecar, 'IST0167', ['namespace is in ambient mode, the policy has no impact'])
  }
}
