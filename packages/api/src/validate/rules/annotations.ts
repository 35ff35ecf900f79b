import type { KubernetesObject } from '../../k8s.ts'
import type { RuledObject, RuleReport } from './report.ts'

const DRY_RUN = 'istio.io/dry-run'
const ALWAYS_REJECT = 'internal.istio.io/webhook-always-reject'

/** What only the control plane may write: it gives the rights of another object. */
const INTERNAL = ['internal.istio.io/parent-namespace', 'internal.istio.io/parents']

/** What Go's `strconv.ParseBool` takes. */
const BOOLEANS = ['1', 't', 'T', 'TRUE', 'true', 'True', '0', 'f', 'F', 'FALSE', 'false', 'False']

/** Checks annotations that the webhook looks at. Returns whether the rules of the kind still matter. */
export function checkAnnotations(
  object: KubernetesObject,
  { name, namespace, annotations }: RuledObject,
  report: RuleReport,
): boolean {
  const full = `${namespace}/${name}`
  const dryRun = annotations[DRY_RUN]
  if (dryRun !== undefined) {
    const path = ['metadata', 'annotations', DRY_RUN]
    const action = (object.spec as { action?: string } | undefined)?.action ?? 'ALLOW'
    if (object.kind !== 'AuthorizationPolicy') {
      report.error(
        path,
        'RULE_ANNOTATION',
        `${full} has unsupported annotation ${DRY_RUN}, please remove the annotation`,
      )
      return false
    }
    if (action !== 'ALLOW' && action !== 'DENY') {
      report.error(
        path,
        'RULE_ANNOTATION',
        `the annotation ${DRY_RUN} currently only supports action ALLOW/DENY, found action ${action} in ${full}`,
      )
      return false
    }
    if (!BOOLEANS.includes(dryRun)) {
      report.error(
        path,
        'RULE_ANNOTATION',
        `${full} has annotation ${DRY_RUN} with invalid value (${dryRun})`,
      )
      return false
    }
  }
  if (annotations[ALWAYS_REJECT] !== undefined) {
    report.error(
      ['metadata', 'annotations', ALWAYS_REJECT],
      'RULE_ALWAYS_REJECT',
      `"${ALWAYS_REJECT}" annotation found, rejecting`,
    )
    return false
  }
  for (const internal of INTERNAL) {
    if (annotations[internal] === undefined) continue
    report.error(
      ['metadata', 'annotations', internal],
      'RULE_ANNOTATION',
      `"${internal}" annotation found, this may not be set by users`,
    )
    return false
  }
  return true
}
