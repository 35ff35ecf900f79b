import { Counter, compileStringMatch, type StringMatcher } from '@batten/core'
import {
  defineHttpFilter,
  type HttpFilter,
  type HttpFilterContext,
  type HttpFilterFactory,
  type HttpFilterPhase,
  type HttpStream,
  reply,
  type Verdict,
} from '../filter.ts'
import type { RequestHeaders, ResponseHeaders } from '../header-map.ts'
import { INHERIT, type InheritingConfig } from '../route/inherited-config.ts'
import { type FractionalPercent, shareOf } from './fraction.ts'
import { invalidField, refuseOtherFields } from './supported-fields.ts'

interface BoolMessage {
  readonly value?: boolean | undefined
}

interface StringMatcherMessage {
  readonly exact?: string | undefined
  readonly prefix?: string | undefined
  readonly suffix?: string | undefined
  readonly contains?: string | undefined
  readonly safeRegex?: { readonly regex?: string | undefined } | undefined
  readonly ignoreCase?: boolean | undefined
}

/** `envoy.extensions.filters.http.cors.v3.CorsPolicy` */
export interface CorsPolicyMessage {
  readonly allowOriginStringMatch?: readonly StringMatcherMessage[] | undefined
  readonly allowMethods?: string | undefined
  readonly allowHeaders?: string | undefined
  readonly exposeHeaders?: string | undefined
  readonly maxAge?: string | undefined
  readonly allowCredentials?: BoolMessage | undefined
  readonly filterEnabled?: { readonly defaultValue?: FractionalPercent | undefined } | undefined
  readonly allowPrivateNetworkAccess?: BoolMessage | undefined
  readonly forwardNotMatchingPreflights?: BoolMessage | undefined
}

/** A policy of one level. What it leaves open is taken from the next less specific one. */
interface CorsPolicy extends InheritingConfig<CorsPolicy> {
  readonly origins: readonly StringMatcher[]
  readonly allowMethods: string
  readonly allowHeaders: string
  readonly exposeHeaders: string
  readonly maxAge: string
  readonly allowCredentials: boolean | undefined
  readonly allowPrivateNetwork: boolean | undefined
  /** undefined: true. */
  readonly forwardNotMatchingPreflights: boolean | undefined
  /** Share of requests that the policy applies to. */
  readonly share: number
}

const PHASES: ReadonlySet<HttpFilterPhase> = new Set(['onRequestHeaders', 'onResponseHeaders'])

function compilePolicy(message: CorsPolicyMessage): CorsPolicy {
  refuseOtherFields(message, [
    'allowOriginStringMatch',
    'allowMethods',
    'allowHeaders',
    'exposeHeaders',
    'maxAge',
    'allowCredentials',
    'filterEnabled',
    'allowPrivateNetworkAccess',
    'forwardNotMatchingPreflights',
  ])
  if (message.filterEnabled !== undefined && message.filterEnabled.defaultValue === undefined)
    throw invalidField('filter_enabled.default_value', 'is required')
  return {
    origins: (message.allowOriginStringMatch ?? []).map(compileOrigin),
    allowMethods: message.allowMethods ?? '',
    allowHeaders: message.allowHeaders ?? '',
    exposeHeaders: message.exposeHeaders ?? '',
    maxAge: message.maxAge ?? '',
    allowCredentials: flagOf(message.allowCredentials),
    allowPrivateNetwork: flagOf(message.allowPrivateNetworkAccess),
    forwardNotMatchingPreflights: flagOf(message.forwardNotMatchingPreflights),
    share: message.filterEnabled === undefined ? 1 : shareOf(message.filterEnabled.defaultValue),
    [INHERIT]: inherit,
  }
}

/** An absent wrapper says nothing; one without a value says false. */
function flagOf(message: BoolMessage | undefined): boolean | undefined {
  return message === undefined ? undefined : message.value === true
}

function inherit(specific: CorsPolicy, general: CorsPolicy): CorsPolicy {
  return {
    origins: specific.origins.length > 0 ? specific.origins : general.origins,
    allowMethods: specific.allowMethods || general.allowMethods,
    allowHeaders: specific.allowHeaders || general.allowHeaders,
    exposeHeaders: specific.exposeHeaders || general.exposeHeaders,
    maxAge: specific.maxAge || general.maxAge,
    allowCredentials: specific.allowCredentials ?? general.allowCredentials,
    allowPrivateNetwork: specific.allowPrivateNetwork ?? general.allowPrivateNetwork,
    forwardNotMatchingPreflights:
      specific.forwardNotMatchingPreflights ?? general.forwardNotMatchingPreflights,
    share: specific.share,
    [INHERIT]: inherit,
  }
}

