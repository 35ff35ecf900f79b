import type { Analyzer } from '../../analyzer.ts'
import { Visibility } from '../../index/export-to.ts'
import { append } from '../../index/label-index.ts'
import type { FieldPath, Resource } from '../../resource.ts'

interface Claim {
  readonly entry: Resource
  readonly host: string
  readonly port: number
  readonly protocol: string
  readonly visibility: Visibility
  readonly path: FieldPath
}

/**
 * One port of a host can have one protocol, whoever defines it.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0177/
 */
export const conflictingProtocols: Analyzer = {
  name: 'serviceentry.ConflictingServiceEntryProtocolAnalyzer',
  description: 'Checks if multiple ServiceEntries define the same host and port with different protocols',
  codes: ['IST0177'],
  analyze(context) {
    const claims = new Map<string, Claim[]>()
    const defaults = context.meshConfig.exportTo('Service')
    for (const entry of context.all('networking.istio.io/ServiceEntry')) {
      const { hosts = [], ports = [], exportTo } = entry.spec
      const visibility = Visibility.of(exportTo, entry.namespace, defaults)
      for (const host of new Set(hosts)) {
        for (const [i, { number = 0, protocol = '' }] of ports.entries()) {
          const path = ['spec', 'ports', i, 'protocol']
          const claim = { entry, host, port: number, protocol: protocol.toUpperCase(), visibility, path }
          append(claims, `${host}:${number}`, claim)
        }
      }
    }
    for (const group of claims.values()) {
      if (new Set(group.map(({ protocol }) => protocol)).size < 2) continue
      for (const claim of group) {
        const all = group.filter(
          ({ entry, visibility }) => entry === claim.entry || visibility.overlaps(claim.visibility),
        )
        if (all.every(({ protocol }) => protocol === claim.protocol)) continue
        const names = unique(all.map(({ entry }) => entry.fullName))
        const protocols = unique(all.map(({ protocol }) => protocol || 'unset'))
        context.report(claim.entry, 'IST0177', [names, claim.host, claim.port, protocols], claim.path)
      }
    }
  },
}

function unique(texts: readonly string[]): string {
  return [...new Set(texts)].sort().join(', ')
}
