import type { Host } from '../host.ts'
import { EarliestDeadlineScheduler } from './earliest-deadline.ts'
import { hasEqualWeights, type LoadBalancer, type LoadBalancerOptions } from './load-balancer.ts'

/**
 * Of a few random hosts the one with the fewest requests in flight. With unequal weights a weighted round robin whose
 * weights shrink with the requests in flight, as in Envoy (active request bias 1).
 */
export function leastRequest(hosts: readonly Host[], options: LoadBalancerOptions): LoadBalancer {
  const { random, choiceCount } = options
  if (!hasEqualWeights(hosts)) {
    const weightOf = (host: Host) => host.config.weight / (host.activeRequests + 1)
    const scheduler = new EarliestDeadlineScheduler(hosts, weightOf, random)
    return { choose: () => scheduler.next() }
  }
  const count = hosts.length
  return {
    choose() {
      let best = hosts[Math.floor(random() * count)]
      if (count < 2 || best === undefined) return best
      for (let i = 1; i < choiceCount; i++) {
        const other = hosts[Math.floor(random() * count)]!
        if (other.activeRequests < best.activeRequests) best = other
      }
      return best
    },
  }
}
