import { type Any, HTTP_FILTERS, packAny, type TypedExtensionConfig } from '@batten/xds'
import { defineQuery } from '../../model/incremental.ts'
import type { NodeCapabilities } from '../../model/node.ts'
import type { Resource } from '../../model/resource.ts'
import type { MeshSnapshot } from '../../model/snapshot.ts'
import { type MeshWasmPlugin, pluginByKey } from '../../model/wasm-plugin.ts'
import { wasmPluginToConfig } from '../fields/wasm-plugin/plugin-config.ts'
import { hasHttpFilter } from '../http-filters/support.ts'
import { encodeResource, guarded, isSameResource } from '../resource-encoder.ts'

/** What the names of Istio's extension configurations begin with; the misspelling is its own. */
const PREFIX = 'extenstions.istio.io/wasmplugin/'

/** Name of a plugin's extension configuration, which is the name of its filter as well. */
export function pluginResourceName({ namespace, name }: MeshWasmPlugin): string {
  return `${PREFIX}${namespace}.${name}`
}

/**
 * The configuration of a plugin's filter. While its module was never fetched, a plugin that fails open lets everything
 * pass, any other one refuses every request.
 */
export const extensionConfig = defineQuery<MeshSnapshot, Resource | undefined>(
  'extension-config',
  (read, key, capabilitiesJson) => {
    const plugin = read.query(pluginByKey, key!)
    if (plugin === undefined) return undefined
    const name = pluginResourceName(plugin)
    const bytes = read.entry('wasmModules', plugin.moduleKey)?.bytes
    const typedConfig =
      bytes === undefined
        ? refuseEverything(JSON.parse(capabilitiesJson!) as NodeCapabilities)
        : wasmFilter(plugin, bytes, name)
    const message: TypedExtensionConfig = { name, typedConfig }
    return guarded(
      read,
      `extension configuration ${name}`,
      () => encodeResource('envoy.config.core.v3.TypedExtensionConfig', name, message),
      { object: key, path: 'spec.pluginConfig' },
    )
  },
  isSameResource,
)

/** Whether a plugin's filter is in the chain at all: not while it fails open and has no module. */
export const isPluginActive = defineQuery<MeshSnapshot, boolean>('plugin-active', (read, key) => {
  const plugin = read.query(pluginByKey, key!)
  if (plugin === undefined) return false
  return (
    plugin.spec.failStrategy !== 'FAIL_OPEN' ||
    read.entry('wasmModules', plugin.moduleKey)?.bytes !== undefined
  )
})

/** A filter that lets no request pass: 403, as an authorization policy without rules would. */
export function refuseEverything(capabilities: NodeCapabilities): Any {
  if (hasHttpFilter(capabilities, HTTP_FILTERS.rbac))
    // No policy allows anything.
    return packAny('envoy.extensions.filters.http.rbac.v3.RBAC', { rules: { action: 'ALLOW' } })
  return packAny('envoy.extensions.filters.http.fault.v3.HTTPFault', {
    abort: { httpStatus: 403, percentage: { numerator: 100 } },
  })
}

function wasmFilter(plugin: MeshWasmPlugin, bytes: Uint8Array, name: string) {
  return packAny('envoy.extensions.filters.http.wasm.v3.Wasm', {
    config: wasmPluginToConfig(plugin, bytes, name),
  })
}
