import type { Analyzer } from '../../analyzer.ts'
import type { AnalysisContext } from '../../context.ts'
import { wildcardsOf } from '../../index/host-name.ts'
import { append } from '../../index/label-index.ts'
import { belongsToMesh } from '../../index/mesh-membership.ts'
import { PeerAuthenticationIndex } from '../../index/peer-authentication-index.ts'
import type { HostEntry } from '../../index/service-index.ts'
import type { Resource, SpecOf } from '../../resource.ts'

type Rule = Resource<SpecOf<'networking.istio.io/DestinationRule'>>

/** TLS settings of clients must be those that servers take, and must not get lost by accident. */
export const ruleMtls: Analyzer = {
  name: 'destinationrule.MtlsAnalyzer',
  description: 'Checks the TLS settings of destination rules against peer authentications and wider rules',
  codes: ['BAT0204', 'BAT0205'],
  analyze(context) {
    const peers = new PeerAuthenticationIndex(context)
    const rules = context.all('networking.istio.io/DestinationRule')
    for (const rule of rules) checkServers(rule, peers, context)
    checkInheritance(rules, context)
  },
}

function checkServers(rule: Rule, peers: PeerAuthenticationIndex, context: AnalysisContext): void {
  const { spec, namespace } = rule
  const mode = spec.trafficPolicy?.tls?.mode
  if (mode === undefined) return
  const refused = mode === 'ISTIO_MUTUAL' ? 'DISABLE' : 'STRICT'
  if (!peers.hasMode(refused)) return
  const host = context.fullHost(spec.host ?? '', namespace)
  for (const entry of entriesOf(host, namespace, context)) {
    if (entry.selector === undefined) continue
    for (const workload of context.workloads.select(entry.selector, entry.namespace)) {
      const { mode: required, source } = peers.modeOf(workload)
      // A workload without a sidecar does not know of the PeerAuthentication.
      if (required !== refused || source === undefined || !belongsToMesh(workload, context)) continue
      context.report(
        rule,
        'BAT0204',
        [mode, spec.host ?? '', `${workload.namespace}/${workload.name}`, source.fullName, required],
        ['spec', 'trafficPolicy', 'tls', 'mode'],
      )
      return
    }
  }
}

function entriesOf(host: string, namespace: string, context: AnalysisContext): readonly HostEntry[] {
  if (host.startsWith('*'))
    return context.services.overlapping(host).filter(({ visibility }) => visibility.includes(namespace))
  const entry = context.services.find(host, [namespace])
  return entry === undefined ? [] : [entry]
}

/** The rule for a host replaces those for wildcards that cover it. */
function checkInheritance(rules: readonly Rule[], context: AnalysisContext): void {
  const wildcards = new Map<string, Rule[]>()
  for (const rule of rules) {
    const host = context.fullHost(rule.spec.host ?? '', rule.namespace)
    if (host.startsWith('*') && rule.spec.trafficPolicy?.tls?.mode !== undefined)
      append(wildcards, host, rule)
  }
  if (wildcards.size === 0) return
  for (const rule of rules) {
    const { spec, namespace } = rule
    if (spec.trafficPolicy?.tls !== undefined || spec.workloadSelector !== undefined) continue
    const host = context.fullHost(spec.host ?? '', namespace)
    const wider = wildcardsOf(host)
      .filter((wildcard) => wildcard !== host)
      .flatMap((wildcard) => wildcards.get(wildcard) ?? [])
      .find((other) => other.namespace === namespace || other.namespace === context.rootNamespace)
    const mode = wider?.spec.trafficPolicy?.tls?.mode
    // Sidecars do ISTIO_MUTUAL by themselves where the server can.
    if (wider === undefined || mode === undefined || mode === 'ISTIO_MUTUAL') continue
    context.report(rule, 'BAT0205', [wider.fullName, mode], ['spec', 'host'])
  }
}
