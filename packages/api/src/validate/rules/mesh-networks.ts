import type { MeshNetworks } from '../../gen/types/mesh/mesh-networks.ts'
import type { RawFinding } from '../findings.ts'
import { isAddress, subnetProblem } from './addresses.ts'
import { fqdnProblem, isDnsLabel } from './dns.ts'
import { portProblem } from './ports.ts'
import { RuleReport } from './report.ts'

/** What the control plane refuses in a MeshNetworks, and what has no effect. */
export function meshNetworksRules({ networks = {} }: MeshNetworks): RawFinding[] {
  const report = new RuleReport()
  for (const [name, network] of Object.entries(networks)) {
    const at = ['networks', name]
    for (const [i, { fromCidr, fromRegistry }] of (network.endpoints ?? []).entries()) {
      const path = [...at, 'endpoints', i]
      if (fromCidr !== undefined) report.check([...path, 'fromCidr'], 'RULE_ADDRESS', subnetProblem(fromCidr))
      else if (fromRegistry === undefined)
        report.warning(path, 'RULE_EMPTY', 'endpoints need `fromCidr` or `fromRegistry`')
      else if (!isDnsLabel(fromRegistry))
        report.error([...path, 'fromRegistry'], 'RULE_NAME', `invalid registry name: ${fromRegistry}`)
    }
    for (const [i, { registryServiceName, address, port }] of (network.gateways ?? []).entries()) {
      const path = [...at, 'gateways', i]
      if (registryServiceName !== undefined)
        report.check([...path, 'registryServiceName'], 'RULE_HOST', fqdnProblem(registryServiceName))
      if (address !== undefined && !isAddress(address) && fqdnProblem(address) !== undefined) {
        report.error([...path, 'address'], 'RULE_ADDRESS', `${address} is not a valid IP address or DNS name`)
      }
      report.check([...path, 'port'], 'RULE_PORT', portProblem((port as number | undefined) ?? 0))
    }
  }
  return report.findings
}
