import { CelError, type Opaque, type Value } from '../value.ts'
import { global, method } from './registry.ts'

/** A quantity of Kubernetes, in thousandths of a nano: exact for all suffixes. */
class Quantity implements Opaque {
  readonly type = 'kubernetes.Quantity'
  /** The amount times 10^SCALE. */
  readonly amount: bigint
  readonly text: string

  constructor(amount: bigint) {
    this.amount = amount
    this.text = String(amount)
  }
}

const SCALE = 12n
const ONE = 10n ** SCALE

const SUFFIXES: Readonly<Record<string, bigint>> = {
  n: 10n ** (SCALE - 9n),
  u: 10n ** (SCALE - 6n),
  m: 10n ** (SCALE - 3n),
  '': ONE,
  k: ONE * 10n ** 3n,
  M: ONE * 10n ** 6n,
  G: ONE * 10n ** 9n,
  T: ONE * 10n ** 12n,
  P: ONE * 10n ** 15n,
  E: ONE * 10n ** 18n,
  Ki: ONE * 2n ** 10n,
  Mi: ONE * 2n ** 20n,
  Gi: ONE * 2n ** 30n,
  Ti: ONE * 2n ** 40n,
  Pi: ONE * 2n ** 50n,
  Ei: ONE * 2n ** 60n,
}

/** Reads a quantity such as `1.5Gi`, `100m` or `1e3`; undefined when it is none. */
function parse(text: string): Quantity | undefined {
  const match = /^([+-]?)(\d+)?(?:\.(\d*))?(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d{1,3}))?$/.exec(text)
  if (match === null || (match[2] === undefined && (match[3] === undefined || match[3] === '')))
    return undefined
  const digits = match[3] ?? ''
  let amount = BigInt(`${match[2] ?? ''}${digits}` || '0')
  const exponent = BigInt(match[5] ?? '0')
  let unit = match[5] === undefined ? SUFFIXES[match[4] ?? '']! : ONE
  if (exponent > 0n) unit *= 10n ** exponent
  const divisor = 10n ** BigInt(digits.length) * (exponent < 0n ? 10n ** -exponent : 1n)
  amount = (amount * unit) / divisor
  return new Quantity(match[1] === '-' ? -amount : amount)
}

function operand(value: Value | undefined): Quantity | undefined {
  if (value instanceof Quantity) return value
  return typeof value === 'bigint' ? new Quantity(value * ONE) : undefined
}

function arithmetic(name: string, run: (a: bigint, b: bigint) => bigint) {
  return method(name, ([a, b]) => {
    const other = operand(b)
    return a instanceof Quantity && other !== undefined
      ? new Quantity(run(a.amount, other.amount))
      : undefined
  })
}

function comparison(name: string, run: (a: bigint, b: bigint) => Value) {
  return method(name, ([a, b]) =>
    a instanceof Quantity && b instanceof Quantity ? run(a.amount, b.amount) : undefined,
  )
}

/** Quantities, as Kubernetes adds them. */
export const quantities = [
  global('isQuantity', ([text]) => (typeof text === 'string' ? parse(text) !== undefined : undefined)),
  global('quantity', ([text]) => {
    if (typeof text !== 'string') return undefined
    const value = parse(text)
    if (value === undefined)
      throw new CelError(
        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
      )
    return value
  }),
  arithmetic('add', (a, b) => a + b),
  arithmetic('sub', (a, b) => a - b),
  comparison('isLessThan', (a, b) => a < b),
  comparison('isGreaterThan', (a, b) => a > b),
  comparison('compareTo', (a, b) => (a < b ? -1n : a > b ? 1n : 0n)),
  method('sign', ([a]) =>
    a instanceof Quantity ? (a.amount < 0n ? -1n : a.amount > 0n ? 1n : 0n) : undefined,
  ),
  method('isInteger', ([a]) => (a instanceof Quantity ? a.amount % ONE === 0n : undefined)),
  method('asInteger', ([a]) => {
    if (!(a instanceof Quantity)) return undefined
    if (a.amount % ONE !== 0n) throw new CelError('cannot convert value to integer')
    return a.amount / ONE
  }),
  method('asApproximateFloat', ([a]) => (a instanceof Quantity ? Number(a.amount) / Number(ONE) : undefined)),
]
