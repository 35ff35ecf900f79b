/** Code points of a string as strings: what CEL counts. */
export function codePointsOf(text: string): string[] {
  return [...text]
}
