/** What a page about a code says beside meaning and hint. */
export interface CodeGuide {
  /** When the code is reported. */
  readonly when: string
  /**
   * An example and its correction: YAML whose lines begin with `-` for what is wrong, `+` for what takes its place, or
   * a blank. Codes that depend on more than objects have none.
   */
  readonly fix?: string
}

/** The lines of an example, without the marks: as it is wrong, or as it is right. */
export function exampleText(fix: string, side: 'wrong' | 'right'): string {
  const left = side === 'wrong' ? '+' : '-'
  return fix
    .split('\n')
    .filter((line) => !line.startsWith(left))
    .map((line) => `${line.slice(1)}\n`)
    .join('')
}
