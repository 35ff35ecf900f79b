import { parseDurationMs } from '@batten/core'
import type { Duration } from '@batten/xds'

/** Protobuf's duration for milliseconds. */
export function msToDuration(ms: number): Duration {
  const seconds = Math.trunc(ms / 1000)
  const nanos = Math.round((ms - seconds * 1000) * 1e6)
  return nanos === 0 ? { seconds } : { seconds, nanos }
}

/** Protobuf's duration for a duration as Istio writes it (`1.5s`); undefined when unset or unreadable. */
export function toDuration(text: string | undefined): Duration | undefined {
  if (text === undefined) return undefined
  const ms = parseDurationMs(text)
  return ms === undefined ? undefined : msToDuration(ms)
}

/** No time at all, which turns most of Envoy's timeouts off. */
export const ZERO: Duration = Object.freeze({ seconds: 0 })
