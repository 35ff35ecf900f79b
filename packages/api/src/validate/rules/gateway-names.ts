import { fqdnProblem, isDnsLabel } from './dns.ts'
import type { Path, RuleReport } from './report.ts'

/** Checks names of gateways: `name`, `namespace/name`, or the old `name.namespace`. */
export function checkGatewayNames(
  names: readonly string[] | undefined,
  path: Path,
  report: RuleReport,
): void {
  for (const [i, name] of (names ?? []).entries()) {
    const at = [...path, i]
    const slash = name.indexOf('/')
    if (slash < 0) {
      if (name.includes('.')) {
        const [gateway, namespace] = name.split('.')
        report.warning(
          at,
          'RULE_GATEWAY_NAME',
          `using legacy gatewayName format ${JSON.stringify(name)}; prefer the <namespace>/<name> format: "${namespace}/${gateway}"`,
        )
      }
      report.check(at, 'RULE_GATEWAY_NAME', fqdnProblem(name))
      // The webhook does not look at those after it.
      return
    }
    const namespace = name.slice(0, slash)
    const gateway = name.slice(slash + 1)
    if (namespace === '' || gateway === '') {
      report.error(at, 'RULE_GATEWAY_NAME', 'config namespace and gateway name cannot be empty')
    }
    if (!isDnsLabel(namespace))
      report.error(at, 'RULE_GATEWAY_NAME', `invalid value for namespace: ${JSON.stringify(namespace)}`)
    if (!isDnsLabel(gateway))
      report.error(at, 'RULE_GATEWAY_NAME', `invalid value for gateway name: ${JSON.stringify(gateway)}`)
  }
}
