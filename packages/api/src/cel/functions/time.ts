import { CelError, Duration, INT_MAX, INT_MIN, setFormatReader, Timestamp, type Value } from '../value.ts'
import { global, method } from './registry.ts'

const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  '\u00b5s': 1_000n,
  '\u03bcs': 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}

/** Go's `time.ParseDuration` to the nanosecond; undefined when the text is none. */
export function goDuration(text: string): bigint | undefined {
  const negative = text.startsWith('-')
  let rest = /^[+-]/.test(text) ? text.slice(1) : text
  if (rest === '0') return 0n
  if (rest === '') return undefined
  let total = 0n
  while (rest !== '') {
    const match = /^(\d*)(?:\.(\d*))?(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/.exec(rest)
    if (match === null) return undefined
    const [all, whole, fraction, unit] = match
    if (whole === '' && (fraction === undefined || fraction === '')) return undefined
    const scale = UNITS[unit!]!
    total += BigInt(whole === '' ? 0 : whole!) * scale + fractionOf(fraction ?? '', scale)
    if (total > INT_MAX + 1n) return undefined
    rest = rest.slice(all.length)
  }
  if (negative) return -total < INT_MIN ? undefined : -total
  return total > INT_MAX ? undefined : total
}

/** A fraction of a unit as Go computes it: digits as long as they fit into 63 bits, and then in floating point. */
function fractionOf(digits: string, unit: bigint): bigint {
  let value = 0n
  let scale = 1
  for (const digit of digits) {
    if (value > INT_MAX / 10n) break
    const next = value * 10n + BigInt(digit)
    if (next > INT_MAX + 1n) break
    value = next
    scale *= 10
  }
  return BigInt(Math.trunc(Number(value) * (Number(unit) / scale)))
}

const RFC_3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9})\d*)?([Zz]|[+-]\d{2}:\d{2})$/

function timestamp(text: string): Timestamp {
  const match = RFC_3339.exec(text)
  const ms =
    match === null ? Number.NaN : Date.parse(`${text.slice(0, 19).toUpperCase()}${match[8]!.toUpperCase()}`)
  if (Number.isNaN(ms)) throw new CelError(`parsing time ${JSON.stringify(text)}: it is not RFC 3339`)
  return new Timestamp(BigInt(ms) * 1_000_000n + BigInt((match![7] ?? '').padEnd(9, '0')))
}

function duration(text: string): Duration {
  const nanos = goDuration(text)
  if (nanos === undefined) throw new CelError(`time: invalid duration ${JSON.stringify(text)}`)
  return new Duration(nanos)
}

setFormatReader((value, format) => {
  if (format === 'duration') return duration(value)
  if (format === 'date-time') return timestamp(value)
  return value
})

/** A duration in seconds, as CEL prints it. */
export function formatCelDuration({ nanos }: Duration): string {
  const absolute = nanos < 0n ? -nanos : nanos
  const fraction = String(absolute % 1_000_000_000n)
    .padStart(9, '0')
    .replace(/0+$/, '')
  return `${nanos < 0n ? '-' : ''}${absolute / 1_000_000_000n}${fraction === '' ? '' : `.${fraction}`}s`
}

/** A timestamp in RFC 3339. */
export function formatTimestamp({ nanos }: Timestamp): string {
  const second = nanos / 1_000_000_000n - (nanos % 1_000_000_000n < 0n ? 1n : 0n)
  const fraction = String(nanos - second * 1_000_000_000n)
    .padStart(9, '0')
    .replace(/0+$/, '')
  const date = new Date(Number(second) * 1000).toISOString().slice(0, 19)
  return `${date}${fraction === '' ? '' : `.${fraction}`}Z`
}

/** Parts of a point in time, in a time zone: an offset such as `+02:00`, or a name. */
function part(name: string, read: (date: Date) => number, ofDuration?: bigint, modulo?: bigint) {
  return method(name, ([value, zone]) => {
    if (value instanceof Timestamp) return BigInt(read(local(value, zone)))
    if (value instanceof Duration && ofDuration !== undefined) {
      const units = value.nanos / ofDuration
      return modulo === undefined ? units : units % modulo
    }
    return undefined
  })
}

function local({ nanos }: Timestamp, zone: Value | undefined): Date {
  const date = new Date(Number(nanos / 1_000_000n))
  if (zone === undefined || zone === 'UTC') return date
  if (typeof zone !== 'string') throw new CelError('no such overload: a time zone must be a string')
  const offset = /^([+-]?)(\d{2}):(\d{2})$/.exec(zone)
  if (offset !== null) {
    const minutes = (Number(offset[2]) * 60 + Number(offset[3])) * (offset[1] === '-' ? -1 : 1)
    return new Date(date.getTime() + minutes * 60_000)
  }
  try {
    const parts = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    }).formatToParts(date)
    const get = (type: string): number => Number(parts.find((one) => one.type === type)!.value)
    return new Date(
      Date.UTC(
        get('year'),
        get('month') - 1,
        get('day'),
        get('hour'),
        get('minute'),
        get('second'),
        date.getUTCMilliseconds(),
      ),
    )
  } catch {
    throw new CelError(`unknown time zone ${zone}`)
  }
}

/** Durations and points in time. */
export const time = [
  global('duration', ([value]) => {
    if (value instanceof Duration) return value
    if (typeof value === 'bigint') return new Duration(value)
    return typeof value === 'string' ? duration(value) : undefined
  }),
  global('timestamp', ([value]) => {
    if (value instanceof Timestamp) return value
    if (typeof value === 'bigint') return new Timestamp(value * 1_000_000_000n)
    return typeof value === 'string' ? timestamp(value) : undefined
  }),
  part('getFullYear', (date) => date.getUTCFullYear()),
  part('getMonth', (date) => date.getUTCMonth()),
  part('getDate', (date) => date.getUTCDate()),
  part('getDayOfMonth', (date) => date.getUTCDate() - 1),
  part('getDayOfWeek', (date) => date.getUTCDay()),
  part('getDayOfYear', (date) =>
    Math.floor(
      (Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()) -
        Date.UTC(date.getUTCFullYear(), 0, 1)) /
        86_400_000,
    ),
  ),
  part('getHours', (date) => date.getUTCHours(), UNITS['h']!),
  part('getMinutes', (date) => date.getUTCMinutes(), UNITS['m']!),
  part('getSeconds', (date) => date.getUTCSeconds(), UNITS['s']!),
  part('getMilliseconds', (date) => date.getUTCMilliseconds(), UNITS['ms']!, 1000n),
]
