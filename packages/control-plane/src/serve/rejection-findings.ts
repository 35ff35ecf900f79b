import { codec, METADATA_KEYS, type Metadata, shortTypeName, structToJson, TYPE_URLS } from '@batten/xds'
import type { Finding } from '../model/finding.ts'
import type { MeshSnapshot, StoredObject } from '../model/snapshot.ts'
import { locate } from '../model/validate-object.ts'
import { pluginResourceName } from '../translate/resources/extension-config.ts'
import type { Connection } from './ads-service.ts'

const MAX_REASON = 1000
const OBJECT_KINDS: Readonly<Record<string, string>> = {
  'destination-rule': 'DestinationRule',
  'virtual-service': 'VirtualService',
}

/** The field of an object that a refused resource most likely comes from. */
const PATHS: Readonly<Record<string, string>> = {
  DestinationRule: 'spec.trafficPolicy',
  VirtualService: 'spec.http',
  WasmPlugin: 'spec.url',
}

interface Refusal {
  readonly typeUrl: string
  readonly name: string
  readonly reason: string
  readonly nodes: string[]
  readonly stored: StoredObject | undefined
}

/** What the connected proxies refuse of what they are served now, each refusal once, with the object it comes from. */
export function rejectionFindings(connections: Iterable<Connection>, snapshot: MeshSnapshot): Finding[] {
  const refusals = new Map<string, Refusal>()
  for (const { stream } of connections) {
    const { node, snapshot: served } = stream
    if (node === undefined) continue
    for (const { typeUrl, rejected } of stream.describe())
      for (const [name, { error, version }] of rejected) {
        const resource = served?.view.resources(typeUrl).get(name)
        // What is not served any more, or not like that, is no concern.
        if (resource === undefined || resource.version !== version) continue
        const reason = reasonOf(error, name)
        const key = `${typeUrl}\u0000${name}\u0000${reason}`
        const known = refusals.get(key)
        if (known !== undefined) {
          known.nodes.push(`${node.name}.${node.namespace}`)
          continue
        }
        const stored = objectOf(snapshot, typeUrl, name, resource.value, reason)
        refusals.set(key, { typeUrl, name, reason, nodes: [`${node.name}.${node.namespace}`], stored })
      }
  }
  return [...refusals.values()].map(toFinding)
}

function toFinding({ typeUrl, name, reason, nodes, stored }: Refusal): Finding {
  const [first, ...rest] = [...new Set(nodes)].sort()
  const who = rest.length === 0 ? `the proxy ${first}` : `${rest.length + 1} proxies, ${first} among them,`
  const finding = {
    code: 'CP_PROXY_REJECTED',
    severity: 'error' as const,
    message: `${who} refused the ${shortTypeName(typeUrl)} resource "${name}" and kept the one of before: ${reason}`,
    ...(stored === undefined ? {} : { path: PATHS[stored.object.kind] }),
    hint: 'remove what it does not support, or see /debug/syncz',
  }
  return stored === undefined ? finding : locate(finding, stored.object, stored.origin)
}

/** The line of a NACK that speaks of the resource; a NACK may speak of several. */
export function reasonOf(error: string, name: string): string {
  const line = error.split('\n').find((text) => text.includes(`"${name}"`)) ?? error
  return line.length > MAX_REASON ? `${line.slice(0, MAX_REASON)}...` : line
}

/** The object that a resource was made of, as the resource itself says, or the plugin that it is for. */
export function objectOf(
  snapshot: MeshSnapshot,
  typeUrl: string,
  name: string,
  value: Uint8Array | undefined,
  reason: string,
): StoredObject | undefined {
  if (typeUrl === TYPE_URLS.ECDS) {
    const plugin = [...snapshot.wasmPlugins.values()].flat().find((one) => pluginResourceName(one) === name)
    return plugin && snapshot.objects.get(plugin.key)
  }
  if (value === undefined) return undefined
  const path = configPathOf(metadataOf(typeUrl, value, reason))
  const [, namespace, kind, object] = /\/namespaces\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(path) ?? []
  const kindName = OBJECT_KINDS[kind ?? '']
  if (kindName === undefined) return undefined
  return snapshot.objects.get(`networking.istio.io/${kindName}/${namespace}/${object}`)
}

/** Metadata of a cluster, or of the route that the reason's field path leads to. */
function metadataOf(typeUrl: string, value: Uint8Array, reason: string): Metadata | undefined {
  if (typeUrl === TYPE_URLS.CDS) return codec('envoy.config.cluster.v3.Cluster').decode(value).metadata
  if (typeUrl !== TYPE_URLS.RDS) return undefined
  const [, host, route] = /virtual_hosts\[(\d+)\](?:\.routes\[(\d+)\])?/.exec(reason) ?? []
  if (host === undefined || route === undefined) return undefined
  const { virtualHosts } = codec('envoy.config.route.v3.RouteConfiguration').decode(value)
  return virtualHosts?.[Number(host)]?.routes?.[Number(route)]?.metadata
}

function configPathOf(metadata: Metadata | undefined): string {
  const istio = metadata?.filterMetadata?.[METADATA_KEYS.istio]
  const config = istio === undefined ? undefined : structToJson(istio)['config']
  return typeof config === 'string' ? config : ''
}
