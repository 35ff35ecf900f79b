import type { XdsNode } from '../model/node.ts'
import type { ResourceView } from '../model/resource.ts'
import type { MeshSnapshot } from '../model/snapshot.ts'

/**
 * Turns a snapshot of the mesh into what one node is served. Pure: same snapshot and node, same bytes. Work is cached
 * by what it read, so that a change recomputes only what depends on it.
 */
export interface Translator {
  view(snapshot: MeshSnapshot, node: XdsNode): ResourceView
}
