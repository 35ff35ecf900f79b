import { GRPC_STATUS_NAMES } from '@batten/core/grpc-status'
import { goDuration } from '../../cel/functions/time.ts'
import type { CorsPolicy, HTTPFaultInjection } from '../../gen/types/networking/http-policy.ts'
import type { StringMatch } from '../../gen/types/networking/string-match.ts'
import type {
  HTTPDirectResponse,
  HTTPMatchRequest,
  HTTPMirrorPolicy,
  HTTPRedirect,
  HTTPRetry,
  HTTPRewrite,
  HTTPRoute,
} from '../../gen/types/networking/virtual-service.ts'
import { checkDestination, checkWeights } from './destinations.ts'
import { isDnsLabel } from './dns.ts'
import { checkGatewayNames } from './gateway-names.ts'
import { checkHeaders, headerNameProblem, isAuthority, matchHeaderNameProblem } from './headers.ts'
import { checkLabels } from './labels.ts'
import { portProblem } from './ports.ts'
import type { Path, RuleReport } from './report.ts'
import { checkDuration, checkPercent, checkRegexMatch, checkStringMatch, regexProblem } from './scalars.ts'

/** Checks one HTTP route. `isDelegate`: the VirtualService has no hosts. */
export function checkHttpRoute(route: HTTPRoute, isDelegate: boolean, path: Path, report: RuleReport): void {
  checkConflicts(route, isDelegate, path, report)
  for (const [i, match] of (route.match ?? []).entries()) checkMatch(match, [...path, 'match', i], report)
  checkHeaders(route.headers, [...path, 'headers'], report)
  checkCors(route.corsPolicy, [...path, 'corsPolicy'], report)
  checkFault(route.fault, [...path, 'fault'], report)
  checkMirrors(route, path, report)
  checkRedirect(route, [...path, 'redirect'], report)
  checkDirectResponse(route.directResponse, [...path, 'directResponse'], report)
  checkRetries(route.retries, [...path, 'retries'], report)
  checkRewrite(route.rewrite, [...path, 'rewrite'], report)
  checkAuthority(route, path, report)
  for (const [i, { headers }] of (route.route ?? []).entries())
    checkHeaders(headers, [...path, 'route', i, 'headers'], report)
  checkWeights(route.route, [...path, 'route'], report)
  checkDuration(route.timeout, [...path, 'timeout'], report)
}

function checkConflicts(route: HTTPRoute, isDelegate: boolean, path: Path, report: RuleReport): void {
  const { name = '', redirect, directResponse, delegate, fault, rewrite, mirror } = route
  const hasRoute = (route.route?.length ?? 0) > 0
  const conflict = (field: string, message: string): void =>
    report.error([...path, field], 'RULE_ROUTE', message)
  if (delegate !== undefined && !isDelegate) {
    if (redirect !== undefined) conflict('redirect', `root HTTP route ${name} must not specify redirect`)
    if (hasRoute) conflict('route', `root HTTP route ${name} must not specify route`)
    return
  }
  if (delegate !== undefined) conflict('delegate', 'delegate HTTP route cannot contain delegate')
  const answer =
    redirect !== undefined ? 'redirect' : directResponse !== undefined ? 'direct_response' : undefined
  if (answer !== undefined) {
    const field = answer === 'redirect' ? 'redirect' : 'directResponse'
    if (hasRoute) conflict(field, `HTTP route cannot contain both route and ${answer}`)
    if (fault !== undefined) conflict('fault', `HTTP route cannot contain both fault and ${answer}`)
    if (rewrite !== undefined)
      conflict('rewrite', `HTTP route rule cannot contain both rewrite and ${answer}`)
    if (redirect !== undefined && directResponse !== undefined) {
      conflict('directResponse', 'HTTP route rule cannot contain both direct_response and redirect')
    }
  } else if (!hasRoute) {
    report.error(path, 'RULE_ROUTE', 'HTTP route, redirect or direct_response is required')
  }
  if (mirror !== undefined && (route.mirrors?.length ?? 0) > 0) {
    conflict('mirror', 'HTTP route cannot contain both mirror and mirrors')
  }
}

