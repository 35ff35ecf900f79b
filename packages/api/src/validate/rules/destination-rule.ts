import type { DestinationRuleSpec } from '../../gen/types/networking/destination-rule.ts'
import { subsetNameProblem } from './destinations.ts'
import { wildcardDomainProblem } from './dns.ts'
import { checkExportTo } from './export-to.ts'
import { checkLabels, checkPolicySelector } from './labels.ts'
import type { KindRules } from './report.ts'
import { checkTrafficPolicy } from './traffic-policy.ts'

/** Rules of DestinationRule. */
export const destinationRuleRules: KindRules<DestinationRuleSpec> = (spec, { namespace }, report) => {
  report.check(['spec', 'host'], 'RULE_HOST', wildcardDomainProblem(spec.host ?? ''))
  checkTrafficPolicy(spec.trafficPolicy, namespace, ['spec', 'trafficPolicy'], report)
  const names = new Set<string>()
  for (const [i, { name = '', labels, trafficPolicy }] of (spec.subsets ?? []).entries()) {
    const path = ['spec', 'subsets', i]
    if (names.has(name)) report.error([...path, 'name'], 'RULE_SUBSET', `duplicate subset names: ${name}`)
    names.add(name)
    report.check([...path, 'name'], 'RULE_SUBSET', subsetNameProblem(name))
    checkLabels(labels, [...path, 'labels'], report)
    checkTrafficPolicy(trafficPolicy, namespace, [...path, 'trafficPolicy'], report)
  }
  checkExportTo(spec.exportTo, { namespace, hasSelector: spec.workloadSelector !== undefined }, report)
  checkPolicySelector(spec.workloadSelector, ['spec', 'workloadSelector'], report)
}
