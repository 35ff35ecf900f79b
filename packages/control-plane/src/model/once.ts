/** Reads something out of each object once, since objects do not change. */
export function once<O extends object, V>(read: (object: O) => V): (object: O) => V {
  const known = new WeakMap<O, { readonly value: V }>()
  return (object) => {
    let found = known.get(object)
    if (found === undefined) known.set(object, (found = { value: read(object) }))
    return found.value
  }
}
