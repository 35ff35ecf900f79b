import type { FieldPath } from './field-path.ts'
import { IGNORED_FIELDS } from './ignored-fields.ts'
import { isSet } from './message-reader.ts'

/**
 * Runs the compile function of an extension with its message, and refuses what it did not look at: extensions read
 * plain objects, so reads are noticed from outside. Only what is read before `compile` returns counts.
 *
 * @param type - full message name; its last part is the key in `ignored-fields.ts`
 */
export function compileTracked<T>(
  message: object,
  type: string,
  at: FieldPath,
  compile: (message: object) => T,
): T {
  const seen = new Map<object, Set<string>>()
  const result = compile(watch(message, seen))
  refuseUnread(message, type.slice(type.lastIndexOf('.') + 1), at, seen)
  return result
}

function watch<T extends object>(target: T, seen: Map<object, Set<string>>): T {
  const keys = new Set<string>()
  seen.set(target, keys)
  const children = new Map<object, object>()
  return new Proxy(target, {
    get(object, key, receiver) {
      const value: unknown = Reflect.get(object, key, receiver)
      if (typeof key === 'string') keys.add(key)
      if (!isContainer(value)) return value
      let child = children.get(value)
      if (child === undefined) children.set(value, (child = watch(value, seen)))
      return child
    },
  })
}

/** Messages, lists and maps; bytes are values. */
function isContainer(value: unknown): value is object {
  return (
    Array.isArray(value) ||
    (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype)
  )
}

function refuseUnread(
  message: object,
  type: string,
  at: FieldPath,
  seen: ReadonlyMap<object, ReadonlySet<string>>,
): void {
  const read = seen.get(message)
  for (const [key, value] of Object.entries(message)) {
    if (!isSet(value)) continue
    const path = Array.isArray(message) ? at.index(Number(key)) : at.field(key)
    if (read?.has(key) !== true) {
      if (Object.hasOwn(IGNORED_FIELDS[type] ?? {}, key)) continue
      throw path.unsupported()
    }
    // A message that was only tested for presence has been understood if it is empty.
    if (isContainer(value)) refuseUnread(value, `${type}.${key}`, path, seen)
  }
}
