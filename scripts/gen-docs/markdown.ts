/** A text in a cell of a table. */
export function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ').replaceAll('<', '&lt;')
}

/** A table; nothing when it has no rows. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return []
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line), '']
}

/** Lines in a fence. */
export function fenced(language: string, text: string): string[] {
  return [
    `\`\`\`${language}`,
    ...text
      .trimEnd()
      .split('\n')
      .map((line) => line.trimEnd()),
    '```',
    '',
  ]
}

/** The anchor of a heading. */
export function anchor(heading: string): string {
  return heading.toLowerCase()
}
