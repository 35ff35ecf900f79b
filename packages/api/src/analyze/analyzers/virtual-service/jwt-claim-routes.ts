import { isClaimHeader } from '../../../validate/rules/headers.ts'
import type { Analyzer } from '../../analyzer.ts'
import type { AnalysisContext } from '../../context.ts'
import { SelectorIndex } from '../../index/label-index.ts'
import { definedStrings } from '../../index/service-index.ts'
import type { Workload } from '../../index/workload-index.ts'
import type { FieldPath, Resource } from '../../resource.ts'
import { gatewayName, type VirtualServiceResource } from './destinations.ts'

/**
 * Routes by claims of a token need a RequestAuthentication at every gateway that has them.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0149/
 */
export const jwtClaimRoutes: Analyzer = {
  name: 'virtualservice.JWTClaimRouteAnalyzer',
  description:
    'Checks the VirtualService using JWT claim based routing has corresponding RequestAuthentication',
  codes: ['IST0149'],
  analyze(context) {
    const authentications = new SelectorIndex<Resource>()
    for (const one of context.all('security.istio.io/RequestAuthentication')) {
      const { selector, targetRef, targetRefs = [] } = one.spec
      if (targetRef === undefined && targetRefs.length === 0)
        authentications.add(one, definedStrings(selector?.matchLabels), one.namespace)
    }
    for (const virtualService of context.all('networking.istio.io/VirtualService')) {
      const claim = firstClaim(virtualService)
      if (claim !== undefined) check(virtualService, claim, authentications, context)
    }
  },
}

interface Claim {
  readonly key: string
  readonly path: FieldPath
}

function firstClaim({ spec }: VirtualServiceResource): Claim | undefined {
  for (const [i, { match = [] }] of (spec.http ?? []).entries()) {
    for (const [n, request] of match.entries()) {
      for (const field of ['headers', 'withoutHeaders'] as const) {
        const key = Object.keys(request[field] ?? {}).find(isClaimHeader)
        if (key !== undefined) return { key, path: ['spec', 'http', i, 'match', n, field, key] }
      }
    }
  }
  return undefined
}

function check(
  virtualService: VirtualServiceResource,
  { key, path }: Claim,
  authentications: SelectorIndex<Resource>,
  context: AnalysisContext,
): void {
  const isAuthenticated = ({ labels, namespace }: Workload): boolean =>
    [context.rootNamespace, namespace].some((one) => authentications.matching(labels, one).length > 0)
  for (const gateway of virtualService.spec.gateways ?? []) {
    if (gateway === 'mesh') continue
    const { namespace, name } = gatewayName(gateway, virtualService.namespace)
    const found = context.find('networking.istio.io/Gateway', namespace, name)
    if (found === undefined) continue
    for (const workload of context.workloads.select(definedStrings(found.spec.selector))) {
      if (isAuthenticated(workload)) continue
      context.report(virtualService, 'IST0149', [key, found.fullName, workload.name], path, { atKey: true })
    }
  }
}
