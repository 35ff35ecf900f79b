/**
 * How Kubernetes reads plain scalars of YAML: YAML 1.1 as go-yaml has it, then JSON.
 *
 * `no`, `on`, `y` and `n` are booleans, `0120` is 80, `8_080` a number, `1:20` a string.
 * @see https://yaml.org/type/
 */

const WORDS = new Map<string, boolean | null>([
  ['', null],
  ['~', null],
  ['null', null],
  ['Null', null],
  ['NULL', null],
])
for (const word of ['y', 'yes', 'true', 'on']) for (const form of forms(word)) WORDS.set(form, true)
for (const word of ['n', 'no', 'false', 'off']) for (const form of forms(word)) WORDS.set(form, false)

function forms(word: string): string[] {
  return [word, word[0]!.toUpperCase() + word.slice(1), word.toUpperCase()]
}

const SPECIAL = new Map<string, number>([
  ['.nan', Number.NaN],
  ['.NaN', Number.NaN],
  ['.NAN', Number.NaN],
])
for (const [sign, value] of [
  ['', Infinity],
  ['+', Infinity],
  ['-', -Infinity],
] as const) {
  for (const word of ['.inf', '.Inf', '.INF']) SPECIAL.set(sign + word, value)
}

/** The first whole number that 64 bits with a sign do not hold. */
const INT64_END = 1n << 63n

/** The first whole number that 64 bits without a sign do not hold. */
const UINT64_END = 1n << 64n

const FLOAT = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/
const GO_FLOAT = /^(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/

/** The value of a plain (unquoted) scalar. NaN and infinities come back as numbers; JSON has no place for them. */
export function plainScalar(source: string): string | number | boolean | null {
  const word = WORDS.get(source)
  if (word !== undefined) return word
  const special = SPECIAL.get(source)
  if (special !== undefined) return special
  const first = source.charCodeAt(0)
  if (first === 46) {
    return GO_FLOAT.test(source) ? (finite(source) ?? source) : source
  }
  const isDigit = first >= 48 && first <= 57
  if (!isDigit && first !== 43 && first !== 45) return source
  const plain = source.replaceAll('_', '')
  const integer = goInteger(plain)
  if (integer !== undefined) return Number(integer)
  return (FLOAT.test(plain) ? finite(plain) : undefined) ?? source
}

/** The whole number that a plain scalar is, or undefined. */
function plainInteger(source: string): bigint | undefined {
  return /^[-+0-9]/.test(source) ? goInteger(source.replaceAll('_', '')) : undefined
}

/** The text of a plain scalar that is the key of a map; undefined if it is null or too large, which no key may be. */
export function plainKey(source: string): string | undefined {
  const value = plainScalar(source)
  if (typeof value === 'string') return value
  if (value === null) return undefined
  if (typeof value === 'boolean') return String(value)
  const integer = plainInteger(source)
  if (integer === undefined) return floatKey(value)
  return integer < INT64_END ? String(integer) : undefined
}

/** A number as the key of a map, with the precision of 32 bits that Kubernetes gives it: Go's `%g`. */
export function floatKey(value: number): string {
  const single = Math.fround(value)
  if (Number.isNaN(single)) return '.nan'
  if (!Number.isFinite(single)) return single > 0 ? '.inf' : '-.inf'
  let digits = 1
  while (digits < 9 && Math.fround(Number(single.toPrecision(digits))) !== single) digits++
  const [mantissa, exponent] = single.toExponential(digits - 1).split('e')
  const power = Number(exponent)
  const sign = Object.is(single, -0) ? '-' : ''
  if (power < -4 || power >= 6)
    return `${sign}${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
  return sign + single.toFixed(Math.max(digits - 1 - power, 0))
}

/** Whether a scalar is what its tag says: a whole number, a number, a truth value, null or a date. */
export function fitsTag(tag: string, source: string): boolean {
  const value = plainScalar(source)
  switch (tag) {
    case 'null':
      return value === null
    case 'bool':
      return typeof value === 'boolean'
    case 'int':
      return plainInteger(source) !== undefined
    case 'float':
      return typeof value === 'number' && (plainInteger(source) ?? 0n) < INT64_END
    default:
      return isTimestamp(source)
  }
}

const TIMESTAMP =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:([Tt ])(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,]\d+)?(Z|[-+]\d{2}:\d{2})?)?$/

function isTimestamp(source: string): boolean {
  const match = TIMESTAMP.exec(source)
  if (match === null) return false
  const [, year, month, day, separator, hour = '0', minute = '0', second = '0', zone] = match
  if (separator !== undefined && (separator === ' ') !== (zone === undefined)) return false
  const days = new Date(Date.UTC(2000 + (Number(year) % 400), Number(month), 0)).getUTCDate()
  const isDate = Number(month) >= 1 && Number(month) <= 12 && Number(day) >= 1 && Number(day) <= days
  return isDate && Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60
}

/** Go reports numbers beyond the range of a double, and then takes the text. */
function finite(text: string): number | undefined {
  const value = Number(text)
  return Number.isFinite(value) ? value : undefined
}

/** Go's `strconv.ParseInt(text, 0, 64)` and then `ParseUint`: prefixes 0x, 0o, 0b and 0. */
function goInteger(text: string): bigint | undefined {
  const match = /^([-+]?)(?:(0[xX])([0-9a-fA-F]+)|(0[oO]|0)([0-7]+)|(0[bB])([01]+)|(0|[1-9][0-9]*))$/.exec(
    text,
  )
  if (match === null) return undefined
  const [, sign, , hex, , octal, , binary, decimal] = match
  const digits =
    hex !== undefined
      ? BigInt(`0x${hex}`)
      : octal !== undefined
        ? BigInt(`0o${octal}`)
        : binary !== undefined
          ? BigInt(`0b${binary}`)
          : BigInt(decimal!)
  const value = sign === '-' ? -digits : digits
  // Beyond 64 bits Go falls through to a float.
  if (value < -(1n << 63n) || value >= (sign === '' ? UINT64_END : INT64_END)) return undefined
  return value
}

/** Whether a string may stand without quotes: every reader of YAML 1.1 and 1.2 takes it for a string. */
export function plainScalarIsString(text: string): boolean {
  if (typeof plainScalar(text) !== 'string') return false
  // Sexagesimal numbers, dates, merge and value keys of YAML 1.1, and octal numbers of YAML 1.2.
  return !/^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$|^\d{4}-\d\d?-\d\d?|^(<<|=)$|^[-+.0-9]+$|^0o[0-7]+$|^[-+]?[0-9.][0-9_.,eE+-]*$/.test(
    text,
  )
}