function checkMatch(match: HTTPMatchRequest, path: Path, report: RuleReport): void {
  for (const [name, value] of Object.entries(match.headers ?? {})) {
    checkMatchHeader(name, value, [...path, 'headers', name], 'headers', report)
  }
  for (const [name, value] of Object.entries(match.withoutHeaders ?? {})) {
    // `*` is no expression there: it asks for the header to be missing.
    const compared = value.regex === '*' ? undefined : value
    checkMatchHeader(name, compared, [...path, 'withoutHeaders', name], 'withoutHeaders', report)
  }
  // Envoy takes an empty prefix for a path, and for nothing else.
  checkRegexMatch(match.uri, [...path, 'uri'], 'uri', report)
  for (const field of ['scheme', 'method', 'authority'] as const) {
    checkStringMatch(match[field], [...path, field], field, report)
  }
  for (const [name, value] of Object.entries(match.queryParams ?? {})) {
    checkStringMatch(value, [...path, 'queryParams', name], 'queryParams', report)
  }
  const { port = 0, sourceNamespace = '' } = match
  if (port !== 0) report.check([...path, 'port'], 'RULE_PORT', portProblem(port))
  checkLabels(match.sourceLabels, [...path, 'sourceLabels'], report)
  checkGatewayNames(match.gateways, [...path, 'gateways'], report)
  if (sourceNamespace !== '' && !isDnsLabel(sourceNamespace)) {
    report.error(
      [...path, 'sourceNamespace'],
      'RULE_NAMESPACE',
      `sourceNamespace match ${sourceNamespace} is invalid`,
    )
  }
}

