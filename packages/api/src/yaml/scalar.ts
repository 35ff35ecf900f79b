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
  if (integer !== undefined) return integer
  return (FLOAT.test(plain) ? finite(plain) : undefined) ?? source
}

/** Go reports numbers beyond the range of a double, and then takes the text. */
function finite(text: string): number | undefined {
  const value = Number(text)
  return Number.isFinite(value) ? value : undefined
}

/** Go's `strconv.ParseInt(text, 0, 64)` and then `ParseUint`: prefixes 0x, 0o, 0b and 0. */
function goInteger(text: string): number | undefined {
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
  if (value < -(1n << 63n) || value >= 1n << 64n) return undefined
  return Number(value)
}

/** Whether a string may stand without quotes: every reader of YAML 1.1 and 1.2 takes it for a string. */
export function plainScalarIsString(text: string): boolean {
  if (typeof plainScalar(text) !== 'string') return false
  // Sexagesimal numbers, dates, merge and value keys of YAML 1.1, and octal numbers of YAML 1.2.
  return !/^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$|^\d{4}-\d\d?-\d\d?|^(<<|=)$|^[-+.0-9]+$|^0o[0-7]+$|^[-+]?[0-9.][0-9_.,eE+-]*$/.test(
    text,
  )
}
