import type { EndpointSlice, ServiceEntry } from '@batten/api'
import {
  type Endpoint,
  endpointsAtHost,
  endpointsFromEntry,
  endpointsFromSlices,
  endpointsFromWorkloads,
} from './endpoint.ts'
import { slicesFromEndpoints } from './endpoints-object.ts'
import { isEqual, isSameList, keepEqual } from './equal.ts'
import { defineQuery, QueryEngine } from './incremental.ts'
import { objectKey } from './object-key.ts'
import { type ObjectTables, objectsOf } from './objects-by-kind.ts'
import { once } from './once.ts'
import type { MeshService } from './service.ts'
import { selects, type Workload } from './workload.ts'

/** Label by which an EndpointSlice names its Service. */
const SERVICE_NAME = 'kubernetes.io/service-name'

/** Objects do not change, so the slices of one stay the same. */
const slicesOfEndpoints = once(slicesFromEndpoints)

interface Inputs {
  readonly services: ReadonlyMap<string, MeshService>
  readonly workloads: ReadonlyMap<string, Workload>
  /** By {@link labelKey}: those with that label. */
  readonly workloadsByLabel: ReadonlyMap<string, readonly Workload[]>
  /** By `namespace/name` of the Service. */
  readonly slices: ReadonlyMap<string, readonly EndpointSlice[]>
  /** By object key. */
  readonly entries: ReadonlyMap<string, ServiceEntry>
}

const endpointsOf = defineQuery<Inputs, readonly Endpoint[]>(
  'endpoints',
  (read, key) => {
    const service = read.entry('services', key!)
    if (service === undefined) return []
    if (service.externalName !== undefined) return endpointsAtHost(service, service.externalName)
    if (service.registry === 'external' && service.selector === undefined) {
      const names = new Set(service.ports.map(({ from }) => from?.entry ?? service.name))
      return [...names].flatMap((name) => {
        const entry = read.entry('entries', `networking.istio.io/ServiceEntry/${service.namespace}/${name}`)
        const ports = service.ports.filter(({ from }) => (from?.entry ?? service.name) === name)
        return entry === undefined ? [] : endpointsFromEntry({ ...service, ports }, entry)
      })
    }
    if (service.registry === 'kubernetes') {
      const slices = read.entry('slices', `${service.namespace}/${service.name}`)
      if (slices !== undefined)
        return endpointsFromSlices(service, slices, (workload) => read.entry('workloads', workload))
    }
    const { selector } = service
    if (selector === undefined) return []
    const [label] = Object.entries(selector)
    if (label === undefined) return []
    const candidates = read.entry('workloadsByLabel', labelKey(service.namespace, ...label)) ?? []
    return endpointsFromWorkloads(
      service,
      candidates.filter(({ labels }) => selects(selector, labels)),
    )
  },
  isEqual,
)

/** Keeps the endpoints of every service; after a change only those of the services that it touches are computed. */
export class EndpointBuilder {
  readonly #engine = new QueryEngine<Inputs>()
  #inputs: Inputs = {
    services: new Map(),
    workloads: new Map(),
    workloadsByLabel: new Map(),
    slices: new Map(),
    entries: new Map(),
  }

  /** Endpoints by service key. */
  build(
    services: ReadonlyMap<string, MeshService>,
    workloads: ReadonlyMap<string, Workload>,
    tables: ObjectTables,
    before: ReadonlyMap<string, readonly Endpoint[]>,
  ): ReadonlyMap<string, readonly Endpoint[]> {
    const old = this.#inputs
    const inputs: Inputs = {
      services,
      workloads,
      workloadsByLabel:
        workloads === old.workloads
          ? old.workloadsByLabel
          : keepEqual(old.workloadsByLabel, byLabel(workloads), isSameList),
      slices: keepEqual(old.slices, slicesByService(tables), isSameList),
      entries: keepEqual(
        old.entries,
        new Map(
          objectsOf(tables, 'networking.istio.io/ServiceEntry').map((entry) => [objectKey(entry), entry]),
        ),
        Object.is,
      ),
    }
    this.#inputs = inputs
    const out = new Map<string, readonly Endpoint[]>()
    for (const key of services.keys()) {
      const endpoints = this.#engine.run(inputs, endpointsOf, key)
      if (endpoints.length > 0) out.set(key, endpoints)
    }
    return keepEqual(before, out, Object.is)
  }
}

function labelKey(namespace: string, name: string, value: string): string {
  return `${namespace}/${name}=${value}`
}

function byLabel(workloads: ReadonlyMap<string, Workload>): Map<string, readonly Workload[]> {
  const out = new Map<string, Workload[]>()
  for (const workload of workloads.values())
    for (const name in workload.labels) {
      const key = labelKey(workload.namespace, name, workload.labels[name]!)
      const list = out.get(key)
      if (list === undefined) out.set(key, [workload])
      else list.push(workload)
    }
  return out
}

function slicesByService(tables: ObjectTables): Map<string, readonly EndpointSlice[]> {
  const out = new Map<string, EndpointSlice[]>()
  for (const slice of objectsOf(tables, 'discovery.k8s.io/EndpointSlice')) {
    const name = slice.metadata.labels?.[SERVICE_NAME]
    if (name === undefined) continue
    const key = `${slice.metadata.namespace ?? 'default'}/${name}`
    const list = out.get(key)
    if (list === undefined) out.set(key, [slice])
    else list.push(slice)
  }
  for (const endpoints of objectsOf(tables, 'core/Endpoints')) {
    const key = `${endpoints.metadata?.namespace ?? 'default'}/${endpoints.metadata?.name ?? ''}`
    // Where there are slices as well they say the same, and more.
    if (!out.has(key)) out.set(key, slicesOfEndpoints(endpoints))
  }
  return out
}
