import type { HTTPRedirect } from '@batten/api'
import type { RedirectAction } from '@batten/xds'

const CODES: Readonly<Record<number, NonNullable<RedirectAction['responseCode']>>> = {
  301: 'MOVED_PERMANENTLY',
  302: 'FOUND',
  303: 'SEE_OTHER',
  307: 'TEMPORARY_REDIRECT',
  308: 'PERMANENT_REDIRECT',
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 }

/**
 * `redirect` -> `RedirectAction`. `derivePort` takes the port of the scheme, or the one on which the request came.
 *
 * @translates VirtualService spec.http[].redirect.uri -> RedirectAction.path_redirect
 * @translates VirtualService spec.http[].redirect.prefixRewrite -> RedirectAction.prefix_rewrite
 * @translates VirtualService spec.http[].redirect.authority -> RedirectAction.host_redirect
 * @translates VirtualService spec.http[].redirect.port -> RedirectAction.port_redirect
 * @translates VirtualService spec.http[].redirect.derivePort -> RedirectAction.port_redirect
 * @translates VirtualService spec.http[].redirect.scheme -> RedirectAction.scheme_redirect
 * @translates VirtualService spec.http[].redirect.redirectCode -> RedirectAction.response_code
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRedirect
 */
export function redirectToRedirectAction(redirect: HTTPRedirect, listenerPort: number): RedirectAction {
  const action: RedirectAction = { responseCode: CODES[redirect.redirectCode ?? 301] ?? 'MOVED_PERMANENTLY' }
  if (redirect.authority !== undefined && redirect.authority !== '') action.hostRedirect = redirect.authority
  if (redirect.prefixRewrite !== undefined && redirect.prefixRewrite !== '')
    action.prefixRewrite = redirect.prefixRewrite
  else if (redirect.uri !== undefined && redirect.uri !== '') action.pathRedirect = redirect.uri
  if (redirect.scheme !== undefined && redirect.scheme !== '') action.schemeRedirect = redirect.scheme
  const port = portOf(redirect, listenerPort)
  if (port !== undefined) action.portRedirect = port
  return action
}

function portOf(redirect: HTTPRedirect, listenerPort: number): number | undefined {
  if (redirect.port !== undefined && redirect.port !== 0) return redirect.port
  if (redirect.derivePort === 'FROM_REQUEST_PORT') return listenerPort === 0 ? undefined : listenerPort
  // Without a scheme the client's stays, and with it the port: nobody knows here which one it is.
  if (redirect.derivePort === 'FROM_PROTOCOL_DEFAULT') return DEFAULT_PORTS[redirect.scheme ?? '']
  return undefined
}
