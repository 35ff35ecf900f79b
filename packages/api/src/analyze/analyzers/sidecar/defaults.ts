import type { Analyzer } from '../../analyzer.ts'
import { isAmbientNamespace } from '../../index/mesh-membership.ts'
import { crowdedNamespaces } from '../../index/selector-conflicts.ts'
import { reportAmbient } from './selectors.ts'

/**
 * A namespace has one Sidecar without a selector: its default.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0111/
 */
export const sidecarDefaults: Analyzer = {
  name: 'sidecar.DefaultSelectorAnalyzer',
  description: 'Validates that there are not several sidecar resources that have no selector',
  codes: ['IST0111', 'IST0167'],
  analyze(context) {
    const defaults = context
      .all('networking.istio.io/Sidecar')
      .filter(({ spec }) => spec.workloadSelector === undefined)
    for (const sidecar of defaults) {
      if (isAmbientNamespace(context, sidecar.namespace)) reportAmbient(sidecar, 'namespace', context)
    }
    for (const [namespace, sidecars] of crowdedNamespaces(defaults)) {
      const names = sidecars.map(({ name }) => name)
      for (const sidecar of sidecars) context.report(sidecar, 'IST0111', [names, namespace])
    }
  },
}
