import type { TSchema } from 'typebox'
import { type FieldOptions, text } from '../node.ts'

/** What Go's `time.ParseDuration` reads, apart from the limit of 292 years. */
const PATTERN = '^[-+]?(0|(([0-9]+(\\.[0-9]*)?|\\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$'

/**
 * A duration of a mesh document, as Go writes them: `10s`, `0.5s`, `1m30s`, `100ms`. The control plane of Istio reads
 * these documents with the older of the two readers of protobuf's JSON, which takes every unit.
 *
 * @see https://pkg.go.dev/time#ParseDuration
 */
export function meshDuration(description: string, options: FieldOptions = {}): TSchema {
  return text(description, { pattern: PATTERN, example: '10s', ...options })
}
