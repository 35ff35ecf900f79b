import type { Analyzer } from '../../analyzer.ts'
import type { AnalysisContext } from '../../context.ts'
import { Visibility } from '../../index/export-to.ts'
import { HostIndex } from '../../index/host-name.ts'
import { isForMesh, type VirtualServiceResource } from './destinations.ts'

/** A host that a VirtualService has for sidecars. */
interface Claim {
  readonly virtualService: VirtualServiceResource
  readonly host: string
  readonly visibility: Visibility
  readonly index: number
}

/**
 * Sidecars take the routes of a host from one VirtualService only. Hosts that are wildcards conflict when one covers
 * the other; a host without a wildcard takes precedence over wildcards and does not conflict with them.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0109/
 */
export const conflictingMeshHosts: Analyzer = {
  name: 'virtualservice.ConflictingMeshGatewayHostsAnalyzer',
  description: 'Checks if multiple virtual services associated with the mesh gateway have conflicting hosts',
  codes: ['IST0109'],
  analyze(context) {
    const index = new HostIndex<Claim>()
    const claims = context.all('networking.istio.io/VirtualService').flatMap((one) => claimsOf(one, context))
    for (const claim of claims) index.add(claim.host, claim)
    for (const claim of claims) {
      const others = rivals(claim, index)
      if (others.length === 0) continue
      const names = [
        ...new Set([claim, ...others].map(({ virtualService }) => virtualService.fullName)),
      ].sort()
      const scope = claim.visibility.namespaces?.join(',') ?? '*'
      context.report(
        claim.virtualService,
        'IST0109',
        [names.join(','), `${scope}/${claim.host}`],
        ['spec', 'hosts', claim.index],
      )
    }
  },
}

function claimsOf(virtualService: VirtualServiceResource, context: AnalysisContext): Claim[] {
  if (!isForMesh(virtualService)) return []
  const { spec, namespace } = virtualService
  const visibility = Visibility.of(spec.exportTo, namespace, context.meshConfig.exportTo('VirtualService'))
  // Two hosts may stand for the same: a short name and the full one.
  const seen = new Set<string>()
  return (spec.hosts ?? []).flatMap((text, index) => {
    const host = context.fullHost(text, namespace)
    if (seen.has(host)) return []
    seen.add(host)
    return [{ virtualService, host, visibility, index }]
  })
}

function rivals(claim: Claim, index: HostIndex<Claim>): Claim[] {
  const isWildcard = claim.host.startsWith('*')
  const candidates = isWildcard
    ? index.overlapping(claim.host).filter(({ host }) => host.startsWith('*'))
    : index.same(claim.host)
  return candidates.filter(
    ({ virtualService, visibility }) =>
      virtualService !== claim.virtualService && visibility.overlaps(claim.visibility),
  )
}
