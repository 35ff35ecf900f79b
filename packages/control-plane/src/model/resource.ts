/**
 * One xDS resource as the whole mesh shares it: encoded once, immutable, its version a hash of its content. Equal
 * bytes are the same version, which is where the work of a change stops.
 */
export interface Resource {
  readonly typeUrl: string
  readonly name: string
  /** 64-bit hash of `value`, hexadecimal. */
  readonly version: string
  /** The encoded message: the `value` of its `Any`. */
  readonly value: Uint8Array
}

/** Everything one node is served from one snapshot: for each type URL its resources by name. */
export interface ResourceView {
  /** Identity of the view: the same object as long as nothing in it changed, so an unchanged node costs one comparison. */
  readonly resources: (typeUrl: string) => ReadonlyMap<string, Resource>
}