function compileOrigin(message: StringMatcherMessage, i: number): StringMatcher {
  const { exact, prefix, suffix, contains, safeRegex } = message
  const ignoreCase = message.ignoreCase === true
  const at = `allow_origin_string_match[${i}]`
  if (prefix === '' || suffix === '' || contains === '') throw invalidField(at, 'must not be empty')
  if (ignoreCase && safeRegex !== undefined) throw invalidField(at, 'ignore_case has no effect on safe_regex')
  if (exact !== undefined) return compileStringMatch({ exact, ignoreCase })
  if (prefix !== undefined) return compileStringMatch({ prefix, ignoreCase })
  if (suffix !== undefined) return compileStringMatch({ suffix, ignoreCase })
  if (contains !== undefined) return compileStringMatch({ contains, ignoreCase })
  if (safeRegex?.regex !== undefined) return compileStringMatch({ regex: safeRegex.regex })
  throw invalidField(at, 'one of exact, prefix, suffix, contains, safe_regex is required')
}

class CorsFactory implements HttpFilterFactory {
  readonly name: string
  readonly phases = PHASES
  readonly random: () => number
  readonly originValid: Counter
  readonly originInvalid: Counter

  constructor(context: HttpFilterContext) {
    this.name = context.filterName
    this.random = context.random
    const scope = context.stats?.scope('http', context.statPrefix)
    this.originValid = scope?.counter('cors.origin_valid') ?? new Counter()
    this.originInvalid = scope?.counter('cors.origin_invalid') ?? new Counter()
  }

  create(): HttpFilter {
    return new CorsFilter(this)
  }
}

class CorsFilter implements HttpFilter {
  readonly #factory: CorsFactory
  /** Set for a request whose origin the policy allows. */
  #allowed: { readonly policy: CorsPolicy; readonly origin: string } | undefined

  constructor(factory: CorsFactory) {
    this.#factory = factory
  }

  onRequestHeaders(headers: RequestHeaders, _endStream: boolean, stream: HttpStream): Verdict {
    const factory = this.#factory
    // As Envoy: what the proxy answers itself has no policy.
    const kind = stream.route?.action.kind
    if (kind === 'redirect' || kind === 'direct-response') return undefined
    const policy = stream.routeConfig(factory.name) as CorsPolicy | undefined
    if (policy === undefined || (policy.share < 1 && factory.random() >= policy.share)) return undefined
    const origin = headers.get('origin')
    if (origin === undefined || origin === '') return undefined
    const isPreflight =
      headers.method === 'OPTIONS' && (headers.get('access-control-request-method') ?? '') !== ''
    const isAllowed = policy.origins.some((rule) => rule.matches('*') || rule.matches(origin))
    const { originValid, originInvalid } = factory
    ;(isAllowed ? originValid : originInvalid).inc()
    if (isAllowed) this.#allowed = { policy, origin }
    if (!isPreflight || (!isAllowed && policy.forwardNotMatchingPreflights !== false)) return undefined
    // Without `access-control-allow-origin` a browser takes the answer for a refusal.
    const fields: [string, string][] = isAllowed ? [['access-control-allow-origin', origin]] : []
    if (policy.allowCredentials) fields.push(['access-control-allow-credentials', 'true'])
    if (policy.allowPrivateNetwork && headers.get('access-control-request-private-network') === 'true')
      fields.push(['access-control-allow-private-network', 'true'])
    if (policy.allowMethods !== '') fields.push(['access-control-allow-methods', policy.allowMethods])
    if (policy.allowHeaders !== '') fields.push(['access-control-allow-headers', policy.allowHeaders])
    if (policy.maxAge !== '') fields.push(['access-control-max-age', policy.maxAge])
    return preflight(fields)
  }

  onResponseHeaders(headers: ResponseHeaders): Verdict {
    if (this.#allowed === undefined) return undefined
    const { policy, origin } = this.#allowed
    headers.set('access-control-allow-origin', origin)
    if (policy.allowCredentials) headers.set('access-control-allow-credentials', 'true')
    if (policy.exposeHeaders !== '') headers.set('access-control-expose-headers', policy.exposeHeaders)
    return undefined
  }
}

function preflight(headers: readonly (readonly [string, string])[]) {
  return reply(200, '', { details: 'cors_response', headers, leavesOutRouteHeaders: true })
}

/**
 * Cross-origin requests of browsers, by the policy of the route.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/cors_filter
 */
export const cors = defineHttpFilter<object, CorsPolicyMessage>({
  name: 'envoy.filters.http.cors',
  typeUrls: ['type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors'],
  routeTypeUrls: ['type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy'],
  compile: (_message, context) => new CorsFactory(context),
  compileRouteConfig: compilePolicy,
})
