import type { ServiceEntry } from '@batten/api'
import { type DestinationRuleIndex, destinationRuleOf, indexDestinationRules } from './destination-rule.ts'
import type { Endpoint } from './endpoint.ts'
import { EndpointBuilder } from './endpoint-builder.ts'
import { isSameList, keepEqual } from './equal.ts'
import { gatewayOf } from './gateway.ts'
import { DEFAULT_MESH_CONFIG, type MeshConfig } from './mesh-config.ts'
import { type ModelKind, type ModelKinds, type ObjectTables, objectsOf, tableOf } from './objects-by-kind.ts'
import { once } from './once.ts'
import { peerAuthenticationOf } from './peer-authentication.ts'
import { type AgedObject, compareAge, type MeshService } from './service.ts'
import { resolveAliases } from './service-alias.ts'
import { servicesFromEntry, withPortsOf } from './service-from-entry.ts'
import { serviceFromKubernetes } from './service-from-kubernetes.ts'
import { sidecarOf } from './sidecar.ts'
import type { MeshSnapshot, StoredObject, WorkloadEndpoint } from './snapshot.ts'
import { tlsSecretOf } from './tls-secret.ts'
import { virtualServiceOf } from './virtual-service.ts'
import { type WasmModule, wasmPluginOf } from './wasm-plugin.ts'
import { type Workload, workloadFromEntry, workloadFromPod } from './workload.ts'

/** A mesh without anything in it. */
export const EMPTY_SNAPSHOT: MeshSnapshot = Object.freeze({
  revision: 0,
  mesh: DEFAULT_MESH_CONFIG,
  namespaces: new Map(),
  services: new Map(),
  servicesByHost: new Map(),
  servicesByNamespace: new Map(),
  workloads: new Map(),
  workloadsByAddress: new Map(),
  endpoints: new Map(),
  endpointsByWorkload: new Map(),
  virtualServices: new Map(),
  destinationRules: new Map(),
  gateways: new Map(),
  sidecars: new Map(),
  peerAuthentications: new Map(),
  wasmPlugins: new Map(),
  wasmModules: new Map(),
  secrets: new Map(),
  objects: new Map(),
})

/** Objects do not change, so what is read out of one is read once. */
const workloadOfPod = once(workloadFromPod)
const workloadOfEntry = once(workloadFromEntry)

const SERVICE_KINDS: readonly ModelKind[] = ['core/Service', 'networking.istio.io/ServiceEntry']
const WORKLOAD_KINDS: readonly ModelKind[] = ['core/Pod', 'networking.istio.io/WorkloadEntry']
const ENDPOINT_KINDS: readonly ModelKind[] = [
  ...SERVICE_KINDS,
  ...WORKLOAD_KINDS,
  'core/Endpoints',
  'discovery.k8s.io/EndpointSlice',
]

type Fields = { -readonly [K in keyof MeshSnapshot]: MeshSnapshot[K] }

/**
 * Makes snapshots out of objects. Only what a change touches is computed again; everything else keeps its identity,
 * and a change that changes nothing gives the same snapshot.
 */
export class SnapshotBuilder {
  readonly #endpoints = new EndpointBuilder()
  #tables: ObjectTables = new Map()
  #snapshot: MeshSnapshot = EMPTY_SNAPSHOT

  /** The newest snapshot. */
  get snapshot(): MeshSnapshot {
    return this.#snapshot
  }

