import { messageToJson } from '@batten/xds'
import { DEFAULT_LIMITS } from '../../upstream/circuit-breaker.ts'
import type { UpstreamCluster } from '../../upstream/cluster.ts'
import type { CircuitBreakerConfig } from '../../upstream/cluster-config.ts'
import type { UpstreamHost } from '../../upstream/host.ts'
import { type AdminContext, type AdminHandler, jsonResponse } from '../handler.ts'
import { nameFilter } from '../name-filter.ts'

export const clusters: AdminHandler = {
  path: '/clusters',
  method: 'GET',
  help: 'upstream cluster status',
  parameters: {
    filter: 'Regular expression (Google re2) for filtering clusters by name',
    format: 'File format to use; One of (text, json)',
  },
  handle({ query }, context) {
    const passes = nameFilter(query.get('filter'), 'Invalid re2 regex')
    if (typeof passes !== 'function') return passes
    const list = [...context.clusters()]
      .filter((cluster) => passes(cluster.name))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
    if (query.get('format') === 'json')
      return jsonResponse({ cluster_statuses: list.map((cluster) => clusterJson(cluster, context)) })
    return { body: list.map((cluster) => clusterText(cluster, context)).join('') }
  },
}

function clusterText(cluster: UpstreamCluster, context: AdminContext): string {
  const { name, config } = cluster
  const lines = [`observability_name::${config.statName}`]
  for (const [priority, limits] of [
    ['default', config.circuitBreaker],
    ['high', config.highCircuitBreaker ?? DEFAULT_LIMITS],
  ] as const)
    lines.push(
      `${priority}_priority::max_connections::${limits.maxConnections}`,
      `${priority}_priority::max_pending_requests::${limits.maxPendingRequests}`,
      `${priority}_priority::max_requests::${limits.maxRequests}`,
      `${priority}_priority::max_retries::${limits.maxRetries}`,
    )
  lines.push(`added_via_api::${isAddedViaApi(name, context)}`)
  for (const host of cluster.hosts) lines.push(...hostLines(host).map((line) => `${host.address}::${line}`))
  return lines.map((line) => `${name}::${line}\n`).join('')
}

function hostLines(host: UpstreamHost): string[] {
  const { counts, config } = host
  return [
    `cx_active::${counts.cxActive}`,
    `cx_connect_fail::${counts.cxConnectFail}`,
    `cx_total::${counts.cxTotal}`,
    `rq_active::${host.activeRequests}`,
    `rq_error::${counts.rqError}`,
    `rq_pending_active::${host.pool?.waitingCount ?? 0}`,
    `rq_success::${counts.rqSuccess}`,
    `rq_timeout::${counts.rqTimeout}`,
    `rq_total::${counts.rqTotal}`,
    `hostname::${config.hostname}`,
    `health_flags::${healthFlags(host)}`,
    `weight::${config.weight}`,
    `region::${config.locality.region}`,
    `zone::${config.locality.zone}`,
    `sub_zone::${config.locality.subZone}`,
    `canary::${isCanary(host)}`,
    `priority::${config.priority}`,
    'success_rate::-1',
    'local_origin_success_rate::-1',
  ]
}

function healthFlags({ config }: UpstreamHost): string {
  if (config.health === 'healthy') return 'healthy'
  if (config.health === 'draining') return '/eds_status_draining'
  return config.health === 'degraded' ? '/degraded_eds_health' : '/failed_eds_health'
}

function clusterJson(cluster: UpstreamCluster, context: AdminContext): unknown {
  const { config } = cluster
  const service = config.discovery.kind === 'eds' ? config.discovery.serviceName : ''
  return {
    name: cluster.name,
    ...(isAddedViaApi(cluster.name, context) ? { added_via_api: true } : {}),
    ...(cluster.hosts.length === 0 ? {} : { host_statuses: cluster.hosts.map(hostJson) }),
    circuit_breakers: {
      thresholds: [
        limitsJson(config.circuitBreaker),
        { priority: 'HIGH', ...limitsJson(config.highCircuitBreaker ?? DEFAULT_LIMITS) },
      ],
    },
    observability_name: config.statName,
    ...(service === '' || service === cluster.name ? {} : { eds_service_name: service }),
  }
}

function hostJson(host: UpstreamHost): unknown {
  const { counts, config } = host
  const { address, weight, priority, locality, hostname } = config
  const stat = (name: string, value: number, type?: string) => ({
    ...(type === undefined ? {} : { type }),
    ...(value === 0 ? {} : { value: String(value) }),
    name,
  })
  const { region, zone, subZone } = locality
  return {
    address:
      'path' in address
        ? { pipe: { path: address.path } }
        : { socket_address: { address: address.host, port_value: address.port } },
    stats: [
      stat('cx_connect_fail', counts.cxConnectFail),
      stat('cx_total', counts.cxTotal),
      stat('rq_error', counts.rqError),
      stat('rq_success', counts.rqSuccess),
      stat('rq_timeout', counts.rqTimeout),
      stat('rq_total', counts.rqTotal),
      stat('cx_active', counts.cxActive, 'GAUGE'),
      stat('rq_active', host.activeRequests, 'GAUGE'),
      stat('rq_pending_active', host.pool?.waitingCount ?? 0, 'GAUGE'),
    ],
    health_status: { eds_health_status: config.health.toUpperCase() },
    weight,
    ...(hostname === '' ? {} : { hostname }),
    ...(priority === 0 ? {} : { priority }),
    locality: messageToJson('envoy.config.core.v3.Locality', { region, zone, subZone }, { snakeCase: true }),
  }
}

function limitsJson({ maxConnections, maxPendingRequests, maxRequests, maxRetries }: CircuitBreakerConfig) {
  return {
    max_connections: maxConnections,
    max_pending_requests: maxPendingRequests,
    max_requests: maxRequests,
    max_retries: maxRetries,
  }
}

/** What metadata of the endpoint says; only pages show it. */
function isCanary({ config }: UpstreamHost): boolean {
  const labels = config.metadata['envoy.lb'] as { readonly canary?: unknown } | undefined
  return labels?.canary === true
}

function isAddedViaApi(name: string, { config }: AdminContext): boolean {
  return !config.clusters.isStatic(name)
}
