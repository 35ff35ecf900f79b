import type { Analyzer } from '../../analyzer.ts'
import { textAt } from '../../loose.ts'
import type { Resource } from '../../resource.ts'

/** Kinds of `rbac.istio.io`, which AuthorizationPolicy replaced. */
const REMOVED_KINDS = new Set(['ClusterRbacConfig', 'RbacConfig', 'ServiceRole', 'ServiceRoleBinding'])

/**
 * Fields that are deprecated, or ignored.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0002/
 */
export const deprecatedFields: Analyzer = {
  name: 'deprecation.DeprecationAnalyzer',
  aliases: ['deprecation.FieldAnalyzer'],
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
    for (const crd of context.all('apiextensions.k8s.io/CustomResourceDefinition') as readonly Resource[]) {
      const kind = textAt(crd.fields, 'spec', 'names', 'kind') ?? ''
      if (textAt(crd.fields, 'spec', 'group') !== 'rbac.istio.io' || !REMOVED_KINDS.has(kind)) continue
      context.report(
        crd,
        'IST0002',
        [`Custom resource type rbac.istio.io ${kind} is removed`],
        ['spec', 'names', 'kind'],
      )
    }
    for (const sidecar of context.all('networking.istio.io/Sidecar')) {
      if (sidecar.spec.outboundTrafficPolicy?.egressProxy === undefined) continue
      const path = ['spec', 'outboundTrafficPolicy', 'egressProxy']
      context.report(sidecar, 'IST0002', ['OutboundTrafficPolicy.EgressProxy ignored'], path)
    }
  },
}
