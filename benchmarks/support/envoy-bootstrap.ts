/** A proxy of a benchmark: where it listens and where it sends requests. */
export interface ProxyPorts {
  readonly listen: number
  readonly upstream: number
}

/** What a sidecar has on its routes, with the access log off: request id, stats, a retry policy. */
export function plainBootstrap(ports: ProxyPorts): object {
  return bootstrap([listener(ports.listen, undefined)], [cluster(ports.upstream, undefined)])
}

/** PEM files of one side of mutual TLS. */
export interface TlsFiles {
  readonly certificate: string
  readonly key: string
  readonly roots: string
}

/** The calling side of a pair: plain in, mutual TLS out. */
export function clientSidecarBootstrap(ports: ProxyPorts, tls: TlsFiles): object {
  return bootstrap([listener(ports.listen, undefined)], [cluster(ports.upstream, upstreamTls(tls))])
}

/** The called side of a pair: mutual TLS in, plain out. */
export function serverSidecarBootstrap(ports: ProxyPorts, tls: TlsFiles): object {
  return bootstrap([listener(ports.listen, downstreamTls(tls))], [cluster(ports.upstream, undefined)])
}

function bootstrap(listeners: object[], clusters: object[]): object {
  return { node: { id: 'bench', cluster: 'bench' }, static_resources: { listeners, clusters } }
}

function listener(port: number, transportSocket: object | undefined): object {
  const route = {
    cluster: 'upstream',
    retry_policy: { retry_on: 'connect-failure,refused-stream,unavailable,cancelled', num_retries: 2 },
  }
  const manager = {
    '@type':
      'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    stat_prefix: 'bench',
    generate_request_id: true,
    route_config: {
      name: 'bench',
      virtual_hosts: [{ name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, route }] }],
    },
    http_filters: [
      {
        name: 'envoy.filters.http.router',
        typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
      },
    ],
  }
  return {
    name: 'in',
    address: { socket_address: { address: '127.0.0.1', port_value: port } },
    filter_chains: [
      {
        filters: [{ name: 'envoy.filters.network.http_connection_manager', typed_config: manager }],
        ...(transportSocket === undefined ? {} : { transport_socket: transportSocket }),
      },
    ],
  }
}

function cluster(port: number, transportSocket: object | undefined): object {
  const address = { socket_address: { address: '127.0.0.1', port_value: port } }
  return {
    name: 'upstream',
    connect_timeout: '1s',
    load_assignment: {
      cluster_name: 'upstream',
      endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }],
    },
    ...(transportSocket === undefined ? {} : { transport_socket: transportSocket }),
  }
}

function commonTls({ certificate, key, roots }: TlsFiles): object {
  return {
    tls_params: { tls_minimum_protocol_version: 'TLSv1_3', tls_maximum_protocol_version: 'TLSv1_3' },
    tls_certificates: [{ certificate_chain: { filename: certificate }, private_key: { filename: key } }],
    validation_context: { trusted_ca: { filename: roots } },
  }
}

function upstreamTls(tls: TlsFiles): object {
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
      common_tls_context: commonTls(tls),
    },
  }
}

function downstreamTls(tls: TlsFiles): object {
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
      common_tls_context: commonTls(tls),
      require_client_certificate: true,
    },
  }
}
