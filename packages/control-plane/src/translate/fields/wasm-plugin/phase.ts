import { compareAge } from '../../../model/service.ts'
import type { MeshWasmPlugin } from '../../../model/wasm-plugin.ts'

/** Places in the filter chain where plugins go. */
export type PluginPhase = 'AUTHN' | 'AUTHZ' | 'STATS' | 'UNSPECIFIED'

/**
 * `phase` -> place in the chain of HTTP filters; unset is right before the router's own filters.
 *
 * @translates WasmPlugin spec.phase -> HttpConnectionManager.http_filters (position)
 * @see https://istio.io/latest/docs/reference/config/proxy_extensions/wasm-plugin/#PluginPhase
 */
export function phaseOf({ spec }: MeshWasmPlugin): PluginPhase {
  const { phase } = spec
  return phase === undefined || phase === 'UNSPECIFIED_PHASE' ? 'UNSPECIFIED' : phase
}

/**
 * `priority` -> order within a phase: higher first; ties go by age, name and namespace.
 *
 * @translates WasmPlugin spec.priority -> HttpConnectionManager.http_filters (order)
 */
export function comparePriority(a: MeshWasmPlugin, b: MeshWasmPlugin): number {
  return (b.spec.priority ?? 0) - (a.spec.priority ?? 0) || compareAge(a, b)
}
