/** The middle of some numbers. */
export function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!
}

/** The middle, the least and the most: `0.45 (0.41–0.52)`. */
export function spread(numbers: readonly number[], digits = 2): string {
  const [middle, least, most] = [median(numbers), Math.min(...numbers), Math.max(...numbers)].map((number) =>
    number.toFixed(digits),
  )
  return `${middle} (${least}–${most})`
}

/** A cell of a table, right-aligned. */
export function cell(value: string | number, width: number): string {
  return String(value).padStart(width)
}
