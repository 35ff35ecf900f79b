import type { Analyzer } from '../../analyzer.ts'
import type { AnalysisContext } from '../../context.ts'
import { HostIndex, splitScopedHost } from '../../index/host-name.ts'
import { SelectorIndex, selectorText } from '../../index/label-index.ts'
import { definedStrings } from '../../index/service-index.ts'
import type { StringMap } from '../../resource.ts'
import { type GatewayResource, gatewayWorkloads, reportMissingWorkload } from './ports.ts'

/** A host of a server. */
interface Claim {
  readonly gateway: GatewayResource
  readonly bind: string
  /** Namespace whose VirtualServices the host takes; `*` for all. */
  readonly from: string
}

/** Servers of gateways with one selector on one port. */
interface Group {
  readonly selector: StringMap
  readonly hosts: HostIndex<Claim>
}

/**
 * Gateways of the same workload with the same port and host: one of them has no effect.
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
    const byPort = new Map<number, Neighbours>()
    for (const [key, group] of groups) {
      const port = Number(key.slice(0, key.indexOf(' ')))
      const neighbours = byPort.get(port) ?? new Neighbours()
      neighbours.add(key, group)
      byPort.set(port, neighbours)
    }
    for (const gateway of gateways) check(gateway, groups, byPort, context)
  },
}

/** Groups whose gateways share workloads with those of another: one selector asks for all that the other asks for. */
class Neighbours {
  readonly #groups = new Map<string, Group>()
  readonly #selectors = new SelectorIndex<string>()
  readonly #found = new Map<string, Set<string>>()
  #isComplete = false

  add(key: string, group: Group): void {
    this.#groups.set(key, group)
    this.#selectors.add(key, group.selector, '')
  }

  of(key: string): readonly Group[] {
    if (!this.#isComplete) this.#complete()
    return [...(this.#found.get(key) ?? [])].map((one) => this.#groups.get(one)!)
  }

  #complete(): void {
    this.#isComplete = true
    for (const [key, { selector }] of this.#groups) {
      for (const wider of this.#selectors.matching(selector, '')) {
        this.#found.set(key, (this.#found.get(key) ?? new Set()).add(wider))
        this.#found.set(wider, (this.#found.get(wider) ?? new Set()).add(key))
      }
    }
  }
}

function groupsOf(gateways: readonly GatewayResource[]): Map<string, Group> {
  const groups = new Map<string, Group>()
  for (const gateway of gateways) {
    const selector = definedStrings(gateway.spec.selector)
    for (const { port, hosts = [], bind = '' } of gateway.spec.servers ?? []) {
      if (port?.number === undefined) continue
      const key = groupKey(port.number, selector)
      const group = groups.get(key) ?? { selector, hosts: new HostIndex<Claim>() }
      groups.set(key, group)
      for (const text of hosts) {
        const { host, from } = scoped(text, gateway)
        group.hosts.add(host, { gateway, bind, from })
      }
    }
  }
  return groups
}

function groupKey(port: number, selector: StringMap): string {
  return `${port} ${selectorText(selector)}`
}

function check(
  gateway: GatewayResource,
  groups: ReadonlyMap<string, Group>,
  byPort: ReadonlyMap<number, Neighbours>,
  context: AnalysisContext,
): void {
  if (gatewayWorkloads(gateway, context).length === 0) {
    reportMissingWorkload(gateway, context)
    return
  }
  const selector = definedStrings(gateway.spec.selector)
  for (const [i, { port, hosts = [], bind = '' }] of (gateway.spec.servers ?? []).entries()) {
    if (port?.number === undefined) continue
    const key = groupKey(port.number, selector)
    if (!groups.has(key)) continue
    const rivals = new Set<string>()
    for (const group of byPort.get(port.number)?.of(key) ?? []) {
      for (const text of hosts) {
        const { host, from } = scoped(text, gateway)
        for (const other of group.hosts.overlapping(host)) {
          const isSameScope = from === '*' || other.from === '*' || from === other.from
          if (other.gateway !== gateway && other.bind === bind && isSameScope)
            rivals.add(other.gateway.fullName)
        }
      }
    }
    if (rivals.size === 0) continue
    context.report(
      gateway,
      'IST0145',
      [[...rivals].sort().join(','), selectorText(selector), port.number, hosts.join(',')],
      ['spec', 'servers', i, 'hosts', 0],
    )
  }
}

function scoped(text: string, { namespace: own }: GatewayResource): { host: string; from: string } {
  const { host, namespace } = splitScopedHost(text)
  return { host, from: namespace === '.' ? own : (namespace ?? '*') }
}
