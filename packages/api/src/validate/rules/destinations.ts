import type { Destination } from '../../gen/types/networking/destination.ts'
import { isDnsLabel, wildcardDomainProblem } from './dns.ts'
import { portProblem } from './ports.ts'
import type { Path, RuleReport } from './report.ts'

/** Checks where traffic goes. */
export function checkDestination(destination: Destination | undefined, path: Path, report: RuleReport): void {
  if (destination === undefined) return
  const { host = '', subset = '', port } = destination
  if (host === '*') report.error([...path, 'host'], 'RULE_HOST', 'invalid destination host *')
  else report.check([...path, 'host'], 'RULE_HOST', wildcardDomainProblem(host))
  if (subset !== '') report.check([...path, 'subset'], 'RULE_SUBSET', subsetNameProblem(subset))
  if (port !== undefined)
    report.check([...path, 'port', 'number'], 'RULE_PORT', portProblem(port.number ?? 0))
}

/** What is wrong with the name of a subset. */
export function subsetNameProblem(name: string): string | undefined {
  if (name === '') return 'subset name cannot be empty'
  return isDnsLabel(name) ? undefined : `subset name is invalid: ${name}`
}

/** A destination with its share. */
interface Weighted {
  readonly destination?: Destination
  readonly weight?: number
}

/** Checks weights: none negative, and some traffic must go somewhere. */
export function checkWeights(routes: readonly Weighted[] | undefined, path: Path, report: RuleReport): void {
  let total = 0
  for (const [i, { destination, weight = 0 }] of (routes ?? []).entries()) {
    checkDestination(destination, [...path, i, 'destination'], report)
    if (weight < 0) report.error([...path, i, 'weight'], 'RULE_WEIGHT', `weight ${weight} < 0`)
    total += weight
  }
  if ((routes?.length ?? 0) > 1 && total === 0) {
    report.error(path, 'RULE_WEIGHT', 'total destination weight = 0', 'give each destination a weight')
  }
}
