import type {
  LocalityFailover,
  LocalityLoadBalancerSetting,
  ZoneAwareLoadBalancerSetting,
} from '../../gen/types/networking/load-balancer.ts'
import type { Path, RuleReport } from './report.ts'

const TOPOLOGY = ['topology.kubernetes.io/region', 'topology.kubernetes.io/zone', 'topology.istio.io/subzone']

/** Checks preferences for near hosts. Fail-over happens only where failing hosts are noticed. */
export function checkLocality(
  setting: LocalityLoadBalancerSetting | undefined,
  hasOutlierDetection: boolean,
  path: Path,
  report: RuleReport,
): void {
  if (setting === undefined) return
  const { distribute = [], failover = [], failoverPriority = [] } = setting
  if (distribute.length > 0 && failover.length > 0) {
    report.error(path, 'RULE_LOCALITY', "can not simultaneously specify 'distribute' and 'failover'")
    return
  }
  const topology =
    failover.length > 0 ? failoverPriority.find((label) => TOPOLOGY.includes(label)) : undefined
  if (topology !== undefined) {
    report.error(
      [...path, 'failoverPriority'],
      'RULE_LOCALITY',
      `can not simultaneously set 'failover' and topology label '${topology}' in 'failover_priority'`,
    )
    return
  }
  for (const [i, { to = {} }] of distribute.entries()) {
    const at = [...path, 'distribute', i, 'to']
    const weights = Object.values(to)
    if (weights.some((weight) => weight <= 0 || weight > 100)) {
      report.error(at, 'RULE_LOCALITY', 'locality weight must be in range [1, 100]')
      return
    }
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    if (total !== 100) {
      report.error(at, 'RULE_LOCALITY', `total locality weight ${total} != 100`)
      return
    }
    report.check(at, 'RULE_LOCALITY', localitiesProblem(Object.keys(to)))
  }
  report.check(
    [...path, 'distribute'],
    'RULE_LOCALITY',
    localitiesProblem(distribute.map(({ from = '' }) => from)),
  )
  checkFailover(failover, failoverPriority, hasOutlierDetection, path, report)
}

/** Checks preferences for the zone of the caller. */
export function checkZoneAware(
  setting: ZoneAwareLoadBalancerSetting | undefined,
  hasOutlierDetection: boolean,
  path: Path,
  report: RuleReport,
): void {
  if (setting === undefined) return
  checkFailover(setting.failover ?? [], setting.failoverPriority ?? [], hasOutlierDetection, path, report)
}

function checkFailover(
  failover: readonly LocalityFailover[],
  failoverPriority: readonly string[],
  hasOutlierDetection: boolean,
  path: Path,
  report: RuleReport,
): void {
  if ((failover.length > 0 || failoverPriority.length > 0) && !hasOutlierDetection) {
    report.warning(path, 'RULE_LOCALITY', 'outlier detection policy must be provided for failover')
  }
  for (const [i, { from = '', to = '' }] of failover.entries()) {
    const at = [...path, 'failover', i]
    if (from === to)
      report.error(at, 'RULE_LOCALITY', 'locality lb failover settings must specify different regions')
    if (`${from}${to}`.includes('/'))
      report.error(at, 'RULE_LOCALITY', 'locality lb failover only specify region')
    if (`${from}${to}`.includes('*')) {
      report.error(at, 'RULE_LOCALITY', "locality lb failover region should not contain '*' wildcard")
    }
  }
}

/** Localities must not overlap: `region`, `region/zone` and `region/zone/subzone`, `*` at the end for all below. */
function localitiesProblem(localities: readonly string[]): string | undefined {
  const seen: string[][] = []
  for (const locality of localities) {
    const stars = locality.split('*').length - 1
    if (stars > 1 || (stars === 1 && !locality.endsWith('*'))) {
      return `locality ${locality} wildcard '*' number can not exceed 1 and must be in the end`
    }
    const slash = locality.split('/')
    const parts = [...slash.slice(0, 2), ...(slash.length > 2 ? [slash.slice(2).join('/')] : [])]
    if (seen.some(([region]) => region === '*'))
      return `locality ${locality} overlap with previous specified ones`
    if (parts.includes('')) return `locality ${locality} must not contain empty region/zone/subzone info`
    if (seen.some((other) => overlap(other, parts)))
      return `locality ${locality} overlap with previous specified ones`
    seen.push(parts)
  }
  return undefined
}

/** Whether one locality is the other, holds it, or lies in it. */
function overlap(a: readonly string[], b: readonly string[]): boolean {
  for (let i = 0; i < 3; i++) {
    const x = a[i]
    const y = b[i]
    // What ends stands for all below it, as does a wildcard that came before.
    if (x === undefined || x === '*') return true
    if (y === undefined) return true
    if (x !== y) return false
  }
  return true
}
