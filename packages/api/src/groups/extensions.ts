/** Extension kinds: types and builders. */
export * from '../builders/traffic-extension.ts'
export * from '../builders/wasm-plugin.ts'
export type * from '../gen/types/extensions/index.ts'