  /** The snapshot for these objects, settings and modules. */
  build(tables: ObjectTables, mesh: MeshConfig, wasmModules: ReadonlyMap<string, WasmModule>): MeshSnapshot {
    const before = this.#snapshot
    const next: Fields = { ...before }
    if (mesh !== before.mesh) next.mesh = mesh
    const meshChanged = mesh !== before.mesh
    const changed = (...kinds: readonly ModelKind[]) =>
      kinds.some((kind) => tableOf(this.#tables, kind) !== tableOf(tables, kind))

    next.wasmModules = keepEqual(before.wasmModules, wasmModules)
    if (changed('core/Namespace')) next.namespaces = namespacesOf(tables, before)
    if (changed(...SERVICE_KINDS) || meshChanged) buildServices(next, tables, before)
    if (changed(...WORKLOAD_KINDS)) buildWorkloads(next, tables, before)
    if (changed(...ENDPOINT_KINDS) || meshChanged) this.#buildEndpoints(next, tables)
    if (changed('networking.istio.io/VirtualService') || meshChanged)
      next.virtualServices = byKey(
        before.virtualServices,
        tables,
        'networking.istio.io/VirtualService',
        (o) => virtualServiceOf(o, mesh),
      )
    if (changed('networking.istio.io/DestinationRule') || meshChanged)
      next.destinationRules = destinationRulesOf(before.destinationRules, tables, mesh)
    if (changed('networking.istio.io/Gateway'))
      next.gateways = keepEqual(
        before.gateways,
        new Map(
          objectsOf(tables, 'networking.istio.io/Gateway')
            .map(gatewayOf)
            .map((gateway) => [gateway.title, gateway]),
        ),
      )
    if (changed('networking.istio.io/Sidecar'))
      next.sidecars = byNamespace(
        before.sidecars,
        objectsOf(tables, 'networking.istio.io/Sidecar').map(sidecarOf),
      )
    if (changed('security.istio.io/PeerAuthentication'))
      next.peerAuthentications = byNamespace(
        before.peerAuthentications,
        objectsOf(tables, 'security.istio.io/PeerAuthentication').map(peerAuthenticationOf),
      )
    if (changed('extensions.istio.io/WasmPlugin'))
      next.wasmPlugins = byNamespace(before.wasmPlugins, wasmPluginsOf(tables))
    if (changed('core/Secret')) next.secrets = secretsOf(tables, before)
    next.objects = objectTable(before.objects, this.#tables, tables)

    this.#tables = tables
    const isSame = (Object.keys(next) as (keyof MeshSnapshot)[]).every(
      (field) => next[field] === before[field],
    )
    if (!isSame) this.#snapshot = Object.freeze({ ...next, revision: before.revision + 1 })
    return this.#snapshot
  }

  #buildEndpoints(next: Fields, tables: ObjectTables): void {
    const before = this.#snapshot
    next.endpoints = this.#endpoints.build(next.services, next.workloads, tables, before.endpoints)
    next.endpointsByWorkload = endpointsByWorkload(
      before.endpointsByWorkload,
      before.endpoints,
      next.endpoints,
    )
  }
}

function wasmPluginsOf(tables: ObjectTables) {
  const stored = [...tableOf(tables, 'extensions.istio.io/WasmPlugin').values()]
  const objects = objectsOf(tables, 'extensions.istio.io/WasmPlugin')
  return objects.map((object, i) => wasmPluginOf(object, stored[i]!.origin.file))
}

function namespacesOf(tables: ObjectTables, before: MeshSnapshot): MeshSnapshot['namespaces'] {
  const namespaces = objectsOf(tables, 'core/Namespace').map(
    (object) => [object.metadata.name ?? '', object.metadata.labels ?? {}] as const,
  )
  return keepEqual(before.namespaces, new Map(namespaces))
}

function secretsOf(tables: ObjectTables, before: MeshSnapshot): MeshSnapshot['secrets'] {
  const secrets = objectsOf(tables, 'core/Secret').flatMap((object) => {
    const secret = tlsSecretOf(object)
    return secret === undefined ? [] : [[secret.key, secret] as const]
  })
  return keepEqual(before.secrets, new Map(secrets))
}

function buildServices(next: Fields, tables: ObjectTables, before: MeshSnapshot): void {
  const services = new Map<string, MeshService>()
  for (const object of objectsOf(tables, 'core/Service')) {
    const service = serviceFromKubernetes(object, next.mesh.domainSuffix)
    if (service !== undefined) services.set(service.key, service)
  }
  // A Kubernetes Service wins over a ServiceEntry of the same name; an older ServiceEntry takes ports of younger ones.
  for (const service of externalServices(objectsOf(tables, 'networking.istio.io/ServiceEntry'))) {
    const older = services.get(service.key)
    services.set(service.key, older === undefined ? service : withPortsOf(older, service))
  }
  resolveAliases(services)
  next.services = keepEqual(before.services, services)
  if (next.services === before.services) return
  next.servicesByHost = groupBy(before.servicesByHost, next.services.values(), (service) => service.hostname)
  next.servicesByNamespace = groupBy(
    before.servicesByNamespace,
    next.services.values(),
    (service) => service.namespace,
  )
}

function externalServices(entries: readonly ServiceEntry[]): MeshService[] {
  return entries.flatMap(servicesFromEntry).sort(compareAge)
}

function buildWorkloads(next: Fields, tables: ObjectTables, before: MeshSnapshot): void {
  const workloads = new Map<string, Workload>()
  for (const entry of objectsOf(tables, 'networking.istio.io/WorkloadEntry')) {
    const workload = workloadOfEntry(entry)
    workloads.set(workload.key, workload)
  }
  for (const pod of objectsOf(tables, 'core/Pod')) {
    const workload = workloadOfPod(pod)
    if (workload !== undefined) workloads.set(workload.key, workload)
  }
  next.workloads = keepEqual(before.workloads, workloads)
  if (next.workloads === before.workloads) return
  const byAddress = new Map<string, Workload[]>()
  for (const workload of next.workloads.values())
    for (const address of workload.addresses) append(byAddress, address, workload)
  next.workloadsByAddress = keepEqual<readonly Workload[]>(before.workloadsByAddress, byAddress, isSameList)
}

/** Which services a workload serves, updated for the services whose endpoints changed. */
function endpointsByWorkload(
  index: MeshSnapshot['endpointsByWorkload'],
  before: MeshSnapshot['endpoints'],
  after: MeshSnapshot['endpoints'],
): MeshSnapshot['endpointsByWorkload'] {
  if (before === after) return index
  const touched = new Map<string, WorkloadEndpoint[]>()
  const draft = (workload: string) => {
    let list = touched.get(workload)
    if (list === undefined) touched.set(workload, (list = [...(index.get(workload) ?? [])]))
    return list
  }
  const forget = (service: string, endpoints: readonly Endpoint[]) => {
    for (const { workload } of endpoints)
      if (workload !== '')
        touched.set(
          workload,
          draft(workload).filter((entry) => entry.service !== service),
        )
  }
  for (const [service, endpoints] of before) if (after.get(service) !== endpoints) forget(service, endpoints)
  for (const [service, endpoints] of after) {
    if (before.get(service) === endpoints) continue
    for (const { workload, portName, port } of endpoints)
      if (workload !== '') draft(workload).push({ service, portName, port })
  }
  const out = new Map(index)
  for (const [workload, list] of touched) {
    if (list.length === 0) out.delete(workload)
    else out.set(workload, list.sort(compareWorkloadEndpoints))
  }
  return keepEqual(index, out)
}

function compareWorkloadEndpoints(a: WorkloadEndpoint, b: WorkloadEndpoint): number {
  if (a.service !== b.service) return a.service < b.service ? -1 : 1
  if (a.portName !== b.portName) return a.portName < b.portName ? -1 : 1
  return a.port - b.port
}

function destinationRulesOf(
  before: MeshSnapshot['destinationRules'],
  tables: ObjectTables,
  mesh: MeshConfig,
): MeshSnapshot['destinationRules'] {
  const rules = objectsOf(tables, 'networking.istio.io/DestinationRule').map((o) =>
    destinationRuleOf(o, mesh),
  )
  const grouped = new Map<string, typeof rules>()
  for (const rule of rules) append(grouped, rule.namespace, rule)
  const indexes = new Map<string, DestinationRuleIndex>()
  for (const [namespace, list] of grouped)
    indexes.set(namespace, keepEntries(before.get(namespace) ?? [], indexDestinationRules(list)))
  return keepEqual(before, indexes, isSameList)
}

function byKey<K extends ModelKind, V extends { readonly key: string }>(
  before: ReadonlyMap<string, V>,
  tables: ObjectTables,
  kind: K,
  convert: (object: ModelKinds[K]) => V,
): ReadonlyMap<string, V> {
  const values = objectsOf(tables, kind).map(convert)
  return keepEqual(before, new Map(values.map((value) => [value.key, value])))
}

/** Lists by namespace, oldest first. */
function byNamespace<V extends AgedObject & { readonly key: string }>(
  before: ReadonlyMap<string, readonly V[]>,
  values: readonly V[],
): ReadonlyMap<string, readonly V[]> {
  const grouped = new Map<string, V[]>()
  for (const value of values) append(grouped, value.namespace, value)
  const out = new Map<string, readonly V[]>()
  for (const [namespace, list] of grouped)
    out.set(namespace, keepEntries(before.get(namespace) ?? [], list.sort(compareAge)))
  return keepEqual(before, out, isSameList)
}

/** The new list with the old values wherever they are equal. */
function keepEntries<V extends { readonly key: string }>(
  before: readonly V[],
  after: readonly V[],
): readonly V[] {
  const old = keepEqual(
    new Map(before.map((value) => [value.key, value])),
    new Map(after.map((value) => [value.key, value])),
  )
  return after.map((value) => old.get(value.key)!)
}

function groupBy(
  before: ReadonlyMap<string, readonly MeshService[]>,
  services: Iterable<MeshService>,
  keyOf: (service: MeshService) => string,
): ReadonlyMap<string, readonly MeshService[]> {
  const grouped = new Map<string, MeshService[]>()
  for (const service of services) append(grouped, keyOf(service), service)
  for (const list of grouped.values()) list.sort(compareServices)
  return keepEqual<readonly MeshService[]>(before, grouped, isSameList)
}

/** A Kubernetes Service before a ServiceEntry, then by age. */
function compareServices(a: MeshService, b: MeshService): number {
  if (a.registry !== b.registry) return a.registry === 'kubernetes' ? -1 : 1
  return compareAge(a, b)
}

/** All accepted objects but Secrets, in one table. */
function objectTable(
  objects: ReadonlyMap<string, StoredObject>,
  before: ObjectTables,
  after: ObjectTables,
): ReadonlyMap<string, StoredObject> {
  const out = new Map(objects)
  for (const kind of new Set([...before.keys(), ...after.keys()])) {
    const old = tableOf(before, kind)
    const now = tableOf(after, kind)
    if (kind === 'core/Secret' || old === now) continue
    for (const key of old.keys()) if (!now.has(key)) out.delete(key)
    for (const [key, stored] of now) out.set(key, stored)
  }
  return keepEqual(objects, out, (a, b) => a.object === b.object && a.origin === b.origin)
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}
