import type { Destination, HTTPMatchRequest, HTTPRoute } from '@batten/api'
import {
  type Any,
  HTTP_FILTERS,
  jsonToStruct,
  METADATA_KEYS,
  packAny,
  type Route,
  type RouteAction,
  type RouteAction_HashPolicy,
} from '@batten/xds'
import type { Reader } from '../../model/incremental.ts'
import type { MeshSnapshot } from '../../model/snapshot.ts'
import type { MeshVirtualService } from '../../model/virtual-service.ts'
import { corsPolicyToHttpCors } from '../fields/virtual-service/cors-policy.ts'
import { directResponseToAction } from '../fields/virtual-service/direct-response.ts'
import { faultToHttpFault } from '../fields/virtual-service/fault.ts'
import { headersToMutations } from '../fields/virtual-service/headers.ts'
import { isCatchAll, matchToRouteMatch } from '../fields/virtual-service/match.ts'
import { matchesClient, type RouteClient } from '../fields/virtual-service/match-source.ts'
import { mirrorsToPolicies } from '../fields/virtual-service/mirror.ts'
import { redirectToRedirectAction } from '../fields/virtual-service/redirect.ts'
import { retriesToRetryPolicy } from '../fields/virtual-service/retries.ts'
import { rewriteToRouteAction } from '../fields/virtual-service/rewrite.ts'
import { routeToTarget } from '../fields/virtual-service/route.ts'
import { timeoutToDuration } from '../fields/virtual-service/timeout.ts'
import type { ProxyFeature } from '../proxy-features.ts'
import { guarded } from '../resource-encoder.ts'

/** What the routes of a VirtualService depend on besides it. */
export interface RouteContext {
  readonly client: RouteClient
  readonly defaultRetryAttempts: number
  /** `reviews.default.svc.cluster.local:9080`, for names of operations in traces. */
  readonly operationHost: string
  /** Authority that the upstream sees unless a route sets another one. */
  readonly hostRewrite?: string | undefined
  clusterOf(destination: Destination): string
  hashPolicyOf(destination: Destination): RouteAction_HashPolicy | undefined
  /** Whether the proxy can do it; when it cannot, that is told about this field of this object. */
  hasFeature(feature: ProxyFeature, object: string, path: string): boolean
}

/**
 * The routes of a VirtualService for one client, in its order. Routes after one that takes everything are left out.
 *
 * @param only - index of the one HTTP route to translate; all of them without it
 * @translates VirtualService spec.http[].name -> Route.name
 * @translates VirtualService spec.http[].match[].name -> Route.name
 * @translates VirtualService spec.http[].match[].statPrefix -> Route.stat_prefix
 */
export function virtualServiceToRoutes(
  virtualService: MeshVirtualService,
  context: RouteContext,
  only?: number,
): Route[] {
  const routes: Route[] = []
  for (const [index, http] of (virtualService.spec.http ?? []).entries()) {
    if (only !== undefined && index !== only) continue
    const matches: readonly (HTTPMatchRequest | undefined)[] =
      http.match === undefined || http.match.length === 0 ? [undefined] : http.match
    for (const match of matches) {
      if (!matchesClient(match, virtualService.namespace, context.client)) continue
      routes.push(toRoute(virtualService, index, http, match, context))
      if (isCatchAll(match)) return routes
    }
  }
  return routes
}

/** {@link virtualServiceToRoutes}; a VirtualService that cannot be translated is told, and answers 500. */
export function guardedRoutes(
  read: Reader<MeshSnapshot>,
  virtualService: MeshVirtualService,
  context: RouteContext,
  only?: number,
): Route[] {
  const { namespace, name, key } = virtualService
  const routes = guarded(
    read,
    `routes of VirtualService ${namespace}/${name}`,
    () => virtualServiceToRoutes(virtualService, context, only),
    { object: key, path: only === undefined ? 'spec.http' : `spec.http[${only}]` },
  )
  return routes ?? [{ match: { prefix: '/' }, directResponse: { status: 500 } }]
}

/** The route that leads to a service without any VirtualService. */
export function defaultRoute(cluster: string, context: RouteContext): Route {
  const retryPolicy = retriesToRetryPolicy(undefined, { defaultAttempts: context.defaultRetryAttempts })
  return {
    name: 'default',
    match: { prefix: '/' },
    route: {
      cluster,
      timeout: timeoutToDuration(undefined),
      ...(retryPolicy === undefined ? {} : { retryPolicy }),
      ...(context.hostRewrite === undefined ? {} : { hostRewriteLiteral: context.hostRewrite }),
    },
    decorator: { operation: `${context.operationHost}/*` },
  }
}

