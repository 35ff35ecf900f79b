import type { Analyzer } from '../../analyzer.ts'
import { LabelIndex, selectorText } from '../../index/label-index.ts'
import { definedStrings } from '../../index/service-index.ts'

/** A ServiceEntry with a selector needs something that it selects. */
export const serviceEntryWorkloads: Analyzer = {
  name: 'serviceentry.WorkloadAnalyzer',
  description: 'Checks that workload selectors of service entries select at least one workload entry or pod',
  codes: ['BAT0701'],
  analyze(context) {
    const index = new LabelIndex<string>()
    for (const entry of context.all('networking.istio.io/WorkloadEntry')) {
      index.add(entry.name, { ...entry.labels, ...definedStrings(entry.spec.labels) }, entry.namespace)
    }
    for (const group of context.all('networking.istio.io/WorkloadGroup')) {
      index.add(group.name, definedStrings(group.spec.metadata?.labels), group.namespace)
    }
    for (const entry of context.all('networking.istio.io/ServiceEntry')) {
      const selector = definedStrings(entry.spec.workloadSelector?.labels)
      if (Object.keys(selector).length === 0 || index.has(selector, entry.namespace)) continue
      if (context.workloads.has(selector, entry.namespace)) continue
      const path = ['spec', 'workloadSelector', 'labels']
      context.report(entry, 'BAT0701', [selectorText(selector)], path)
    }
  },
}
