import { type Check, type Fields, isFields, type PathSegment, rooted } from '../validate/check.ts'

/**
 * A type whose fields may all be missing: what is known of an object before it is known to be valid. Values that are
 * there have their type, which {@link cleaned} sees to.
 */
export type Loose<T> = T extends readonly (infer Item)[]
  ? readonly Loose<Item>[]
  : T extends object
    ? { readonly [K in keyof T]?: Loose<T[K]> | undefined }
    : Exclude<T, null>

/** A value without nulls and without fields whose type `check` does not expect. The value itself when it has none. */
export function cleaned(value: unknown, check: Check | undefined): unknown {
  if (value === null || value === undefined) return undefined
  const wrong = rooted(check?.(value))
    .filter(({ kind }) => kind === 'type')
    .map(({ path }) => path)
  return copyWithout(value, wrong)
}

function copyWithout(value: unknown, wrong: readonly (readonly PathSegment[])[]): unknown {
  if (wrong.some((path) => path.length === 0)) return undefined
  if (typeof value !== 'object' || value === null) return value
  const below = (key: PathSegment): PathSegment[][] =>
    wrong.filter((path) => path[0] === key).map((path) => path.slice(1))
  if (Array.isArray(value)) {
    const items: unknown[] = value.map((item: unknown, i) =>
      item === null ? undefined : copyWithout(item, wrong.length === 0 ? wrong : below(i)),
    )
    return items.every((item, i) => item === value[i]) ? value : items.filter((item) => item !== undefined)
  }
  let copy: Fields | undefined
  for (const [key, field] of Object.entries(value)) {
    const clean = field === null ? undefined : copyWithout(field, wrong.length === 0 ? wrong : below(key))
    if (clean === field) continue
    copy ??= { ...value }
    if (clean === undefined) delete copy[key]
    else copy[key] = clean
  }
  return copy ?? value
}

/** The list at `value`, or an empty one. For fields of kinds without a schema. */
export function listAt(value: unknown, ...path: readonly PathSegment[]): readonly unknown[] {
  const found = valueAt(value, ...path)
  return Array.isArray(found) ? found : []
}

/** The string below `value`, if there is one. */
export function textAt(value: unknown, ...path: readonly PathSegment[]): string | undefined {
  const found = valueAt(value, ...path)
  return typeof found === 'string' ? found : undefined
}

/** The mapping below `value`, or an empty one. */
export function fieldsAt(value: unknown, ...path: readonly PathSegment[]): Fields {
  const found = valueAt(value, ...path)
  return isFields(found) ? found : {}
}

/** A map of strings below `value`; entries of other types are left out. */
export function stringsAt(value: unknown, ...path: readonly PathSegment[]): Record<string, string> {
  const out: Record<string, string> = {}
  for (const [key, entry] of Object.entries(fieldsAt(value, ...path)))
    if (typeof entry === 'string') out[key] = entry
  return out
}

/** Whatever is below `value`; undefined where a step does not exist. */
export function valueAt(value: unknown, ...path: readonly PathSegment[]): unknown {
  let at = value
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined
    at = (at as Fields)[step]
  }
  return at
}
