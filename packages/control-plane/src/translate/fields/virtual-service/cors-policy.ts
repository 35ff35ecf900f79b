import type { CorsPolicy } from '@batten/api'
import { parseDurationMs } from '@batten/core'
import type { HttpCorsPolicy, StringMatcher } from '@batten/xds'
import { stringMatchToMatcher } from './string-match.ts'

/**
 * `corsPolicy` -> configuration of the CORS filter for one route.
 *
 * @translates VirtualService spec.http[].corsPolicy.allowOrigins -> CorsPolicy.allow_origin_string_match
 * @translates VirtualService spec.http[].corsPolicy.allowOrigin -> CorsPolicy.allow_origin_string_match
 * @translates VirtualService spec.http[].corsPolicy.allowMethods -> CorsPolicy.allow_methods
 * @translates VirtualService spec.http[].corsPolicy.allowHeaders -> CorsPolicy.allow_headers
 * @translates VirtualService spec.http[].corsPolicy.exposeHeaders -> CorsPolicy.expose_headers
 * @translates VirtualService spec.http[].corsPolicy.maxAge -> CorsPolicy.max_age
 * @translates VirtualService spec.http[].corsPolicy.allowCredentials -> CorsPolicy.allow_credentials
 * @translates VirtualService spec.http[].corsPolicy.unmatchedPreflights -> CorsPolicy.forward_not_matching_preflights
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#CorsPolicy
 */
export function corsPolicyToHttpCors(policy: CorsPolicy | undefined): HttpCorsPolicy | undefined {
  if (policy === undefined) return undefined
  const origins: StringMatcher[] = [
    ...(policy.allowOrigins ?? []).flatMap((origin) => stringMatchToMatcher(origin) ?? []),
    ...(policy.allowOrigin ?? []).map((origin): StringMatcher => ({ exact: origin })),
  ]
  const maxAgeMs = policy.maxAge === undefined ? undefined : parseDurationMs(policy.maxAge)
  return {
    allowOriginStringMatch: origins,
    allowMethods: (policy.allowMethods ?? []).join(','),
    allowHeaders: (policy.allowHeaders ?? []).join(','),
    exposeHeaders: (policy.exposeHeaders ?? []).join(','),
    ...(maxAgeMs === undefined ? {} : { maxAge: String(Math.trunc(maxAgeMs / 1000)) }),
    ...(policy.allowCredentials == null ? {} : { allowCredentials: { value: policy.allowCredentials } }),
    forwardNotMatchingPreflights: { value: policy.unmatchedPreflights !== 'IGNORE' },
    filterEnabled: { defaultValue: { numerator: 100 } },
  }
}
