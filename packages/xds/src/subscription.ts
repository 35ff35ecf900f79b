import { BattenError } from '@batten/core'

/** What both ends need to know of a resource: a version that changes when, and only when, the resource does. */
export interface VersionedResource {
  readonly version: string
}

/** The resources of one type that a node may see, by name, at one moment. */
export type ResourceSnapshot = ReadonlyMap<string, VersionedResource>

/** What a request said about the response before it. */
export type Acknowledgement =
  /** nothing: a first request, or a change of the subscription */
  | 'none'
  | 'ack'
  | 'nack'
  /** it answers a response that is not the last one; of no importance */
  | 'stale'

export interface RequestOutcome {
  readonly acknowledgement: Acknowledgement
  /** The node's words, for a NACK. */
  readonly error: string | undefined
  /** Whether the set of wanted resources changed. */
  readonly subscriptionChanged: boolean
}

export interface SubscriptionOptions {
  /**
   * Whether a first request without names means "everything" (LDS, CDS and Istio's types: `WILDCARD_TYPES`).
   * Default: false.
   */
  readonly legacyWildcard?: boolean
  /** Names that one node may ask for. Default: 100 000. */
  readonly maxNames?: number
}

/** The name that asks for everything. */
export const WILDCARD = '*'

export const DEFAULT_MAX_NAMES = 100_000

export function requireRoom(count: number, max: number): void {
  if (count > max)
    throw new BattenError('XDS_TOO_MANY_NAMES', {
      message: `a node subscribes to more than ${max} resources of one type`,
    })
}
