import { isFields } from '../../../validate/check.ts'
import type { Analyzer } from '../../analyzer.ts'
import type { AnalysisContext } from '../../context.ts'
import type { MessageCode } from '../../messages.ts'
import type { Resource, SpecOf } from '../../resource.ts'

type EnvoyFilter = Resource<SpecOf<'networking.istio.io/EnvoyFilter'>>

type ConfigPatch = NonNullable<EnvoyFilter['spec']['configPatches']>[number]

type OperationCode = Extract<MessageCode, 'IST0151' | 'IST0152' | 'IST0153' | 'IST0154' | 'IST0155'>

/** Parts of the configuration that REPLACE takes: filters by name, and whole virtual hosts. */
const REPLACEABLE = new Set(['HTTP_FILTER', 'NETWORK_FILTER', 'VIRTUAL_HOST'])

/** Parts of routes to which nothing can be added, and of which nothing can be taken. */
const ROUTES = new Set(['ROUTE_CONFIGURATION', 'HTTP_ROUTE'])

/** Operations that do nothing when what they refer to is not there yet. */
const RELATIVE = new Set(['INSERT_BEFORE', 'INSERT_AFTER', 'REPLACE', 'REMOVE'])

/**
 * Patches that are ignored, or depend on the order in which EnvoyFilters are applied. What they patch is known by its
 * name, so that a filter which an earlier patch ties to a version of the proxy is recognized in later ones.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0151/
 */
export const patchOperations: Analyzer = {
  name: 'envoyfilter.EnvoyPatchAnalyzer',
  description: 'Checks the patch operations of envoyFilters',
  codes: ['IST0151', 'IST0152', 'IST0153', 'IST0154', 'IST0155'],
  analyze(context) {
    const versioned = new Set<string>()
    for (const filter of context.all('networking.istio.io/EnvoyFilter')) check(filter, versioned, context)
  },
}

function check(filter: EnvoyFilter, versioned: Set<string>, context: AnalysisContext): void {
  const hasPriority = (filter.spec.priority ?? 0) !== 0
  for (const [i, one] of (filter.spec.configPatches ?? []).entries()) {
    const { applyTo = '', match, patch } = one
    // As istioctl does: what follows an entry without a patch is not looked at.
    if (patch === undefined) return
    const name = patchedName(one)
    const code = codeOf(applyTo, patch.operation ?? '', hasPriority, versioned.has(name))
    if (code !== undefined) {
      context.report(filter, code, [], ['spec', 'configPatches', i, 'patch', 'operation'])
    }
    if ((match?.proxy?.proxyVersion ?? '') !== '') versioned.add(name)
  }
}

/** Name of what a patch is about: its own, else that of the filter that it is applied to. Empty without a value. */
function patchedName({ match, patch }: ConfigPatch): string {
  const value: unknown = patch?.value
  if (!isFields(value) || Object.keys(value).length === 0) return ''
  if (value['name'] !== undefined) return JSON.stringify(value['name'])
  return match?.listener?.filterChain?.filter?.name ?? ''
}

function codeOf(
  applyTo: string,
  operation: string,
  hasPriority: boolean,
  isVersioned: boolean,
): OperationCode | undefined {
  if (operation === 'ADD' && ROUTES.has(applyTo)) return 'IST0153'
  if (operation === 'REMOVE' && ROUTES.has(applyTo)) return 'IST0154'
  if (operation === 'REPLACE' && !REPLACEABLE.has(applyTo)) return 'IST0152'
  if (hasPriority || !RELATIVE.has(operation)) return undefined
  return isVersioned ? 'IST0155' : 'IST0151'
}
