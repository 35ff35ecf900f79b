import type { Analyzer } from '../../analyzer.ts'
import { crowdedNamespaces } from '../../index/selector-conflicts.ts'

/**
 * A namespace has one Telemetry without a selector.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0160/
 */
export const telemetryDefaults: Analyzer = {
  name: 'telemetry.DefaultSelectorAnalyzer',
  description: 'Validates that there are not several telemetry resources that have no selector',
  codes: ['IST0160'],
  analyze(context) {
    const defaults = context
      .all('telemetry.istio.io/Telemetry')
      .filter(
        ({ spec }) =>
          spec.selector === undefined && spec.targetRef === undefined && (spec.targetRefs ?? []).length === 0,
      )
    for (const [namespace, telemetries] of crowdedNamespaces(defaults)) {
      const names = telemetries.map(({ name }) => name)
      for (const telemetry of telemetries) context.report(telemetry, 'IST0160', [names, namespace])
    }
  },
}
