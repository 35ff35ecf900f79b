import { isIP } from 'node:net'
import { WELL_KNOWN_CLUSTERS } from '@batten/xds'

export interface EnvoyBootstrapOptions {
  readonly node: {
    /** `sidecar~10.0.0.1~reviews-v1.default~default.svc.cluster.local` */
    readonly id: string
    /** `reviews.default` */
    readonly cluster: string
    readonly metadata: Readonly<Record<string, unknown>>
    readonly locality?: { readonly region?: string; readonly zone?: string; readonly subZone?: string }
  }
  /** The control plane. */
  readonly xds: {
    readonly host: string
    readonly port: number
    /**
     * TLS with the workload's certificate, from the SDS server; the roots too. Not given: plain text, for
     * development. `subjectAltName` is the name that the control plane's certificate must have.
     */
    readonly tls?: { readonly subjectAltName: string }
  }
  /** The SDS server's Unix domain socket. */
  readonly sdsPath: string
  readonly admin: { readonly host: string; readonly port: number }
  /** A listener with `/stats/prometheus` for scraping, as Istio's on 15090. */
  readonly stats?: { readonly host: string; readonly port: number }
}

/** JSON value of a bootstrap, in snake case as people read it. */
export type EnvoyBootstrap = Readonly<Record<string, unknown>>

/**
 * The bootstrap of a stock Envoy as a node of the mesh: delta ADS from the control plane for listeners, clusters and
 * all that they refer to, secrets from the agent beside it. Cluster names and options are those of Istio's bootstrap.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/overview/bootstrap
 */
export function envoyBootstrap(options: EnvoyBootstrapOptions): EnvoyBootstrap {
  const { node, xds, admin, stats } = options
  const { locality } = node
  return {
    node: {
      id: node.id,
      cluster: node.cluster,
      metadata: node.metadata,
      ...(locality === undefined
        ? {}
        : { locality: { region: locality.region, zone: locality.zone, sub_zone: locality.subZone } }),
    },
    admin: { address: socketAddress(admin.host, admin.port), profile_path: '/dev/null' },
    layered_runtime: {
      layers: [
        {
          name: 'global config',
          static_layer: { 'overload.global_downstream_max_connections': '2147483647' },
        },
      ],
    },
    stats_config: { use_all_default_tags: true },
    dynamic_resources: {
      lds_config: { ads: {}, initial_fetch_timeout: '0s', resource_api_version: 'V3' },
      cds_config: { ads: {}, initial_fetch_timeout: '0s', resource_api_version: 'V3' },
      ads_config: {
        api_type: 'DELTA_GRPC',
        transport_api_version: 'V3',
        set_node_on_first_message_only: true,
        grpc_services: [{ envoy_grpc: { cluster_name: WELL_KNOWN_CLUSTERS.xds } }],
      },
    },
    static_resources: {
      clusters: [
        sdsCluster(options.sdsPath),
        xdsCluster(xds),
        ...(stats === undefined ? [] : [adminCluster(admin)]),
      ],
      ...(stats === undefined ? {} : { listeners: [statsListener(stats)] }),
    },
  }
}

const HTTP2 = {
  'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
    '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
    explicit_http_config: { http2_protocol_options: {} },
  },
}

function sdsCluster(path: string) {
  return {
    name: WELL_KNOWN_CLUSTERS.sds,
    type: 'STATIC',
    connect_timeout: '1s',
    typed_extension_protocol_options: HTTP2,
    load_assignment: assignment(WELL_KNOWN_CLUSTERS.sds, { pipe: { path } }),
  }
}

function xdsCluster({ host, port, tls }: EnvoyBootstrapOptions['xds']) {
  const name = WELL_KNOWN_CLUSTERS.xds
  return {
    name,
    type: isIP(host) === 0 ? 'STRICT_DNS' : 'STATIC',
    connect_timeout: '1s',
    typed_extension_protocol_options: HTTP2,
    circuit_breakers: {
      thresholds: ['DEFAULT', 'HIGH'].map((priority) => ({
        priority,
        max_connections: 100_000,
        max_pending_requests: 100_000,
        max_requests: 100_000,
      })),
    },
    upstream_connection_options: { tcp_keepalive: { keepalive_time: 300 } },
    load_assignment: assignment(name, socketAddress(host, port)),
    ...(tls === undefined ? {} : { transport_socket: xdsTransport(tls.subjectAltName) }),
  }
}

function xdsTransport(subjectAltName: string) {
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
      sni: subjectAltName,
      common_tls_context: {
        alpn_protocols: ['h2'],
        tls_params: { tls_minimum_protocol_version: 'TLSv1_2', tls_maximum_protocol_version: 'TLSv1_3' },
        tls_certificate_sds_secret_configs: [{ name: 'default', sds_config: sdsSource() }],
        combined_validation_context: {
          default_validation_context: {
            match_typed_subject_alt_names: [{ san_type: 'DNS', matcher: { exact: subjectAltName } }],
          },
          validation_context_sds_secret_config: { name: 'ROOTCA', sds_config: sdsSource() },
        },
      },
    },
  }
}

function sdsSource() {
  return {
    initial_fetch_timeout: '0s',
    resource_api_version: 'V3',
    api_config_source: {
      api_type: 'GRPC',
      transport_api_version: 'V3',
      set_node_on_first_message_only: true,
      grpc_services: [{ envoy_grpc: { cluster_name: WELL_KNOWN_CLUSTERS.sds } }],
    },
  }
}

const ADMIN_CLUSTER = WELL_KNOWN_CLUSTERS.prometheusStats

function adminCluster(admin: EnvoyBootstrapOptions['admin']) {
  return {
    name: ADMIN_CLUSTER,
    type: 'STATIC',
    connect_timeout: '0.250s',
    load_assignment: assignment(ADMIN_CLUSTER, socketAddress(admin.host, admin.port)),
  }
}

function statsListener(stats: { readonly host: string; readonly port: number }) {
  return {
    name: 'stats',
    address: socketAddress(stats.host, stats.port),
    filter_chains: [
      {
        filters: [
          {
            name: 'envoy.filters.network.http_connection_manager',
            typed_config: {
              '@type':
                'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
              codec_type: 'AUTO',
              stat_prefix: 'stats',
              route_config: {
                virtual_hosts: [
                  {
                    name: 'backend',
                    domains: ['*'],
                    routes: [{ match: { prefix: '/stats/prometheus' }, route: { cluster: ADMIN_CLUSTER } }],
                  },
                ],
              },
              http_filters: [
                {
                  name: 'envoy.filters.http.router',
                  typed_config: {
                    '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router',
                  },
                },
              ],
            },
          },
        ],
      },
    ],
  }
}

function socketAddress(host: string, port: number) {
  return { socket_address: { address: host, port_value: port } }
}

function assignment(cluster: string, address: unknown) {
  return { cluster_name: cluster, endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] }
}
