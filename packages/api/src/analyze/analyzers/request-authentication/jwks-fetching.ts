import type { Analyzer } from '../../analyzer.ts'
import { templateWorkload } from '../../index/workload-index.ts'
import type { Resource } from '../../resource.ts'

/** Variable of istiod with the addresses that it does not connect to. */
const VARIABLE = 'BLOCKED_CIDRS_IN_JWKS_URIS'

/** How many names a message lists. */
const SHOWN = 5

/**
 * Who can write a RequestAuthentication can make istiod send requests to any address, unless it is told otherwise.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0175/
 */
export const jwksFetching: Analyzer = {
  name: 'authn.BlockedCIDRsAnalyzer',
  description: 'Checks that BLOCKED_CIDRS_IN_JWKS_URIS is configured when there are RequestAuthentications',
  codes: ['IST0175'],
  analyze(context) {
    const authentications = context.all('security.istio.io/RequestAuthentication')
    if (authentications.length === 0) return
    const names = shortened(authentications.map(({ fullName }) => fullName).sort())
    for (const deployment of context.all('apps/Deployment')) {
      if (!isControlPlane(deployment) || hasVariable(deployment)) continue
      const path = ['spec', 'template', 'spec', 'containers']
      context.report(deployment, 'IST0175', [authentications.length, names], path)
    }
  },
}

function isControlPlane({ labels }: Resource): boolean {
  return labels['app'] === 'istiod'
}

/** The first names, and how many there are more. */
function shortened(names: readonly string[]): string {
  if (names.length <= SHOWN) return names.join(', ')
  return `${names.slice(0, SHOWN).join(', ')}, and ${names.length - SHOWN} more`
}

/** Differs from Istio: a variable of istiod's container whose value stands elsewhere (`valueFrom`) counts as set. */
function hasVariable(deployment: Resource): boolean {
  const { containers = [] } = templateWorkload(deployment).spec
  return containers.some(({ env = [] }) =>
    env.some(
      ({ name, value, valueFrom }) => name === VARIABLE && ((value ?? '') !== '' || valueFrom !== undefined),
    ),
  )
}
