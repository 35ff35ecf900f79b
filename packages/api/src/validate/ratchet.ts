import { type Fields, isFields, type PathSegment } from './check.ts'
import type { RuleNode } from './rule-node.ts'

/**
 * An update may keep what was wrong before: the API server drops what it finds in a part that is as it was.
 *
 * @see https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-ratcheting
 */
export function isUnchanged(
  path: readonly PathSegment[],
  now: unknown,
  old: unknown,
  node: RuleNode | undefined,
): boolean {
  let current = now
  let before = old
  let rules = node
  for (const segment of path) {
    if (current === undefined || before === undefined || before === null) return false
    if (sameJson(current, before)) return true
    if (typeof segment === 'number') {
      if (!Array.isArray(current)) return false
      current = current[segment]
      before = counterpart(current, before, rules?.keys)
      rules = rules?.items
    } else {
      if (!isFields(current) || !isFields(before)) return false
      current = own(current, segment)
      before = own(before, segment)
      rules = rules?.fields?.[segment] ?? rules?.values
    }
  }
  return current !== undefined && before !== undefined && before !== null && sameJson(current, before)
}

function own(fields: Fields, key: string): unknown {
  return Object.hasOwn(fields, key) ? fields[key] : undefined
}

/** What a list item was: the one with the same keys. Items of other lists have no identity. */
export function counterpart(item: unknown, old: unknown, keys: readonly string[] | undefined): unknown {
  if (keys === undefined || !Array.isArray(old) || !isFields(item)) return undefined
  return old.find((one: unknown) => isFields(one) && keys.every((key) => one[key] === item[key]))
}

/** Whether two values of JSON are the same; a field that is null is one that is missing. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a))
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => sameJson(item, b[i]))
  if (!isFields(a) || !isFields(b)) return false
  const keys = new Set([...Object.keys(a), ...Object.keys(b)])
  for (const key of keys) if (!sameJson(own(a, key) ?? null, own(b, key) ?? null)) return false
  return true
}
