import { isSameList, isSameMap } from '../../model/equal.ts'
import { defineQuery } from '../../model/incremental.ts'
import type { NodeType } from '../../model/node.ts'
import type { Resource } from '../../model/resource.ts'
import type { MeshSnapshot } from '../../model/snapshot.ts'
import type { MeshWasmPlugin } from '../../model/wasm-plugin.ts'
import { selects } from '../../model/workload.ts'
import { comparePriority, type PluginPhase, phaseOf } from '../fields/wasm-plugin/phase.ts'
import { extensionConfig, isPluginActive } from './extension-config.ts'

const PHASE_ORDER: Readonly<Record<PluginPhase, number>> = { AUTHN: 0, AUTHZ: 1, STATS: 2, UNSPECIFIED: 3 }

/** Labels by which a gateway's pods say which Gateway of the Gateway API they belong to. */
const GATEWAY_NAME_LABELS = ['gateway.networking.k8s.io/gateway-name', 'istio.io/gateway-name']

/** The HTTP plugins of a workload, in the order of the filter chain, as object keys. */
export const pluginsFor = defineQuery<MeshSnapshot, readonly string[]>(
  'plugins',
  (read, namespace, labelsJson, type) => {
    const labels = JSON.parse(labelsJson!) as Record<string, string>
    const root = read.field('mesh').rootNamespace
    const namespaces = namespace === root ? [root] : [root, namespace!]
    return namespaces
      .flatMap((one) => read.entry('wasmPlugins', one) ?? [])
      .filter((plugin) => plugin.spec.type !== 'NETWORK' && appliesTo(plugin, labels, type as NodeType))
      .sort((a, b) => PHASE_ORDER[phaseOf(a)] - PHASE_ORDER[phaseOf(b)] || comparePriority(a, b))
      .map(({ key }) => key)
  },
  isSameList,
)

/**
 * @translates WasmPlugin spec.selector -> which nodes get the filter
 * @translates WasmPlugin spec.targetRef -> which nodes get the filter
 * @translates WasmPlugin spec.targetRefs -> which nodes get the filter
 */
function appliesTo(
  plugin: MeshWasmPlugin,
  labels: Readonly<Record<string, string>>,
  type: NodeType,
): boolean {
  if (plugin.targets.length > 0)
    return (
      type === 'router' &&
      plugin.targets.some(
        ({ kind, name }) => kind === 'Gateway' && GATEWAY_NAME_LABELS.some((label) => labels[label] === name),
      )
    )
  return selects(plugin.selector ?? {}, labels)
}

/** The extension configurations of a list of plugins. */
export const extensionConfigs = defineQuery<MeshSnapshot, ReadonlyMap<string, Resource>>(
  'extension-configs',
  (read, keysJson, capabilitiesJson) => {
    const configs = new Map<string, Resource>()
    for (const key of JSON.parse(keysJson!) as string[]) {
      if (!read.query(isPluginActive, key)) continue
      const resource = read.query(extensionConfig, key, capabilitiesJson!)
      if (resource !== undefined) configs.set(resource.name, resource)
    }
    return configs
  },
  isSameMap,
)
