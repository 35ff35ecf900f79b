import type { XdsNode } from '../model/node.ts'

/** A response that went out. */
export interface PushEvent {
  readonly node: XdsNode
  readonly typeUrl: string
  readonly nonce: string
  /** Revision of the snapshot that it was made from. */
  readonly revision: number
  readonly resources: readonly string[]
  readonly removed: readonly string[]
  readonly bytes: number
}

/** A node's answer to a response. */
export interface AckEvent {
  readonly node: XdsNode
  readonly typeUrl: string
  readonly nonce: string
  readonly revision: number
  /** Time since the response was sent, milliseconds. */
  readonly durationMs: number
  /** The node's reason, when it is a NACK. */
  readonly error: string | undefined
  /** Resources of the response; those of a NACK that its text names, or all when it names none. */
  readonly resources: readonly string[]
}

/** A node has accepted everything that a snapshot means for it. */
export interface SettledEvent {
  readonly node: XdsNode
  readonly revision: number
  /** Time since the change that led to the snapshot, milliseconds; undefined for a node that connected later. */
  readonly convergenceMs: number | undefined
}

/** What a stream tells whoever counts, logs or waits. */
export interface StreamEvents {
  pushed(event: PushEvent): void
  acknowledged(event: AckEvent): void
  settled(event: SettledEvent): void
  /** An answer to a response that was not the last one. */
  staleNonce(node: XdsNode, typeUrl: string): void
}
