import type { HttpConnectionManager } from '@batten/xds'
import type { HttpConnectionManagerConfig, Slot } from '../http/connection-manager-config.ts'
import type { HttpFilterContext } from '../http/filter.ts'
import type { RouteConfig } from '../http/route/route-config.ts'
import { compileAccessLogs } from './compile-access-log.ts'
import { compileConfigSource } from './compile-config-source.ts'
import { compileFilterConfigs, compileHttpFilters } from './compile-http-filters.ts'
import { compileRouteConfig } from './compile-route-config.ts'
import { type CompileEnvironment, filledSlot } from './environment.ts'
import type { MessageReader } from './message-reader.ts'
import type { ResourceReferences } from './resource-references.ts'

const HOUR_MS = 3_600_000

const CLIENT_CERT_MODES = {
  SANITIZE: 'sanitize',
  FORWARD_ONLY: 'forward-only',
  APPEND_FORWARD: 'append-forward',
  SANITIZE_SET: 'sanitize-set',
  ALWAYS_FORWARD_ONLY: 'always-forward-only',
} as const

const SERVER_HEADERS = {
  OVERWRITE: 'overwrite',
  APPEND_IF_ABSENT: 'append-if-absent',
  PASS_THROUGH: 'pass-through',
} as const

type Manager = MessageReader<HttpConnectionManager>

/** `HttpConnectionManager` -> {@link HttpConnectionManagerConfig}. Defaults are Envoy's. */
export function compileConnectionManager(
  manager: Manager,
  direction: HttpFilterContext['direction'],
  environment: CompileEnvironment,
  references: ResourceReferences,
): HttpConnectionManagerConfig {
  manager.choice('codecType', ['AUTO', 'HTTP1'], 'AUTO')
  const statPrefix = manager.requiredText('statPrefix')
  const http1 = compileHttp1Options(manager)
  const common = compileCommonOptions(manager)
  manager.choice(
    'pathWithEscapedSlashesAction',
    ['IMPLEMENTATION_SPECIFIC_DEFAULT', 'KEEP_UNCHANGED'],
    'IMPLEMENTATION_SPECIFIC_DEFAULT',
  )
  const config: HttpConnectionManagerConfig = {
    statPrefix,
    routes: compileRoutes(manager, environment, references),
    filters: compileHttpFilters(
      manager.each('httpFilters', 'HttpFilter'),
      { direction, statPrefix, environment, references },
      manager.path('httpFilters'),
    ),
    serverName: manager.text('serverName') || 'envoy',
    serverHeader: SERVER_HEADERS[manager.take('serverHeaderTransformation') ?? 'OVERWRITE'],
    useRemoteAddress: manager.flag('useRemoteAddress'),
    xffTrustedHops: manager.number('xffNumTrustedHops') ?? 0,
    skipXffAppend: manager.flag('skipXffAppend'),
    generateRequestId: manager.flag('generateRequestId', true),
    preserveExternalRequestId: manager.flag('preserveExternalRequestId'),
    alwaysSetRequestIdInResponse: manager.flag('alwaysSetRequestIdInResponse'),
    forwardClientCert: compileForwardClientCert(manager),
    normalizePath: manager.flag('normalizePath'),
    mergeSlashes: manager.flag('mergeSlashes'),
    stripMatchingHostPort: manager.flag('stripMatchingHostPort'),
    stripAnyHostPort: manager.flag('stripAnyHostPort'),
    via: manager.text('via'),
    accessLoggers: compileAccessLogs(manager.each('accessLog', 'AccessLog'), environment),
    upgrades: compileUpgrades(manager),
    limits: Object.freeze({
      maxRequestHeadersBytes: compileMaxHeaderBytes(manager),
      maxHeaders: common.maxHeaders,
      maxRequestsPerConnection: common.maxRequestsPerConnection,
    }),
    timeouts: Object.freeze({
      idleMs: common.idleMs,
      streamIdleMs: manager.durationMs('streamIdleTimeout') ?? 300_000,
      requestMs: manager.durationMs('requestTimeout') ?? 0,
      requestHeadersMs: manager.durationMs('requestHeadersTimeout') ?? 0,
      maxStreamDurationMs: common.maxStreamDurationMs,
      maxConnectionDurationMs: common.maxConnectionDurationMs,
      drainMs: manager.durationMs('drainTimeout') ?? 5000,
      delayedCloseMs: manager.durationMs('delayedCloseTimeout') ?? 1000,
    }),
    acceptHttp10: http1.acceptHttp10,
    allowCustomMethods: http1.allowCustomMethods,
  }
  manager.done()
  return Object.freeze(config)
}

