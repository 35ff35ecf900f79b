import type { HttpConnectionManagerConfig, Slot } from '../http/connection-manager-config.ts'
import type { HttpFilterContext, HttpFilterDefinition, HttpFilterFactory } from '../http/filter.ts'
import type { TcpProxyConfig } from '../listener/listener-config.ts'
import type { NetworkFilterFactory } from '../network/filter.ts'
import type { AccessLogger } from '../telemetry/access-log/access-logger.ts'
import type { AccessLogConfig } from './compile-access-log.ts'
import type { CompileHeaderValue } from './route-context.ts'

/**
 * What compiling needs of the proxy that it compiles for. `server/` makes one for each proxy, so that two proxies in
 * a process share nothing, and tests make small ones.
 */
export interface CompileEnvironment {
  /** By full message name of the configuration: built-in filters and those of `createProxy({ extensions })`. */
  readonly httpFilters: HttpFilterRegistry
  filterContext(
    direction: HttpFilterContext['direction'],
    statPrefix: string,
    filterName: string,
  ): HttpFilterContext
  createConnectionManager(config: HttpConnectionManagerConfig): NetworkFilterFactory
  createTcpProxy(config: TcpProxyConfig): NetworkFilterFactory
  createAccessLogger(config: AccessLogConfig): AccessLogger
  /** Compiles a header value with command operators. */
  readonly headerValues: CompileHeaderValue
}

/** Finds HTTP filters by the type of their configuration, or of the configuration of a route. */
export class HttpFilterRegistry {
  readonly #byType = new Map<string, HttpFilterDefinition>()
  readonly #byRouteType = new Map<string, HttpFilterDefinition>()

  /** Later definitions replace earlier ones of the same type, so that in-house filters may stand in for ours. */
  constructor(definitions: Iterable<HttpFilterDefinition>) {
    for (const definition of definitions) {
      for (const typeUrl of definition.typeUrls) this.#byType.set(messageName(typeUrl), definition)
      for (const typeUrl of definition.routeTypeUrls ?? [])
        this.#byRouteType.set(messageName(typeUrl), definition)
    }
  }

  find(type: string): HttpFilterDefinition | undefined {
    return this.#byType.get(type)
  }

  findForRoute(type: string): HttpFilterDefinition | undefined {
    return this.#byRouteType.get(type)
  }

  /** Full message names of all configurations, for the node's `extensions`. */
  types(): string[] {
    return [...this.#byType.keys()]
  }
}

function messageName(typeUrl: string): string {
  return typeUrl.slice(typeUrl.lastIndexOf('/') + 1)
}

/** A slot that is filled from the start. */
export function filledSlot<T>(name: string, current: T): Slot<T> {
  return { name, current }
}

export type { HttpFilterFactory }
