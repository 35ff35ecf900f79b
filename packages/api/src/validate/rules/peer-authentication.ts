import type { PeerAuthenticationSpec } from '../../gen/types/security/peer-authentication.ts'
import { checkPolicySelector } from './labels.ts'
import type { KindRules } from './report.ts'

/** Rules of PeerAuthentication. */
export const peerAuthenticationRules: KindRules<PeerAuthenticationSpec> = (spec, _object, report) => {
  const ports = Object.keys(spec.portLevelMtls ?? {})
  const path = ['spec', 'portLevelMtls']
  if (ports.length > 0 && Object.keys(spec.selector?.matchLabels ?? {}).length === 0) {
    report.error(path, 'RULE_SELECTOR', 'mesh/namespace peer authentication cannot have port level mTLS')
  }
  for (const port of ports) {
    if (!/^[+-]?\d+$/.test(port) || Number(port) <= 0 || Number(port) > 65535) {
      report.error([...path, port], 'RULE_PORT', 'port must be in range 1..65535')
    }
  }
  checkPolicySelector(spec.selector, ['spec', 'selector'], report)
}
