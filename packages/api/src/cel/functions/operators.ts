import {
  CelError,
  compare,
  Duration,
  equals,
  INT_MAX,
  INT_MIN,
  List,
  Mapping,
  Timestamp,
  Uint,
} from '../value.ts'
import { global } from './registry.ts'

function int(value: bigint): bigint {
  if (value > INT_MAX || value < INT_MIN) throw new CelError('integer overflow')
  return value
}

function arithmetic(
  name: string,
  onInt: (a: bigint, b: bigint) => bigint,
  onDouble: ((a: number, b: number) => number) | undefined,
) {
  return global(`_${name}_`, ([a, b]) => {
    if (typeof a === 'bigint' && typeof b === 'bigint') return int(onInt(a, b))
    if (a instanceof Uint && b instanceof Uint) return new Uint(onInt(a.value, b.value))
    if (onDouble !== undefined && typeof a === 'number' && typeof b === 'number') return onDouble(a, b)
    return undefined
  })
}

function nonZero(divide: (a: bigint, b: bigint) => bigint, what: string): (a: bigint, b: bigint) => bigint {
  return (a, b) => {
    if (b === 0n) throw new CelError(what)
    return divide(a, b)
  }
}

function relation(name: string, holds: (order: number) => boolean) {
  return global(`_${name}_`, ([a, b]) => holds(compare(a!, b!)))
}

/** Operators that evaluate all their operands. */
export const operators = [
  arithmetic(
    '+',
    (a, b) => a + b,
    (a, b) => a + b,
  ),
  global('_+_', ([a, b]) => {
    if (typeof a === 'string' && typeof b === 'string') return a + b
    if (a instanceof List && b instanceof List) return List.of([...a.values(), ...b.values()])
    if (a instanceof Uint8Array && b instanceof Uint8Array) return new Uint8Array([...a, ...b])
    if (a instanceof Duration && b instanceof Duration) return new Duration(a.nanos + b.nanos)
    if (a instanceof Timestamp && b instanceof Duration) return new Timestamp(a.nanos + b.nanos)
    if (a instanceof Duration && b instanceof Timestamp) return new Timestamp(a.nanos + b.nanos)
    return undefined
  }),
  arithmetic(
    '-',
    (a, b) => a - b,
    (a, b) => a - b,
  ),
  global('_-_', ([a, b]) => {
    if (a instanceof Duration && b instanceof Duration) return new Duration(a.nanos - b.nanos)
    if (a instanceof Timestamp && b instanceof Timestamp) return new Duration(a.nanos - b.nanos)
    if (a instanceof Timestamp && b instanceof Duration) return new Timestamp(a.nanos - b.nanos)
    return undefined
  }),
  arithmetic(
    '*',
    (a, b) => a * b,
    (a, b) => a * b,
  ),
  arithmetic(
    '/',
    nonZero((a, b) => a / b, 'division by zero'),
    (a, b) => a / b,
  ),
  arithmetic(
    '%',
    nonZero((a, b) => a % b, 'modulus by zero'),
    undefined,
  ),
  relation('<', (order) => order < 0),
  relation('<=', (order) => order <= 0),
  relation('>', (order) => order > 0),
  relation('>=', (order) => order >= 0),
  global('_==_', ([a, b]) => equals(a!, b!)),
  global('_!=_', ([a, b]) => !equals(a!, b!)),
  global('_in_', ([item, range]) => {
    if (range instanceof List) return range.values().some((one) => equals(one, item!))
    if (range instanceof Mapping) return range.get(item!) !== undefined
    return undefined
  }),
  global('!_', ([value]) => (typeof value === 'boolean' ? !value : undefined)),
  global('-_', ([value]) => {
    if (typeof value === 'bigint') return int(-value)
    return typeof value === 'number' ? -value : undefined
  }),
]
