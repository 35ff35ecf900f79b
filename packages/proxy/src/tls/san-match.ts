import type { StringMatcher } from '@batten/core'
import type { SubjectAltNames } from './subject-alt-names.ts'

/** A condition on the names of a peer's certificate. */
export interface SanMatcher {
  /** Which names are looked at; `any` is all four kinds. */
  readonly type: 'uri' | 'dns' | 'email' | 'ip' | 'any'
  readonly matcher: StringMatcher
  /** The name of an exact matcher: DNS names of a certificate may be wildcards for it. */
  readonly exact?: string
}

/**
 * Whether a peer may be talked to: any one of the matchers matches any one of the names of its kind. No matcher at all
 * accepts everybody whose chain is good.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/api-v3/extensions/transport_sockets/tls/v3/common.proto#extensions-transport-sockets-tls-v3-certificatevalidationcontext
 */
export function acceptsPeer(matchers: readonly SanMatcher[], names: SubjectAltNames): boolean {
  return matchers.length === 0 || matchers.some((matcher) => matchesNames(matcher, names))
}

function matchesNames({ type, matcher, exact }: SanMatcher, names: SubjectAltNames): boolean {
  const isMatch = (name: string) => matcher.matches(name)
  const isAny = type === 'any'
  return (
    ((isAny || type === 'uri') && names.uris.some(isMatch)) ||
    ((isAny || type === 'dns') &&
      names.dns.some(exact === undefined ? isMatch : (dns) => isHostOf(exact, dns))) ||
    ((isAny || type === 'email') && names.emails.some(isMatch)) ||
    ((isAny || type === 'ip') && names.ips.some(isMatch))
  )
}

/** Whether the DNS name of a certificate is that of a host: without regard to case, and `*` for one label (RFC 6125). */
export function isHostOf(host: string, dns: string): boolean {
  const wanted = host.toLowerCase()
  const pattern = dns.toLowerCase()
  if (wanted === pattern) return true
  const dot = pattern.indexOf('.')
  const hostDot = wanted.indexOf('.')
  if (dot < 0 || hostDot < 1 || pattern.slice(dot) !== wanted.slice(hostDot)) return false
  const label = wanted.slice(0, hostDot)
  const [before = '', after, ...more] = pattern.slice(0, dot).split('*')
  if (after === undefined || more.length > 0 || label.startsWith('xn--')) return false
  return label.length >= before.length + after.length && label.startsWith(before) && label.endsWith(after)
}
