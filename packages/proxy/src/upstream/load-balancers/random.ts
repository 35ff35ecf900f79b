import type { Host } from '../host.ts'
import type { LoadBalancer, LoadBalancerOptions } from './load-balancer.ts'

/** Any host. Weights make no difference, as in Envoy. */
export function randomChoice(hosts: readonly Host[], { random }: LoadBalancerOptions): LoadBalancer {
  return { choose: () => hosts[Math.floor(random() * hosts.length)] }
}
