import type { Analyzer } from '../../analyzer.ts'
import { definedStrings } from '../../index/service-index.ts'

/** Label of the pods of a Kubernetes Gateway, with its name. */
const GATEWAY_NAME = 'gateway.networking.k8s.io/gateway-name'

const POLICIES = [
  'security.istio.io/AuthorizationPolicy',
  'security.istio.io/RequestAuthentication',
  'telemetry.istio.io/Telemetry',
  'extensions.istio.io/WasmPlugin',
] as const

/**
 * A policy is attached to a Kubernetes Gateway by reference; a selector has no effect there.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0166/
 */
export const policySelectors: Analyzer = {
  name: 'k8sgateway.SelectorAnalyzer',
  description: 'Checks if selectors are effective for Kubernetes gateway resources',
  codes: ['IST0166'],
  analyze(context) {
    for (const type of POLICIES) {
      for (const policy of context.all(type)) {
        const { selector, targetRef, targetRefs = [] } = policy.spec
        if (selector === undefined || targetRef !== undefined || targetRefs.length > 0) continue
        const found = context.workloads.select(definedStrings(selector.matchLabels), policy.namespace)
        const gateways = new Set(
          found.map(({ labels }) => labels[GATEWAY_NAME]).filter((name) => name !== undefined),
        )
        for (const gateway of gateways) {
          context.report(policy, 'IST0166', [gateway], ['spec', 'selector', 'matchLabels'])
        }
      }
    }
  },
}
