import { compileRegex } from '@batten/core/regex'
import { goDuration } from '../../cel/functions/time.ts'
import type { Percent } from '../../gen/types/networking/destination.ts'
import type { StringMatch } from '../../gen/types/networking/string-match.ts'
import type { Path, RuleReport } from './report.ts'

const MILLISECOND = 1_000_000n

/** Options of {@link checkDuration}. */
export interface DurationOptions {
  /** Whether 0 means something. @defaultValue false */
  readonly allowZero?: boolean
  /** Whether what is less than a millisecond counts as 0 and means something. @defaultValue false */
  readonly allowNearZero?: boolean
}

/** Checks a duration: Go's syntax, at least 1ms, whole milliseconds. */
export function checkDuration(
  text: string | undefined,
  path: Path,
  report: RuleReport,
  options: DurationOptions = {},
): void {
  if (text === undefined) return
  const nanos = goDuration(text)
  if (nanos === undefined)
    report.error(path, 'RULE_DURATION', `bad Duration: time: invalid duration ${JSON.stringify(text)}`)
  else if (nanos === 0n && options.allowZero === true) return
  else if (nanos > -MILLISECOND && nanos < MILLISECOND && options.allowNearZero === true) return
  else if (nanos < MILLISECOND) report.error(path, 'RULE_DURATION', 'duration must be greater than 1ms')
  else if (nanos % MILLISECOND !== 0n) {
    report.error(path, 'RULE_DURATION', 'only durations to ms precision are supported')
  }
}

/** Checks a duration of any length: the webhook only reads it. */
export function checkDurationSyntax(text: string | undefined, path: Path, report: RuleReport): void {
  if (text !== undefined && goDuration(text) === undefined)
    report.error(path, 'RULE_DURATION', `bad Duration: time: invalid duration ${JSON.stringify(text)}`)
}

/** Checks a whole percentage. */
export function checkWholePercent(value: number | undefined, path: Path, report: RuleReport): void {
  if (value !== undefined && (value < 0 || value > 100)) {
    report.error(path, 'RULE_PERCENT', `percentage ${value} is not in range 0..100`)
  }
}

/** Checks a percentage with fractions: nothing is smaller than one in a million. */
export function checkPercent(percent: Percent | undefined, path: Path, report: RuleReport): void {
  const value = percent?.value ?? 0
  if (value < 0 || value > 100 || (value > 0 && value < 0.0001)) {
    report.error(
      [...path, 'value'],
      'RULE_PERCENT',
      `percentage ${value} is neither 0.0, nor in range [0.0001, 100.0]`,
    )
  }
}

/** Envoy limits the size of a compiled expression, Istio the length of its text. */
const MAX_REGEX = 1024

/** What is wrong with a regular expression, which must be RE2. */
export function regexProblem(pattern: string, where: string): string | undefined {
  if (pattern.length > MAX_REGEX) return `"${where}": regex is too large, max length allowed is ${MAX_REGEX}`
  try {
    compileRegex(pattern)
    return undefined
  } catch (thrown) {
    const reason =
      thrown instanceof Error
        ? thrown.message.replace(/^invalid regular expression "(?:[^"\\]|\\.)*": /, '')
        : String(thrown)
    return `"${where}": error parsing regexp: ${reason}; Istio uses RE2 style regex-based match (https://github.com/google/re2/wiki/Syntax)`
  }
}

/** Checks the expression of a string comparison, if it has one. */
export function checkRegexMatch(
  match: StringMatch | undefined,
  path: Path,
  where: string,
  report: RuleReport,
): void {
  if (match?.regex === undefined) return
  if (match.regex === '')
    report.error([...path, 'regex'], 'RULE_REGEX', `"${where}": regex string match should not be empty`)
  else report.check([...path, 'regex'], 'RULE_REGEX', regexProblem(match.regex, where))
}

/** As {@link checkRegexMatch}; an empty prefix is a mistake as well. */
export function checkStringMatch(
  match: StringMatch | undefined,
  path: Path,
  where: string,
  report: RuleReport,
): void {
  if (match?.prefix === '') {
    report.error(
      [...path, 'prefix'],
      'RULE_STRING_MATCH',
      `"${where}": prefix string match should not be empty`,
    )
  }
  checkRegexMatch(match, path, where, report)
}
