import { compileRegex } from './regex.ts'

/** A compiled test of a text. */
export interface StringMatcher {
  matches(text: string): boolean
}

/** What a text should be like; exactly one of the kinds. */
export type StringMatch = { readonly ignoreCase?: boolean } & (
  | { readonly exact: string }
  | { readonly prefix: string }
  | { readonly suffix: string }
  | { readonly contains: string }
  /** RE2, against the whole text */
  | { readonly regex: string }
)

/**
 * Compiles a test once so that matching is one call without allocation (with `ignoreCase` the text is lowered first).
 *
 * @throws BattenError `REGEX_INVALID`
 * @example compileStringMatch({ prefix: '/api' }).matches('/api/users')
 */
export function compileStringMatch(match: StringMatch): StringMatcher {
  const ignoreCase = match.ignoreCase ?? false
  if ('regex' in match) return compileRegex(match.regex, { ignoreCase })
  const matcher = compilePlain(match, ignoreCase)
  return ignoreCase ? { matches: (text) => matcher.matches(text.toLowerCase()) } : matcher
}

function compilePlain(match: Exclude<StringMatch, { regex: string }>, ignoreCase: boolean): StringMatcher {
  const fold = (text: string) => (ignoreCase ? text.toLowerCase() : text)
  if ('exact' in match) {
    const exact = fold(match.exact)
    return { matches: (text) => text === exact }
  }
  if ('prefix' in match) {
    const prefix = fold(match.prefix)
    return { matches: (text) => text.startsWith(prefix) }
  }
  if ('suffix' in match) {
    const suffix = fold(match.suffix)
    return { matches: (text) => text.endsWith(suffix) }
  }
  const part = fold(match.contains)
  return { matches: (text) => text.includes(part) }
}

/** Matches if one of the matchers does; exact texts are looked up in a set. Nothing matches an empty list. */
export function anyOfStrings(matches: readonly StringMatch[]): StringMatcher {
  const exact = new Set<string>()
  const others: StringMatcher[] = []
  for (const match of matches) {
    if ('exact' in match && match.ignoreCase !== true) exact.add(match.exact)
    else others.push(compileStringMatch(match))
  }
  return {
    matches(text) {
      if (exact.has(text)) return true
      for (const matcher of others) if (matcher.matches(text)) return true
      return false
    },
  }
}
