import type { HTTPMatchRequest, StringMatch } from '@batten/api'
import type { HeaderMatcher, QueryParameterMatcher, RouteMatch } from '@batten/xds'
import { matchesEverything, stringMatchToMatcher } from './string-match.ts'

/**
 * `match[]` item -> `RouteMatch`: path, headers, method, authority, scheme and query parameters. What only chooses
 * which proxies get the route (`gateways`, `sourceLabels`, `sourceNamespace`, `port`) is in `match-source.ts`.
 *
 * @translates VirtualService spec.http[].match[].uri -> RouteMatch.path_specifier
 * @translates VirtualService spec.http[].match[].ignoreUriCase -> RouteMatch.case_sensitive
 * @translates VirtualService spec.http[].match[].headers -> RouteMatch.headers
 * @translates VirtualService spec.http[].match[].withoutHeaders -> RouteMatch.headers (invert_match)
 * @translates VirtualService spec.http[].match[].method -> RouteMatch.headers (:method)
 * @translates VirtualService spec.http[].match[].authority -> RouteMatch.headers (:authority)
 * @translates VirtualService spec.http[].match[].scheme -> RouteMatch.headers (:scheme)
 * @translates VirtualService spec.http[].match[].queryParams -> RouteMatch.query_parameters
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPMatchRequest
 */
export function matchToRouteMatch(match: HTTPMatchRequest | undefined): RouteMatch {
  if (match === undefined) return { prefix: '/' }
  const headers = headerMatchers(match)
  const queryParameters = Object.entries(match.queryParams ?? {})
    .sort(byName)
    .map(([name, value]) => queryParameterMatcher(name, value))
  return {
    ...pathMatch(match.uri),
    // Envoy's regular expressions ignore this flag, as Istio documents.
    ...(match.ignoreUriCase === true
      ? { caseSensitive: { value: false } }
      : { caseSensitive: { value: true } }),
    ...(headers.length === 0 ? {} : { headers }),
    ...(queryParameters.length === 0 ? {} : { queryParameters }),
  }
}

/** Whether a match takes every request, so that nothing after it can ever be reached. */
export function isCatchAll(match: HTTPMatchRequest | undefined): boolean {
  if (match === undefined) return true
  const { uri } = match
  const anyPath = uri === undefined || uri.prefix === '/' || matchesEverything(uri)
  return (
    anyPath &&
    match.method === undefined &&
    match.authority === undefined &&
    match.scheme === undefined &&
    Object.keys(match.headers ?? {}).length === 0 &&
    Object.keys(match.withoutHeaders ?? {}).length === 0 &&
    Object.keys(match.queryParams ?? {}).length === 0
  )
}

function pathMatch(uri: StringMatch | undefined): Pick<RouteMatch, 'prefix' | 'path' | 'safeRegex'> {
  if (uri?.exact !== undefined) return { path: uri.exact }
  if (uri?.prefix !== undefined) return { prefix: uri.prefix }
  if (uri?.regex !== undefined) return { safeRegex: { regex: uri.regex } }
  return { prefix: '/' }
}

function headerMatchers(match: HTTPMatchRequest): HeaderMatcher[] {
  const matchers: HeaderMatcher[] = []
  for (const [name, value] of Object.entries(match.headers ?? {}).sort(byName))
    matchers.push(headerMatcher(name, value))
  for (const [name, value] of Object.entries(match.withoutHeaders ?? {}).sort(byName))
    matchers.push(withoutHeaderMatcher(name, value))
  if (match.method !== undefined) matchers.push(headerMatcher(':method', match.method))
  if (match.authority !== undefined) matchers.push(headerMatcher(':authority', match.authority))
  if (match.scheme !== undefined) matchers.push(headerMatcher(':scheme', match.scheme))
  return matchers
}

function headerMatcher(name: string, value: StringMatch): HeaderMatcher {
  const stringMatch = stringMatchToMatcher(value)
  if (stringMatch === undefined || matchesEverything(value)) return { name, presentMatch: true }
  return { name, stringMatch }
}

/** The header must be absent, or have another value. */
function withoutHeaderMatcher(name: string, value: StringMatch): HeaderMatcher {
  const stringMatch = stringMatchToMatcher(value)
  if (stringMatch === undefined || matchesEverything(value))
    return { name, presentMatch: true, invertMatch: true }
  return { name, stringMatch, invertMatch: true, treatMissingHeaderAsEmpty: true }
}

function queryParameterMatcher(name: string, value: StringMatch): QueryParameterMatcher {
  const stringMatch = stringMatchToMatcher(value)
  if (stringMatch === undefined || matchesEverything(value)) return { name, presentMatch: true }
  return { name, stringMatch }
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1
}
