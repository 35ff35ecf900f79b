import { relative } from 'node:path'

/** What a finding says; plain data, since it comes out of the compiler's thread. */
export interface FilterFinding {
  readonly severity: 'error' | 'warning' | 'info'
  /** The compiler's code, e.g. `AS100` or `TS2322`; `BATTEN` for findings of the front end. */
  readonly code: string
  readonly message: string
  /** Absolute path; undefined when it belongs to no file. */
  readonly file: string | undefined
  /** From 1. */
  readonly line: number
  /** From 1. */
  readonly column: number
  /** The line of source that it is about. */
  readonly sourceLine: string
  /** Columns to underline. */
  readonly length: number
}

/** One finding of the compiler, at a place in a source file. As a string it is what {@link formatDiagnostic} prints. */
export interface FilterDiagnostic extends FilterFinding {
  /** With the path relative to the working directory. */
  toString(): string
}

/** Gives a finding its text. */
export function toDiagnostic(finding: FilterFinding): FilterDiagnostic {
  return Object.defineProperty({ ...finding }, 'toString', {
    value: () => formatDiagnostic(finding, (file) => relative(process.cwd(), file)),
  })
}

/**
 * Prints a finding as compilers do: `file:line:column - error CODE: message`, the line, and a marker under it.
 *
 * @param relativeTo - turns an absolute path into what is printed; defaults to the path itself.
 */
export function formatDiagnostic(
  diagnostic: FilterFinding,
  relativeTo: (file: string) => string = (file) => file,
): string {
  const { severity, code, message, file, line, column, sourceLine } = diagnostic
  const label = `${severity} ${code}: ${message}`
  if (file === undefined) return label
  const number = String(line)
  const gutter = ' '.repeat(number.length)
  const marker = '^'.repeat(Math.max(1, Math.min(diagnostic.length, sourceLine.length - column + 1)))
  return [
    `${relativeTo(file)}:${line}:${column} - ${label}`,
    ` ${number} | ${sourceLine}`,
    ` ${gutter} | ${' '.repeat(column - 1)}${marker}`,
  ].join('\n')
}

/** Line and column (from 1) of an offset, and the text of that line. */
export function locate(text: string, offset: number): { line: number; column: number; sourceLine: string } {
  const before = text.slice(0, offset)
  const start = before.lastIndexOf('\n') + 1
  const end = text.indexOf('\n', offset)
  let line = 1
  for (let at = before.indexOf('\n'); at >= 0; at = before.indexOf('\n', at + 1)) line++
  return {
    line,
    column: offset - start + 1,
    sourceLine: text.slice(start, end < 0 ? text.length : end).replace(/\r$/, ''),
  }
}
