import { isSameList } from './equal.ts'
import { compareSpecificity, coversHost, hostsOverlap, isExportedTo } from './host.ts'
import { defineQuery } from './incremental.ts'
import type { MeshService } from './service.ts'
import { compareAge } from './service.ts'
import type { MeshSidecar } from './sidecar.ts'
import type { MeshSnapshot } from './snapshot.ts'
import { MESH_GATEWAY, type MeshVirtualService } from './virtual-service.ts'
import { selects } from './workload.ts'

/**
 * The Sidecar of a workload: one that selects it, else its namespace's default, else the mesh's default in the root
 * namespace, else none. Of several, the oldest.
 */
export const sidecarFor = defineQuery<MeshSnapshot, MeshSidecar | undefined>(
  'sidecar',
  (read, namespace, labelsJson) => {
    const labels = JSON.parse(labelsJson!) as Record<string, string>
    const own = read.entry('sidecars', namespace!) ?? []
    const found =
      own.find(({ selector }) => selector !== undefined && selects(selector, labels)) ??
      own.find(({ selector }) => selector === undefined)
    if (found !== undefined) return found
    const root = read.field('mesh').rootNamespace
    return (read.entry('sidecars', root) ?? []).find(({ selector }) => selector === undefined)
  },
)

/**
 * Every service that a namespace may see, one for each hostname: the namespace's own, else the oldest that is exported
 * to it. Sorted by hostname.
 */
export const servicesVisibleTo = defineQuery<MeshSnapshot, readonly MeshService[]>(
  'visible-services',
  (read, namespace) => {
    const defaults = read.field('mesh').defaultServiceExportTo
    const services: MeshService[] = []
    for (const candidates of read.field('servicesByHost').values()) {
      const visible = candidates.filter(({ exportTo, namespace: home }) =>
        isExportedTo(exportTo.length === 0 ? defaults : exportTo, home, namespace!),
      )
      const service = visible.find(({ namespace: home }) => home === namespace) ?? visible[0]
      if (service !== undefined) services.push(service)
    }
    return services.sort(compareHostnames)
  },
  isSameList,
)

/** Every VirtualService of sidecars that a namespace may see, oldest first. */
export const virtualServicesVisibleTo = defineQuery<MeshSnapshot, readonly MeshVirtualService[]>(
  'visible-virtual-services',
  (read, namespace) =>
    [...read.field('virtualServices').values()]
      .filter(
        ({ gateways, exportTo, namespace: home }) =>
          gateways.includes(MESH_GATEWAY) && isExportedTo(exportTo, home, namespace!),
      )
      .sort(compareAge),
  isSameList,
)

/** What an egress listener of a Sidecar lets a client see. */
export interface EgressScope {
  readonly services: readonly MeshService[]
  readonly virtualServices: readonly MeshVirtualService[]
}

/** Import list of clients without a Sidecar. */
export const EVERYTHING: readonly string[] = ['*/*']

/**
 * What a client of a namespace sees through an egress listener with these `hosts` (a JSON list). Sorted like
 * {@link servicesVisibleTo} and {@link virtualServicesVisibleTo}.
 *
 * @translates Sidecar spec.egress[].hosts -> which listeners, routes and clusters a node gets
 */
export const egressScope = defineQuery<MeshSnapshot, EgressScope>(
  'egress-scope',
  (read, namespace, hostsJson) => {
    const services = read.query(servicesVisibleTo, namespace!)
    const virtualServices = read.query(virtualServicesVisibleTo, namespace!)
    const hosts = JSON.parse(hostsJson!) as readonly string[]
    if (hosts.includes('*/*')) return { services, virtualServices }
    const imports = parseImports(hosts, namespace!)
    return {
      services: services.filter((service) =>
        imports.some((one) => one.allows(service.namespace) && coversHost(one.host, service.hostname)),
      ),
      virtualServices: virtualServices.filter((virtualService) =>
        imports.some(
          (one) =>
            one.allows(virtualService.namespace) &&
            virtualService.hosts.some((host) => hostsOverlap(one.host, host)),
        ),
      ),
    }
  },
  (a, b) => isSameList(a.services, b.services) && isSameList(a.virtualServices, b.virtualServices),
)

interface Import {
  readonly host: string
  allows(namespace: string): boolean
}

/** `namespace/host` items of an egress listener; `~` imports nothing. */
function parseImports(hosts: readonly string[], clientNamespace: string): Import[] {
  return hosts.flatMap((item) => {
    const slash = item.indexOf('/')
    const namespace = slash === -1 ? '*' : item.slice(0, slash)
    const host = slash === -1 ? item : item.slice(slash + 1)
    if (namespace.startsWith('~')) return []
    return [
      {
        host,
        allows: (home: string) =>
          namespace === '*' || home === (namespace === '.' ? clientNamespace : namespace),
      },
    ]
  })
}

function compareHostnames(a: MeshService, b: MeshService): number {
  return compareSpecificity(a.hostname, b.hostname)
}
