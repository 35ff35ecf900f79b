import { HTTP_FILTERS, type HttpFilter } from '@batten/xds'
import type { MeshWasmPlugin } from '../../model/wasm-plugin.ts'
import { matchesTraffic } from '../fields/wasm-plugin/match.ts'
import { type PluginPhase, phaseOf } from '../fields/wasm-plugin/phase.ts'
import { pluginResourceName } from '../resources/extension-config.ts'
import { ADS } from '../tls-context.ts'
import type { HttpFilterContext, HttpFilterSource } from './index.ts'

/** Types that the configuration of a plugin may have: the module, or a refusal while there is none. */
const TYPE_URLS = [
  'type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm',
  'type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC',
]

/** The Wasm plugins of one phase. Their configuration comes apart (ECDS), so that it can change without the listener. */
export function wasm(phase: PluginPhase): HttpFilterSource {
  return {
    name: HTTP_FILTERS.wasm,
    build: ({ plugins, traffic }: HttpFilterContext) =>
      plugins
        .filter((plugin) => phaseOf(plugin) === phase && matchesTraffic(plugin.spec.match, traffic))
        .map(toFilter),
  }
}

function toFilter(plugin: MeshWasmPlugin): HttpFilter {
  return {
    name: pluginResourceName(plugin),
    configDiscovery: { configSource: ADS, typeUrls: TYPE_URLS },
  }
}
