import type {
  ConfigMap,
  DestinationRule,
  EndpointSlice,
  Gateway,
  KubernetesObject,
  Namespace,
  PeerAuthentication,
  Pod,
  Secret,
  Service,
  ServiceEntry,
  Sidecar,
  VirtualService,
  WasmPlugin,
  WorkloadEntry,
} from '@batten/api'
import type { EndpointsObject } from './endpoints-object.ts'
import type { StoredObject } from './snapshot.ts'

/** The kinds that the model is made of, by group and kind. */
export interface ModelKinds {
  readonly 'core/ConfigMap': ConfigMap
  readonly 'core/Endpoints': EndpointsObject
  readonly 'core/Namespace': Namespace
  readonly 'core/Pod': Pod
  readonly 'core/Secret': Secret
  readonly 'core/Service': Service
  readonly 'discovery.k8s.io/EndpointSlice': EndpointSlice
  readonly 'extensions.istio.io/WasmPlugin': WasmPlugin
  readonly 'networking.istio.io/DestinationRule': DestinationRule
  readonly 'networking.istio.io/Gateway': Gateway
  readonly 'networking.istio.io/ServiceEntry': ServiceEntry
  readonly 'networking.istio.io/Sidecar': Sidecar
  readonly 'networking.istio.io/VirtualService': VirtualService
  readonly 'networking.istio.io/WorkloadEntry': WorkloadEntry
  readonly 'security.istio.io/PeerAuthentication': PeerAuthentication
}

export type ModelKind = keyof ModelKinds

/** Accepted objects of each kind by object key. The table of a kind is a new map exactly when it changed. */
export type ObjectTables = ReadonlyMap<string, ReadonlyMap<string, StoredObject>>

const NONE: ReadonlyMap<string, StoredObject> = new Map()

/** The table of one kind. */
export function tableOf(tables: ObjectTables, kind: string): ReadonlyMap<string, StoredObject> {
  return tables.get(kind) ?? NONE
}

/**
 * The objects of one kind. They were validated against the schema of their kind when they were stored, which is what
 * makes the type true.
 */
export function objectsOf<K extends ModelKind>(tables: ObjectTables, kind: K): ModelKinds[K][] {
  const out: KubernetesObject[] = []
  for (const { object } of tableOf(tables, kind).values()) out.push(object)
  return out as unknown as ModelKinds[K][]
}
