import type { XdsNode } from '../model/node.ts'
import type { Resource } from '../model/resource.ts'
import { placeholderFor } from './placeholder.ts'
import { isNeverRemoved } from './push-order.ts'
import { overlay, type ResourceMap } from './resource-overlay.ts'
import type { TypeSubscription } from './stream-protocol.ts'

/** A response that is on its way: its nonce is the key. */
export interface InFlight {
  readonly resources: readonly string[]
  readonly removed: readonly string[]
  readonly revision: number
  readonly sentAt: number
}

/** A resource version that the node refused. */
export interface RejectedVersion {
  readonly version: string
  readonly error: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

/** What debug pages show of one type on one stream. Times are milliseconds since the epoch. */
export interface TypeStatus {
  readonly typeUrl: string
  readonly status: 'SYNCED' | 'STALE' | 'NOT SENT' | 'IGNORED' | 'ERROR'
  readonly isWildcard: boolean
  readonly names: readonly string[]
  readonly sent: ReadonlyMap<string, string>
  readonly nonceSent: string
  readonly nonceAcked: string
  readonly lastPushAt: number | undefined
  readonly lastAckAt: number | undefined
  readonly pushes: number
  readonly bytes: number
  readonly rejected: ReadonlyMap<string, RejectedVersion>
}

/** One resource type on one stream: its subscription, what is on its way, what is held back. */
export class TypeState {
  readonly typeUrl: string
  readonly subscription: TypeSubscription
  /** Responses without an answer. More than one only while a large update travels in parts. */
  readonly inFlight = new Map<string, InFlight>()
  readonly rejected = new Map<string, RejectedVersion>()
  /** The shared map that the last update was made from. */
  served: ResourceMap | undefined
  /** Removals wait until nothing refers to the resources any more. */
  hasHeldRemovals = false
  /** When the last response went out, monotonic. */
  sentAt = 0
  nonceAcked = ''
  lastPushAt: number | undefined
  lastAckAt: number | undefined
  pushes = 0
  bytes = 0
  /** What the last update was chosen from, with everything held back still in it. */
  #target: ResourceMap | undefined

  constructor(typeUrl: string, subscription: TypeSubscription) {
    this.typeUrl = typeUrl
    this.subscription = subscription
  }

  /**
   * What the node may see of this type: the shared map; what it has and should keep for now; and placeholders for
   * what it asked for and does not exist.
   */
  target(shared: ResourceMap, holdRemovals: boolean, node: XdsNode, protocol: 'delta' | 'sotw'): ResourceMap {
    const { typeUrl, subscription } = this
    const extra = new Map<string, Resource>()
    if (holdRemovals || isNeverRemoved(typeUrl))
      for (const [name, version] of subscription.sent)
        if (!shared.has(name))
          extra.set(name, this.#target?.get(name) ?? { typeUrl, name, version, value: NO_BYTES })
    this.hasHeldRemovals = holdRemovals && extra.size > 0
    for (const name of subscription.names) {
      if (shared.has(name) || extra.has(name)) continue
      const placeholder = placeholderFor(typeUrl, name, protocol, node)
      if (placeholder !== undefined) extra.set(name, placeholder)
    }
    this.served = shared
    this.#target = overlay(shared, extra)
    return this.#target
  }

  /** Whether the node has answered the newest response, or took too long to. */
  isWaiting(now: number, ackTimeoutMs: number): boolean {
    return this.subscription.awaitingAck && now < this.sentAt + ackTimeoutMs
  }

  /** Whether the node has everything of this type that it should have. */
  isSettled(shared: ResourceMap): boolean {
    return (
      this.served === shared &&
      !this.subscription.awaitingAck &&
      !this.subscription.needsAnswer &&
      !this.hasHeldRemovals
    )
  }

  describe(shared: ResourceMap | undefined): TypeStatus {
    const { subscription } = this
    return {
      typeUrl: this.typeUrl,
      status: this.#status(shared),
      isWildcard: subscription.isWildcard,
      names: [...subscription.names].sort(),
      sent: subscription.sent,
      nonceSent: subscription.lastNonce,
      nonceAcked: this.nonceAcked,
      lastPushAt: this.lastPushAt,
      lastAckAt: this.lastAckAt,
      pushes: this.pushes,
      bytes: this.bytes,
      rejected: this.rejected,
    }
  }

  #status(shared: ResourceMap | undefined): TypeStatus['status'] {
    if (this.rejected.size > 0) return 'ERROR'
    if (shared !== undefined && this.isSettled(shared))
      return this.pushes === 0 && this.subscription.sent.size === 0 ? 'IGNORED' : 'SYNCED'
    return this.pushes === 0 ? 'NOT SENT' : 'STALE'
  }
}

/** Stands in for a resource that a reconnecting node still has and that no snapshot has: only its version is known. */
export const NO_BYTES = new Uint8Array(0)
