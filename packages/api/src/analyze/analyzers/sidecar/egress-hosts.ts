import type { Analyzer } from '../../analyzer.ts'
import type { AnalysisContext } from '../../context.ts'
import { splitScopedHost } from '../../index/host-name.ts'
import { append } from '../../index/label-index.ts'
import type { Resource } from '../../resource.ts'

/** Hosts that a Sidecar lets its workloads see must exist. */
export const egressHosts: Analyzer = {
  name: 'sidecar.EgressHostAnalyzer',
  description: 'Checks the egress hosts of sidecars, and the selector of sidecars of the root namespace',
  codes: ['BAT0601', 'BAT0602'],
  analyze(context) {
    const imported = virtualServiceHosts(context)
    for (const sidecar of context.all('networking.istio.io/Sidecar')) {
      if (sidecar.namespace === context.rootNamespace && sidecar.spec.workloadSelector !== undefined) {
        context.report(sidecar, 'BAT0602', [], ['spec', 'workloadSelector'], { atKey: true })
      }
      for (const [i, { hosts = [] }] of (sidecar.spec.egress ?? []).entries()) {
        for (const [n, text] of hosts.entries()) {
          if (isKnown(text, sidecar, imported, context)) continue
          context.report(sidecar, 'BAT0601', [text], ['spec', 'egress', i, 'hosts', n])
        }
      }
    }
  },
}

/** Namespaces of VirtualServices, by their hosts: a Sidecar can import these as well. */
function virtualServiceHosts(context: AnalysisContext): Map<string, string[]> {
  const out = new Map<string, string[]>()
  for (const { spec, namespace } of context.all('networking.istio.io/VirtualService'))
    for (const host of spec.hosts ?? []) append(out, context.fullHost(host, namespace), namespace)
  return out
}

function isKnown(
  text: string,
  { namespace: own }: Resource,
  imported: ReadonlyMap<string, readonly string[]>,
  context: AnalysisContext,
): boolean {
  const { namespace, host } = splitScopedHost(text)
  // `~` keeps hosts out, and `*` takes what there is; neither can be wrong.
  if (namespace === undefined || namespace.startsWith('~') || host === '*') return true
  const from = namespace === '.' ? own : namespace
  const isFrom = (one: string): boolean => from === '*' || one === from
  const full = context.fullHost(host, from === '*' ? own : from)
  const found = context.services.overlapping(full)
  if (found.some((entry) => isFrom(entry.namespace) && entry.visibility.includes(own))) return true
  return imported.get(full)?.some(isFrom) ?? false
}