function checkMatchHeader(
  name: string,
  value: StringMatch | undefined,
  path: Path,
  where: string,
  report: RuleReport,
): void {
  report.check(path, 'RULE_HEADER', matchHeaderNameProblem(name))
  checkStringMatch(value, path, where, report)
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', '*']

function checkCors(policy: CorsPolicy | undefined, path: Path, report: RuleReport): void {
  for (const [i, origin] of (policy?.allowOrigins ?? []).entries()) {
    const at = [...path, 'allowOrigins', i]
    if ((origin.exact ?? origin.prefix ?? origin.regex ?? '') === '') {
      report.error(at, 'RULE_CORS', "'' is not a valid match type for CORS allow origins")
    } else checkRegexMatch(origin, at, 'corsPolicy.allowOrigins', report)
  }
  for (const [i, method] of (policy?.allowMethods ?? []).entries()) {
    if (!METHODS.includes(method)) {
      report.error(
        [...path, 'allowMethods', i],
        'RULE_CORS',
        `${JSON.stringify(method)} is not a supported HTTP method`,
      )
    }
  }
  for (const field of ['allowHeaders', 'exposeHeaders'] as const) {
    for (const [i, name] of (policy?.[field] ?? []).entries()) {
      if (name !== '*') report.check([...path, field, i], 'RULE_HEADER', headerNameProblem(name))
    }
  }
  checkDuration(policy?.maxAge, [...path, 'maxAge'], report)
  const maxAge = goDuration(policy?.maxAge ?? '0s')
  if (maxAge !== undefined && maxAge % SECOND !== 0n) {
    report.error([...path, 'maxAge'], 'RULE_CORS', 'max_age duration is accurate only to seconds precision')
  }
}

const SECOND = 1_000_000_000n

function checkFault(fault: HTTPFaultInjection | undefined, path: Path, report: RuleReport): void {
  if (fault === undefined) return
  const { abort, delay } = fault
  if (abort === undefined && delay === undefined) {
    report.error(path, 'RULE_FAULT', 'HTTP fault injection must have an abort and/or a delay')
  }
  if (abort !== undefined) {
    const at = [...path, 'abort']
    checkPercent(abort.percentage, [...at, 'percentage'], report)
    if (abort.grpcStatus !== undefined) {
      if (!GRPC_STATUS_NAMES.includes(abort.grpcStatus)) {
        report.error(
          [...at, 'grpcStatus'],
          'RULE_FAULT',
          `gRPC status ${JSON.stringify(abort.grpcStatus)} is not supported. See https://github.com/grpc/grpc/blob/master/doc/statuscodes.md for a list of supported codes, for example 'NOT_FOUND'`,
        )
      }
    } else if (abort.http2Error !== undefined) {
      report.error([...at, 'http2Error'], 'RULE_FAULT', 'HTTP/2 abort fault injection not supported yet')
    } else if (abort.httpStatus !== undefined) {
      report.check([...at, 'httpStatus'], 'RULE_FAULT', statusProblem(abort.httpStatus))
    } else report.warning(at, 'RULE_FAULT', 'abort configured, but error type not set')
  }
  if (delay !== undefined) {
    const at = [...path, 'delay']
    checkPercent(delay.percentage, [...at, 'percentage'], report)
    checkDuration(delay.fixedDelay, [...at, 'fixedDelay'], report)
    if (delay.exponentialDelay !== undefined) {
      checkDuration(delay.exponentialDelay, [...at, 'exponentialDelay'], report)
      report.error([...at, 'exponentialDelay'], 'RULE_FAULT', 'exponentialDelay not supported yet')
    }
  }
}

/** 600 passes, although the sentence says otherwise: Istio's comparison has it so. */
function statusProblem(status: number): string | undefined {
  return status < 200 || status > 600 ? `HTTP status ${status} is not in range 200-599` : undefined
}

function checkMirrors(route: HTTPRoute, path: Path, report: RuleReport): void {
  for (const field of ['mirrorPercent', 'mirror_percent'] as const) {
    const value = route[field]
    if (value === undefined || value === null) continue
    if (value > 100) {
      report.error(
        [...path, field],
        'RULE_PERCENT',
        `mirror_percent must have a max value of 100 (it has ${value})`,
      )
    }
    report.warning(
      [...path, field],
      'RULE_DEPRECATED',
      'using deprecated setting "mirrorPercent", use "mirrorPercentage" instead',
    )
  }
  checkMirrorShare(
    route.mirrorPercentage?.value,
    [...path, 'mirrorPercentage', 'value'],
    'mirror_percentage',
    report,
  )
  checkDestination(route.mirror, [...path, 'mirror'], report)
  for (const [i, mirror] of (route.mirrors ?? []).entries())
    checkMirror(mirror, [...path, 'mirrors', i], report)
}

function checkMirror(mirror: HTTPMirrorPolicy, path: Path, report: RuleReport): void {
  if ((mirror.destination as HTTPMirrorPolicy['destination'] | undefined) === undefined) {
    report.error([...path, 'destination'], 'RULE_MIRROR', 'destination is required for mirrors')
    return
  }
  checkDestination(mirror.destination, [...path, 'destination'], report)
  checkMirrorShare(mirror.percentage?.value, [...path, 'percentage', 'value'], 'mirror percentage', report)
}

function checkMirrorShare(value: number | undefined, path: Path, what: string, report: RuleReport): void {
  if (value === undefined) return
  if (value > 100)
    report.error(path, 'RULE_PERCENT', `${what} must have a max value of 100 (it has ${value})`)
  if (value < 0) report.error(path, 'RULE_PERCENT', `${what} must have a min value of 0 (it has ${value})`)
}

function checkRedirect(route: HTTPRoute, path: Path, report: RuleReport): void {
  const redirect = route.redirect
  if (redirect === undefined) return
  const problem = redirectProblem(redirect)
  if (problem !== undefined) report.error(path, 'RULE_REDIRECT', problem)
  if ((redirect.prefixRewrite ?? '') === '') return
  if ((redirect.uri ?? '') !== '') {
    report.error(
      [...path, 'prefixRewrite'],
      'RULE_REDIRECT',
      'redirect may only contain one of uri or prefixRewrite',
    )
  }
  const prefixes = (route.match ?? []).filter((match) => match.uri?.prefix !== undefined)
  if (prefixes.length === 0 || prefixes.length < (route.match?.length ?? 0)) {
    report.error(
      [...path, 'prefixRewrite'],
      'RULE_REDIRECT',
      'redirect with prefixRewrite requires every match to have a prefix uri match',
    )
  }
}

/** One thing at a time, as the webhook says it. */
function redirectProblem(redirect: HTTPRedirect): string | undefined {
  const {
    uri = '',
    authority = '',
    scheme = '',
    prefixRewrite = '',
    redirectCode = 0,
    port,
    derivePort,
  } = redirect
  if (
    uri === '' &&
    authority === '' &&
    prefixRewrite === '' &&
    scheme === '' &&
    port === undefined &&
    derivePort === undefined
  ) {
    return 'redirect must specify URI, authority, scheme, or port'
  }
  if (redirectCode !== 0 && (redirectCode < 300 || redirectCode > 399)) {
    return `${redirectCode} is not a valid redirect code, must be 3xx`
  }
  if (scheme !== '' && scheme !== 'http' && scheme !== 'https')
    return 'invalid redirect scheme, must be "http" or "https"'
  return port !== undefined && port > 0 ? portProblem(port) : undefined
}

const KIB = 1024

function checkDirectResponse(response: HTTPDirectResponse | undefined, path: Path, report: RuleReport): void {
  if (response === undefined) return
  const { body, status } = response
  const size =
    body?.string !== undefined
      ? new TextEncoder().encode(body.string).length
      : body?.bytes !== undefined
        ? Math.floor((body.bytes.length * 3) / 4) - (/=*$/.exec(body.bytes)?.[0].length ?? 0)
        : 0
  if (size > 1024 * KIB) {
    report.error(
      [...path, 'body'],
      'RULE_DIRECT_RESPONSE',
      'large direct_responses may impact control plane performance, must be less than 1MB',
    )
  } else if (size > 100 * KIB) {
    report.warning(
      [...path, 'body'],
      'RULE_DIRECT_RESPONSE',
      'large direct_responses may impact control plane performance',
    )
  }
  report.check([...path, 'status'], 'RULE_DIRECT_RESPONSE', statusProblem(status ?? 0))
}

const RETRY_ON = new Set([
  '5xx',
  'gateway-error',
  'reset',
  'reset-before-request',
  'connect-failure',
  'retriable-4xx',
  'refused-stream',
  'retriable-status-codes',
  'retriable-headers',
  'envoy-ratelimited',
  'http3-post-connect-failure',
  'cancelled',
  'deadline-exceeded',
  'internal',
  'resource-exhausted',
  'unavailable',
])

/** Statuses that Go's `http.StatusText` has a text for. */
const STATUSES = new Set([
  100, 101, 102, 103, 200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300, 301, 302, 303, 304, 305, 307,
  308, 400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418, 421,
  422, 423, 424, 425, 426, 428, 429, 431, 451, 500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511,
])

/** Checks a retry policy. */
export function checkRetries(retries: HTTPRetry | undefined, path: Path, report: RuleReport): void {
  if (retries === undefined) return
  const { attempts = 0, perTryTimeout, retryOn = '', retryRemoteLocalities, backoff } = retries
  if (attempts < 0) report.error([...path, 'attempts'], 'RULE_RETRY', 'attempts cannot be negative')
  if (
    attempts === 0 &&
    (perTryTimeout !== undefined || retryOn !== '' || (retryRemoteLocalities ?? undefined) !== undefined)
  ) {
    report.error(
      path,
      'RULE_RETRY',
      'http retry policy configured when attempts are set to 0 (disabled)',
      'set attempts',
    )
  }
  checkDuration(perTryTimeout, [...path, 'perTryTimeout'], report)
  checkDuration(backoff, [...path, 'backoff'], report)
  if (retryOn === '') return
  for (const policy of retryOn.split(',')) {
    const status = /^[+-]?\d+$/.test(policy) ? Number(policy) : 0
    if (!STATUSES.has(status) && !RETRY_ON.has(policy)) {
      report.error(
        [...path, 'retryOn'],
        'RULE_RETRY',
        `${JSON.stringify(policy)} is not a valid retryOn policy`,
      )
    }
  }
}

function checkRewrite(rewrite: HTTPRewrite | undefined, path: Path, report: RuleReport): void {
  if (rewrite === undefined) return
  const { uri = '', authority = '', uriRegexRewrite } = rewrite
  if (uri !== '' && uriRegexRewrite !== undefined) {
    report.error(path, 'RULE_REWRITE', 'rewrite may only contain one of URI or UriRegexRewrite')
  } else if (uri === '' && authority === '' && uriRegexRewrite === undefined) {
    report.error(
      path,
      'RULE_REWRITE',
      'rewrite must specify at least one of URI, UriRegexRewrite, or authority. Only one of URI or UriRegexRewrite may be specified',
    )
  } else if (uriRegexRewrite !== undefined) {
    const at = [...path, 'uriRegexRewrite']
    const { match = '', rewrite: replacement = '' } = uriRegexRewrite
    if (match === '' || replacement === '') {
      report.error(
        at,
        'RULE_REWRITE',
        'UriRegexRewrite requires both Rewrite and Match fields to be specified',
      )
    } else
      report.check([...at, 'match'], 'RULE_REGEX', regexProblem(match, 'HTTPRewrite.UriRegexRewrite.Match'))
  }
}

/** The host of the request may be written in one place only. */
function checkAuthority(route: HTTPRoute, path: Path, report: RuleReport): void {
  let current = route.rewrite?.authority ?? ''
  for (const verb of ['set', 'add'] as const) {
    for (const [name, value] of Object.entries(route.headers?.request?.[verb] ?? {})) {
      if (!isAuthority(name)) continue
      if (current !== '') {
        report.error(
          [...path, 'headers', 'request', verb, name],
          'RULE_HEADER',
          `authority header cannot be set multiple times: have ${JSON.stringify(current)}, attempting to set ${JSON.stringify(value)}`,
        )
        return
      }
      current = value
    }
  }
}
