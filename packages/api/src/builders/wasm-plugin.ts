import type { WasmPlugin, WasmPluginSpec } from '../gen/types/extensions/wasm-plugin.ts'
import { type New, type OptionsOf, objectOf } from './object.ts'

/** Options of {@link wasmPlugin}: metadata and the fields of the spec. */
export interface WasmPluginOptions extends OptionsOf<WasmPlugin>, WasmPluginSpec {}

/**
 * A WasmPlugin: a filter in the form of a Wasm module.
 *
 * @example
 * wasmPlugin({ name: 'tenant', url: 'oci://registry.example.com/tenant:1.0', phase: 'AUTHN' })
 * @see https://istio.io/latest/docs/reference/config/proxy_extensions/wasm-plugin/
 */
export function wasmPlugin(options: WasmPluginOptions): New<WasmPlugin> {
  return objectOf('extensions.istio.io/v1alpha1', 'WasmPlugin', options)
}
