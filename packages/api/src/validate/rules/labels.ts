import type { PolicySelector, WorkloadSelector } from '../../gen/types/meta/selector.ts'
import type { PolicyTargetReference } from '../../gen/types/meta/target-reference.ts'
import type { Path, RuleReport } from './report.ts'

const LABEL = '[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?'
const KEY = new RegExp(`^((?:${LABEL}(?:\\.${LABEL})*)/)?((?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$`)
const VALUE = /^((?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/

/** Checks labels of a workload, a subset or a source. */
export function checkLabels(
  labels: Readonly<Record<string, string>> | undefined,
  path: Path,
  report: RuleReport,
): void {
  for (const [key, value] of Object.entries(labels ?? {})) {
    const match = KEY.exec(key)
    if (match === null) report.error([...path, key], 'RULE_LABELS', `invalid tag key: ${JSON.stringify(key)}`)
    else if ((match[1]?.length ?? 0) > 254) {
      report.error(
        [...path, key],
        'RULE_LABELS',
        `invalid tag key: ${JSON.stringify(key)} (DNS prefix is too long)`,
      )
    } else if (match[2]!.length > 63) {
      report.error(
        [...path, key],
        'RULE_LABELS',
        `invalid tag key: ${JSON.stringify(key)} (name is too long)`,
      )
    }
    if (!VALUE.test(value))
      report.error([...path, key], 'RULE_LABELS', `invalid tag value: ${JSON.stringify(value)}`)
  }
}

/** Checks a selector of the networking kinds. `what` is the kind as the warning names it. */
export function checkWorkloadSelector(
  selector: WorkloadSelector | undefined,
  path: Path,
  what: string,
  report: RuleReport,
): void {
  if (selector === undefined) return
  const labels = Object.entries(selector.labels ?? {})
  checkPairs(labels, [...path, 'labels'], report)
  if (labels.length === 0) {
    report.warning(
      path,
      'RULE_SELECTOR',
      `${what}: workload selector specified without labels, will be applied to all services in namespace`,
    )
  }
}

/** Checks a selector of the policy kinds. */
export function checkPolicySelector(
  selector: PolicySelector | undefined,
  path: Path,
  report: RuleReport,
): void {
  if (selector === undefined) return
  const labels = Object.entries(selector.matchLabels ?? {})
  checkPairs(labels, [...path, 'matchLabels'], report)
  if (labels.length === 0) report.warning(path, 'RULE_SELECTOR', 'workload selector specified without labels')
}

function checkPairs(labels: readonly (readonly [string, string])[], path: Path, report: RuleReport): void {
  for (const [key, value] of labels) {
    const pair = JSON.stringify(`${key}=${value}`)
    if (key === '')
      report.error([...path, key], 'RULE_SELECTOR', `empty key is not supported in selector: ${pair}`)
    if (key.includes('*') || value.includes('*')) {
      report.error([...path, key], 'RULE_SELECTOR', `wildcard is not supported in selector: ${pair}`)
    }
  }
}

/** What a policy may be attached to, and where it may not. */
interface Attachment {
  readonly selector?: PolicySelector
  readonly targetRef?: PolicyTargetReference
  readonly targetRefs?: readonly PolicyTargetReference[]
}

const TARGETS = [
  '/Service',
  'networking.istio.io/ServiceEntry',
  'gateway.networking.k8s.io/Gateway',
  'gateway.networking.k8s.io/GatewayClass',
]

/** Checks what a policy applies to: a selector, or references. */
export function checkAttachment(spec: Attachment, report: RuleReport): void {
  const { selector, targetRef, targetRefs = [] } = spec
  checkPolicySelector(selector, ['spec', 'selector'], report)
  const set = [selector !== undefined, targetRef !== undefined, targetRefs.length > 0].filter(Boolean).length
  if (set > 1)
    report.error(['spec'], 'RULE_TARGET_REF', 'only one of targetRefs or workloadSelector can be set')
  if (targetRef !== undefined) checkTarget(targetRef, ['spec', 'targetRef'], report)
  for (const [i, reference] of targetRefs.entries()) checkTarget(reference, ['spec', 'targetRefs', i], report)
}

/** Checks one reference. */
export function checkTarget(reference: PolicyTargetReference, path: Path, report: RuleReport): void {
  const { name, namespace = '', kind, group = '' } = reference
  if (name === '') report.error([...path, 'name'], 'RULE_TARGET_REF', 'targetRef name must be set')
  if (namespace !== '') {
    report.error(
      [...path, 'namespace'],
      'RULE_TARGET_REF',
      'targetRef namespace must not be set; cross namespace referencing is not supported',
    )
  }
  if (!TARGETS.includes(`${group === 'core' ? '' : group}/${kind}`)) {
    report.error(
      path,
      'RULE_TARGET_REF',
      `targetRef must be to one of Service, networking.istio.io/ServiceEntry, gateway.networking.k8s.io/Gateway or gateway.networking.k8s.io/GatewayClass but was ${group}/${kind}`,
    )
  }
}
