import { type AnalysisMessage, codeFrame, type Level, messageType } from '@batten/api/analyze'
import pc from 'picocolors'

/** Options of {@link analysisLog}. */
export interface AnalysisLogOptions {
  /** Text of a file, for code frames; undefined for files that are not known. */
  readonly sourceOf: (file: string) => string | undefined
  readonly isColored: boolean
}

type Colors = ReturnType<typeof pc.createColors>

/**
 * Messages for people: the line that istioctl prints, the lines of the file with marks below what is meant, and once
 * for each code what it means and what to do.
 *
 * @example
 * Error [IST0101] (VirtualService shop/cart cart.yaml:23) Referenced host not found: "crat"
 *    22 |         - destination:
 *  > 23 |             host: crat
 *       |                   ^^^^
 *   means: A resource being referenced does not exist.
 *   hint:  Create what is referenced, or correct its name and namespace.
 *   more:  batten explain IST0101
 */
export function analysisLog(messages: readonly AnalysisMessage[], options: AnalysisLogOptions): string {
  const colors = pc.createColors(options.isColored)
  const lines = new SourceLines(options.sourceOf)
  const groups = Map.groupBy(messages, (message) => (isUnread(message) ? 'unread' : message.code))
  return [...groups.values()].map((group) => `${groupText(group, lines, colors)}\n`).join('')
}

/** Whether a message is about a document that holds no object, or cannot be read. */
export function isUnread({ code, origin }: AnalysisMessage): boolean {
  return code === 'IST0106' && origin === ''
}

/** What is said about a group of messages as a whole. */
function groupNotes(group: readonly AnalysisMessage[], lines: SourceLines): Record<'means' | 'hint', string> {
  const type = messageType(group[0]!.code)!
  if (!isUnread(group[0]!)) return { means: type.meaning, hint: type.hint }
  const isTemplate = group.some(({ file }) => lines.of(file ?? '')?.some((line) => line.includes('{{')))
  return {
    means: 'A document cannot be read, or holds no object: what it says was not analyzed.',
    hint: isTemplate
      ? 'This looks like a template. Render it first: helm template CHART | batten analyze -'
      : 'Correct the document, or pass over such documents with --ignore-unknown.',
  }
}

/** Messages that belong together; what holds for all of them stands at the end. */
function groupText(group: readonly AnalysisMessage[], lines: SourceLines, colors: Colors): string {
  const { code } = group[0]!
  const common = messageType(code)?.hint
  const label = (text: string): string => `  ${colors.dim(`${text}:`.padEnd(6))} `
  const entries = group.map((message) => {
    const own = message.hint === common ? '' : `${label('hint')}${oneLine(message.hint)}\n`
    return `${head(message, colors)}\n${frame(message, lines, colors)}${own}`
  })
  const { means, hint } = groupNotes(group, lines)
  const shared = group.some((message) => message.hint === common) ? `${label('hint')}${hint}\n` : ''
  return `${entries.join('')}${label('means')}${means}\n${shared}${label('more')}batten explain ${code}\n`
}

function head({ level, code, origin, reference, message }: AnalysisMessage, colors: Colors): string {
  const place = [origin, reference].filter((part) => part !== '').join(' ')
  const shown = place === '' ? '' : `(${oneLine(place)}) `
  return `${colorOf(level, colors)(level)} ${colors.dim(`[${code}]`)} ${shown}${colors.bold(oneLine(message))}`
}

function frame({ file, range, level }: AnalysisMessage, lines: SourceLines, colors: Colors): string {
  const source = file === undefined || range === undefined ? undefined : lines.of(file)
  if (source === undefined || range === undefined) return ''
  const color = colorOf(level, colors)
  return codeFrame(source, range)
    .split('\n')
    .map((line) => (/^ {3} *\| *\^+$/.test(line) || line.startsWith(' > ') ? color(line) : colors.dim(line)))
    .join('\n')
    .replace(/\s*$/, '\n')
}

function colorOf(level: Level, colors: Colors): (text: string) => string {
  return level === 'Error' ? colors.red : level === 'Warning' ? colors.yellow : colors.green
}

/** What comes from a file must not look like a line of ours, nor steer a terminal. */
function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ')
}

/** Lines of files, each file split once. */
class SourceLines {
  readonly #sourceOf: (file: string) => string | undefined
  readonly #lines = new Map<string, readonly string[] | undefined>()

  constructor(sourceOf: (file: string) => string | undefined) {
    this.#sourceOf = sourceOf
  }

  of(file: string): readonly string[] | undefined {
    if (!this.#lines.has(file)) this.#lines.set(file, this.#sourceOf(file)?.split(/\r?\n/))
    return this.#lines.get(file)
  }
}
