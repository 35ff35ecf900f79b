import { Header } from '../known-headers.ts'
import { applyMutations } from '../route/header-mutation.ts'
import { rewriteAuthority, rewritePath } from '../route/rewrite.ts'
import type { Route, RouteAction } from '../route/route-config.ts'
import type { ActiveStream } from '../stream.ts'

/** What weighted cluster, route, virtual host and route configuration change about a request before it goes on. */
export function finalizeRequest(
  stream: ActiveStream,
  route: Route,
  action: RouteAction,
  addsEnvoyHeaders: boolean,
): void {
  const headers = stream.requestHeaders
  const weighted = stream.weightedCluster
  if (weighted?.mutations !== undefined) applyMutations(weighted.mutations.request, headers, stream)
  // As Envoy: the host of a weighted cluster replaces that of the request without a trace.
  if (weighted?.hostRewrite !== undefined) headers.authority = weighted.hostRewrite
  if (route.mutations !== undefined) applyMutations(route.mutations.request, headers, stream)
  const inherited = route.virtualHost.mutations
  if (inherited !== undefined) applyMutations(inherited.request, headers, stream)
  const general = stream.owner.config.routes.current?.mutations
  if (general !== undefined) applyMutations(general.request, headers, stream)
  const authority = rewriteAuthority(action, headers)
  if (authority !== undefined) {
    if (addsEnvoyHeaders) headers.setId(Header.envoyOriginalHost, headers.authority)
    headers.authority = authority
  }
  const path = rewritePath(action, route.match, headers.path)
  if (path === undefined) return
  if (addsEnvoyHeaders) headers.setId(Header.envoyOriginalPath, headers.path)
  headers.path = path
}
