/**
 * Whether two values of plain data (objects, arrays, primitives, bytes) are the same. A property that is undefined
 * counts as absent.
 */
export function isEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false
    for (let i = 0; i < a.length; i++) if (!isEqual(a[i], b[i])) return false
    return true
  }
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0
  if (Array.isArray(b) || b instanceof Uint8Array) return false
  return isEqualRecord(a as Record<string, unknown>, b as Record<string, unknown>)
}

function isEqualRecord(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  let present = 0
  for (const key in a) {
    if (a[key] === undefined) continue
    present++
    if (!isEqual(a[key], b[key])) return false
  }
  for (const key in b) if (b[key] !== undefined) present--
  return present === 0
}

/** Whether two lists hold the same things, by identity. */
export function isSameList<T>(a: readonly T[], b: readonly T[]): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Whether two maps hold the same things, by identity, in any order. */
export function isSameMap<T>(a: ReadonlyMap<string, T>, b: ReadonlyMap<string, T>): boolean {
  if (a === b) return true
  if (a.size !== b.size) return false
  for (const [key, value] of a) if (b.get(key) !== value || value === undefined) return false
  return true
}

/**
 * `next` with the values of `before` wherever they are equal, and `before` itself when nothing changed: unchanged parts
 * of a snapshot keep their identity.
 */
export function keepEqual<T>(
  before: ReadonlyMap<string, T>,
  next: ReadonlyMap<string, T>,
  equal: (a: T, b: T) => boolean = isEqual,
): ReadonlyMap<string, T> {
  const out = new Map<string, T>()
  let changed = before.size !== next.size
  for (const [key, value] of next) {
    const old = before.get(key)
    if (old !== undefined && (old === value || equal(old, value))) out.set(key, old)
    else {
      out.set(key, value)
      changed = true
    }
  }
  return changed ? out : before
}
