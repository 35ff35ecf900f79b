import { anyName, codec, type Listener, type RouteConfiguration } from '@batten/xds'

const MANAGER = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager' as const

/** The route configurations that stand in the connection managers of a listener, not in RDS. */
export function inlineRoutes(listener: Listener): RouteConfiguration[] {
  const routes: RouteConfiguration[] = []
  const chains = [...(listener.filterChains ?? []), listener.defaultFilterChain]
  for (const chain of chains)
    for (const { typedConfig } of chain?.filters ?? []) {
      if (typedConfig === undefined || anyName(typedConfig) !== MANAGER) continue
      const { routeConfig } = codec(MANAGER).decode(typedConfig.value ?? new Uint8Array(0))
      if (routeConfig !== undefined) routes.push(routeConfig)
    }
  return routes
}
