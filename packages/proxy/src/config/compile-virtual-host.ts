import type { Route as RouteMessage, VirtualHost as VirtualHostMessage } from '@batten/xds'
import { inheritConfig } from '../http/route/inherited-config.ts'
import type { Route, VirtualHost } from '../http/route/route-config.ts'
import { compileHeaderMutations } from './compile-header-mutations.ts'
import { compileMetadata } from './compile-metadata.ts'
import { compileDirectResponse, compileRedirect } from './compile-redirect.ts'
import { compileRetryPolicy } from './compile-retry-policy.ts'
import { compileRouteAction } from './compile-route-action.ts'
import { compileRouteMatch } from './compile-route-match.ts'
import { meaningOf } from './header-text.ts'
import type { MessageReader } from './message-reader.ts'
import type { RouteContext } from './route-context.ts'

const REQUIRE_TLS = { NONE: 'none', EXTERNAL_ONLY: 'external-only', ALL: 'all' } as const

/** `VirtualHost` with its routes. `inherited` are the filter configs of the route configuration. */
export function compileVirtualHost(
  message: MessageReader<VirtualHostMessage>,
  context: RouteContext,
  inherited: ReadonlyMap<string, unknown>,
): VirtualHost {
  const name = message.requiredText('name')
  const domains = message.list('domains')
  if (domains.length === 0) throw message.path('domains').invalid('at least one domain is required')
  const retryPolicy = message.nested('retryPolicy', 'RetryPolicy')
  const routes: Route[] = []
  const virtualHost: VirtualHost = {
    name,
    domains,
    routes,
    requireTls: meaningOf(REQUIRE_TLS, message.take('requireTls') ?? 'NONE', message.path('requireTls')),
    includeAttemptCountInRequest: message.flag('includeRequestAttemptCount'),
    includeAttemptCountInResponse: message.flag('includeAttemptCountInResponse'),
    mutations: compileHeaderMutations(message, context.values),
    retryPolicy: retryPolicy === undefined ? undefined : compileRetryPolicy(retryPolicy),
    filterConfigs: merge(
      inherited,
      context.filterConfigs(message.take('typedPerFilterConfig'), message.path('typedPerFilterConfig')),
    ),
  }
  for (const route of message.each('routes', 'Route')) routes.push(compileRoute(route, virtualHost, context))
  message.done()
  Object.freeze(routes)
  return Object.freeze(virtualHost)
}

function compileRoute(
  message: MessageReader<RouteMessage>,
  virtualHost: VirtualHost,
  context: RouteContext,
): Route {
  const match = message.nested('match', 'RouteMatch')
  if (match === undefined) throw message.path('match').invalid('is required')
  const decorator = message.nested('decorator', 'Decorator')
  const operation = decorator?.requiredText('operation')
  decorator?.done()
  const route: Route = {
    name: message.text('name'),
    virtualHost,
    match: compileRouteMatch(match),
    action: compileAction(message, context),
    mutations: compileHeaderMutations(message, context.values),
    filterConfigs: merge(
      virtualHost.filterConfigs,
      context.filterConfigs(message.take('typedPerFilterConfig'), message.path('typedPerFilterConfig')),
    ),
    metadata: compileMetadata(message.nested('metadata', 'Metadata')),
    operation,
  }
  message.done()
  return Object.freeze(route)
}

function compileAction(message: MessageReader<RouteMessage>, context: RouteContext): Route['action'] {
  const route = message.nested('route', 'RouteAction')
  const redirect = message.nested('redirect', 'RedirectAction')
  const direct = message.nested('directResponse', 'DirectResponseAction')
  if (route !== undefined) return compileRouteAction(route, context)
  if (redirect !== undefined) return compileRedirect(redirect)
  if (direct !== undefined) return compileDirectResponse(direct, context)
  if (message.take('nonForwardingAction') !== undefined) return NON_FORWARDING
  if (message.has('filterAction')) throw message.path('filterAction').unsupported()
  throw message.at.invalid('one of route, redirect, direct_response is required')
}

const NON_FORWARDING = Object.freeze({ kind: 'non-forwarding' } as const)

/** The more specific configuration of a filter replaces the less specific one, or takes over from it, as in Envoy. */
function merge(
  general: ReadonlyMap<string, unknown>,
  specific: ReadonlyMap<string, unknown>,
): ReadonlyMap<string, unknown> {
  if (specific.size === 0) return general
  if (general.size === 0) return specific
  const merged = new Map(general)
  for (const [name, config] of specific)
    merged.set(name, general.has(name) ? inheritConfig(config, general.get(name)) : config)
  return merged
}
