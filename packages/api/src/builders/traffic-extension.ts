import type { TrafficExtension, TrafficExtensionSpec } from '../gen/types/extensions/traffic-extension.ts'
import { type New, type OptionsOf, objectOf } from './object.ts'

/** Options of {@link trafficExtension}: metadata and the fields of the spec. */
export type TrafficExtensionOptions = OptionsOf<TrafficExtension> & TrafficExtensionSpec

/**
 * A TrafficExtension: a filter in Wasm or Lua.
 *
 * @example
 * trafficExtension({ name: 'tenant', wasm: { url: 'oci://registry.example.com/tenant:1.0' } })
 * @see https://istio.io/latest/docs/reference/config/proxy_extensions/traffic_extension/
 */
export function trafficExtension(options: TrafficExtensionOptions): New<TrafficExtension> {
  return objectOf('extensions.istio.io/v1alpha1', 'TrafficExtension', options)
}
