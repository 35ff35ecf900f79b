import type { Analyzer } from '../../analyzer.ts'

/**
 * Fields that are deprecated, or ignored.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0002/
 */
export const deprecatedFields: Analyzer = {
  name: 'deprecation.DeprecationAnalyzer',
  description: 'Checks for deprecated Istio types and fields',
  codes: ['IST0002'],
  analyze(context) {
    for (const virtualService of context.all('networking.istio.io/VirtualService')) {
      for (const [i, { fault }] of (virtualService.spec.http ?? []).entries()) {
        if ((fault?.delay?.percent ?? 0) <= 0) continue
        const text = 'HTTPRoute.fault.delay.percent is deprecated; use HTTPRoute.fault.delay.percentage'
        context.report(virtualService, 'IST0002', [text], ['spec', 'http', i, 'fault', 'delay', 'percent'])
      }
    }
    for (const sidecar of context.all('networking.istio.io/Sidecar')) {
      if (sidecar.spec.outboundTrafficPolicy?.egressProxy === undefined) continue
      const path = ['spec', 'outboundTrafficPolicy', 'egressProxy']
      context.report(sidecar, 'IST0002', ['OutboundTrafficPolicy.EgressProxy ignored'], path)
    }
  },
}
