import type { ProxyConfigSpec } from '../../gen/types/networking/proxy-config.ts'
import { checkPolicySelector } from './labels.ts'
import type { KindRules } from './report.ts'

/** Rules of the kind ProxyConfig. */
export const proxyConfigRules: KindRules<ProxyConfigSpec> = (spec, _object, report) => {
  checkPolicySelector(spec.selector, ['spec', 'selector'], report)
  if ((spec.concurrency ?? 0) < 0) {
    report.error(['spec', 'concurrency'], 'RULE_RANGE', 'concurrency must be greater than or equal to 0')
  }
}
