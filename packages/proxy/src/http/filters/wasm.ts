import { BattenError } from '@batten/core'
import { StatsStore } from '../../telemetry/stats.ts'
import {
  type CompiledPluginConfig,
  compilePluginConfig,
  relativePath,
} from '../../wasm/compile-plugin-config.ts'
import { WasmHost } from '../../wasm/host.ts'
import { compileWasmModule } from '../../wasm/module.ts'
import { createWasmPlugin } from '../../wasm/plugin.ts'
import { defineHttpFilter, type HttpFilterContext, type HttpFilterFactory } from '../filter.ts'

/** One host for each proxy of the process: VMs and shared data belong to the proxy that its metrics are of. */
const hosts = new WeakMap<HttpFilterContext['metrics'], WasmHost>()

/**
 * Filters compiled to WebAssembly (Proxy-Wasm).
 *
 * Compiling the configuration loads the module, starts it and gives it its configuration, so a module that cannot be
 * loaded, traps or says no is a NACK, and the filter before it stays. A new configuration is a new plugin; streams end
 * on the one that they began with.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/wasm_filter
 */
export const wasmFilter = defineHttpFilter({
  name: 'envoy.filters.http.wasm',
  typeUrls: ['type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm'],
  compile(message: Parameters<typeof compilePluginConfig>[0], context): HttpFilterFactory {
    const config = withRelativePath(() => compilePluginConfig(message))
    const name = config.name === '' ? context.filterName : config.name
    try {
      return createWasmPlugin({
        host: hostOf(context),
        module: compileWasmModule(config.code),
        ...pluginOptions(config),
        name,
        node: context.node,
        direction: context.direction,
        dispatch: context.callout,
      })
    } catch (error) {
      const { code, message, hint } = BattenError.from(error, 'PROXY_WASM_START')
      throw new BattenError(code, {
        message: `Wasm filter ${name}: ${message}`,
        hint,
        where: 'config.vm_config',
        cause: error,
      })
    }
  },
})

function pluginOptions(config: CompiledPluginConfig) {
  const { rootId, configuration, failurePolicy, reloadBackoffMs, vmId, vmConfiguration, environment } = config
  return {
    rootId,
    configuration,
    failurePolicy,
    ...(reloadBackoffMs === undefined ? {} : { reloadBackoffMs }),
    vmId,
    vmConfiguration,
    environment,
  }
}

function hostOf(context: HttpFilterContext): WasmHost {
  const known = hosts.get(context.metrics)
  if (known !== undefined) return known
  const { clock, log, random, metrics } = context
  const host = new WasmHost({ clock, log, random, stats: context.stats ?? new StatsStore(metrics) })
  hosts.set(metrics, host)
  return host
}

/** The compiler of listeners puts its own path before ours. */
function withRelativePath<T>(compile: () => T): T {
  try {
    return compile()
  } catch (error) {
    if (!(error instanceof BattenError)) throw error
    const { code, message, hint } = error
    throw new BattenError(code, { message, hint, where: relativePath(error.where), cause: error })
  }
}
