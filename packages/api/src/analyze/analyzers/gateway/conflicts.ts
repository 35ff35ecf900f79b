import type { Analyzer } from '../../analyzer.ts'
import type { AnalysisContext } from '../../context.ts'
import { append, hasLabels, SelectorIndex, selectorText } from '../../index/label-index.ts'
import { definedStrings } from '../../index/service-index.ts'
import { shownItems } from '../../messages.ts'
import type { StringMap } from '../../resource.ts'
import { type GatewayResource, reportMissingWorkload } from './ports.ts'

/** Servers of gateways with one selector on one port: the gateways by host and bind address. */
interface Group {
  readonly selector: StringMap
  readonly gateways: Map<string, GatewayResource[]>
}

/**
 * Gateways of the same workload with the same port and host: one of them has no effect. A host with a wildcard is
 * another host than those that it covers.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0145/
 */
export const conflictingGateways: Analyzer = {
  name: 'gateway.ConflictingGatewayAnalyzer',
  description: "Checks a gateway's selector, port number and hosts",
  codes: ['IST0101', 'IST0145'],
  analyze(context) {
    const gateways = context.all('networking.istio.io/Gateway')
    const groups = groupsOf(gateways)
    const neighbours = neighboursOf(groups, context)
    const served = new Set(
      gateways.filter(({ spec }) => (spec.servers ?? []).length > 0).map(({ spec }) => textOf(spec.selector)),
    )
    for (const gateway of gateways) {
      const own = textOf(gateway.spec.selector)
      // As istioctl does, for a Gateway without servers whose selector no other has.
      if (own !== '' && !served.has(own)) reportMissingWorkload(gateway, context)
      else check(gateway, neighbours, context)
    }
  },
}

function groupsOf(gateways: readonly GatewayResource[]): Map<string, Group> {
  const groups = new Map<string, Group>()
  for (const gateway of gateways) {
    const selector = definedStrings(gateway.spec.selector)
    for (const { port, hosts = [], bind = '' } of gateway.spec.servers ?? []) {
      if (port?.number === undefined) continue
      const key = groupKey(port.number, selector)
      const group = groups.get(key) ?? { selector, gateways: new Map() }
      groups.set(key, group)
      for (const host of hosts) append(group.gateways, hostKey(host, bind), gateway)
    }
  }
  return groups
}

/**
 * Groups of the same port whose gateways share a workload with those of another: one selector asks for all that the
 * other asks for, and a workload has it all.
 */
function neighboursOf(groups: ReadonlyMap<string, Group>, context: AnalysisContext): Map<string, Set<Group>> {
  const bySelector = new SelectorIndex<string>()
  for (const [key, { selector }] of groups) bySelector.add(key, selector, portOf(key))
  const out = new Map<string, Set<Group>>()
  const link = (from: string, to: string): void => {
    out.set(from, (out.get(from) ?? new Set()).add(groups.get(to)!))
  }
  for (const [key, { selector }] of groups) {
    link(key, key)
    for (const wider of bySelector.matching(selector, portOf(key))) {
      if (wider === key || !hasLabels(selector, groups.get(wider)!.selector)) continue
      if (!context.workloads.has(selector)) continue
      link(key, wider)
      link(wider, key)
    }
  }
  return out
}

function textOf(selector: GatewayResource['spec']['selector']): string {
  return selectorText(definedStrings(selector))
}

function groupKey(port: number, selector: StringMap): string {
  return `${port} ${selectorText(selector)}`
}

function portOf(key: string): string {
  return key.slice(0, key.indexOf(' '))
}

function hostKey(host: string, bind: string): string {
  return `${bind}\n${host}`
}

function check(
  gateway: GatewayResource,
  neighbours: ReadonlyMap<string, ReadonlySet<Group>>,
  context: AnalysisContext,
): void {
  const selector = definedStrings(gateway.spec.selector)
  for (const [i, { port, hosts = [], bind = '' }] of (gateway.spec.servers ?? []).entries()) {
    if (port?.number === undefined) continue
    const rivals = new Set<string>()
    let first: number | undefined
    for (const group of neighbours.get(groupKey(port.number, selector)) ?? []) {
      for (const [n, host] of hosts.entries()) {
        for (const other of group.gateways.get(hostKey(host, bind)) ?? []) {
          if (other === gateway) continue
          rivals.add(other.fullName)
          first ??= n
        }
      }
    }
    if (rivals.size === 0) continue
    context.report(
      gateway,
      'IST0145',
      [shownItems([...rivals].sort()).join(','), selectorText(selector), port.number, hosts.join(',')],
      ['spec', 'servers', i, 'hosts', first ?? 0],
    )
  }
}
