import type { Analyzer } from '../../analyzer.ts'
import { listAt, textAt } from '../../loose.ts'
import type { FieldPath, Resource } from '../../resource.ts'

const WAYPOINT_BOUND = new Set(['istio.io/WaypointBound'])
const ACCEPTED = new Set(['ZtunnelAccepted', 'WaypointAccepted'])
const GATEWAY = new Set(['Accepted', 'Programmed', 'ResolvedRefs'])

/** Conditions that are bad news when they are false, by kind. */
const CONDITIONS: readonly (readonly [type: string, conditions: ReadonlySet<string>])[] = [
  ['/Service', WAYPOINT_BOUND],
  ['networking.istio.io/ServiceEntry', WAYPOINT_BOUND],
  ['security.istio.io/AuthorizationPolicy', ACCEPTED],
  ['gateway.networking.k8s.io/Gateway', GATEWAY],
  ['gateway.networking.k8s.io/HTTPRoute', GATEWAY],
  ['gateway.networking.k8s.io/GRPCRoute', GATEWAY],
]

/**
 * Conditions in the status of objects that tell of a problem.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0171/
 */
export const negativeConditions: Analyzer = {
  name: 'conditions.ConditionAnalyzer',
  description: 'Checks for negative status conditions on resources',
  codes: ['IST0171'],
  analyze(context) {
    for (const [type, names] of CONDITIONS) {
      for (const resource of context.all(type) as readonly Resource[]) {
        for (const { condition, path } of conditionsOf(resource)) {
          const name = textAt(condition, 'type') ?? ''
          const reason = textAt(condition, 'reason') ?? ''
          if (!names.has(name) || !isNegative(name, textAt(condition, 'status'), reason)) continue
          const message = textAt(condition, 'message') ?? ''
          context.report(resource, 'IST0171', [name, reason, message], path)
        }
      }
    }
  },
}

function isNegative(name: string, status: string | undefined, reason: string): boolean {
  return status === 'False' || (name === 'WaypointAccepted' && reason === 'PartiallyInvalid')
}

/** Conditions of an object; a route has those of each parent and none of its own. */
function conditionsOf({ fields, kind }: Resource): { condition: unknown; path: FieldPath }[] {
  const placed = (list: readonly unknown[], path: FieldPath): { condition: unknown; path: FieldPath }[] =>
    list.map((condition, i) => ({ condition, path: [...path, i] }))
  if (!kind.endsWith('Route')) return placed(listAt(fields, 'status', 'conditions'), ['status', 'conditions'])
  return listAt(fields, 'status', 'parents').flatMap((parent, i) =>
    placed(listAt(parent, 'conditions'), ['status', 'parents', i, 'conditions']),
  )
}
