import type { Clock, Logger } from '@batten/core'
import type { NodeExtension } from '../bootstrap/node-metadata.ts'
import { type CompileEnvironment, HttpFilterRegistry } from '../config/environment.ts'
import { createCallout } from '../http/callout.ts'
import { HttpConnectionManager } from '../http/connection-manager.ts'
import type { HttpFilterContext, HttpFilterDefinition } from '../http/filter.ts'
import { httpFilters } from '../http/filters/index.ts'
import { DEFAULT_BODY_BUFFER_BYTES, type HttpContext } from '../http/http-context.ts'
import { compileHeaderValue } from '../http/route/header-value.ts'
import type { TimerWheel } from '../http/timer-wheel.ts'
import { createTcpProxy } from '../network/filters/tcp-proxy.ts'
import type { ProxyOptions } from '../options.ts'
import type { AccessLogFiles } from '../telemetry/access-log/file.ts'
import type { StatsStore } from '../telemetry/stats.ts'
import type { ClusterManager } from '../upstream/cluster-manager.ts'
import { accessLoggers } from './access-loggers.ts'

export interface EnvironmentParts {
  readonly options: ProxyOptions
  readonly node: HttpFilterContext['node']
  readonly clusters: ClusterManager
  readonly stats: StatsStore
  readonly wheel: TimerWheel
  readonly accessLogFiles: AccessLogFiles
  readonly clock: Clock
  readonly random: () => number
  readonly log: Logger
}

/** What compiling needs of this proxy, and what this proxy tells a management server that it has. */
export function createEnvironment(parts: EnvironmentParts): {
  readonly environment: CompileEnvironment
  readonly extensions: readonly NodeExtension[]
} {
  const { options, node, clusters, stats, wheel, clock, random, log } = parts
  const definitions = [...httpFilters, ...((options.extensions ?? []) as readonly HttpFilterDefinition[])]
  const http: HttpContext = {
    clusters,
    stats,
    clock,
    wheel,
    random,
    log: log.child('http'),
    bufferLimitBytes: DEFAULT_BODY_BUFFER_BYTES,
  }
  const filterLog = log.child('filter')
  const callout = createCallout(http)
  const environment: CompileEnvironment = {
    httpFilters: new HttpFilterRegistry(definitions),
    filterContext: (direction, statPrefix, filterName) => ({
      direction,
      statPrefix,
      filterName,
      metrics: stats.registry,
      stats,
      log: filterLog,
      clock,
      random,
      callout,
      node,
    }),
    createConnectionManager: (config) => new HttpConnectionManager(config, http),
    createTcpProxy: (config) => createTcpProxy(config, { connector: clusters, stats, clock, random }),
    createAccessLogger: accessLoggers(parts.accessLogFiles, options.accessLogSink),
    headerValues: (text, at) => at.within(() => compileHeaderValue(text)),
  }
  return { environment, extensions: definitions.map(describe) }
}

function describe(definition: HttpFilterDefinition): NodeExtension {
  return {
    name: definition.name,
    category: 'envoy.filters.http',
    typeUrls: definition.typeUrls.map((typeUrl) => typeUrl.slice(typeUrl.lastIndexOf('/') + 1)),
  }
}
