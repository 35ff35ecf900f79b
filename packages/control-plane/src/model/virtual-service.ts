import type { Destination, VirtualService, VirtualServiceSpec } from '@batten/api'
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

/**
 * `namespace/name` of a gateway that an object of `namespace` names; `mesh` stays. Dots are the form of before
 * namespaces had their own: `name.namespace` and `name.namespace.svc.cluster.local`.
 */
export function gatewayKey(name: string, namespace: string): string {
  if (name === MESH_GATEWAY || name.includes('/')) return name
  const [first, home = namespace] = name.split('.')
  return `${home}/${first}`
}

/** Where a VirtualService names a destination. */
export interface DestinationPlace {
  readonly destination: Destination
  /** `spec.http[0].route[0].destination` */
  readonly path: string
}

/** Every destination that a VirtualService names, mirrors included. */
export function destinationsOf({ spec }: MeshVirtualService): DestinationPlace[] {
  const places: DestinationPlace[] = []
  spec.http?.forEach((http, i) => {
    http.route?.forEach(({ destination }, j) => {
      places.push({ destination, path: `spec.http[${i}].route[${j}].destination` })
    })
    if (http.mirror !== undefined) places.push({ destination: http.mirror, path: `spec.http[${i}].mirror` })
    http.mirrors?.forEach(({ destination }, j) => {
      places.push({ destination, path: `spec.http[${i}].mirrors[${j}].destination` })
    })
  })
  for (const kind of ['tls', 'tcp'] as const)
    spec[kind]?.forEach((route, i) => {
      route.route?.forEach(({ destination }, j) => {
        places.push({ destination, path: `spec.${kind}[${i}].route[${j}].destination` })
      })
    })
  return places
}