function toRoute(
  virtualService: MeshVirtualService,
  index: number,
  http: HTTPRoute,
  match: HTTPMatchRequest | undefined,
  context: RouteContext,
): Route {
  const { hostRewriteLiteral, ...mutations } = headersToMutations(http.headers)
  const route: Route = {
    ...routeName(http, match),
    match: matchToRouteMatch(match),
    metadata: {
      filterMetadata: { [METADATA_KEYS.istio]: jsonToStruct({ config: configPath(virtualService) }) },
    },
    ...mutations,
  }
  if (match?.statPrefix !== undefined && match.statPrefix !== '') route.statPrefix = match.statPrefix
  const filterConfigs = perFilterConfigs(http)
  if (Object.keys(filterConfigs).length > 0) route.typedPerFilterConfig = filterConfigs
  if (http.redirect !== undefined) {
    route.redirect = redirectToRedirectAction(http.redirect, context.client.port)
    return route
  }
  if (http.directResponse !== undefined) {
    route.directResponse = directResponseToAction(http.directResponse)
    return route
  }
  const destinations = http.route ?? []
  if (destinations.length === 0) {
    // Nowhere to go: what the API server accepts and Istio's webhook does not.
    route.directResponse = { status: 500 }
    return route
  }
  const wantsPriority = http.retries?.retryRemoteLocalities === true
  const canPrioritize =
    !wantsPriority ||
    context.hasFeature(
      'retry-priority',
      virtualService.key,
      `spec.http[${index}].retries.retryRemoteLocalities`,
    )
  route.route = routeAction(http, hostRewriteLiteral, context, canPrioritize)
  const mirrors = mirrorsToPolicies(http, (destination) => context.clusterOf(destination))
  if (mirrors.length > 0 && context.hasFeature('mirror', virtualService.key, mirrorPath(http, index)))
    route.route.requestMirrorPolicies = mirrors
  route.decorator = { operation: operationOf(virtualService, http, match, context) }
  return route
}

function routeAction(
  http: HTTPRoute,
  hostFromHeaders: string | undefined,
  context: RouteContext,
  canPrioritize: boolean,
): RouteAction {
  const destinations = http.route ?? []
  const action: RouteAction = {
    ...routeToTarget(destinations, (destination) => context.clusterOf(destination)),
    timeout: timeoutToDuration(http.timeout),
    ...(context.hostRewrite === undefined ? {} : { hostRewriteLiteral: context.hostRewrite }),
    ...(hostFromHeaders === undefined ? {} : { hostRewriteLiteral: hostFromHeaders }),
    ...rewriteToRouteAction(http.rewrite),
  }
  const retryPolicy = retriesToRetryPolicy(http.retries, {
    defaultAttempts: context.defaultRetryAttempts,
    canPrioritize,
  })
  if (retryPolicy !== undefined) action.retryPolicy = retryPolicy
  const hashPolicy = destinations.flatMap(({ destination }) => context.hashPolicyOf(destination) ?? [])
  if (hashPolicy.length > 0) action.hashPolicy = [hashPolicy[0]!]
  return action
}

function mirrorPath(http: HTTPRoute, index: number): string {
  return `spec.http[${index}].${http.mirror === undefined ? 'mirrors' : 'mirror'}`
}

/**
 * Configuration of filters for this route. A node without the filter refuses the route by name, which is better than a
 * fault or a policy that silently does nothing.
 */
function perFilterConfigs(http: HTTPRoute): Record<string, Any> {
  const configs: Record<string, Any> = {}
  const fault = faultToHttpFault(http.fault)
  if (fault !== undefined)
    configs[HTTP_FILTERS.fault] = packAny('envoy.extensions.filters.http.fault.v3.HTTPFault', fault)
  const cors = corsPolicyToHttpCors(http.corsPolicy)
  if (cors !== undefined)
    configs[HTTP_FILTERS.cors] = packAny('envoy.extensions.filters.http.cors.v3.CorsPolicy', cors)
  return configs
}

function routeName(http: HTTPRoute, match: HTTPMatchRequest | undefined): Pick<Route, 'name'> {
  const names = [http.name, match?.name].filter((name) => name !== undefined && name !== '')
  return names.length === 0 ? {} : { name: names.join('.') }
}

function configPath({ namespace, name }: MeshVirtualService): string {
  return `/apis/networking.istio.io/v1/namespaces/${namespace}/virtual-service/${name}`
}

/** What the request is called in traces: its only destination, or the VirtualService that splits it, and the path. */
function operationOf(
  virtualService: MeshVirtualService,
  http: HTTPRoute,
  match: HTTPMatchRequest | undefined,
  context: RouteContext,
): string {
  const uri = match?.uri
  const path = uri?.exact ?? (uri?.prefix !== undefined ? `${uri.prefix}*` : (uri?.regex ?? '/*'))
  const destinations = http.route ?? []
  if (destinations.length !== 1) return `${virtualService.name}:${context.client.port}${path}`
  const cluster = context.clusterOf(destinations[0]!.destination).split('|')
  return `${cluster[3]}:${cluster[1]}${path}`
}
