import type { StringMatch } from '@batten/api'
import type { StringMatcher } from '@batten/xds'

/**
 * `StringMatch` -> `StringMatcher`; undefined for an empty one, which asks only that the thing is there. Regular
 * expressions match the whole text, in Istio as in Envoy.
 *
 * @translates VirtualService spec.http[].match[].headers -> HeaderMatcher.string_match
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#StringMatch
 */
export function stringMatchToMatcher(match: StringMatch): StringMatcher | undefined {
  if (match.exact !== undefined) return { exact: match.exact }
  if (match.prefix !== undefined) return { prefix: match.prefix }
  if (match.regex !== undefined) return { safeRegex: { regex: match.regex } }
  return undefined
}

/** A regular expression that any text matches. */
export function matchesEverything(match: StringMatch): boolean {
  return match.regex === '.*' || match.regex === '*'
}
