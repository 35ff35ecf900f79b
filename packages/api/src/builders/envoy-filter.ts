import type { EnvoyFilter, EnvoyFilterSpec } from '../gen/types/networking/envoy-filter.ts'
import { type New, type OptionsOf, objectOf } from './object.ts'

/** Options of {@link envoyFilter}: metadata and the fields of the spec. */
export interface EnvoyFilterOptions extends OptionsOf<EnvoyFilter>, EnvoyFilterSpec {}

/**
 * An EnvoyFilter: changes to the configuration of Envoy.
 *
 * @example
 * envoyFilter({ name: 'x', configPatches: [{ applyTo: 'CLUSTER', patch: { operation: 'MERGE', value: {} } }] })
 * @see https://istio.io/latest/docs/reference/config/networking/envoy-filter/
 */
export function envoyFilter(options: EnvoyFilterOptions): New<EnvoyFilter> {
  return objectOf('networking.istio.io/v1alpha3', 'EnvoyFilter', options)
}
