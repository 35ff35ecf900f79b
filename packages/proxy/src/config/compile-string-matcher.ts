import {
  compileRegex as compileCoreRegex,
  compileStringMatch,
  type Regex,
  type StringMatch,
  type StringMatcher,
} from '@batten/core'
import type {
  RegexMatchAndSubstitute,
  RegexMatcher,
  StringMatcher as StringMatcherMessage,
} from '@batten/xds'
import { checkHeaderText } from './header-text.ts'
import type { MessageReader } from './message-reader.ts'

/** `envoy.type.matcher.v3.StringMatcher`. An empty `prefix`, `suffix` or `contains` is refused, as in Envoy. */
export function compileStringMatcher(matcher: MessageReader<StringMatcherMessage>): StringMatcher {
  const { exact, prefix, suffix, contains } = matcher.message
  matcher.skip('exact', 'prefix', 'suffix', 'contains')
  const regex = matcher.nested('safeRegex', 'RegexMatcher')
  const ignoreCase = matcher.flag('ignoreCase')
  matcher.done()
  if (regex !== undefined) {
    if (ignoreCase)
      throw matcher.path('ignoreCase').invalid('has no effect on safe_regex; write (?i) into it')
    return compileRegex(regex)
  }
  for (const key of ['prefix', 'suffix', 'contains'] as const)
    if (matcher.message[key] === '') throw matcher.path(key).invalid('must not be empty')
  const match: StringMatch | undefined =
    exact !== undefined
      ? { exact, ignoreCase }
      : prefix !== undefined
        ? { prefix, ignoreCase }
        : suffix !== undefined
          ? { suffix, ignoreCase }
          : contains !== undefined
            ? { contains, ignoreCase }
            : undefined
  if (match === undefined)
    throw matcher.at.invalid('one of exact, prefix, suffix, contains, safe_regex is required')
  return compileStringMatch(match)
}

/** `envoy.type.matcher.v3.RegexMatcher`: RE2, against the whole text. */
export function compileRegex(regex: MessageReader<RegexMatcher>): Regex {
  const pattern = regex.requiredText('regex')
  regex.done()
  return regex.path('regex').within(() => compileCoreRegex(pattern))
}

/** `RegexMatchAndSubstitute` of rewrites; undefined when it is not there. */
export function compileRegexRewrite(
  rewrite: MessageReader<RegexMatchAndSubstitute> | undefined,
): { readonly regex: Regex; readonly substitution: string } | undefined {
  if (rewrite === undefined) return undefined
  const pattern = rewrite.nested('pattern', 'RegexMatcher')
  if (pattern === undefined) throw rewrite.path('pattern').invalid('is required')
  const substitution = rewrite.text('substitution')
  checkHeaderText(substitution, rewrite.path('substitution'))
  rewrite.done()
  const regex = compileRegex(pattern)
  // As RE2: a substitution with a group that the pattern does not have changes nothing.
  const isWithin = highestGroup(substitution) <= countGroups(regex.pattern)
  return Object.freeze({ regex, substitution: isWithin ? substitution : '\\0' })
}

/** The highest `\N` of a substitution. */
function highestGroup(substitution: string): number {
  const groups = [...substitution.matchAll(/\\(.)/gs)].map(([, character]) => Number(character))
  return Math.max(0, ...groups.filter((group) => !Number.isNaN(group)))
}

/** The capturing groups of a pattern that is valid. */
function countGroups(pattern: string): number {
  const pieces = pattern.matchAll(
    /\\Q.*?(?:\\E|$)|\\.|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]])*\]|\((?!\?)|\(\?P?<\w/gs,
  )
  return [...pieces].filter(([piece]) => piece.startsWith('(')).length
}
