/** Names that are probably meant by `name`, the nearest first. Case does not count. */
export function nearest(name: string, known: readonly string[]): string[] {
  const wanted = name.toLowerCase()
  const ranked = known.flatMap((one) => {
    const other = one.toLowerCase()
    const isPart = wanted.length > 2 && (other.startsWith(wanted) || wanted.startsWith(other))
    const steps = distance(wanted, other)
    const limit = Math.max(1, Math.floor(Math.max(wanted.length, other.length) / 4))
    return isPart || steps <= limit ? [{ one, steps }] : []
  })
  return ranked.sort((a, b) => a.steps - b.steps).map(({ one }) => one)
}

/** How many letters must be changed, added, taken away, or swapped with the next one. */
function distance(a: string, b: string): number {
  let before: number[] = []
  let row = [...Array(b.length + 1).keys()]
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      let steps = Math.min(change, row[j]! + 1, next[j - 1]! + 1)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        steps = Math.min(steps, before[j - 2]! + 1)
      next.push(steps)
    }
    before = row
    row = next
  }
  return row[b.length]!
}
