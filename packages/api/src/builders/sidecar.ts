import type { Sidecar, SidecarSpec } from '../gen/types/networking/sidecar.ts'
import { type ObjectOptions, objectOf } from './object.ts'

/** Options of {@link sidecar}: metadata and the fields of the spec. */
export interface SidecarOptions extends ObjectOptions, SidecarSpec {}

/**
 * A Sidecar: listeners and visible services of workloads.
 *
 * @example
 * sidecar({ name: 'default', egress: [{ hosts: ['./*', 'istio-system/*'] }] })
 */
export function sidecar(options: SidecarOptions): Sidecar {
  return objectOf('networking.istio.io/v1', 'Sidecar', options)
}
