import type { ResourceSource } from '../config/compile-config-source.ts'
import type { FieldPath } from '../config/field-path.ts'

/** Something that resources can be asked of by name. */
export interface SubscriptionSink {
  want(typeUrl: string, name: string): void
  drop(typeUrl: string, name: string): void
}

/** Finds who delivers resources of a source. */
export interface SourceRouter {
  /** @throws BattenError when nothing in this proxy can deliver resources of that type from that source */
  check(typeUrl: string, source: ResourceSource, at: FieldPath): void
  sinkFor(typeUrl: string, source: ResourceSource): SubscriptionSink
}
