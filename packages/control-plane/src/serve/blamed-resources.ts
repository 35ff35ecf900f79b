const NAME_CHARACTER = /[\w|-]/

/**
 * Which resources of a response the text of a NACK speaks of. Nodes name them in their own words, so a name counts
 * where it stands alone: `l` is not in `listener`, and `outbound|80||a` not in `outbound|80||a.b`.
 *
 * @returns all of them when the text names none
 */
export function blamedResources(names: readonly string[], error: string): readonly string[] {
  const blamed = names.filter((name) => isNamed(name, error))
  return blamed.length === 0 ? names : blamed
}

function isNamed(name: string, text: string): boolean {
  if (name === '') return false
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    const end = at + name.length
    const before = text[at - 1] ?? ' '
    const after = text[end] ?? ' '
    // A full stop ends a sentence, or goes on with a host name.
    const goesOn = after === '.' && /\w/.test(text[end + 1] ?? ' ')
    if (!NAME_CHARACTER.test(before) && !NAME_CHARACTER.test(after) && !goesOn) return true
  }
  return false
}
