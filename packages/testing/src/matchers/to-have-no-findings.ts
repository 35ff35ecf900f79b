import {
  type AnalysisMessage,
  type AnalyzeOptions,
  analyze,
  atLeast,
  type Level,
  parseSuppression,
  type Suppression,
} from '@batten/api/analyze'
import { BattenError } from '@batten/core/errors'
import { type MatcherResult, plural } from './result.ts'
import { countObjects, subjectsOf } from './subject.ts'

/** Options of `toHaveNoFindings`. */
export interface NoFindingsOptions extends Omit<AnalyzeOptions, 'suppress'> {
  /** Findings below this level do not count. @defaultValue `Info`, all of them count */
  readonly level?: Level
  /** Codes that do not count, `IST0102`; may have `*`. */
  readonly ignore?: readonly string[]
  /** Findings that are expected: `{ code, resource }`, or `CODE=RESOURCE` as on the command line. */
  readonly suppress?: readonly (Suppression | string)[]
}

/** Analyzes what was passed to `expect`, and passes when nothing is found. */
export function toHaveNoFindings(
  received: unknown,
  { level = 'Info', ignore = [], suppress = [], ...options }: NoFindingsOptions = {},
): MatcherResult {
  const subjects = subjectsOf(received, 'toHaveNoFindings')
  const suppressions = [...suppress.map(suppressionOf), ...ignore.map((code) => ({ code, resource: '*' }))]
  const found = analyze(subjects, { ...options, suppress: suppressions })
  const counted = atLeast(found, level)
  return {
    pass: counted.length === 0,
    message: () =>
      counted.length === 0
        ? `expected findings, but there are none in ${plural(countObjects(subjects), 'object')}`
        : report(counted),
  }
}

function suppressionOf(suppression: Suppression | string): Suppression {
  const read = typeof suppression === 'string' ? parseSuppression(suppression) : suppression
  if (read !== undefined) return read
  throw new BattenError('MATCHER_SUPPRESSION', {
    message: `${JSON.stringify(suppression)} is no suppression`,
    hint: 'write CODE=RESOURCE, as in IST0102=Namespace shop',
  })
}

function report(messages: readonly AnalysisMessage[]): string {
  const head = `expected no findings, got ${plural(messages.length, 'finding')}:`
  return [head, '', ...messages.map(entry)].join('\n')
}

function entry({ level, code, origin, path, reference, message, hint }: AnalysisMessage): string {
  const place = [origin, path].filter((part) => part !== '').join(' ')
  const file = reference === '' ? '' : ` (${reference})`
  return `${level} [${code}] ${place}${file}\n  ${message}\n  hint: ${hint}\n`
}
