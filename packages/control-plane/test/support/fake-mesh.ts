import type { XdsNode } from '../../src/model/node.ts'
import type { Resource, ResourceView } from '../../src/model/resource.ts'
import type { MeshSnapshot } from '../../src/model/snapshot.ts'
import { EMPTY_SNAPSHOT } from '../../src/model/snapshot-builder.ts'
import type { ViewSource } from '../../src/serve/xds-server.ts'
import { testView } from './test-resources.ts'

/** A source of views whose resources a test sets by hand; every node sees the same unless the test says otherwise. */
export class FakeMesh implements ViewSource {
  #view: ResourceView = testView([])
  #revision = 0
  /** Called in place of the shared view, when set. */
  viewFor: ((node: XdsNode) => ResourceView) | undefined

  view(_: MeshSnapshot, node: XdsNode): ResourceView {
    return this.viewFor?.(node) ?? this.#view
  }

  /** The next snapshot, in which these are the mesh's resources. */
  set(resources: readonly Resource[]): MeshSnapshot {
    this.#view = testView(resources)
    this.#revision += 1
    return { ...EMPTY_SNAPSHOT, revision: this.#revision }
  }
}
