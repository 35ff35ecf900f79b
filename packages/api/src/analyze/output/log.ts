import type { SourceRange } from '../../validate/findings.ts'
import type { AnalysisMessage } from '../message.ts'
import type { Level } from '../messages.ts'

/** Options of {@link logOutput}. */
export interface LogOptions {
  /** Text of a file, for code frames. Without it, or for files that it does not know, none are printed. */
  readonly sourceOf?: (file: string) => string | undefined
  /** Whether levels are coloured, for terminals. @defaultValue false */
  readonly isColored?: boolean
}

const COLORS: Readonly<Record<Level, string>> = {
  Error: '\u001b[31m',
  Warning: '\u001b[33m',
  Info: '\u001b[32m',
}
const RESET = '\u001b[0m'

/** Lines of a code frame before the one that is at fault. */
const LINES_BEFORE = 2

/** Characters of a line in a code frame. */
const MAX_WIDTH = 120

/**
 * Messages as istioctl prints them, each with the lines of the file that it is about and what to do.
 *
 * @example
 * Error [IST0101] (VirtualService shop/cart cart.yaml:23) Referenced host not found: "crat"
 *    22 |         - destination:
 *  > 23 |             host: crat
 *       |                   ^^^^
 *   hint: Create what is referenced, or correct its name and namespace.   docs: batten explain IST0101
 */
export function logOutput(messages: readonly AnalysisMessage[], options: LogOptions = {}): string {
  const sources = new Map<string, readonly string[] | undefined>()
  const linesOf = (file: string): readonly string[] | undefined => {
    if (!sources.has(file)) sources.set(file, options.sourceOf?.(file)?.split(/\r?\n/))
    return sources.get(file)
  }
  return messages.map((message) => entry(message, linesOf, options.isColored === true)).join('')
}

function entry(
  message: AnalysisMessage,
  linesOf: (file: string) => readonly string[] | undefined,
  isColored: boolean,
): string {
  const { level, code, file, range, hint } = message
  const shown = isColored ? `${COLORS[level]}${level}${RESET}` : level
  const lines = file === undefined || range === undefined ? undefined : linesOf(file)
  const frame = lines === undefined || range === undefined ? '' : codeFrame(lines, range)
  return `${shown} [${code}] ${place(message)}${oneLine(message.message)}\n${frame}${
    frame === '' ? '' : `  hint: ${hint}   docs: batten explain ${code}\n`
  }`
}

function place({ origin, reference }: AnalysisMessage): string {
  const text = [origin, reference].filter((part) => part !== '').join(' ')
  return text === '' ? '' : `(${text}) `
}

/** What comes from a file must not look like a line of ours, nor steer a terminal. */
function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ')
}

/** The line that is at fault, those before it, and marks below what is meant. */
export function codeFrame(lines: readonly string[], range: SourceRange): string {
  const last = Math.min(range.line, lines.length)
  const first = Math.max(1, last - LINES_BEFORE)
  const width = String(last).length
  let out = ''
  for (let number = first; number <= last; number++) {
    const text = oneLine(lines[number - 1] ?? '')
    const mark = number === range.line ? '>' : ' '
    out += ` ${mark} ${String(number).padStart(width)} | ${text.slice(0, MAX_WIDTH)}\n`
  }
  const end = range.endLine === range.line ? range.endColumn : (lines[range.line - 1]?.length ?? 0) + 1
  const start = Math.min(range.column, MAX_WIDTH)
  const length = Math.max(1, Math.min(end, MAX_WIDTH + 1) - start)
  return `${out}   ${' '.repeat(width)} | ${' '.repeat(start - 1)}${'^'.repeat(length)}\n`
}
