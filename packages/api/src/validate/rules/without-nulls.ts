/** Null means the same as nothing in the messages of Istio. The object itself comes back when it has none. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(withoutNulls)
    return items.every((item, i) => item === value[i]) ? value : items
  }
  if (typeof value !== 'object' || value === null) return value
  let copy: Record<string, unknown> | undefined
  for (const [key, field] of Object.entries(value)) {
    const clean = withoutNulls(field)
    if (field !== null && clean === field) continue
    copy ??= { ...value }
    if (field === null) delete copy[key]
    // No field has this name; to assign it would change what the object inherits.
    else if (key !== '__proto__') copy[key] = clean
  }
  return copy ?? value
}
