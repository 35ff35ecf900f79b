import type { Host } from '../host.ts'
import { EarliestDeadlineScheduler } from './earliest-deadline.ts'
import { hasEqualWeights, type LoadBalancer, type LoadBalancerOptions } from './load-balancer.ts'

/** One host after the other, in proportion to their weights; begins at a random one. */
export function roundRobin(hosts: readonly Host[], { random }: LoadBalancerOptions): LoadBalancer {
  if (!hasEqualWeights(hosts)) {
    const scheduler = new EarliestDeadlineScheduler(hosts, (host) => host.config.weight, random)
    return { choose: () => scheduler.next() }
  }
  let next = Math.floor(random() * hosts.length)
  return {
    choose() {
      const host = hosts[next]
      next = next + 1 < hosts.length ? next + 1 : 0
      return host
    },
  }
}
