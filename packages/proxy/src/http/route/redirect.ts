import { portOf, stripPort } from '@batten/core'
import type { RequestHeaders } from '../header-map.ts'
import { rewritePath } from './rewrite.ts'
import type { RedirectAction, RouteMatch } from './route-config.ts'
import { pathOnly } from './route-match.ts'

/**
 * The `location` of a redirect.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto#config-route-v3-redirectaction
 */
export function redirectLocation(
  redirect: RedirectAction,
  match: RouteMatch,
  headers: RequestHeaders,
  isTls: boolean,
): string {
  const scheme = redirect.scheme ?? (isTls ? 'https' : 'http')
  return `${scheme}://${redirectHost(redirect, headers.authority, isTls)}${redirectPath(redirect, match, headers.path)}`
}

function redirectHost(redirect: RedirectAction, authority: string, isTls: boolean): string {
  const host = redirect.host !== undefined && redirect.host !== '' ? redirect.host : authority
  if (redirect.port !== undefined) return `${stripPort(host)}:${redirect.port}`
  // A port that was the default of the old scheme would be wrong under the new one.
  const port = portOf(host)
  const isDefault =
    redirect.scheme !== undefined &&
    redirect.host === undefined &&
    ((port === 80 && !isTls && redirect.scheme === 'https') ||
      (port === 443 && isTls && redirect.scheme === 'http'))
  return isDefault ? stripPort(host) : host
}

function redirectPath(redirect: RedirectAction, match: RouteMatch, path: string): string {
  let target = path
  if (redirect.path !== undefined) {
    // A query of the configured path replaces the one of the request.
    if (redirect.path.includes('?')) return redirect.path
    target = redirect.path + path.slice(pathOnly(path).length)
  } else target = rewritePath(redirect, match, path) ?? path
  return redirect.stripQuery ? pathOnly(target) : target
}
