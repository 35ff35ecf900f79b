import { PUSH_ORDER, TYPE_URLS } from '@batten/xds'

const ranks = new Map<string, number>(PUSH_ORDER.map((typeUrl, rank) => [typeUrl, rank]))

/** Position of a type in a push; types that Istio does not know come last. */
export function pushRank(typeUrl: string): number {
  return ranks.get(typeUrl) ?? PUSH_ORDER.length
}

const { CDS, EDS, LDS, RDS, SDS, ECDS } = TYPE_URLS

/**
 * Make before break: a resource is removed only when the node has accepted the newest state of everything that may
 * refer to it.
 */
const REFERRERS: ReadonlyMap<string, readonly string[]> = new Map([
  [CDS, [LDS, RDS]],
  [EDS, [CDS]],
  [RDS, [LDS]],
  [SDS, [CDS, LDS]],
])

/** Types whose resources may refer to resources of this type. */
export function referrersOf(typeUrl: string): readonly string[] {
  return REFERRERS.get(typeUrl) ?? []
}

/** Types that use clusters by name, and so wait until the clusters are there. */
export function usesClusters(typeUrl: string): boolean {
  return typeUrl === LDS || typeUrl === RDS
}

/**
 * Types that nodes clean up by themselves when nothing refers to them any more. Envoy does not take removals of
 * extension configurations well.
 *
 * @see https://github.com/envoyproxy/envoy/issues/32823
 */
export function isNeverRemoved(typeUrl: string): boolean {
  return typeUrl === ECDS
}
