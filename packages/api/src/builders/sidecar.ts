import type { Sidecar, SidecarSpec } from '../gen/types/networking/sidecar.ts'
import { type New, type OptionsOf, objectOf } from './object.ts'

/** Options of {@link sidecar}: metadata and the fields of the spec. */
export interface SidecarOptions extends OptionsOf<Sidecar>, SidecarSpec {}

/**
 * A Sidecar: listeners and visible services of workloads.
 *
 * @example
 * sidecar({ name: 'default', egress: [{ hosts: ['./*', 'istio-system/*'] }] })
 * @see https://istio.io/latest/docs/reference/config/networking/sidecar/
 */
export function sidecar(options: SidecarOptions): New<Sidecar> {
  return objectOf('networking.istio.io/v1', 'Sidecar', options)
}
