import type { Resource, SpecOf } from '../resource.ts'
import { Visibility } from './export-to.ts'
import { HostIndex, serviceHost } from './host-name.ts'

/** A port of a service. */
export interface HostPort {
  readonly number: number
  readonly name: string
  readonly protocol: string
}

/** A host that traffic can be sent to: a Service, or a host of a ServiceEntry. */
export interface HostEntry {
  readonly host: string
  readonly namespace: string
  readonly ports: readonly HostPort[]
  readonly visibility: Visibility
  readonly resource: Resource
  /** Labels of the workloads behind it; undefined when it does not select any. */
  readonly selector: Readonly<Record<string, string>> | undefined
  readonly isServiceEntry: boolean
}

/** What {@link ServiceIndex} is made of. */
export interface ServiceSources {
  readonly services: readonly Resource<SpecOf<'/Service'>>[]
  readonly serviceEntries: readonly Resource<SpecOf<'networking.istio.io/ServiceEntry'>>[]
  readonly clusterDomain: string
  /** Who sees services without `exportTo`. */
  readonly defaultExportTo: readonly string[]
}

/** The service registry of what is analyzed: hosts with their ports, and who sees them. */
export class ServiceIndex {
  readonly entries: readonly HostEntry[]
  readonly #hosts = new HostIndex<HostEntry>()

  constructor(sources: ServiceSources) {
    this.entries = [...serviceEntriesOf(sources), ...sources.services.map((one) => serviceOf(one, sources))]
    for (const entry of this.entries) this.#hosts.add(entry.host, entry)
  }

  /**
   * The entry that traffic to `host` (a full name, or a wildcard) from `namespaces` goes to: a service of that very name
   * before wildcards that cover it. Without namespaces it must be one that everybody sees.
   */
  find(host: string, namespaces: readonly string[]): HostEntry | undefined {
    const visible = (entry: HostEntry): boolean =>
      entry.visibility.namespaces === undefined ||
      namespaces.some((namespace) => entry.visibility.includes(namespace))
    const same = this.#hosts.same(host).filter(visible)
    return (
      same.find(({ namespace }) => namespaces.includes(namespace)) ??
      same[0] ??
      this.#hosts.covering(host).find(visible)
    )
  }

  /** Entries that have a name in common with `host`, visible or not. */
  overlapping(host: string): readonly HostEntry[] {
    return this.#hosts.overlapping(host)
  }
}

function serviceOf(service: Resource<SpecOf<'/Service'>>, sources: ServiceSources): HostEntry {
  const { spec, namespace, name } = service
  const selector = spec.selector ?? {}
  return {
    host: serviceHost(name, namespace, sources.clusterDomain),
    namespace,
    ports: (spec.ports ?? []).map((port) => ({
      number: port.port ?? 0,
      name: port.name ?? '',
      protocol: port.protocol ?? 'TCP',
    })),
    visibility: serviceVisibility(service, sources.defaultExportTo),
    resource: service,
    selector: Object.keys(selector).length === 0 ? undefined : definedStrings(selector),
    isServiceEntry: false,
  }
}

/** Who sees a Service: what its annotation says. */
export function serviceVisibility(service: Resource, defaults: readonly string[]): Visibility {
  const annotation = service.annotations['networking.istio.io/exportTo'] ?? ''
  const exportTo = annotation.split(',').map((part) => part.trim())
  return Visibility.of(
    exportTo.filter((part) => part !== ''),
    service.namespace,
    defaults,
  )
}

function serviceEntriesOf({ serviceEntries, defaultExportTo }: ServiceSources): HostEntry[] {
  return serviceEntries.flatMap((entry) => {
    const { spec, namespace } = entry
    const visibility = Visibility.of(spec.exportTo, namespace, defaultExportTo)
    const ports = (spec.ports ?? []).map((port) => ({
      number: port.number ?? 0,
      name: port.name ?? '',
      protocol: port.protocol ?? '',
    }))
    const labels = spec.workloadSelector?.labels
    const selector = labels === undefined ? undefined : definedStrings(labels)
    return (spec.hosts ?? []).map((host) => ({
      host,
      namespace,
      ports,
      visibility,
      resource: entry,
      selector,
      isServiceEntry: true,
    }))
  })
}

/** A map of labels as the rest of the analysis wants it. */
export function definedStrings(
  map: Readonly<Record<string, string | undefined>> | undefined,
): Readonly<Record<string, string>> {
  return (map ?? {}) as Readonly<Record<string, string>>
}
