import type { HeaderMap } from '../header-map.ts'
import type { HeaderMatch } from './route-config.ts'

/**
 * Whether a request or response fulfils a header condition. Of a repeated header any one value may match; with
 * `invert` none may. A missing header fulfils no condition on its value, inverted or not, unless it counts as empty.
 */
export function matchesHeader(match: HeaderMatch, headers: HeaderMap): boolean {
  const { name, value } = match
  const first = headers.get(name)
  if (value === undefined) return (first !== undefined || match.treatMissingAsEmpty) !== match.invert
  if (first === undefined) return match.treatMissingAsEmpty && matchesValue(value, '') !== match.invert
  if (matchesValue(value, first)) return !match.invert
  for (const other of headers.getAll(name)) if (matchesValue(value, other)) return !match.invert
  return match.invert
}

function matchesValue(value: NonNullable<HeaderMatch['value']>, text: string): boolean {
  if ('matches' in value) return value.matches(text)
  if (!/^[+-]?\d+$/.test(text)) return false
  const number = Number(text)
  return number >= value.rangeStart && number < value.rangeEnd
}
