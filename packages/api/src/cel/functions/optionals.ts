import { CelError, List, Mapping, Optional, type Value } from '../value.ts'
import { global, method } from './registry.ts'

function isZero(value: Value): boolean {
  if (value === null || value === '' || value === false || value === 0 || value === 0n) return true
  return (value instanceof List || value instanceof Mapping) && value.size === 0
}

/** Values that may be missing. */
export const optionals = [
  global('optional.of', ([value]) => new Optional(value)),
  global('optional.none', () => new Optional(undefined)),
  global('optional.ofNonZeroValue', ([value]) => new Optional(isZero(value!) ? undefined : value)),
  method('hasValue', ([value]) => (value instanceof Optional ? value.value !== undefined : undefined)),
  method('value', ([value]) => {
    if (!(value instanceof Optional)) return undefined
    if (value.value === undefined) throw new CelError('optional.none() dereference')
    return value.value
  }),
  method('orValue', ([value, other]) => (value instanceof Optional ? (value.value ?? other) : undefined)),
  method('or', ([value, other]) => {
    if (!(value instanceof Optional) || !(other instanceof Optional)) return undefined
    return value.value === undefined ? other : value
  }),
]
