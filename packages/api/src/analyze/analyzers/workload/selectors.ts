import type { Analyzer } from '../../analyzer.ts'
import type { AnalysisContext } from '../../context.ts'
import { selectorText } from '../../index/label-index.ts'
import { definedStrings } from '../../index/service-index.ts'
import { stringsAt } from '../../loose.ts'
import type { FieldPath, Resource, StringMap } from '../../resource.ts'

/** Kinds with a selector whose analyzers in Istio do not look at it, and where the labels stand. */
const SELECTORS: readonly (readonly [type: string, path: FieldPath])[] = [
  ['security.istio.io/PeerAuthentication', ['spec', 'selector', 'matchLabels']],
  ['security.istio.io/RequestAuthentication', ['spec', 'selector', 'matchLabels']],
  ['extensions.istio.io/WasmPlugin', ['spec', 'selector', 'matchLabels']],
  ['extensions.istio.io/TrafficExtension', ['spec', 'selector', 'matchLabels']],
  ['networking.istio.io/ProxyConfig', ['spec', 'selector', 'matchLabels']],
  ['networking.istio.io/DestinationRule', ['spec', 'workloadSelector', 'matchLabels']],
  ['networking.istio.io/EnvoyFilter', ['spec', 'workloadSelector', 'labels']],
]

/** Selectors should select something. Nothing is said when no workloads are among what is analyzed. */
export const workloadSelectors: Analyzer = {
  name: 'workload.SelectorAnalyzer',
  description: 'Checks that selectors of policies select at least one workload',
  codes: ['BAT0403'],
  analyze(context) {
    if (context.workloads.all.every(({ resource }) => resource.isBuiltIn)) return
    for (const [type, path] of SELECTORS) {
      for (const resource of context.all(type) as readonly Resource[]) {
        const selector = definedStrings(stringsAt(resource.fields, ...path))
        if (Object.keys(selector).length === 0 || isUsed(resource, selector, context)) continue
        context.report(resource, 'BAT0403', [selectorText(selector)], path)
      }
    }
  },
}

function isUsed({ namespace }: Resource, selector: StringMap, context: AnalysisContext): boolean {
  if (context.selectedWorkloads(selector, namespace).length > 0) return true
  return context
    .all('networking.istio.io/WorkloadEntry')
    .some((entry) => Object.entries(selector).every(([key, value]) => entry.spec.labels?.[key] === value))
}
