import type { Analyzer } from '../../analyzer.ts'
import { selectorText } from '../../index/label-index.ts'
import { selectorConflicts } from '../../index/selector-conflicts.ts'
import { definedStrings } from '../../index/service-index.ts'

/**
 * A Telemetry must select workloads, and no workload may have two of one namespace.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0159/
 */
export const telemetrySelectors: Analyzer = {
  name: 'telemetry.SelectorAnalyzer',
  description:
    'Validates that telemetries that define a selector match at least one pod, and that no two of them select the same pod',
  codes: ['IST0101', 'IST0159'],
  analyze(context) {
    const path = ['spec', 'selector', 'matchLabels']
    const selecting = context
      .all('telemetry.istio.io/Telemetry')
      .map((resource) => ({ resource, selector: definedStrings(resource.spec.selector?.matchLabels) }))
      .filter(({ selector }) => Object.keys(selector).length > 0)
    for (const { resource, selector } of selecting) {
      if (context.workloads.select(selector, resource.namespace).length > 0) continue
      context.report(resource, 'IST0101', ['selector', selectorText(selector)], path)
    }
    for (const { workload, policies } of selectorConflicts(selecting, context)) {
      const names = policies.map(({ name }) => name)
      for (const telemetry of policies) {
        context.report(telemetry, 'IST0159', [names, workload.namespace, workload.name], path)
      }
    }
  },
}
