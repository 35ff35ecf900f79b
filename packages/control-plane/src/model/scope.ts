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
    const hostnames = new Set(services.map(({ hostname }) => hostname))
    // A name that stands for a service that is visible itself is that service.
    return services
      .filter(({ aliasOf }) => aliasOf === undefined || !hostnames.has(aliasOf))
      .sort(compareHostnames)
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
    if (hosts.includes('*/*') && !hosts.some(isExclusion)) return { services, virtualServices }
    const { imports, exclusions } = parseImports(hosts, namespace!)
    const takes = (home: string, matches: (host: string) => boolean) =>
      imports.some((one) => one.allows(home) && matches(one.host))
    const leavesOut = (home: string, host: string) =>
      exclusions.some((one) => one.allows(home) && coversHost(one.host, host))
    return {
      services: services.filter(
        ({ namespace: home, hostname }) =>
          takes(home, (host) => coversHost(host, hostname)) && !leavesOut(home, hostname),
      ),
      virtualServices: virtualServices.filter(
        (virtualService) =>
          takes(virtualService.namespace, (host) =>
            virtualService.hosts.some((own) => hostsOverlap(host, own)),
          ) && !virtualService.hosts.every((host) => leavesOut(virtualService.namespace, host)),
      ),
    }
  },
  (a, b) => isSameList(a.services, b.services) && isSameList(a.virtualServices, b.virtualServices),
)

/** `~namespace/host`; `~/*` is no exclusion. */
function isExclusion(item: string): boolean {
  return item.startsWith('~') && !item.startsWith('~/')
}

interface Import {
  readonly host: string
  allows(namespace: string): boolean
}

/** `namespace/host` items of an egress listener; `~/*` imports nothing, `~namespace/host` takes out what others import. */
function parseImports(
  hosts: readonly string[],
  clientNamespace: string,
): { readonly imports: readonly Import[]; readonly exclusions: readonly Import[] } {
  const imports: Import[] = []
  const exclusions: Import[] = []
  for (const item of hosts) {
    const slash = item.indexOf('/')
    const written = slash === -1 ? '*' : item.slice(0, slash)
    if (written === '~') continue
    const isLeftOut = isExclusion(item)
    const namespace = isLeftOut ? written.slice(1) : written
    const own = namespace === '.' ? clientNamespace : namespace
    const list = isLeftOut ? exclusions : imports
    list.push({ host: item.slice(slash + 1), allows: (home) => own === '*' || home === own })
  }
  return { imports, exclusions }
}

function compareHostnames(a: MeshService, b: MeshService): number {
  return compareSpecificity(a.hostname, b.hostname)
}
