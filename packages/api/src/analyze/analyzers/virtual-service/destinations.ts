import type { Destination } from '../../../gen/types/networking/destination.ts'
import type { VirtualService } from '../../../gen/types/networking/virtual-service.ts'
import { Visibility } from '../../index/export-to.ts'
import type { Loose } from '../../loose.ts'
import type { FieldPath, Resource } from '../../resource.ts'

/** A VirtualService as analyzers see it. */
export type VirtualServiceResource = Resource<Loose<VirtualService['spec']>>

/** A destination of a VirtualService and where it stands. */
export interface PlacedDestination {
  readonly destination: Loose<Destination>
  readonly path: FieldPath
  readonly isMirror: boolean
}

/** All destinations: of HTTP, TLS and TCP routes, and of mirrors. */
export function destinationsOf({ spec }: VirtualServiceResource): PlacedDestination[] {
  const out: PlacedDestination[] = []
  for (const list of ['http', 'tls', 'tcp'] as const) {
    for (const [i, route] of (spec[list] ?? []).entries()) {
      for (const [n, { destination = {} }] of (route.route ?? []).entries()) {
        out.push({ destination, path: ['spec', list, i, 'route', n, 'destination'], isMirror: false })
      }
    }
  }
  for (const [i, { mirror, mirrors = [] }] of (spec.http ?? []).entries()) {
    if (mirror !== undefined)
      out.push({ destination: mirror, path: ['spec', 'http', i, 'mirror'], isMirror: true })
    for (const [n, { destination = {} }] of mirrors.entries()) {
      out.push({ destination, path: ['spec', 'http', i, 'mirrors', n, 'destination'], isMirror: true })
    }
  }
  return out
}

/** Namespaces from which what an object says is used: its own unless it is exported, none for all of them. */
export function namespacesOf(
  {
    spec,
    namespace,
  }: { readonly spec: { readonly exportTo?: readonly string[] | undefined }; readonly namespace: string },
  defaults: readonly string[],
): readonly string[] {
  const { exportTo = [] } = spec
  const isOwn = exportTo.length === 0 && (defaults.length === 0 || defaults.includes('*'))
  return isOwn ? [namespace] : (Visibility.of(exportTo, namespace, defaults).namespaces ?? [])
}

/** Whether sidecars use a VirtualService. */
export function isForMesh({ spec }: VirtualServiceResource): boolean {
  const { gateways = [] } = spec
  return gateways.length === 0 || gateways.includes('mesh')
}

/** A gateway that a VirtualService names: `namespace/name`, or a name in its own namespace. */
export function gatewayName(text: string, namespace: string): { namespace: string; name: string } {
  const slash = text.indexOf('/')
  return slash < 0
    ? { namespace, name: text }
    : { namespace: text.slice(0, slash), name: text.slice(slash + 1) }
}

/** Whether istioctl knows the line of a destination: of all but those of a list of mirrors. */
export function hasOwnLine({ path }: PlacedDestination): boolean {
  return !path.includes('mirrors')
}
