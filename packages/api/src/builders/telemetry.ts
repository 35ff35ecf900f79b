import type { Telemetry, TelemetrySpec } from '../gen/types/telemetry/telemetry.ts'
import { type ObjectOptions, objectOf } from './object.ts'

/** Options of {@link telemetry}: metadata and the fields of the spec. */
export interface TelemetryOptions extends ObjectOptions, TelemetrySpec {}

/**
 * A Telemetry: traces, metrics and access logs of workloads.
 *
 * @example
 * telemetry({ name: 'errors', accessLogging: [{ filter: { expression: 'response.code >= 500' } }] })
 */
export function telemetry(options: TelemetryOptions): Telemetry {
  return objectOf('telemetry.istio.io/v1', 'Telemetry', options)
}
