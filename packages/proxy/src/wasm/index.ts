/**
 * The Proxy-Wasm host: runs filters compiled for the ABI 0.1.0, 0.2.0 or 0.2.1 with Envoy's semantics, as HTTP filters
 * of the proxy.
 *
 * @example
 * const host = new WasmHost()
 * const module = compileWasmModule(await readFile('auth.wasm'))
 * const plugin = createWasmPlugin({ host, module, name: 'auth', configuration: Buffer.from('{"header":"x-key"}') })
 *
 * @packageDocumentation
 */
export type { AbiVersion } from './abi/host-function.ts'
export type { WasmErrorCode } from './errors.ts'
export { WasmHost, type WasmHostServices } from './host.ts'
export type { WasmStats } from './metrics.ts'
export {
  type CompileWasmOptions,
  compileWasmModule,
  DEFAULT_MAX_MEMORY_BYTES,
  type WasmModule,
} from './module.ts'
export { createWasmPlugin, type WasmPlugin, type WasmPluginOptions } from './plugin.ts'
export type { Dispatch, PluginConfig, WasmFailurePolicy } from './plugin-config.ts'
export {
  type BodyPieces,
  type FilterExchange,
  type FilterRun,
  runFilter,
  type UpstreamRequest,
  type UpstreamResponse,
} from './run-filter.ts'
export type { Fields, SimulatedRequest } from './simulated-stream.ts'
