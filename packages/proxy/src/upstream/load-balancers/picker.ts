import type { Host } from '../host.ts'

/**
 * Chooses one of a fixed list of hosts. Made anew when hosts or weights change, so that the request path only picks.
 *
 * @typeParam H - kind of host
 */
export interface HostPicker<H extends Host = Host> {
  /** undefined when there is no host. */
  pick(): H | undefined
}

/** Uniform in [0, 1). */
export type Random = () => number

/** Whether weights make a difference. */
export function hasEqualWeights(hosts: readonly Host[]): boolean {
  for (const host of hosts) if (host.config.weight !== hosts[0]!.config.weight) return false
  return true
}
