import type { Analyzer } from '../../analyzer.ts'
import { crowdedNamespaces, selectorConflicts } from '../../index/selector-conflicts.ts'
import { definedStrings } from '../../index/service-index.ts'

/** A workload takes its settings from one PeerAuthentication, a namespace as well. */
export const peerAuthenticationSelectors: Analyzer = {
  name: 'peerauthentication.SelectorAnalyzer',
  description: 'Checks that no two peer authentications apply to the same namespace or workload',
  codes: ['BAT0401', 'BAT0402'],
  analyze(context) {
    const all = context.all('security.istio.io/PeerAuthentication').map((resource) => ({
      resource,
      selector: definedStrings(resource.spec.selector?.matchLabels),
    }))
    const defaults = all.filter(({ selector }) => Object.keys(selector).length === 0)
    for (const [namespace, policies] of crowdedNamespaces(defaults.map(({ resource }) => resource))) {
      const names = policies.map(({ name }) => name)
      for (const policy of policies) context.report(policy, 'BAT0401', [names, namespace])
    }
    const selecting = all.filter(({ selector }) => Object.keys(selector).length > 0)
    for (const { workload, policies } of selectorConflicts(selecting, context)) {
      const names = policies.map(({ name }) => name)
      for (const policy of policies) {
        context.report(policy, 'BAT0402', [names, workload.name], ['spec', 'selector', 'matchLabels'])
      }
    }
  },
}
