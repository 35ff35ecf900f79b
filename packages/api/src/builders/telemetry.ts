import type { Telemetry, TelemetrySpec } from '../gen/types/telemetry/telemetry.ts'
import { type New, type OptionsOf, objectOf } from './object.ts'

/** Options of {@link telemetry}: metadata and the fields of the spec. */
export interface TelemetryOptions extends OptionsOf<Telemetry>, TelemetrySpec {}

/**
 * A Telemetry: traces, metrics and access logs of workloads.
 *
 * @example
 * telemetry({ name: 'errors', accessLogging: [{ filter: { expression: 'response.code >= 500' } }] })
 * @see https://istio.io/latest/docs/reference/config/telemetry/
 */
export function telemetry(options: TelemetryOptions): New<Telemetry> {
  return objectOf('telemetry.istio.io/v1', 'Telemetry', options)
}
