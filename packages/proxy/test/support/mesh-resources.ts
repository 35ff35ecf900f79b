/** JSON forms of small resources for tests. */

const TYPE = 'type.googleapis.com/envoy.'

export const ADS = { ads: {}, initial_fetch_timeout: '0s', resource_api_version: 'V3' }

export function edsCluster(name: string, more: object = {}): object {
  return { name, type: 'EDS', eds_cluster_config: { eds_config: ADS }, connect_timeout: '1s', ...more }
}

export function endpoints(cluster: string, ports: readonly number[]): object {
  return {
    cluster_name: cluster,
    endpoints: [
      {
        lb_endpoints: ports.map((port) => ({
          endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: port } } },
        })),
      },
    ],
  }
}

export const ROUTER = {
  name: 'envoy.filters.http.router',
  typed_config: { '@type': `${TYPE}extensions.filters.http.router.v3.Router` },
}

export function httpListener(name: string, routes: string, manager: object = {}, port = 0): object {
  return {
    name,
    address: { socket_address: { address: '127.0.0.1', port_value: port } },
    filter_chains: [
      {
        filters: [
          {
            name: 'envoy.filters.network.http_connection_manager',
            typed_config: {
              '@type': `${TYPE}extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
              stat_prefix: name,
              rds: { route_config_name: routes, config_source: ADS },
              http_filters: [ROUTER],
              ...manager,
            },
          },
        ],
      },
    ],
  }
}

export function tcpListener(name: string, cluster: string, more: object = {}): object {
  return {
    name,
    address: { socket_address: { address: '127.0.0.1', port_value: 0 } },
    filter_chains: [
      {
        filters: [
          {
            name: 'envoy.filters.network.tcp_proxy',
            typed_config: {
              '@type': `${TYPE}extensions.filters.network.tcp_proxy.v3.TcpProxy`,
              stat_prefix: cluster,
              cluster,
              ...more,
            },
          },
        ],
      },
    ],
  }
}

/** One virtual host for everything, one route to each cluster by prefix; `/` is the last. */
export function routesTo(name: string, clusters: Readonly<Record<string, string>>): object {
  return {
    name,
    virtual_hosts: [
      {
        name: 'all',
        domains: ['*'],
        routes: Object.entries(clusters).map(([prefix, cluster]) => ({
          match: { prefix },
          route: { cluster },
        })),
      },
    ],
  }
}
