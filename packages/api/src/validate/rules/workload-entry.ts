import type { WorkloadEntrySpec } from '../../gen/types/networking/workload-entry.ts'
import { isAddress, socketProblem, UNIX } from './addresses.ts'
import { fqdnProblem } from './dns.ts'
import { checkLabels } from './labels.ts'
import { portNameProblem, portProblem } from './ports.ts'
import type { KindRules, Path, RuleReport } from './report.ts'

/** Rules of WorkloadEntry. */
export const workloadEntryRules: KindRules<WorkloadEntrySpec> = (spec, _object, report) => {
  checkWorkload(spec, ['spec'], report, { allowNames: true })
}

/** What an endpoint is checked against. */
export interface WorkloadOptions {
  /** Ports of the service it belongs to. */
  readonly servicePorts?: ReadonlySet<string>
  /** Whether the address may be a DNS name. */
  readonly allowNames: boolean
}

/** Checks a workload, or an endpoint of a ServiceEntry with static addresses. */
export function checkWorkload(
  workload: WorkloadEntrySpec,
  path: Path,
  report: RuleReport,
  options: WorkloadOptions,
): void {
  const { address = '', network = '', ports = {} } = workload
  const { servicePorts, allowNames } = options
  if (address === '') {
    if (network === '') {
      report.error([...path, 'address'], 'RULE_ADDRESS', 'address is required')
      return
    }
    report.warning(
      [...path, 'address'],
      'RULE_ADDRESS',
      `address is unset with network ${JSON.stringify(network)}`,
    )
  }
  const isSocket = address.startsWith(UNIX)
  if (isSocket) {
    report.check([...path, 'address'], 'RULE_ADDRESS', socketProblem(address.slice(UNIX.length)))
    if (Object.keys(ports).length > 0) {
      report.error([...path, 'ports'], 'RULE_PORT', `unix endpoint ${address} must not include ports`)
    }
  } else if (address !== '' && !isAddress(address)) {
    if (!allowNames) {
      report.error(
        [...path, 'address'],
        'RULE_ADDRESS',
        `endpoint address ${JSON.stringify(address)} is not a valid IP address`,
      )
    } else if (fqdnProblem(address) !== undefined) {
      report.error(
        [...path, 'address'],
        'RULE_ADDRESS',
        `endpoint address ${JSON.stringify(address)} is not a valid FQDN or an IP address`,
      )
    }
  }
  checkEndpointPorts(ports, servicePorts, [...path, 'ports'], report)
  checkLabels(workload.labels, [...path, 'labels'], report)
  if (isSocket && servicePorts !== undefined && servicePorts.size !== 1) {
    report.error([...path, 'address'], 'RULE_PORT', 'exactly 1 service port required for unix endpoints')
  }
}

/** Checks ports of an endpoint by their names. */
export function checkEndpointPorts(
  ports: Readonly<Record<string, number>>,
  servicePorts: ReadonlySet<string> | undefined,
  path: Path,
  report: RuleReport,
): void {
  for (const [name, port] of Object.entries(ports)) {
    if (servicePorts?.has(name) === false) {
      report.error([...path, name], 'RULE_PORT', `endpoint port ${port} is not defined by the service entry`)
    }
    report.check([...path, name], 'RULE_PORT', portNameProblem(name))
    report.check([...path, name], 'RULE_PORT', portProblem(port))
  }
}
