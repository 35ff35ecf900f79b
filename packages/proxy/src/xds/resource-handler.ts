/** One resource as it arrived. */
export interface ArrivedResource {
  readonly name: string
  /** The server's version; for dumps and for the next stream's `initial_resource_versions`. */
  readonly version: string
  /** The encoded message: the value of its `Any`. A view on the response; keep it, it is never changed. */
  readonly value: Uint8Array
}

/** A resource that was refused: the last good one stays. */
export interface RejectedResource {
  readonly name: string
  /** Field path and reason, without secrets. */
  readonly message: string
}

/**
 * One resource type: how it is compiled and where it goes. One file in `resource-types/`, one line in
 * `resource-types/index.ts`.
 */
export interface ResourceHandler {
  readonly typeUrl: string
  /** For logs and stats: `cds`. */
  readonly shortName: string
  /** The name inside a resource; state-of-the-world responses carry no other. */
  nameOf(value: Uint8Array): string
  /**
   * Applies what is good and tells what is not; a promise when only trying tells (a listener's address). Never throws
   * and never rejects.
   *
   * @param removed - resources that exist no longer, or never did although they were asked for
   */
  apply(
    arrived: readonly ArrivedResource[],
    removed: readonly string[],
  ): readonly RejectedResource[] | Promise<readonly RejectedResource[]>
}
