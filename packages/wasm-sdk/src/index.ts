/**
 * The SDK itself is AssemblyScript (`@batten/wasm-sdk/assembly`); in JavaScript there is only the compiler front end.
 *
 * @packageDocumentation
 */
export * from './build/index.ts'
