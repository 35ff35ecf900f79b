import { readFileSync } from 'node:fs'
import type { KubernetesObject } from '@batten/api'
import { fromYaml, parseDocuments } from '@batten/api/yaml'
import {
  type ClusterLoadAssignment,
  codec,
  type JsonValue,
  type Listener,
  type MessageName,
  messageToJson,
  type RouteConfiguration,
  TYPE_URLS,
  type TypeName,
  typeUrlName,
} from '@batten/xds'
import { stringify } from 'yaml'
import { MemorySource } from '../../src/ingest/memory/memory-source.ts'
import type { Finding } from '../../src/model/finding.ts'
import { createModel } from '../../src/model/model.ts'
import type { XdsNode } from '../../src/model/node.ts'
import type { ResourceView } from '../../src/model/resource.ts'
import type { MeshSnapshot } from '../../src/model/snapshot.ts'
import {
  type WasmModule,
  type WasmModuleRef,
  type WasmModuleSource,
  wasmModuleKey,
} from '../../src/model/wasm-plugin.ts'
import { createTranslator } from '../../src/translate/translator.ts'

/** Files of a golden case, by the type that each holds. */
export const GOLDEN_FILES: Readonly<Record<string, TypeName>> = {
  'listeners.yaml': 'LDS',
  'routes.yaml': 'RDS',
  'clusters.yaml': 'CDS',
  'endpoints.yaml': 'EDS',
  'secrets.yaml': 'SDS',
  'extensions.yaml': 'ECDS',
}

/** A node of a test: sidecar of stock Envoy in namespace default without interception, unless it says otherwise. */
export function testNode(options: Partial<XdsNode> = {}): XdsNode {
  const name = options.name ?? 'client'
  const namespace = options.namespace ?? 'default'
  return {
    id: `sidecar~10.0.0.1~${name}.${namespace}~${namespace}.svc.cluster.local`,
    type: 'sidecar',
    ipAddresses: ['10.0.0.1'],
    name,
    namespace,
    dnsDomain: `${namespace}.svc.cluster.local`,
    labels: {},
    serviceAccount: 'default',
    clusterId: 'Kubernetes',
    network: '',
    locality: { region: '', zone: '', subZone: '' },
    interceptionMode: 'NONE',
    httpProxyPort: 0,
    metadata: {},
    ...options,
    capabilities: { userAgent: 'envoy', http2: true, istioExtensions: false, ...options.capabilities },
  }
}

/** The objects of YAML text. */
export function objectsOf(text: string): KubernetesObject[] {
  return fromYaml(text).objects.map(({ object }) => object)
}

/** The snapshot of some objects, with what was found wrong with them. */
export async function snapshotOf(
  objects: readonly KubernetesObject[],
  wasm?: WasmModuleSource,
): Promise<{ snapshot: MeshSnapshot; findings: readonly Finding[] }> {
  const model = createModel({ sources: [new MemorySource(objects)], ...(wasm === undefined ? {} : { wasm }) })
  await model.start()
  const snapshot = model.flush()
  const findings = model.findings
  await model.close()
  return { snapshot, findings }
}

/** Modules that were all fetched, but for those with `never` in their URL. Their bytes are their URL. */
class FetchedModules implements WasmModuleSource {
  modules: ReadonlyMap<string, WasmModule> = new Map()
  readonly failures = new Map()

  want(refs: readonly WasmModuleRef[]): void {
    this.modules = new Map(
      refs.map((ref) => {
        const bytes = ref.url.includes('never') ? undefined : new TextEncoder().encode(ref.url)
        return [wasmModuleKey(ref), { url: ref.url, sha256: '', bytes }]
      }),
    )
  }

  async close(): Promise<void> {}
}

/** A case: the document with `node` says who asks, the others are objects. */
export async function runCase(file: string): Promise<{ view: ResourceView; findings: readonly Finding[] }> {
  const documents = parseDocuments(readFileSync(file, 'utf8'), { file })
  const broken = documents.flatMap(({ findings }) => findings)
  if (broken.length > 0)
    throw new Error(broken.map(({ range, message }) => `${range?.line}: ${message}`).join('\n'))
  const values = documents.map(({ value }) => value as Record<string, unknown>)
  const node = values.find((value) => 'node' in value)
  const objects = values.filter((value) => !('node' in value)) as unknown as KubernetesObject[]
  const { snapshot, findings } = await snapshotOf(objects, new FetchedModules())
  const view = createTranslator().view(snapshot, testNode((node?.['node'] ?? {}) as Partial<XdsNode>))
  return { view, findings }
}

/** All resources of a type as protobuf's JSON, in the names of Envoy's documentation. */
export function resourcesAsJson(view: ResourceView, type: TypeName): JsonValue[] {
  const name = typeUrlName(TYPE_URLS[type]) as MessageName
  return [...view.resources(TYPE_URLS[type]).values()].map((resource) =>
    messageToJson(name, codec(name).decode(resource.value), { snakeCase: true }),
  )
}

/** The golden text of a type; empty when there is nothing. */
export function goldenText(view: ResourceView, type: TypeName): string {
  const resources = resourcesAsJson(view, type)
  return resources.length === 0 ? '' : stringify(resources, { lineWidth: 0, aliasDuplicateObjects: false })
}

/** Decoded messages of the types that tests look into. */
export function listenersOf(view: ResourceView): Listener[] {
  return decoded(view, 'LDS', 'envoy.config.listener.v3.Listener')
}

export function routesOf(view: ResourceView): RouteConfiguration[] {
  return decoded(view, 'RDS', 'envoy.config.route.v3.RouteConfiguration')
}

export function endpointsOf(view: ResourceView): ClusterLoadAssignment[] {
  return decoded(view, 'EDS', 'envoy.config.endpoint.v3.ClusterLoadAssignment')
}

export function decoded<N extends MessageName>(view: ResourceView, type: TypeName, name: N) {
  return [...view.resources(TYPE_URLS[type]).values()].map((resource) => codec(name).decode(resource.value))
}
