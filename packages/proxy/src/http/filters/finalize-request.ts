import type { RequestHeaderTable } from '../header-table.ts'
import { Header } from '../known-headers.ts'
import { applyMutations } from '../route/header-mutation.ts'
import { rewriteAuthority, rewritePath } from '../route/rewrite.ts'
import type { Route, RouteAction } from '../route/route-config.ts'
import type { ActiveStream } from '../stream.ts'
import { applyLevels } from './mutation-levels.ts'

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
  applyLevels(stream, headers, 'request')
  const authority = rewriteAuthority(action, headers)
  if (authority !== undefined) replaceAuthority(authority, action, headers, addsEnvoyHeaders)
  const path = rewritePath(action, route.match, headers.path)
  if (path === undefined) return
  if (addsEnvoyHeaders) headers.setId(Header.envoyOriginalPath, headers.path)
  headers.path = path
}

/** Gives a request another host and keeps the one it had in headers. */
export function replaceAuthority(
  authority: string,
  { appendsForwardedHost }: RouteAction,
  headers: RequestHeaderTable,
  addsEnvoyHeaders: boolean,
): void {
  const before = headers.authority
  if (appendsForwardedHost === true) {
    const forwarded = headers.getAll('x-forwarded-host').join(',')
    // A host that stands last already is not repeated.
    const last = forwarded.slice(forwarded.lastIndexOf(',') + 1)
    if (last !== before)
      headers.setId(Header.forwardedHost, forwarded === '' ? before : `${forwarded},${before}`)
  }
  if (addsEnvoyHeaders) headers.setId(Header.envoyOriginalHost, before)
  headers.authority = authority
}
