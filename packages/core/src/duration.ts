/** Nanoseconds of each unit of Go's durations; both micro signs count. */
const UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  '\u00b5s': 1e3,
  '\u03bcs': 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
}

/** Go's limit: 2^63-1 nanoseconds. */
const MAX_NANOSECONDS = 9.223372036854775e18

/**
 * Milliseconds of a duration as Go writes it, which is what Istio and Kubernetes take: `1.5h`, `300ms`, `-1m30s`, `0`.
 * Undefined when it is none.
 *
 * @example parseDurationMs('1m30s') // 90000
 * @see https://pkg.go.dev/time#ParseDuration
 */
export function parseDurationMs(text: string): number | undefined {
  const match = /^([+-]?)(.+)$/s.exec(text)
  if (match === null) return undefined
  const [, sign, rest] = match as unknown as [string, string, string]
  if (rest === '0') return 0
  let nanoseconds = 0
  let end = 0
  for (const part of rest.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/gy)) {
    nanoseconds += Number(part[1]) * UNITS[part[2]!]!
    end = part.index + part[0].length
  }
  if (end !== rest.length || nanoseconds > MAX_NANOSECONDS) return undefined
  return (sign === '-' ? -nanoseconds : nanoseconds) / 1e6
}
