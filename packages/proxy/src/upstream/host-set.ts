import type { LoadBalancerKind } from './cluster-config.ts'
import type { UpstreamHost } from './host.ts'
import { type LoadBalancer, type LoadBalancerOptions, loadBalancers } from './load-balancers/index.ts'

/** A priority takes all of its traffic until less than 1/1.4 of it is healthy. */
const OVERPROVISIONING = 1.4

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
    this.#shares = sharesOf(priorities, healthyPanicPercent, (members, percent, isPanic) => ({
      balancer: loadBalancers[kind](members, options),
      percent,
      isPanic,
    }))
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
    // A draining host takes no new request, whatever the rest looks like.
    if (health === 'draining') continue
    while (priorities.length <= priority) priorities.push({ all: [], healthy: [], degraded: [] })
    const group = priorities[priority]!
    group.all.push(host)
    if (health === 'healthy') group.healthy.push(host)
    else if (health === 'degraded') group.degraded.push(host)
  }
  return priorities
}

function capacityPercent(part: readonly unknown[], all: readonly unknown[]): number {
  return all.length === 0 ? 0 : Math.min(100, (OVERPROVISIONING * 100 * part.length) / all.length)
}

function sharesOf(
  priorities: readonly Priority[],
  panicPercent: number,
  share: (members: readonly UpstreamHost[], percent: number, isPanic: boolean) => Share,
): Share[] {
  const healthy = priorities.map((p) => capacityPercent(p.healthy, p.all))
  const degraded = priorities.map((p) => capacityPercent(p.degraded, p.all))
  const total = [...healthy, ...degraded].reduce((sum, percent) => sum + percent, 0)
  const isPanicking = (p: Priority) =>
    total < 100 && ((p.healthy.length + p.degraded.length) * 100) / p.all.length < panicPercent

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
