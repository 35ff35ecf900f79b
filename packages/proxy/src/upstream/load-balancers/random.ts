import type { Host } from '../host.ts'
import type { LoadBalancer, LoadBalancerOptions } from './load-balancer.ts'

/** Any host, in proportion to the weights. */
export function randomChoice(hosts: readonly Host[], { random }: LoadBalancerOptions): LoadBalancer {
  // Host i owns the numbers below ends[i] and from ends[i - 1] on.
  const ends: number[] = []
  let total = 0
  for (const host of hosts) ends.push((total += host.config.weight))
  return {
    choose() {
      const at = random() * total
      let low = 0
      let high = ends.length - 1
      while (low < high) {
        const middle = (low + high) >> 1
        if (at < ends[middle]!) high = middle
        else low = middle + 1
      }
      return hosts[low]
    },
  }
}
