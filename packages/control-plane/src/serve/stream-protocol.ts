import type { Node, RequestOutcome } from '@batten/xds'
import type { Resource } from '../model/resource.ts'
import type { ResourceMap } from './resource-overlay.ts'

/** What the next response of one type carries. */
export interface TypeUpdate {
  readonly nonce: string
  readonly version: string
  readonly resources: readonly string[]
  /** Always empty in the state-of-the-world form, which deletes by leaving out. */
  readonly removed: readonly string[]
}

/** The server's side of one type on one stream, in either form of the protocol. */
export interface TypeSubscription {
  request(request: DiscoveryRequestBody): RequestOutcome
  /** What to send now; it counts as sent. Undefined when the node needs nothing. */
  next(resources: ResourceMap, nonce: string): TypeUpdate | undefined
  force(names: Iterable<string>): void
  wants(name: string): boolean
  readonly isWildcard: boolean
  readonly names: ReadonlySet<string>
  /** What the node has: versions by name. */
  readonly sent: ReadonlyMap<string, string>
  readonly needsAnswer: boolean
  readonly awaitingAck: boolean
  readonly lastNonce: string
}

/** What of a request only its own protocol understands. */
export type DiscoveryRequestBody = object

/** A decoded request. */
export interface StreamRequest {
  readonly typeUrl: string
  readonly node: Node | undefined
  readonly responseNonce: string
  /** The reason of a NACK; undefined when the request is none. */
  readonly error: string | undefined
  readonly body: DiscoveryRequestBody
}

/** A response about to be encoded. */
export interface StreamResponse {
  readonly typeUrl: string
  readonly nonce: string
  readonly version: string
  readonly resources: readonly Resource[]
  readonly removed: readonly string[]
}

/** One of the two forms of xDS: how requests are read and responses are written. */
export interface StreamProtocol {
  readonly kind: 'delta' | 'sotw'
  /** Whether one update may travel as several responses. */
  readonly canSplit: boolean
  /** @throws BattenError for bytes that are no request */
  decode(bytes: Buffer): StreamRequest
  createSubscription(typeUrl: string): TypeSubscription
  encode(response: StreamResponse): Buffer
}
