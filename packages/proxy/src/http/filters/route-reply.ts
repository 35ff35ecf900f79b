import { type LocalReply, reply } from '../filter.ts'
import type { ResponseHeaderTable } from '../header-table.ts'
import { Header } from '../known-headers.ts'
import { applyMutations } from '../route/header-mutation.ts'
import { redirectLocation } from '../route/redirect.ts'
import { rewritePath } from '../route/rewrite.ts'
import type { RedirectAction, Route } from '../route/route-config.ts'
import type { ActiveStream } from '../stream.ts'

/** `require_tls` as a redirect. */
const TO_HTTPS: RedirectAction = {
  kind: 'redirect',
  status: 301,
  scheme: 'https',
  host: undefined,
  port: undefined,
  path: undefined,
  prefixRewrite: undefined,
  regexRewrite: undefined,
  stripQuery: false,
}

/** The answer of a route that does not forward; undefined when it does. */
export function replyOfRoute(route: Route, stream: ActiveStream): LocalReply | undefined {
  const { action, virtualHost } = route
  const headers = stream.requestHeaders
  const isTls = headers.getId(Header.forwardedProto) === 'https'
  // Nobody is internal: `external-only` is everybody.
  if (virtualHost.requireTls !== 'none' && !isTls) return redirect(TO_HTTPS, route, stream)
  switch (action.kind) {
    case 'route':
      return undefined
    case 'redirect':
      return redirect(action, route, stream)
    case 'direct-response': {
      stream.owner.stats.rqDirectResponse.inc()
      const location = `${isTls ? 'https' : 'http'}://${headers.authority}${headers.path}`
      // As Envoy: 201 names what was created, which it takes to be the requested URL.
      return reply(action.status, action.body, {
        details: 'direct_response',
        headers: action.status === 201 ? [['location', location]] : [],
      })
    }
    case 'non-forwarding':
      return reply(404, '', { details: 'route_not_found', flag: 'NR' })
  }
}

function redirect(action: RedirectAction, route: Route, stream: ActiveStream): LocalReply {
  stream.owner.stats.rqRedirect.inc()
  const isTls = stream.requestHeaders.getId(Header.forwardedProto) === 'https'
  const location = redirectLocation(action, route.match, stream.requestHeaders, isTls)
  // As Envoy: the access log shows the path that the redirect leads to.
  const path = rewritePath(action, route.match, stream.requestHeaders.path)
  if (path !== undefined) stream.requestHeaders.path = path
  return reply(action.status, '', { details: 'direct_response', headers: [['location', location]] })
}

/** Applies what weighted cluster, route, virtual host and route configuration change about responses. */
export function applyResponseMutations(stream: ActiveStream, headers: ResponseHeaderTable): void {
  const { route, weightedCluster } = stream
  if (route?.virtualHost.includeAttemptCountInResponse === true && stream.upstreamAttemptCount > 0)
    headers.set('x-envoy-attempt-count', String(stream.upstreamAttemptCount))
  if (weightedCluster?.mutations !== undefined)
    applyMutations(weightedCluster.mutations.response, headers, stream)
  if (route?.mutations !== undefined) applyMutations(route.mutations.response, headers, stream)
  const inherited = route?.virtualHost.mutations
  if (inherited !== undefined) applyMutations(inherited.response, headers, stream)
  const general = stream.owner.config.routes.current?.mutations
  if (general !== undefined) applyMutations(general.response, headers, stream)
}
