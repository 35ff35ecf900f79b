import { type LocalReply, reply } from '../filter.ts'
import type { ResponseHeaderTable } from '../header-table.ts'
import { Header } from '../known-headers.ts'
import { applyMutations } from '../route/header-mutation.ts'
import { redirectLocation, SAME_LOCATION } from '../route/redirect.ts'
import { rewritePath } from '../route/rewrite.ts'
import type { Route } from '../route/route-config.ts'
import { TO_HTTPS } from '../route/to-https.ts'
import type { ActiveStream } from '../stream.ts'
import { applyLevels } from './mutation-levels.ts'

/** The answer of a route that does not forward; undefined when it does. */
export function replyOfRoute(
  route: Route,
  stream: ActiveStream,
  addsEnvoyHeaders: boolean,
): LocalReply | undefined {
  const { action } = route
  const { stats } = stream.owner
  const headers = stream.requestHeaders
  switch (action.kind) {
    case 'route':
      return undefined
    case 'redirect': {
      // As Envoy: `rq_redirect` stays 0, and the access log shows the path that the redirect leads to.
      stats.rqDirectResponse.inc()
      if (route === TO_HTTPS)
        return directReply(action.status, '', `https://${headers.authority}${headers.path}`)
      const path = rewritePath(action, route.match, headers.path)
      if (path !== undefined) {
        if (addsEnvoyHeaders) headers.setId(Header.envoyOriginalPath, headers.path)
        headers.path = path
      }
      return directReply(action.status, '', redirectLocation(action, headers))
    }
    case 'direct-response': {
      stats.rqDirectResponse.inc()
      // As Envoy: 201 names what was created, which it takes to be the requested URL; so does 3xx.
      const hasLocation = action.status === 201 || (action.status >= 300 && action.status < 400)
      const location = hasLocation ? redirectLocation(SAME_LOCATION, headers) : undefined
      return directReply(action.status, action.body, location)
    }
    case 'non-forwarding':
      // As Envoy: to its router this is a route to a cluster without a name.
      stats.noCluster.inc()
      return reply(503, '', { details: 'cluster_not_found', flag: 'NC' })
  }
}

function directReply(status: number, body: string | Uint8Array, location: string | undefined): LocalReply {
  const headers = location === undefined ? [] : ([['location', location]] as const)
  return reply(status, body, { details: 'direct_response', headers })
}

/** Applies what weighted cluster, route, virtual host and route configuration change about responses. */
export function applyResponseMutations(stream: ActiveStream, headers: ResponseHeaderTable): void {
  const { route, weightedCluster } = stream
  // As Envoy: `require_tls` redirects before anything else of the configuration is looked at.
  if (route === TO_HTTPS) return
  if (weightedCluster?.mutations !== undefined)
    applyMutations(weightedCluster.mutations.response, headers, stream)
  applyLevels(stream, headers, 'response')
}
