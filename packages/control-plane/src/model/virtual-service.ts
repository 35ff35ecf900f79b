import type { VirtualService, VirtualServiceSpec } from '@batten/api'
import { resolveHost } from './host.ts'
import type { MeshConfig } from './mesh-config.ts'
import { DEFAULT_NAMESPACE, objectKey } from './object-key.ts'

/** The reserved gateway name that means all sidecars. */
export const MESH_GATEWAY = 'mesh'

/** A VirtualService with its names resolved. */
export interface MeshVirtualService {
  /** Key of the object. */
  readonly key: string
  readonly name: string
  readonly namespace: string
  readonly creationTimestamp: string
  /** Full names and wildcards. */
  readonly hosts: readonly string[]
  /** `mesh` and `namespace/name`. */
  readonly gateways: readonly string[]
  readonly exportTo: readonly string[]
  readonly spec: VirtualServiceSpec
}

/**
 * Resolves hosts and gateways of a VirtualService; destinations stay as written.
 *
 * @translates VirtualService spec.hosts -> VirtualHost.domains
 * @translates VirtualService spec.gateways -> which nodes get the routes
 * @translates VirtualService spec.exportTo -> which nodes get the routes
 */
export function virtualServiceOf(object: VirtualService, mesh: MeshConfig): MeshVirtualService {
  const namespace = object.metadata?.namespace ?? DEFAULT_NAMESPACE
  const spec = object.spec ?? {}
  const gateways = spec.gateways ?? []
  return {
    key: objectKey(object),
    name: object.metadata?.name ?? '',
    namespace,
    creationTimestamp: object.metadata?.creationTimestamp ?? '',
    hosts: (spec.hosts ?? []).map((host) => resolveHost(host, namespace, mesh.domainSuffix)),
    gateways: gateways.length === 0 ? [MESH_GATEWAY] : gateways.map((name) => gatewayKey(name, namespace)),
    exportTo: spec.exportTo ?? mesh.defaultVirtualServiceExportTo,
    spec,
  }
}

/** `namespace/name` of a gateway that an object of `namespace` names; `mesh` stays. */
export function gatewayKey(name: string, namespace: string): string {
  return name === MESH_GATEWAY || name.includes('/') ? name : `${namespace}/${name}`
}
