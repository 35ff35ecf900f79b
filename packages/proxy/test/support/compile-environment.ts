import { MetricRegistry, silentLogger, systemClock } from '@batten/core'
import { type CompileEnvironment, HttpFilterRegistry } from '../../src/config/environment.ts'
import type { HttpConnectionManagerConfig } from '../../src/http/connection-manager-config.ts'
import { defineHttpFilter, type HttpFilterDefinition } from '../../src/http/filter.ts'
import type { TcpProxyConfig } from '../../src/listener/listener-config.ts'
import type { NetworkFilterFactory } from '../../src/network/filter.ts'

/** A network filter that is nothing but its configuration. */
export interface RecordedFilter extends NetworkFilterFactory {
  readonly config: HttpConnectionManagerConfig | TcpProxyConfig
  closed: number
}

/** Stands for the router: ends the chain, does nothing. */
export const terminalFilter = defineHttpFilter({
  name: 'envoy.filters.http.router',
  typeUrls: ['type.googleapis.com/envoy.extensions.filters.http.router.v3.Router'],
  terminal: true,
  compile: () => ({ name: 'envoy.filters.http.router', phases: new Set(), create: () => ({}) }),
})

/** An in-house filter with a JSON configuration: `{ "header": string }`; another type of `header` is refused. */
export const tagFilter: HttpFilterDefinition<{ header?: unknown }, { header?: unknown }> = defineHttpFilter({
  name: 'test.tag',
  typeUrls: ['type.googleapis.com/test.Tag'],
  routeTypeUrls: ['type.googleapis.com/test.Tag'],
  compile(config: { header?: unknown }) {
    if (typeof config.header !== 'string') throw new TypeError('header must be a string')
    const factory = {
      name: `tag ${config.header}`,
      phases: new Set<never>(),
      create: () => ({}),
      closed: 0,
      close,
    }
    function close() {
      factory.closed++
    }
    return factory
  },
  compileRouteConfig: (config: { header?: unknown }) => config.header,
})

/** An environment that records what is created, also into `created`. */
export function recordingEnvironment(
  created: RecordedFilter[] = [],
  definitions: readonly HttpFilterDefinition<never, never>[] = [terminalFilter, tagFilter],
): CompileEnvironment {
  const record = (name: string, config: RecordedFilter['config']): RecordedFilter => {
    const filter: RecordedFilter = {
      name,
      terminal: true,
      config,
      closed: 0,
      onConnection() {
        throw new Error('no connections in this test')
      },
      close() {
        filter.closed++
      },
    }
    created.push(filter)
    return filter
  }
  return {
    httpFilters: new HttpFilterRegistry(definitions as readonly HttpFilterDefinition[]),
    filterContext: (direction, statPrefix, filterName) => ({
      direction,
      statPrefix,
      filterName,
      metrics: new MetricRegistry(),
      log: silentLogger,
      clock: systemClock,
      random: () => 0.5,
      callout: () => ({ cancel() {} }),
      node: { id: 'test', cluster: 'test', metadata: {} },
    }),
    createConnectionManager: (config) => record('envoy.filters.network.http_connection_manager', config),
    createTcpProxy: (config) => record('envoy.filters.network.tcp_proxy', config),
    createAccessLogger: (config) => ({ log() {}, flush: async () => {}, ...config }),
    headerValues: (text) => text,
  }
}
