import type { LoadBalancerKind } from './cluster-config.ts'
import type { UpstreamHost } from './host.ts'
import { type LoadBalancer, type LoadBalancerOptions, loadBalancers } from './load-balancers/index.ts'

/** A priority's hosts count as that much healthier than they are, so that a few sick ones move no traffic away. */
const OVERPROVISIONING = 1.4

interface Level {
  readonly balancer: LoadBalancer
  /** Share of the requests, as the end of its interval in [0, 1]. */
  readonly end: number
}

/**
 * The hosts of a cluster by priority and health, frozen until they change: which priority takes a request, and which
 * hosts of it are asked. When too few hosts are healthy, health is ignored (panic).
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/priority
 */
export class HostSet {
  readonly hosts: readonly UpstreamHost[]
  readonly #levels: readonly Level[]
  readonly #random: () => number

  constructor(
    hosts: readonly UpstreamHost[],
    kind: LoadBalancerKind,
    healthyPanicPercent: number,
    options: LoadBalancerOptions,
  ) {
    this.hosts = hosts
    this.#random = options.random
    this.#levels = levelsOf(hosts, kind, healthyPanicPercent, options)
  }

  choose(): UpstreamHost | undefined {
    const levels = this.#levels
    if (levels.length <= 1) return levels[0]?.balancer.choose() as UpstreamHost | undefined
    const at = this.#random()
    for (const level of levels) if (at < level.end) return level.balancer.choose() as UpstreamHost | undefined
    return levels[levels.length - 1]!.balancer.choose() as UpstreamHost | undefined
  }
}

function levelsOf(
  hosts: readonly UpstreamHost[],
  kind: LoadBalancerKind,
  healthyPanicPercent: number,
  options: LoadBalancerOptions,
): Level[] {
  const byPriority = Map.groupBy(hosts, (host) => host.config.priority)
  const priorities = [...byPriority.keys()].sort((a, b) => a - b)
  const members = priorities.map((priority) => {
    // A draining host takes no new request, whatever the rest looks like.
    const all = byPriority.get(priority)!.filter((host) => host.config.health !== 'draining')
    const healthy = all.filter((host) => host.isHealthy)
    const degraded = all.filter((host) => host.config.health === 'degraded')
    const capacity =
      all.length === 0 ? 0 : Math.min(1, (OVERPROVISIONING * (healthy.length + degraded.length)) / all.length)
    return { all, healthy, degraded, capacity }
  })
  const total = members.reduce((sum, level) => sum + level.capacity, 0)
  const levels: Level[] = []
  let end = 0
  for (const level of members) {
    const share =
      total >= 1
        ? Math.min(level.capacity, 1 - end)
        : total === 0
          ? level === members[0]
            ? 1
            : 0
          : level.capacity / total
    if (share <= 0) continue
    end += share
    levels.push({ balancer: balancerOf(level, kind, healthyPanicPercent, total, options), end })
  }
  return levels
}

function balancerOf(
  level: {
    all: readonly UpstreamHost[]
    healthy: readonly UpstreamHost[]
    degraded: readonly UpstreamHost[]
  },
  kind: LoadBalancerKind,
  healthyPanicPercent: number,
  totalCapacity: number,
  options: LoadBalancerOptions,
): LoadBalancer {
  const { all, healthy, degraded } = level
  const usable = healthy.length + degraded.length
  const isPanic = totalCapacity < 1 && (usable * 100) / all.length < healthyPanicPercent
  if (isPanic) return loadBalancers[kind](all, options)
  // Degraded hosts take only what healthy ones cannot.
  const healthyShare = Math.min(1, (OVERPROVISIONING * healthy.length) / Math.max(1, all.length))
  if (degraded.length === 0 || healthyShare >= 1) return loadBalancers[kind](healthy, options)
  const first = loadBalancers[kind](healthy, options)
  const second = loadBalancers[kind](degraded, options)
  return { choose: () => (options.random() < healthyShare ? first.choose() : second.choose()) }
}
