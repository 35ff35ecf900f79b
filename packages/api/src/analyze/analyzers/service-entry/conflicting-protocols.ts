import type { Analyzer } from '../../analyzer.ts'
import { Visibility } from '../../index/export-to.ts'
import { append } from '../../index/label-index.ts'
import { shownItems } from '../../messages.ts'
import type { FieldPath, Resource } from '../../resource.ts'

interface Claim {
  readonly entry: Resource
  readonly host: string
  readonly port: number
  readonly protocol: string
  readonly path: FieldPath
}

/** Who sees what is exported to everybody. */
const EVERYWHERE = '*'

/**
 * One port of a host can have one protocol, whoever defines it, as far as somebody sees both definitions. Each
 * ServiceEntry is told about once.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0177/
 */
export const conflictingProtocols: Analyzer = {
  name: 'serviceentry.ConflictingServiceEntryProtocolAnalyzer',
  description: 'Checks if multiple ServiceEntries define the same host and port with different protocols',
  codes: ['IST0177'],
  analyze(context) {
    const byScope = new Map<string, Map<string, Claim[]>>()
    const defaults = context.meshConfig.exportTo('Service')
    for (const entry of context.all('networking.istio.io/ServiceEntry')) {
      const { hosts = [], ports = [], exportTo } = entry.spec
      const scopes = Visibility.of(exportTo, entry.namespace, defaults).namespaces ?? [EVERYWHERE]
      for (const host of hosts) {
        for (const [i, { number = 0, protocol = '' }] of ports.entries()) {
          const path = ['spec', 'ports', i, 'protocol']
          const claim = { entry, host, port: number, protocol: protocol.toUpperCase(), path }
          for (const scope of scopes) append(mapAt(byScope, scope), `${host}:${number}`, claim)
        }
      }
    }
    const everywhere = byScope.get(EVERYWHERE)
    const told = new Set<Resource>()
    for (const [scope, groups] of byScope) {
      for (const [key, claims] of groups) {
        const all = scope === EVERYWHERE ? claims : [...claims, ...(everywhere?.get(key) ?? [])]
        const protocols = unique(all.map(({ protocol }) => protocol))
        if (protocols.length < 2) continue
        const names = shownItems(unique(all.map(({ entry }) => entry.fullName))).join(', ')
        for (const { entry, host, port, path } of all) {
          if (told.has(entry)) continue
          told.add(entry)
          context.report(entry, 'IST0177', [names, host, port, protocols.join(', ')], path)
        }
      }
    }
  },
}

function mapAt<T>(maps: Map<string, Map<string, T>>, key: string): Map<string, T> {
  const found = maps.get(key) ?? new Map<string, T>()
  maps.set(key, found)
  return found
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort()
}
