import { BattenError } from './errors.ts'

/**
 * Durations in three forms: milliseconds (what our code counts in), Go's text (`1h2m3.5s`, what people write in Istio
 * configuration) and protobuf's (`{seconds, nanos}`, as JSON `1.500s`).
 */

/** `google.protobuf.Duration` as a plain object; both parts have the same sign. */
export interface ProtoDuration {
  seconds?: number | undefined
  nanos?: number | undefined
}

/** The longest that a protobuf duration may be: 10 000 years. */
const MAX_PROTO_SECONDS = 315_576_000_000

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

const GO_PART = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y

/** Go's limit, 2^63-1 nanoseconds: about 292 years. */
const MAX_GO_MS = 9_223_372_036_854

/**
 * Milliseconds of a duration as Go writes it, which is what Istio and Kubernetes take: numbers with units
 * `ns us ms s m h`, a sign, or a bare `0`. Undefined when it is none; {@link parseDuration} throws instead.
 *
 * @example parseDurationMs('1h2m3.5s') // 3723500
 * @see https://pkg.go.dev/time#ParseDuration
 */
export function parseDurationMs(text: string): number | undefined {
  const negative = text.startsWith('-')
  const unsigned = negative || text.startsWith('+') ? text.slice(1) : text
  if (unsigned === '0') return 0
  if (unsigned === '') return undefined
  let total = 0
  for (let at = 0; at < unsigned.length; at = GO_PART.lastIndex) {
    GO_PART.lastIndex = at
    const match = GO_PART.exec(unsigned)
    if (match === null) return undefined
    total += Number(match[1]) * UNIT_MS[match[2]!]!
  }
  if (total > MAX_GO_MS) return undefined
  // Sums of fractions like 0.1s + 0.2s must not show binary rounding; nanoseconds are the smallest unit.
  const scale = total < 1e9 ? 1e6 : 1e3
  const rounded = Math.round(total * scale) / scale
  return negative ? -rounded : rounded
}

/**
 * As {@link parseDurationMs}, for input that a user has to correct.
 *
 * @throws BattenError `DURATION_INVALID`
 */
export function parseDuration(text: string): number {
  const ms = parseDurationMs(text)
  if (ms === undefined) throw invalid(text)
  return ms
}

/**
 * Prints milliseconds as Go does.
 *
 * @example formatDuration(3_723_500) // '1h2m3.5s'
 */
export function formatDuration(ms: number): string {
  const absolute = Math.abs(ms)
  const sign = ms < 0 ? '-' : ''
  if (absolute < 1000) {
    const nanos = Math.round(absolute * 1e6)
    if (nanos === 0) return '0s'
    if (nanos < 1000) return `${sign}${nanos}ns`
    return nanos < 1e6 ? `${sign}${nanos / 1000}µs` : `${sign}${nanos / 1e6}ms`
  }
  const whole = Math.trunc(absolute)
  const hours = Math.floor(whole / 3_600_000)
  const minutes = Math.floor((whole % 3_600_000) / 60_000)
  const seconds = Math.round((whole % 60_000) * 1e6 + (absolute - whole) * 1e6) / 1e9
  return `${sign}${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${seconds}s`
}

/**
 * A duration in protobuf's JSON form: seconds with up to nine decimals and an `s`.
 *
 * @throws BattenError `DURATION_INVALID`, also for Go's other units, which protobuf does not have
 * @example parseProtoDuration('1.5s') // { seconds: 1, nanos: 500000000 }
 */
export function parseProtoDuration(text: string): ProtoDuration {
  const match = /^(-?)(\d{1,12})(?:\.(\d{1,9}))?s$/.exec(text)
  if (match === null || Number(match[2]) > MAX_PROTO_SECONDS) throw invalid(text, 'seconds, like "1.5s"')
  const sign = match[1] === '-' ? -1 : 1
  const seconds = sign * Number(match[2]) + 0
  const nanos = match[3] === undefined ? 0 : sign * Number(match[3].padEnd(9, '0')) + 0
  const duration: ProtoDuration = {}
  if (seconds !== 0) duration.seconds = seconds
  if (nanos !== 0) duration.nanos = nanos
  return duration
}

/** Prints a protobuf duration with 0, 3, 6 or 9 decimals: `10s`, `1.500s`. */
export function formatProtoDuration(duration: ProtoDuration): string {
  const seconds = duration.seconds ?? 0
  const nanos = duration.nanos ?? 0
  const sign = seconds < 0 || nanos < 0 ? '-' : ''
  return `${sign}${Math.abs(seconds)}${formatNanos(Math.abs(nanos))}s`
}

/** `.5` of a second as protobuf prints it, `.500`; empty for zero. Also the end of a timestamp. */
export function formatNanos(nanos: number): string {
  if (nanos === 0) return ''
  const digits = String(nanos).padStart(9, '0')
  return `.${digits.replace(/(000){1,2}$/, '')}`
}

/** Milliseconds, with fractions; undefined for a duration that is not set. */
export function protoDurationToMs(duration: ProtoDuration): number
export function protoDurationToMs(duration: ProtoDuration | undefined): number | undefined
export function protoDurationToMs(duration: ProtoDuration | undefined): number | undefined {
  if (duration === undefined) return undefined
  return (duration.seconds ?? 0) * 1000 + (duration.nanos ?? 0) / 1e6
}

/** The inverse of {@link protoDurationToMs}, to the nanosecond. */
export function msToProtoDuration(ms: number): ProtoDuration {
  const seconds = Math.trunc(ms / 1000)
  const nanos = Math.round((ms - seconds * 1000) * 1e6)
  if (Math.abs(nanos) >= 1e9) return { seconds: seconds + Math.sign(nanos) }
  const duration: ProtoDuration = {}
  if (seconds !== 0) duration.seconds = seconds
  if (nanos !== 0) duration.nanos = nanos
  return duration
}

function invalid(
  text: string,
  expected = 'a number with a unit, like "1.5s", "250ms" or "1h30m"',
): BattenError {
  const shown = text.length > 40 ? `${text.slice(0, 40)}...` : text
  return new BattenError('DURATION_INVALID', {
    message: `${JSON.stringify(shown)} is no duration`,
    hint: `write ${expected}`,
  })
}
