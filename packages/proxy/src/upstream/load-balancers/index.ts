import type { LoadBalancerKind } from '../cluster-config.ts'
import type { Host } from '../host.ts'
import { leastRequest } from './least-request.ts'
import type { LoadBalancer, LoadBalancerOptions } from './load-balancer.ts'
import { randomChoice } from './random.ts'
import { roundRobin } from './round-robin.ts'

export type { LoadBalancer, LoadBalancerOptions, Random } from './load-balancer.ts'

type CreateLoadBalancer = (hosts: readonly Host[], options: LoadBalancerOptions) => LoadBalancer

/** Every load balancer by the kind that a cluster names. */
export const loadBalancers: Readonly<Record<LoadBalancerKind, CreateLoadBalancer>> = {
  'round-robin': roundRobin,
  'least-request': leastRequest,
  random: randomChoice,
  // Original-destination clusters have the one host that the connection names; nothing is left to choose.
  'cluster-provided': roundRobin,
}
