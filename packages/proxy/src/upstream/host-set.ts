import type { LoadBalancerKind } from './cluster-config.ts'
import type { UpstreamHost } from './host.ts'
import { type LoadBalancer, type LoadBalancerOptions, loadBalancers } from './load-balancers/index.ts'

/** Envoy's default of `overprovisioning_factor`: all traffic stays until less than 1/1.4 of a priority is healthy. */
const OVERPROVISIONING_PERCENT = 140

/** Hosts that are chosen together, with the share of traffic that goes to them. */
interface Share {
  readonly balancer: LoadBalancer
  readonly percent: number
  readonly isPanic: boolean
}

interface Priority {
  readonly all: UpstreamHost[]
  readonly healthy: UpstreamHost[]
  readonly degraded: UpstreamHost[]
  /** Draining hosts: neither healthy nor missing. They get requests in panic only. */
  excludedCount: number
}

/**
 * The hosts of a cluster by priority and health, frozen until they change, with everything worked out that a choice
 * needs. What healthy hosts of a priority cannot take goes to the next priority, then to degraded hosts; when too few
 * hosts are healthy altogether, health is ignored (panic).
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/priority
 * @see https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/panic_threshold
 */
export class HostSet {
  readonly hosts: readonly UpstreamHost[]
  readonly healthyCount: number
  readonly degradedCount: number
  readonly excludedCount: number
  /** Whether the last {@link choose} ignored health. */
  choseInPanic = false
  readonly #shares: readonly Share[]
  readonly #only: Share | undefined
  readonly #random: () => number

  constructor(
    hosts: readonly UpstreamHost[],
    kind: LoadBalancerKind,
    healthyPanicPercent: number,
    options: LoadBalancerOptions,
  ) {
    this.hosts = hosts
    this.#random = options.random
    const priorities = groupByPriority(hosts)
    this.healthyCount = priorities.reduce((sum, p) => sum + p.healthy.length, 0)
    this.degradedCount = priorities.reduce((sum, p) => sum + p.degraded.length, 0)
    this.excludedCount = priorities.reduce((sum, p) => sum + p.excludedCount, 0)
    const overprovisioning = hosts[0]?.config.overprovisioningPercent ?? OVERPROVISIONING_PERCENT
    this.#shares = sharesOf(
      priorities,
      healthyPanicPercent,
      overprovisioning,
      (members, percent, isPanic) => ({
        balancer: loadBalancers[kind](members, options),
        percent,
        isPanic,
      }),
    )
    this.#only = this.#shares.length === 1 ? this.#shares[0] : undefined
  }

  /** A host for the next request; undefined when none may take it. */
  choose(): UpstreamHost | undefined {
    const share = this.#only ?? this.#chooseShare()
    if (share === undefined) return undefined
    this.choseInPanic = share.isPanic
    return share.balancer.choose() as UpstreamHost | undefined
  }

  #chooseShare(): Share | undefined {
    let point = this.#random() * 100
    for (const share of this.#shares) {
      if (point < share.percent) return share
      point -= share.percent
    }
    return this.#shares.at(-1)
  }
}

function groupByPriority(hosts: readonly UpstreamHost[]): Priority[] {
  const priorities: Priority[] = []
  for (const host of hosts) {
    const { priority, health } = host.config
    while (priorities.length <= priority)
      priorities.push({ all: [], healthy: [], degraded: [], excludedCount: 0 })
    const group = priorities[priority]!
    group.all.push(host)
    if (health === 'healthy') group.healthy.push(host)
    else if (health === 'degraded') group.degraded.push(host)
    else if (health === 'draining') group.excludedCount++
  }
  return priorities
}

/** Of the hosts that count. */
function shareOf(part: number, { all, excludedCount }: Priority): number {
  const count = all.length - excludedCount
  return count === 0 ? 0 : part / count
}

function sharesOf(
  priorities: readonly Priority[],
  panicPercent: number,
  overprovisioningPercent: number,
  share: (members: readonly UpstreamHost[], percent: number, isPanic: boolean) => Share,
): Share[] {
  const capacity = (part: 'healthy' | 'degraded') =>
    priorities.map((p) => Math.min(100, overprovisioningPercent * shareOf(p[part].length, p)))
  const healthy = capacity('healthy')
  const degraded = capacity('degraded')
  const total = [...healthy, ...degraded].reduce((sum, percent) => sum + percent, 0)
  const isPanicking = (p: Priority) =>
    total < 100 && shareOf(p.healthy.length + p.degraded.length, p) * 100 < panicPercent

  if (total === 0) {
    // Nobody is healthy anywhere: by the number of hosts, where panic is allowed.
    const panicking = priorities.filter((p) => p.all.length > 0 && isPanicking(p))
    const count = panicking.reduce((sum, p) => sum + p.all.length, 0)
    return panicking.map((p) => share(p.all, (p.all.length * 100) / count, true))
  }
  const scale = total < 100 ? 100 / total : 1
  const shares: Share[] = []
  let left = 100
  for (const [part, capacities] of [
    ['healthy', healthy],
    ['degraded', degraded],
  ] as const)
    for (const [i, group] of priorities.entries()) {
      const percent = Math.min(left, capacities[i]! * scale)
      if (percent <= 0) continue
      left -= percent
      const isPanic = isPanicking(group)
      shares.push(share(isPanic ? group.all : group[part], percent, isPanic))
    }
  return shares
}
