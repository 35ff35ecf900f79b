import { messageToJson } from '@batten/xds'
import type { UpstreamCluster } from '../../upstream/cluster.ts'
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
  for (const priority of ['default', 'high'])
    lines.push(
      `${priority}_priority::max_connections::${config.circuitBreaker.maxConnections}`,
      `${priority}_priority::max_pending_requests::${config.circuitBreaker.maxPendingRequests}`,
      `${priority}_priority::max_requests::${config.circuitBreaker.maxRequests}`,
      `${priority}_priority::max_retries::${config.circuitBreaker.maxRetries}`,
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
    `rq_success::${counts.rqSuccess}`,
    `rq_timeout::${counts.rqTimeout}`,
    `rq_total::${counts.rqTotal}`,
    `hostname::${config.hostname}`,
    `health_flags::${healthFlags(host)}`,
    `weight::${config.weight}`,
    `region::${config.locality.region}`,
    `zone::${config.locality.zone}`,
    `sub_zone::${config.locality.subZone}`,
    'canary::false',
    `priority::${config.priority}`,
    'success_rate::-1',
    'local_origin_success_rate::-1',
  ]
}

function healthFlags({ config }: UpstreamHost): string {
  if (config.health === 'healthy') return 'healthy'
  return config.health === 'degraded' ? '/degraded_eds_health' : '/failed_eds_health'
}

function clusterJson(cluster: UpstreamCluster, context: AdminContext): unknown {
  const { config } = cluster
  const { maxConnections, maxPendingRequests, maxRequests, maxRetries } = config.circuitBreaker
  const limits = {
    max_connections: maxConnections,
    max_pending_requests: maxPendingRequests,
    max_requests: maxRequests,
    max_retries: maxRetries,
  }
  const service = config.discovery.kind === 'eds' ? config.discovery.serviceName : ''
  return {
    name: cluster.name,
    ...(isAddedViaApi(cluster.name, context) ? { added_via_api: true } : {}),
    ...(cluster.hosts.length === 0 ? {} : { host_statuses: cluster.hosts.map(hostJson) }),
    circuit_breakers: { thresholds: [limits, { priority: 'HIGH', ...limits }] },
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
  const status =
    config.health === 'healthy' ? 'HEALTHY' : config.health === 'degraded' ? 'DEGRADED' : 'UNHEALTHY'
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
    ],
    health_status: { eds_health_status: status },
    weight,
    ...(hostname === '' ? {} : { hostname }),
    ...(priority === 0 ? {} : { priority }),
    locality: messageToJson('envoy.config.core.v3.Locality', { region, zone, subZone }, { snakeCase: true }),
  }
}

function isAddedViaApi(name: string, { config }: AdminContext): boolean {
  return !config.clusters.isStatic(name)
}
