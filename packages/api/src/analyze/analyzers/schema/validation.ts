import { errorMessage } from '@batten/core/errors'
import { kinds } from '../../../k8s.ts'
import { findOverlaps } from '../../../validate/rules/match-overlap.ts'
import { validate } from '../../../validate/validate.ts'
import type { Analyzer } from '../../analyzer.ts'
import type { AnalysisContext } from '../../context.ts'
import type { Resource } from '../../resource.ts'

/** Code of the webhook's warning about routes, which have codes of their own here. */
const UNREACHABLE = 'RULE_UNREACHABLE'

/**
 * What the API server and Istio's webhook say about objects, one analyzer a kind.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0106/
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0133/
 */
export const schemaValidation: readonly Analyzer[] = kinds
  .filter(({ origin }) => origin === 'istio' || origin === 'gateway-api')
  .map(({ group, kind, origin }): Analyzer => {
    const isVirtualService = group === 'networking.istio.io' && kind === 'VirtualService'
    // Both groups have a Gateway.
    const name = origin === 'gateway-api' && kind === 'Gateway' ? 'KubernetesGateway' : kind
    return {
      name: `schema.ValidationAnalyzer.${name}`,
      description: `Runs schema validation as an analyzer on ${name} resources`,
      codes: isVirtualService ? ['IST0106', 'IST0130', 'IST0131', 'IST0133'] : ['IST0106', 'IST0133'],
      analyze(context) {
        for (const resource of context.given(`${group}/${kind}`)) check(resource, context)
        if (isVirtualService) checkRoutes(context)
      },
    }
  })

/** One object that cannot be checked does not keep the others from being checked. */
function check(resource: Resource, context: AnalysisContext): void {
  try {
    reportFindings(resource, context)
  } catch (thrown) {
    context.report(resource, 'IST0001', [errorMessage(thrown)])
  }
}

function reportFindings(resource: Resource, context: AnalysisContext): void {
  for (const { code, severity, message, path, hint } of validate(resource.parsed ?? resource.object)) {
    if (code === UNREACHABLE || severity === 'info') continue
    const options = { ...(hint === undefined ? {} : { hint }), atKey: code === 'SCHEMA_UNKNOWN_FIELD' }
    context.report(resource, severity === 'error' ? 'IST0106' : 'IST0133', [message], path, options)
  }
}

/** Routes that come too late. */
function checkRoutes(context: AnalysisContext): void {
  for (const virtualService of context.all('networking.istio.io/VirtualService')) {
    // Fields that are there have the type of the schema.
    for (const overlap of findOverlaps(virtualService.spec as Parameters<typeof findOverlaps>[0])) {
      const { kind, rule, reason = '', match = '', earlier = '', path } = overlap
      if (kind === 'unreachable') context.report(virtualService, 'IST0130', [rule, reason], path)
      else context.report(virtualService, 'IST0131', [rule, match, earlier], path)
    }
  }
}
