import { CelError, Duration, INT_MAX, INT_MIN, typeOf, Uint, type Value } from '../value.ts'

/** Sum of two values of a list. */
export function callAdd(a: Value, b: Value): Value {
  if (typeof a === 'bigint' && typeof b === 'bigint') {
    const sum = a + b
    if (sum > INT_MAX || sum < INT_MIN) throw new CelError('integer overflow')
    return sum
  }
  if (typeof a === 'number' && typeof b === 'number') return a + b
  if (a instanceof Uint && b instanceof Uint) return new Uint(a.value + b.value)
  if (a instanceof Duration && b instanceof Duration) return new Duration(a.nanos + b.nanos)
  throw new CelError(`no such overload: sum() of ${typeOf(a)} and ${typeOf(b)}`)
}
