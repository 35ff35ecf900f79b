import type { IstioEgressListener } from '@batten/api'
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
          gatewaysOfMatches(gateways) && isExportedTo(exportTo, home, namespace!),
      )
      .sort(compareAge),
  isSameList,
)

function gatewaysOfMatches(gateways: readonly string[]): boolean {
  return gateways.includes(MESH_GATEWAY)
}

/** What a Sidecar egress listener lets a client of `namespace` see. */
export interface EgressScope {
  readonly services: readonly MeshService[]
  readonly virtualServices: readonly MeshVirtualService[]
}

/**
 * What an egress listener of a Sidecar (by its position; without a Sidecar: everything visible) imports. Sorted like
 * {@link servicesVisibleTo} and {@link virtualServicesVisibleTo}.
 */
export const egressScope = defineQuery<MeshSnapshot, EgressScope>(
  'egress-scope',
  (read, namespace, labelsJson, position) => {
    const services = read.query(servicesVisibleTo, namespace!)
    const virtualServices = read.query(virtualServicesVisibleTo, namespace!)
    const sidecar = read.query(sidecarFor, namespace!, labelsJson!)
    const listener = sidecar?.spec.egress?.[Number(position)]
    if (listener === undefined) return { services, virtualServices }
    const imports = parseImports(listener, namespace!)
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
function parseImports(listener: IstioEgressListener, clientNamespace: string): Import[] {
  return (listener.hosts ?? []).flatMap((item) => {
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

/** All services that a client sees through any egress listener of its Sidecar, sorted by hostname. */
export const servicesInScope = defineQuery<MeshSnapshot, readonly MeshService[]>(
  'services-in-scope',
  (read, namespace, labelsJson) => {
    const sidecar = read.query(sidecarFor, namespace!, labelsJson!)
    const count = sidecar?.spec.egress?.length ?? 0
    if (count <= 1) return read.query(egressScope, namespace!, labelsJson!, '0').services
    const all = new Map<string, MeshService>()
    for (let i = 0; i < count; i++)
      for (const service of read.query(egressScope, namespace!, labelsJson!, String(i)).services)
        all.set(service.key, service)
    return [...all.values()].sort(compareHostnames)
  },
  isSameList,
)

function compareHostnames(a: MeshService, b: MeshService): number {
  return compareSpecificity(a.hostname, b.hostname)
}
