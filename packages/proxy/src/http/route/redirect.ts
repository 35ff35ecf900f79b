import type { RequestHeaders } from '../header-map.ts'
import type { RedirectAction } from './route-config.ts'

/** What a redirect says about the new location, its rewrite of the path aside. */
export type RedirectTarget = Pick<RedirectAction, 'scheme' | 'host' | 'port' | 'path' | 'stripQuery'>

/** The same location as before: what a direct response of status 201 or 3xx names. */
export const SAME_LOCATION: RedirectTarget = Object.freeze({
  scheme: undefined,
  host: undefined,
  port: undefined,
  path: undefined,
  stripQuery: false,
})

/**
 * The `location` of a redirect. The path of the request is the rewritten one already.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto#config-route-v3-redirectaction
 */
export function redirectLocation(redirect: RedirectTarget, headers: RequestHeaders): string {
  const scheme = redirect.scheme ?? headers.scheme
  const port = redirect.port === undefined ? '' : `:${redirect.port}`
  // As Envoy: a host of the configuration is taken as it stands, with its port if it has one.
  const host = redirect.host === undefined ? hostOfRequest(headers, scheme, port !== '') : redirect.host
  return `${scheme}://${host}${port}${redirectPath(redirect, headers.path)}`
}

/** The host of a request without a port that is replaced, or that was the default of the scheme it leaves. */
function hostOfRequest(headers: RequestHeaders, scheme: string, isPortReplaced: boolean): string {
  const { authority } = headers
  const colon = authority.startsWith('[') ? authority.lastIndexOf(']:') + 1 : authority.lastIndexOf(':')
  if (colon <= 0) return authority
  if (isPortReplaced) return authority.slice(0, colon)
  const before = headers.get('x-forwarded-proto')?.toLowerCase()
  if (before === scheme) return authority
  const port = authority.slice(colon)
  const isDefault = (before === 'https' && port === ':443') || (before === 'http' && port === ':80')
  return isDefault ? authority.slice(0, colon) : authority
}

function redirectPath(redirect: RedirectTarget, path: string): string {
  let target = path
  if (redirect.path !== undefined) {
    // A query of the configured path replaces the one of the request.
    if (redirect.path.includes('?')) return redirect.path
    const query = path.indexOf('?')
    target = query < 0 ? redirect.path : redirect.path + path.slice(query)
  }
  const query = redirect.stripQuery ? target.indexOf('?') : -1
  return query < 0 ? target : target.slice(0, query)
}
