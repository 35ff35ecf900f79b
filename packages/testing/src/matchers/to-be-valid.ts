import { accepted, type Finding, type ValidateOptions, validate } from '@batten/api/validate'
import { type MatcherResult, plural } from './result.ts'
import { countObjects, subjectsOf } from './subject.ts'

/** Options of `toBeValid`. */
export type ValidOptions = ValidateOptions

/** Validates what was passed to `expect`, and passes when the API server and Istio's webhook would accept it. */
export function toBeValid(received: unknown, options: ValidOptions = {}): MatcherResult {
  const subjects = subjectsOf(received, 'toBeValid')
  const found = validate(subjects, options)
  const errors = found.filter(({ severity }) => severity === 'error')
  return {
    pass: accepted(found),
    message: () =>
      errors.length === 0
        ? `expected something to be refused, but ${plural(countObjects(subjects), 'object')} would be accepted`
        : `expected valid objects, got ${plural(errors.length, 'error')}:\n\n${errors.map(entry).join('\n')}`,
  }
}

function entry({ code, object, path, file, range, message, hint }: Finding): string {
  const place = [object ?? '', path].filter((part) => part !== '').join(' ')
  const where = file === undefined ? '' : ` (${file}${range === undefined ? '' : `:${range.line}`})`
  return `[${code}] ${place}${where}\n  ${message}\n${hint === undefined ? '' : `  hint: ${hint}\n`}`
}
