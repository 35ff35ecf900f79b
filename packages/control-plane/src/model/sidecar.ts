import type { Sidecar, SidecarSpec } from '@batten/api'
import { DEFAULT_NAMESPACE, objectKey } from './object-key.ts'

/** A Sidecar. */
export interface MeshSidecar {
  readonly key: string
  readonly name: string
  readonly namespace: string
  readonly creationTimestamp: string
  /** undefined: the default of its namespace, or of the mesh in the root namespace. */
  readonly selector: Readonly<Record<string, string>> | undefined
  readonly spec: SidecarSpec
}

/**
 * Reads a Sidecar.
 *
 * @translates Sidecar spec.workloadSelector -> which nodes get it
 */
export function sidecarOf(object: Sidecar): MeshSidecar {
  const labels = object.spec?.workloadSelector?.labels ?? {}
  return {
    key: objectKey(object),
    name: object.metadata?.name ?? '',
    namespace: object.metadata?.namespace ?? DEFAULT_NAMESPACE,
    creationTimestamp: object.metadata?.creationTimestamp ?? '',
    selector: Object.keys(labels).length === 0 ? undefined : labels,
    spec: object.spec ?? {},
  }
}
