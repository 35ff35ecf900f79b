import { formatNanos } from '@batten/core'
import type { Timestamp } from './gen/types.ts'

const MIN_SECONDS = -62_135_596_800
const MAX_SECONDS = 253_402_300_799

/** The JSON form of a timestamp, RFC 3339 in UTC: `2026-01-02T03:04:05.500Z`. */
export function formatTimestamp({ seconds = 0, nanos = 0 }: Timestamp): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}${formatNanos(nanos)}Z`
}

/** Reads RFC 3339 with any offset and up to nine decimals; undefined if the text is none. */
export function parseTimestamp(text: string): Timestamp | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text)
  if (match === null) return undefined
  const seconds = Date.parse(`${match[1]}${match[3]}`) / 1000
  if (!(seconds >= MIN_SECONDS && seconds <= MAX_SECONDS)) return undefined
  const timestamp: Timestamp = {}
  if (seconds !== 0) timestamp.seconds = seconds
  const nanos = Number((match[2] ?? '').padEnd(9, '0'))
  if (nanos !== 0) timestamp.nanos = nanos
  return timestamp
}

/** A moment in milliseconds since the epoch as a timestamp. */
export function msToTimestamp(ms: number): Timestamp {
  const seconds = Math.floor(ms / 1000)
  return { seconds, nanos: Math.round((ms - seconds * 1000) * 1e6) }
}

export function timestampToMs({ seconds = 0, nanos = 0 }: Timestamp): number {
  return seconds * 1000 + nanos / 1e6
}
