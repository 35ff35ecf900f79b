/** What a matcher says to Vitest. */
export interface MatcherResult {
  readonly pass: boolean
  /** Why it failed; for `not`, why that failed. */
  readonly message: () => string
}

/** `1 finding`, `2 findings`. */
export function plural(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
