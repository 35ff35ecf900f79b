import { HTTP_FILTERS, type HttpFilter } from '@batten/xds'
import type { NodeCapabilities } from '../../model/node.ts'
import type { MeshWasmPlugin } from '../../model/wasm-plugin.ts'
import { matchesTraffic } from '../fields/wasm-plugin/match.ts'
import { type PluginPhase, phaseOf } from '../fields/wasm-plugin/phase.ts'
import { pluginResourceName, refuseEverything } from '../resources/extension-config.ts'
import { ADS } from '../tls-context.ts'
import type { HttpFilterContext, HttpFilterSource } from './index.ts'

const WASM_TYPE = 'type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm'

/** The Wasm plugins of one phase. Their configuration comes apart (ECDS), so that it can change without the listener. */
export function wasm(phase: PluginPhase): HttpFilterSource {
  return {
    name: HTTP_FILTERS.wasm,
    build: ({ plugins, traffic, capabilities }: HttpFilterContext) =>
      plugins
        .filter((plugin) => phaseOf(plugin) === phase && matchesTraffic(plugin.spec.match, traffic))
        .map((plugin) => toFilter(plugin, capabilities)),
  }
}

/** Its configuration is the module, or a refusal of everything while there is none. */
function toFilter(plugin: MeshWasmPlugin, capabilities: NodeCapabilities): HttpFilter {
  const { typeUrl } = refuseEverything(capabilities)
  return {
    name: pluginResourceName(plugin),
    configDiscovery: { configSource: ADS, typeUrls: [WASM_TYPE, typeUrl ?? ''] },
  }
}
