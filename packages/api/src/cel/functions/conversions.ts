import {
  CelError,
  compareNumbers,
  Duration,
  INT_MAX,
  INT_MIN,
  List,
  Mapping,
  Timestamp,
  Type,
  typeOf,
  Uint,
  type Value,
} from '../value.ts'
import { codePointsOf } from './code-points.ts'
import { global, method } from './registry.ts'
import { formatCelDuration, formatTimestamp } from './time.ts'

/** Go's `strconv.ParseInt(text, 10, 64)`. */
function parseInteger(text: string): bigint {
  if (!/^[+-]?\d+$/.test(text))
    throw new CelError(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  const value = BigInt(text.replace(/^\+/, ''))
  if (value > INT_MAX || value < INT_MIN) throw new CelError('integer overflow')
  return value
}

function toInt(value: Value): bigint | undefined {
  if (typeof value === 'bigint') return value
  if (value instanceof Uint) {
    if (value.value > INT_MAX) throw new CelError('integer overflow')
    return value.value
  }
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || Math.abs(value) >= 2 ** 63) throw new CelError('integer overflow')
    return BigInt(Math.trunc(value))
  }
  if (typeof value === 'string') return parseInteger(value)
  return value instanceof Timestamp ? value.nanos / 1_000_000_000n : undefined
}

function toUint(value: Value): Uint | undefined {
  if (value instanceof Uint) return value
  if (typeof value === 'bigint') return new Uint(value)
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || value < 0) throw new CelError('unsigned integer overflow')
    return new Uint(BigInt(Math.trunc(value)))
  }
  if (typeof value !== 'string') return undefined
  if (!/^\d+$/.test(value))
    throw new CelError(`strconv.ParseUint: parsing ${JSON.stringify(value)}: invalid syntax`)
  return new Uint(BigInt(value))
}

function toDouble(value: Value): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof Uint) return Number(value.value)
  if (typeof value !== 'string') return undefined
  const text = value.replace(/^([+-]?)inf(inity)?$/i, '$1Infinity')
  const number = /^nan$/i.test(value) ? Number.NaN : Number(text)
  if (text.trim() !== text || text === '' || (Number.isNaN(number) && !/^nan$/i.test(value))) {
    throw new CelError(`strconv.ParseFloat: parsing ${JSON.stringify(value)}: invalid syntax`)
  }
  return number
}

function toText(value: Value): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value)
  if (value instanceof Uint) return String(value.value)
  if (typeof value === 'number') return formatDouble(value)
  if (value instanceof Duration) return formatCelDuration(value)
  if (value instanceof Timestamp) return formatTimestamp(value)
  if (value instanceof Uint8Array) {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value)
    } catch {
      throw new CelError('invalid UTF-8 in bytes, cannot convert to string')
    }
  }
  if (typeof value === 'object' && value !== null && 'text' in value) return value.text
  return undefined
}

/** Go's `strconv.FormatFloat(x, 'g', -1, 64)`. */
function formatDouble(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  const [mantissa, exponent] = value.toExponential().split('e') as [string, string]
  const power = Number(exponent)
  if (power >= -4 && power < 21) return String(value)
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
}

function size(value: Value): bigint | undefined {
  if (typeof value === 'string') return BigInt(codePointsOf(value).length)
  if (value instanceof List || value instanceof Mapping) return BigInt(value.size)
  return value instanceof Uint8Array ? BigInt(value.length) : undefined
}

const BOOLEANS = new Map<string, boolean>([
  ...['1', 't', 'T', 'true', 'TRUE', 'True'].map((text) => [text, true] as const),
  ...['0', 'f', 'F', 'false', 'FALSE', 'False'].map((text) => [text, false] as const),
])

/** Conversions between types, `type`, `dyn` and `size`. */
export const conversions = [
  global('int', ([value]) => toInt(value!)),
  global('uint', ([value]) => toUint(value!)),
  global('double', ([value]) => toDouble(value!)),
  global('string', ([value]) => toText(value!)),
  global('bytes', ([value]) => {
    if (value instanceof Uint8Array) return value
    return typeof value === 'string' ? new TextEncoder().encode(value) : undefined
  }),
  global('bool', ([value]) => {
    if (typeof value === 'boolean') return value
    if (typeof value !== 'string') return undefined
    const found = BOOLEANS.get(value)
    if (found === undefined)
      throw new CelError(`strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`)
    return found
  }),
  global('dyn', ([value]) => value),
  global('type', ([value]) => new Type(typeOf(value!))),
  global('size', ([value]) => size(value!)),
  method('size', ([value]) => size(value!)),
  global('math.greatest', (args) => extreme(args, 1)),
  global('math.least', (args) => extreme(args, -1)),
]

function extreme(args: readonly Value[], sign: 1 | -1): Value {
  const [first] = args
  const values = args.length === 1 && first instanceof List ? first.values() : args
  if (values.length === 0) throw new CelError('math.greatest() and math.least() need a value')
  return values.reduce((best, value) => {
    const order = compareNumbers(value, best)
    if (order === undefined) throw new CelError('math.greatest() and math.least() take numbers')
    return order * sign > 0 ? value : best
  })
}
