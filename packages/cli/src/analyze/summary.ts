import type { AnalysisMessage, Level } from '@batten/api/analyze'

/** What {@link analysisSummary} counts. */
export interface SummarySource {
  readonly messages: readonly AnalysisMessage[]
  /** Messages that are printed. */
  readonly shown: number
  readonly objects: number
  readonly files: number
  /** Documents that could not be read. */
  readonly unread: number
  readonly hasFailed: boolean
}

const NOUNS: readonly (readonly [Level, string])[] = [
  ['Error', 'error'],
  ['Warning', 'warning'],
  ['Info', 'info'],
]

/**
 * The verdict, the last line of the log.
 *
 * @example
 * × 2 errors, 1 info in 12 objects of 3 files
 */
export function analysisSummary({
  messages,
  shown,
  objects,
  files,
  unread,
  hasFailed,
}: SummarySource): string {
  const counts = NOUNS.flatMap(([level, noun]) => {
    const number = messages.filter((message) => message.level === level).length
    return number === 0 ? [] : [count(number, noun)]
  })
  const symbol = hasFailed ? '×' : counts.length > 0 ? '‼' : '√'
  const found = counts.length === 0 ? 'no findings' : counts.join(', ')
  const notes = [
    ...(unread === 0 ? [] : [`${count(unread, 'document')} could not be read`]),
    ...(shown === messages.length ? [] : [`${messages.length - shown} below --output-threshold not shown`]),
  ]
  return `${symbol} ${found} in ${count(objects, 'object')} of ${count(files, 'file')}${notes.map((note) => `; ${note}`).join('')}`
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
