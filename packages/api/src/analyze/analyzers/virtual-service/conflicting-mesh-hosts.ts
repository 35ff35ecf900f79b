import type { Analyzer } from '../../analyzer.ts'
import type { AnalysisContext } from '../../context.ts'
import { Visibility } from '../../index/export-to.ts'
import { HostIndex } from '../../index/host-name.ts'
import { append } from '../../index/label-index.ts'
import { shownItems } from '../../messages.ts'
import { isForMesh, type VirtualServiceResource } from './destinations.ts'

/** A host that a VirtualService has for sidecars. */
interface Claim {
  readonly virtualService: VirtualServiceResource
  readonly host: string
  readonly index: number
}

/** Who sees what is exported to everybody. */
const EVERYWHERE = '*'

/**
 * Sidecars take the routes of a host from one VirtualService only. VirtualServices that the same namespaces are named
 * for conflict when they have the same host; one that some namespaces see conflicts as well with those that everybody
 * sees when their hosts have a name in common. Each VirtualService is told about once.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0109/
 */
export const conflictingMeshHosts: Analyzer = {
  name: 'virtualservice.ConflictingMeshGatewayHostsAnalyzer',
  description: 'Checks if multiple virtual services associated with the mesh gateway have conflicting hosts',
  codes: ['IST0109'],
  analyze(context) {
    const byScope = new Map<string, Claim[]>()
    const everywhere = new HostIndex<Claim>()
    for (const virtualService of context.all('networking.istio.io/VirtualService')) {
      if (!isForMesh(virtualService)) continue
      const scopes = scopesOf(virtualService, context)
      for (const claim of claimsOf(virtualService, context)) {
        for (const scope of scopes) append(byScope, `${scope}/${claim.host}`, claim)
        if (scopes.includes(EVERYWHERE)) everywhere.add(claim.host, claim)
      }
    }
    const told = new Set<VirtualServiceResource>()
    for (const [scopedHost, claims] of byScope) {
      const isScoped = !scopedHost.startsWith(`${EVERYWHERE}/`)
      const rivals = isScoped ? [...claims, ...everywhere.overlapping(claims[0]!.host)] : claims
      const byObject = new Map(rivals.map((claim) => [claim.virtualService, claim]))
      if (byObject.size < 2) continue
      const names = shownItems([...byObject.keys()].map(({ fullName }) => fullName).sort()).join(',')
      for (const [virtualService, { index }] of byObject) {
        if (told.has(virtualService)) continue
        told.add(virtualService)
        context.report(virtualService, 'IST0109', [names, scopedHost], ['spec', 'hosts', index])
      }
    }
  },
}

function scopesOf({ spec, namespace }: VirtualServiceResource, context: AnalysisContext): readonly string[] {
  const defaults = context.meshConfig.exportTo('VirtualService')
  return Visibility.of(spec.exportTo, namespace, defaults).namespaces ?? [EVERYWHERE]
}

function claimsOf(virtualService: VirtualServiceResource, context: AnalysisContext): Claim[] {
  const { spec, namespace } = virtualService
  return (spec.hosts ?? []).map((text, index) => ({
    virtualService,
    host: context.fullHost(text, namespace),
    index,
  }))
}
