import type { Host } from '../host.ts'

/** Uniform in [0, 1). */
export type Random = () => number

/** Chooses among hosts. Made anew when the hosts change; keeps its place between choices. */
export interface LoadBalancer {
  /** undefined when there is no host. */
  choose(): Host | undefined
}

/** Options that come from the cluster. */
export interface LoadBalancerOptions {
  readonly random: Random
  /** How many hosts least request compares. */
  readonly choiceCount: number
}

/** Whether every host has the same weight, which is nearly always so and cheaper. */
export function hasEqualWeights(hosts: readonly Host[]): boolean {
  return hosts.every((host) => host.config.weight === hosts[0]!.config.weight)
}
