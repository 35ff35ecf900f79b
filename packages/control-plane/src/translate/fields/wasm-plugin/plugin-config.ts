import { type Any, jsonToStruct, type PluginConfig, packAny } from '@batten/xds'
import type { MeshWasmPlugin } from '../../../model/wasm-plugin.ts'

const RUNTIME = 'envoy.wasm.runtime.v8'

/**
 * A WasmPlugin with the bytes of its module -> `PluginConfig`. The module travels inline, so that a proxy needs no
 * agent and no way to the module's registry. `pluginConfig` becomes JSON text, as Istio's plugins expect.
 *
 * @translates WasmPlugin spec.url -> VmConfig.code.local.inline_bytes
 * @translates WasmPlugin spec.sha256 -> VmConfig.code.local.inline_bytes (verified when fetched)
 * @translates WasmPlugin spec.imagePullPolicy -> VmConfig.code.local.inline_bytes (when it is fetched again)
 * @translates WasmPlugin spec.pluginConfig -> PluginConfig.configuration
 * @translates WasmPlugin spec.pluginName -> PluginConfig.root_id
 * @translates WasmPlugin spec.failStrategy -> PluginConfig.fail_open, PluginConfig.failure_policy
 * @translates WasmPlugin spec.vmConfig.env -> VmConfig.environment_variables
 * @translates WasmPlugin spec.type -> which filter chain it is in
 * @see https://istio.io/latest/docs/reference/config/proxy_extensions/wasm-plugin/
 */
export function wasmPluginToConfig(plugin: MeshWasmPlugin, bytes: Uint8Array, name: string): PluginConfig {
  const { spec } = plugin
  const environmentVariables = environmentOf(plugin)
  return {
    name,
    rootId: spec.pluginName ?? '',
    failOpen: spec.failStrategy === 'FAIL_OPEN',
    ...(spec.failStrategy === 'FAIL_RELOAD' ? { failurePolicy: 'FAIL_RELOAD' as const } : {}),
    ...(spec.pluginConfig === undefined ? {} : { configuration: jsonText(spec.pluginConfig) }),
    vmConfig: {
      runtime: RUNTIME,
      code: { local: { inlineBytes: bytes } },
      ...(environmentVariables === undefined ? {} : { environmentVariables }),
    },
  }
}

function jsonText(config: Readonly<Record<string, unknown>>): Any {
  // A Struct and back sorts nothing; it only makes sure that this is JSON.
  jsonToStruct(config)
  return packAny('google.protobuf.StringValue', { value: JSON.stringify(config) })
}

function environmentOf({ spec }: MeshWasmPlugin) {
  const env = spec.vmConfig?.env ?? []
  if (env.length === 0) return undefined
  const hostEnvKeys = env.filter(({ valueFrom }) => valueFrom === 'HOST').map(({ name }) => name)
  const keyValues: Record<string, string> = {}
  for (const { name, value, valueFrom } of env) if (valueFrom !== 'HOST') keyValues[name] = value ?? ''
  return { hostEnvKeys, keyValues }
}
