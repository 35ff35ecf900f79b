/** A set of UTF-16 units: sorted ranges, both ends inclusive, that neither touch nor overlap. */
export type CharSet = readonly (readonly [number, number])[]

export const MAX_UNIT = 0xffff
export const EMPTY: CharSet = []
/** `.`: everything but the line feed. */
export const DOT: CharSet = [
  [0, 9],
  [11, MAX_UNIT],
]
/** RE2's ASCII classes; the built-in `\s` has more characters. */
export const CLASSES: Readonly<Record<string, CharSet>> = {
  d: [[48, 57]],
  w: [
    [48, 57],
    [65, 90],
    [95, 95],
    [97, 122],
  ],
  s: [
    [9, 10],
    [12, 13],
    [32, 32],
  ],
}

export function single(unit: number): CharSet {
  return [[unit, unit]]
}

export function union(a: CharSet, b: CharSet): CharSet {
  const ranges = [...a, ...b].sort(([x], [y]) => x - y)
  const result: [number, number][] = []
  for (const [from, to] of ranges) {
    const last = result.at(-1)
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to)
    else result.push([from, to])
  }
  return result
}

export function complement(set: CharSet): CharSet {
  const result: [number, number][] = []
  let next = 0
  for (const [from, to] of set) {
    if (from > next) result.push([next, from - 1])
    next = to + 1
  }
  if (next <= MAX_UNIT) result.push([next, MAX_UNIT])
  return result
}

export function overlaps(a: CharSet, b: CharSet): boolean {
  for (const [from, to] of a) for (const [start, end] of b) if (from <= end && start <= to) return true
  return false
}

/** As the built-in engine writes a class. */
export function classSource(set: CharSet): string {
  const unit = (code: number) => `\\u${code.toString(16).padStart(4, '0')}`
  return `[${set.map(([from, to]) => (from === to ? unit(from) : `${unit(from)}-${unit(to)}`)).join('')}]`
}
