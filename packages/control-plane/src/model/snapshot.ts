/** Immutable, versioned view of the mesh that a push is made from. */
export interface MeshSnapshot {
  /** Grows by one with every change. */
  readonly revision: number
}
