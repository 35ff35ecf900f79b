import type { HTTPRoute } from '../../../gen/types/networking/virtual-service.ts'
import type { Analyzer } from '../../analyzer.ts'
import { append } from '../../index/label-index.ts'
import type { Loose } from '../../loose.ts'
import { gatewayName, type VirtualServiceResource } from './destinations.ts'

interface Claim {
  readonly virtualService: VirtualServiceResource
  readonly gateway: string
  readonly host: string
  readonly index: number
}

/** VirtualServices of one gateway that all take every request for a host. */
export const gatewayHostConflicts: Analyzer = {
  name: 'virtualservice.ConflictingGatewayHostsAnalyzer',
  description: 'Checks that no two virtual services of a gateway take all requests of the same host',
  codes: ['BAT0103'],
  analyze(context) {
    const claims = new Map<string, Claim[]>()
    for (const virtualService of context.all('networking.istio.io/VirtualService')) {
      const { spec, namespace } = virtualService
      if (!(spec.http ?? []).some(takesEverything)) continue
      for (const gateway of new Set(spec.gateways ?? [])) {
        if (gateway === 'mesh') continue
        const { namespace: of, name } = gatewayName(gateway, namespace)
        for (const [index, text] of (spec.hosts ?? []).entries()) {
          const host = context.fullHost(text, namespace)
          append(claims, `${of}/${name} ${host}`, { virtualService, gateway: `${of}/${name}`, host, index })
        }
      }
    }
    for (const group of claims.values()) {
      if (new Set(group.map(({ virtualService }) => virtualService)).size < 2) continue
      const names = [...new Set(group.map(({ virtualService }) => virtualService.fullName))].sort().join(', ')
      for (const { virtualService, gateway, host, index } of group) {
        context.report(virtualService, 'BAT0103', [names, gateway, host], ['spec', 'hosts', index])
      }
    }
  },
}

function takesEverything({ match = [] }: Loose<HTTPRoute>): boolean {
  if (match.length === 0) return true
  return match.some((one) => {
    const fields = Object.keys(one).filter((field) => field !== 'name')
    return fields.length === 0 || (fields.length === 1 && one.uri?.prefix === '/')
  })
}
