import type { StringMatcher } from '@batten/core'
import type { SubjectAltNames } from './subject-alt-names.ts'

/**
 * Whether a peer may be talked to: any one of the matchers matches any one of its URI or DNS names. No matcher at all
 * accepts everybody whose chain is good.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/api-v3/extensions/transport_sockets/tls/v3/common.proto#extensions-transport-sockets-tls-v3-certificatevalidationcontext
 */
export function acceptsPeer(matchers: readonly StringMatcher[], names: SubjectAltNames): boolean {
  if (matchers.length === 0) return true
  for (const matcher of matchers) {
    for (const uri of names.uris) if (matcher.matches(uri)) return true
    for (const dns of names.dns) if (matcher.matches(dns)) return true
  }
  return false
}
