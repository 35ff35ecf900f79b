import type { Analyzer } from '../../analyzer.ts'
import type { AnalysisContext } from '../../context.ts'
import type { MessageCode } from '../../messages.ts'
import type { FieldPath, Resource, SpecOf } from '../../resource.ts'

type EnvoyFilter = Resource<SpecOf<'networking.istio.io/EnvoyFilter'>>

type OperationCode = Extract<MessageCode, 'IST0151' | 'IST0152' | 'IST0153' | 'IST0154' | 'IST0155'>

/** Parts of the configuration that REPLACE takes: filters by name, and whole virtual hosts. */
const REPLACEABLE = new Set(['HTTP_FILTER', 'LISTENER_FILTER', 'NETWORK_FILTER', 'VIRTUAL_HOST'])

/** Parts of routes to which nothing can be added, and of which nothing can be taken. */
const ROUTES = new Set(['ROUTE_CONFIGURATION', 'HTTP_ROUTE'])

/** Operations that do nothing when what they refer to is not there yet. */
const RELATIVE = new Set(['INSERT_BEFORE', 'INSERT_AFTER', 'REPLACE', 'REMOVE'])

/**
 * Patches that are ignored, or depend on the order in which EnvoyFilters are applied. Each code is reported once for an
 * EnvoyFilter, at the first patch that it holds for.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0151/
 */
export const patchOperations: Analyzer = {
  name: 'envoyfilter.EnvoyPatchAnalyzer',
  description: 'Checks the patch operations of envoyFilters',
  codes: ['IST0151', 'IST0152', 'IST0153', 'IST0154', 'IST0155'],
  analyze(context) {
    for (const filter of context.all('networking.istio.io/EnvoyFilter')) check(filter, context)
  },
}

function check(filter: EnvoyFilter, context: AnalysisContext): void {
  const hasPriority = (filter.spec.priority ?? 0) !== 0
  const told = new Set<string>()
  for (const [i, { applyTo = '', match, patch }] of (filter.spec.configPatches ?? []).entries()) {
    const path: FieldPath = ['spec', 'configPatches', i, 'patch', 'operation']
    const hasVersion = (match?.proxy?.proxyVersion ?? '') !== ''
    const code = codeOf(applyTo, patch?.operation ?? '', hasPriority, hasVersion)
    if (code !== undefined && !told.has(code)) context.report(filter, code, [], path)
    if (code !== undefined) told.add(code)
  }
}

function codeOf(
  applyTo: string,
  operation: string,
  hasPriority: boolean,
  hasVersion: boolean,
): OperationCode | undefined {
  if (operation === 'ADD' && ROUTES.has(applyTo)) return 'IST0153'
  if (operation === 'REMOVE' && ROUTES.has(applyTo)) return 'IST0154'
  if (operation === 'REPLACE' && !REPLACEABLE.has(applyTo)) return 'IST0152'
  if (hasPriority || !RELATIVE.has(operation)) return undefined
  return hasVersion ? 'IST0155' : 'IST0151'
}
