import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JsonObject, JsonValue } from '@batten/xds'
import type { ResourceView } from '../../src/model/resource.ts'
import { resourcesAsJson } from './translate-case.ts'

/** Stands for `/etc/certs/`, where the cases have the certificates of a proxy. */
const CERTIFICATES = `${join(import.meta.dirname, 'certificates')}/`

/** What Envoy says about everything a node is served; empty when it accepts it all. */
export function envoyVerdict(envoy: string, view: ResourceView): string {
  const directory = mkdtempSync(join(tmpdir(), 'batten-envoy-'))
  try {
    const file = join(directory, 'envoy.json')
    writeFileSync(file, JSON.stringify(staticBootstrap(view)).replaceAll('/etc/certs/', CERTIFICATES))
    const result = spawnSync(
      envoy,
      ['--mode', 'validate', '-c', file, '--log-level', 'error', '--disable-hot-restart'],
      { encoding: 'utf8', timeout: 60_000 },
    )
    return result.status === 0 ? '' : `${result.stdout}${result.stderr}`.trim()
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/**
 * A bootstrap that holds dynamic resources as static ones: route configurations become inline ones of further
 * listeners, endpoint assignments become clusters, and extension configurations (whose modules would be started) are
 * left out.
 */
function staticBootstrap(view: ResourceView): JsonObject {
  const listeners = resourcesAsJson(view, 'LDS') as JsonObject[]
  const routes = resourcesAsJson(view, 'RDS') as JsonObject[]
  const clusters = resourcesAsJson(view, 'CDS') as JsonObject[]
  const endpoints = resourcesAsJson(view, 'EDS') as JsonObject[]
  const names = new Set(clusters.map(({ name }) => name))
  for (const name of ['sds-grpc', 'xds-grpc']) if (!names.has(name)) clusters.push(grpcCluster(name))
  return {
    node: { id: 'sidecar~10.0.0.1~test.default~default.svc.cluster.local', cluster: 'test' },
    dynamic_resources: {
      ads_config: {
        api_type: 'DELTA_GRPC',
        transport_api_version: 'V3',
        grpc_services: [{ envoy_grpc: { cluster_name: 'xds-grpc' } }],
      },
    },
    static_resources: {
      listeners: [...listeners, ...routes.map(routeListener)],
      clusters: [...clusters, ...endpoints.map(endpointCluster)],
      secrets: resourcesAsJson(view, 'SDS'),
    },
  }
}

function grpcCluster(name: string): JsonObject {
  return { name, type: 'STATIC', connect_timeout: '1s', load_assignment: { cluster_name: name } }
}

function endpointCluster(assignment: JsonObject, i: number): JsonObject {
  const name = `assignment-${i}`
  return {
    name,
    type: 'STATIC',
    connect_timeout: '1s',
    load_assignment: { ...assignment, cluster_name: name },
  }
}

function routeListener(route_config: JsonObject, i: number): JsonObject {
  const filters: JsonValue[] = [
    {
      name: 'envoy.filters.network.http_connection_manager',
      typed_config: {
        '@type':
          'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
        stat_prefix: 'routes',
        route_config,
        http_filters: [
          httpFilter('envoy.filters.http.fault', 'fault.v3.HTTPFault'),
          httpFilter('envoy.filters.http.cors', 'cors.v3.Cors'),
          httpFilter('envoy.filters.http.router', 'router.v3.Router'),
        ],
      },
    },
  ]
  return {
    name: `routes-${i}`,
    address: { socket_address: { address: '127.0.0.1', port_value: 40_000 + i } },
    filter_chains: [{ filters }],
  }
}

function httpFilter(name: string, type: string): JsonObject {
  return {
    name,
    typed_config: { '@type': `type.googleapis.com/envoy.extensions.filters.http.${type}` },
  }
}