function compileRoutes(
  manager: Manager,
  environment: CompileEnvironment,
  references: ResourceReferences,
): Slot<RouteConfig> {
  const rds = manager.nested('rds', 'Rds')
  const inline = manager.take('routeConfig')
  if (rds !== undefined) {
    const name = rds.requiredText('routeConfigName')
    const source = compileConfigSource(rds.nested('configSource', 'ConfigSource'))
    rds.done()
    const slot: Slot<RouteConfig> = { name, current: undefined }
    references.routes.push({ name, ...source, slot })
    return slot
  }
  if (inline === undefined) throw manager.at.invalid('one of rds and route_config is required')
  const { config, clusters } = compileRouteConfig(
    inline,
    {
      values: environment.headerValues,
      filterConfigs: (configs, at) => compileFilterConfigs(configs, environment, at),
    },
    manager.path('routeConfig'),
  )
  for (const cluster of clusters) references.clusters.add(cluster)
  return filledSlot(config.name, config)
}

function compileHttp1Options(manager: Manager): { acceptHttp10: boolean; allowCustomMethods: boolean } {
  const options = manager.nested('httpProtocolOptions', 'Http1ProtocolOptions')
  if (options === undefined) return { acceptHttp10: false, allowCustomMethods: false }
  const acceptHttp10 = options.flag('acceptHttp10')
  const allowCustomMethods = options.flag('allowCustomMethods')
  if (!options.flag('allowAbsoluteUrl', true))
    throw options.path('allowAbsoluteUrl').unsupported('false is not supported yet')
  options.done()
  return { acceptHttp10, allowCustomMethods }
}

function compileCommonOptions(manager: Manager) {
  const options = manager.nested('commonHttpProtocolOptions', 'HttpProtocolOptions')
  options?.choice('headersWithUnderscoresAction', ['ALLOW'], 'ALLOW')
  const common = {
    idleMs: options?.durationMs('idleTimeout') ?? HOUR_MS,
    maxHeaders: options?.number('maxHeadersCount') ?? 100,
    maxRequestsPerConnection: options?.number('maxRequestsPerConnection') ?? 0,
    maxStreamDurationMs: options?.durationMs('maxStreamDuration') ?? 0,
    maxConnectionDurationMs: options?.durationMs('maxConnectionDuration') ?? 0,
  }
  options?.done()
  return common
}

/** Envoy takes at most 8 MiB. */
function compileMaxHeaderBytes(manager: Manager): number {
  const kb = manager.number('maxRequestHeadersKb') ?? 60
  if (kb < 1 || kb > 8192) throw manager.path('maxRequestHeadersKb').invalid('must be between 1 and 8192')
  return kb * 1024
}

function compileForwardClientCert(manager: Manager): HttpConnectionManagerConfig['forwardClientCert'] {
  const mode = CLIENT_CERT_MODES[manager.take('forwardClientCertDetails') ?? 'SANITIZE']
  const details = manager.nested('setCurrentClientCertDetails', 'SetCurrentClientCertDetails')
  const result = {
    mode,
    subject: details?.flag('subject') ?? false,
    dns: details?.flag('dns') ?? false,
    uri: details?.flag('uri') ?? false,
    cert: details?.flag('cert') ?? false,
    chain: details?.flag('chain') ?? false,
  }
  details?.done()
  return Object.freeze(result)
}

function compileUpgrades(manager: Manager): ReadonlySet<string> {
  const upgrades = new Set<string>()
  for (const upgrade of manager.each('upgradeConfigs', 'UpgradeConfig')) {
    const type = upgrade.requiredText('upgradeType').toLowerCase()
    const enabled = upgrade.flag('enabled', true)
    upgrade.done()
    if (enabled) upgrades.add(type)
  }
  return upgrades
}
