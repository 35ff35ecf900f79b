/**
 * The compiler front end: `buildFilter` turns one AssemblyScript file into a Proxy-Wasm module that runs in Batten's
 * proxy and in Envoy.
 *
 * @packageDocumentation
 */
export {
  type BuildFilterOptions,
  type BuildFilterResult,
  buildFilter,
  closeFilterCompiler,
} from './build-filter.ts'
export { type FilterDiagnostic, type FilterFinding, formatDiagnostic } from './diagnostics.ts'
