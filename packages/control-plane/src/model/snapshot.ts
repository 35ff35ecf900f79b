import type { KubernetesObject } from '@batten/api'
import type { DestinationRuleIndex } from './destination-rule.ts'
import type { Endpoint } from './endpoint.ts'
import type { MeshGateway } from './gateway.ts'
import type { MeshConfig } from './mesh-config.ts'
import type { MeshPeerAuthentication } from './peer-authentication.ts'
import type { MeshService } from './service.ts'
import type { MeshSidecar } from './sidecar.ts'
import type { Origin } from './source.ts'
import type { MeshTlsSecret } from './tls-secret.ts'
import type { MeshVirtualService } from './virtual-service.ts'
import type { MeshWasmPlugin, WasmModule } from './wasm-plugin.ts'
import type { Workload } from './workload.ts'

/**
 * Immutable, versioned view of the mesh that a push is made from. Tables and their entries keep their identity from
 * one snapshot to the next as long as they do not change, so a comparison tells what did.
 */
export interface MeshSnapshot {
  /** Grows by one with every change. */
  readonly revision: number
  readonly mesh: MeshConfig
  /** Labels of namespaces, by name. */
  readonly namespaces: ReadonlyMap<string, Readonly<Record<string, string>>>
  /** By `namespace/hostname`. */
  readonly services: ReadonlyMap<string, MeshService>
  /** By hostname, oldest first. */
  readonly servicesByHost: ReadonlyMap<string, readonly MeshService[]>
  readonly servicesByNamespace: ReadonlyMap<string, readonly MeshService[]>
  /** By `namespace/name`. */
  readonly workloads: ReadonlyMap<string, Workload>
  readonly workloadsByAddress: ReadonlyMap<string, readonly Workload[]>
  /** By the key of their service. */
  readonly endpoints: ReadonlyMap<string, readonly Endpoint[]>
  /** Which ports of which services a workload serves, by the workload's key. */
  readonly endpointsByWorkload: ReadonlyMap<string, readonly WorkloadEndpoint[]>
  /** By object key. */
  readonly virtualServices: ReadonlyMap<string, MeshVirtualService>
  /** By namespace. */
  readonly destinationRules: ReadonlyMap<string, DestinationRuleIndex>
  /** By `namespace/name`. */
  readonly gateways: ReadonlyMap<string, MeshGateway>
  /** By namespace, oldest first. */
  readonly sidecars: ReadonlyMap<string, readonly MeshSidecar[]>
  /** By namespace, oldest first. */
  readonly peerAuthentications: ReadonlyMap<string, readonly MeshPeerAuthentication[]>
  /** By namespace, oldest first. */
  readonly wasmPlugins: ReadonlyMap<string, readonly MeshWasmPlugin[]>
  readonly wasmModules: ReadonlyMap<string, WasmModule>
  /** By `namespace/name`. Never printed or logged. */
  readonly secrets: ReadonlyMap<string, MeshTlsSecret>
  /** Every accepted object but Secrets, by object key: for debug pages and analysis. */
  readonly objects: ReadonlyMap<string, StoredObject>
}

/** A port of a service that a workload serves. */
export interface WorkloadEndpoint {
  readonly service: string
  readonly portName: string
  readonly port: number
}

/** An object with where it was read. */
export interface StoredObject {
  readonly key: string
  readonly object: KubernetesObject
  readonly origin: Origin
}
