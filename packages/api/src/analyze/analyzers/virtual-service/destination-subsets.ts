import type { Analyzer } from '../../analyzer.ts'
import { HostIndex } from '../../index/host-name.ts'
import type { Resource, SpecOf } from '../../resource.ts'
import { destinationsOf, hasOwnLine } from './destinations.ts'

type Rule = Resource<SpecOf<'networking.istio.io/DestinationRule'>>

/**
 * Subsets of destinations must be defined by a DestinationRule of the host.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0101/
 */
export const destinationSubsets: Analyzer = {
  name: 'virtualservice.DestinationRuleAnalyzer',
  description: 'Checks the destination rules associated with each virtual service',
  codes: ['IST0101'],
  analyze(context) {
    const rules = new HostIndex<Rule>()
    for (const rule of context.all('networking.istio.io/DestinationRule'))
      rules.add(context.fullHost(rule.spec.host ?? '', rule.namespace), rule)
    for (const virtualService of context.all('networking.istio.io/VirtualService')) {
      for (const placed of destinationsOf(virtualService)) {
        const { destination, path, isMirror } = placed
        const { host = '', subset = '' } = destination
        if (subset === '') continue
        const candidates = rules.covering(context.fullHost(host, virtualService.namespace))
        if (candidates.some(({ spec }) => (spec.subsets ?? []).some(({ name }) => name === subset))) continue
        const what = `${isMirror ? 'mirror ' : ''}host+subset in destinationrule`
        const defined = candidates.flatMap(({ spec }) => (spec.subsets ?? []).map(({ name }) => name ?? ''))
        context.report(virtualService, 'IST0101', [what, `${host}+${subset}`], [...path, 'subset'], {
          eachPlace: hasOwnLine(placed),
          ...(defined.length === 0 ? {} : { hint: `Defined are: ${defined.join(', ')}.` }),
        })
      }
    }
  },
}
