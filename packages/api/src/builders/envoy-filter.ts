import type { EnvoyFilter, EnvoyFilterSpec } from '../gen/types/networking/envoy-filter.ts'
import { type ObjectOptions, objectOf } from './object.ts'

/** Options of {@link envoyFilter}: metadata and the fields of the spec. */
export interface EnvoyFilterOptions extends ObjectOptions, EnvoyFilterSpec {}

/**
 * An EnvoyFilter: changes to the configuration of Envoy.
 *
 * @example
 * envoyFilter({ name: 'x', configPatches: [{ applyTo: 'CLUSTER', patch: { operation: 'MERGE', value: {} } }] })
 */
export function envoyFilter(options: EnvoyFilterOptions): EnvoyFilter {
  return objectOf('networking.istio.io/v1alpha3', 'EnvoyFilter', options)
}
