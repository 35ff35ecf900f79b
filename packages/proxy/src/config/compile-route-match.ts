import { compileStringMatch } from '@batten/core'
import type {
  HeaderMatcher,
  QueryParameterMatcher,
  RouteMatch as RouteMatchMessage,
  RuntimeFractionalPercent,
} from '@batten/xds'
import type { HeaderMatch, QueryParameterMatch, RouteMatch } from '../http/route/route-config.ts'
import { compileRegex, compileStringMatcher } from './compile-string-matcher.ts'
import { checkHeaderText, meaningOf } from './header-text.ts'
import type { MessageReader } from './message-reader.ts'

/** `RouteMatch` -> {@link RouteMatch}. */
export function compileRouteMatch(match: MessageReader<RouteMatchMessage>): RouteMatch {
  const result: RouteMatch = {
    path: compilePathMatch(match),
    caseSensitive: match.flag('caseSensitive', true),
    headers: Object.freeze(match.each('headers', 'HeaderMatcher').map(compileHeaderMatch)),
    queryParameters: Object.freeze(
      match.each('queryParameters', 'QueryParameterMatcher').map(compileQueryMatch),
    ),
    fraction: compileFraction(match.nested('runtimeFraction', 'RuntimeFractionalPercent')),
    grpcOnly: match.take('grpc') !== undefined,
  }
  match.done()
  return Object.freeze(result)
}

function compilePathMatch(match: MessageReader<RouteMatchMessage>): RouteMatch['path'] {
  // `prefix: ""` is a legal value of the oneof, so presence counts, not the value.
  const { prefix, path, pathSeparatedPrefix } = match.message
  match.skip('prefix', 'path', 'pathSeparatedPrefix')
  if (prefix !== undefined) return { kind: 'prefix', value: prefix }
  if (path !== undefined) return { kind: 'exact', value: path }
  if (pathSeparatedPrefix !== undefined) {
    if (!/^\/.*[^/]$/.test(pathSeparatedPrefix) || /[?#]/.test(pathSeparatedPrefix))
      throw match
        .path('pathSeparatedPrefix')
        .invalid('must start with "/", must not end with "/" and must not contain "?" or "#"')
    return { kind: 'path-separated-prefix', value: pathSeparatedPrefix }
  }
  const regex = match.nested('safeRegex', 'RegexMatcher')
  if (regex !== undefined) return { kind: 'regex', regex: compileRegex(regex) }
  if (match.take('connectMatcher') !== undefined) return { kind: 'connect' }
  if (match.has('pathMatchPolicy')) throw match.path('pathMatchPolicy').unsupported()
  throw match.at.invalid('one of prefix, path, safe_regex, path_separated_prefix is required')
}

/** `HeaderMatcher`, the deprecated forms included. */
export function compileHeaderMatch(matcher: MessageReader<HeaderMatcher>): HeaderMatch {
  const name = matcher.requiredText('name').toLowerCase()
  checkHeaderText(name, matcher.path('name'))
  const invert = matcher.flag('invertMatch')
  const treatMissingAsEmpty = matcher.flag('treatMissingHeaderAsEmpty')
  const { value, inverted } = compileHeaderValue(matcher)
  matcher.done()
  return Object.freeze({ name, value, invert: invert !== inverted, treatMissingAsEmpty })
}

function compileHeaderValue(matcher: MessageReader<HeaderMatcher>): {
  value: HeaderMatch['value']
  inverted: boolean
} {
  const { exactMatch, prefixMatch, suffixMatch, containsMatch, presentMatch } = matcher.message
  matcher.skip('exactMatch', 'prefixMatch', 'suffixMatch', 'containsMatch', 'presentMatch')
  const string = matcher.nested('stringMatch', 'StringMatcher')
  const regex = matcher.nested('safeRegexMatch', 'RegexMatcher')
  const range = matcher.nested('rangeMatch', 'Int64Range')
  if (string !== undefined) return { value: compileStringMatcher(string), inverted: false }
  if (regex !== undefined) return { value: compileRegex(regex), inverted: false }
  if (range !== undefined) {
    const value = { rangeStart: range.number('start') ?? 0, rangeEnd: range.number('end') ?? 0 }
    range.done()
    return { value: Object.freeze(value), inverted: false }
  }
  for (const key of ['prefixMatch', 'suffixMatch', 'containsMatch'] as const)
    if (matcher.message[key] === '') throw matcher.path(key).invalid('must not be empty')
  if (exactMatch !== undefined) return { value: compileStringMatch({ exact: exactMatch }), inverted: false }
  if (prefixMatch !== undefined)
    return { value: compileStringMatch({ prefix: prefixMatch }), inverted: false }
  if (suffixMatch !== undefined)
    return { value: compileStringMatch({ suffix: suffixMatch }), inverted: false }
  if (containsMatch !== undefined)
    return { value: compileStringMatch({ contains: containsMatch }), inverted: false }
  // `present_match: false` asks for absence.
  return { value: undefined, inverted: presentMatch === false }
}

const MAX_PARAMETER_NAME = 1024

function compileQueryMatch(matcher: MessageReader<QueryParameterMatcher>): QueryParameterMatch {
  const name = matcher.requiredText('name')
  if (Buffer.byteLength(name) > MAX_PARAMETER_NAME)
    throw matcher.path('name').invalid(`longer than ${MAX_PARAMETER_NAME} bytes`)
  const string = matcher.nested('stringMatch', 'StringMatcher')
  matcher.skip('presentMatch')
  matcher.done()
  return Object.freeze({
    name,
    value: string === undefined ? undefined : compileStringMatcher(string),
    ...(matcher.message.presentMatch === false ? { isAbsent: true } : {}),
  })
}

const DENOMINATORS: Readonly<Record<string, number>> = {
  HUNDRED: 100,
  TEN_THOUSAND: 10_000,
  MILLION: 1_000_000,
}

/** `RuntimeFractionalPercent` -> a share in [0, 1]; the runtime key is not looked up, there is no runtime. */
export function compileFraction(
  fraction: MessageReader<RuntimeFractionalPercent> | undefined,
): number | undefined {
  if (fraction === undefined) return undefined
  const percent = fraction.nested('defaultValue', 'FractionalPercent')
  if (percent === undefined) throw fraction.path('defaultValue').invalid('is required')
  const numerator = percent.number('numerator') ?? 0
  const share =
    numerator / meaningOf(DENOMINATORS, percent.take('denominator') ?? 'HUNDRED', percent.path('denominator'))
  percent.done()
  fraction.done()
  return share >= 1 ? undefined : share
}
