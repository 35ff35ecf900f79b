/** Names of extensions, as configuration and config dumps show them. The type URL decides, the name is for people. */
export const LISTENER_FILTERS = {
  httpInspector: 'envoy.filters.listener.http_inspector',
  originalDst: 'envoy.filters.listener.original_dst',
  originalSrc: 'envoy.filters.listener.original_src',
  proxyProtocol: 'envoy.filters.listener.proxy_protocol',
  tlsInspector: 'envoy.filters.listener.tls_inspector',
} as const

export const NETWORK_FILTERS = {
  directResponse: 'envoy.filters.network.direct_response',
  echo: 'envoy.filters.network.echo',
  extAuthz: 'envoy.filters.network.ext_authz',
  httpConnectionManager: 'envoy.filters.network.http_connection_manager',
  istioMetadataExchange: 'istio.metadata_exchange',
  istioStats: 'istio.stats',
  rbac: 'envoy.filters.network.rbac',
  sniCluster: 'envoy.filters.network.sni_cluster',
  tcpProxy: 'envoy.filters.network.tcp_proxy',
  wasm: 'envoy.filters.network.wasm',
} as const

export const HTTP_FILTERS = {
  buffer: 'envoy.filters.http.buffer',
  compressor: 'envoy.filters.http.compressor',
  cors: 'envoy.filters.http.cors',
  extAuthz: 'envoy.filters.http.ext_authz',
  extProc: 'envoy.filters.http.ext_proc',
  fault: 'envoy.filters.http.fault',
  grpcStats: 'envoy.filters.http.grpc_stats',
  grpcWeb: 'envoy.filters.http.grpc_web',
  headerMutation: 'envoy.filters.http.header_mutation',
  healthCheck: 'envoy.filters.http.health_check',
  istioAlpn: 'istio.alpn',
  istioMetadataExchange: 'istio.metadata_exchange',
  istioStats: 'istio.stats',
  jwtAuthn: 'envoy.filters.http.jwt_authn',
  localRateLimit: 'envoy.filters.http.local_ratelimit',
  lua: 'envoy.filters.http.lua',
  rateLimit: 'envoy.filters.http.ratelimit',
  rbac: 'envoy.filters.http.rbac',
  router: 'envoy.filters.http.router',
  setFilterState: 'envoy.filters.http.set_filter_state',
  statefulSession: 'envoy.filters.http.stateful_session',
  upstreamCodec: 'envoy.filters.http.upstream_codec',
  wasm: 'envoy.filters.http.wasm',
} as const

export const TRANSPORT_SOCKETS = {
  internalUpstream: 'envoy.transport_sockets.internal_upstream',
  proxyProtocol: 'envoy.transport_sockets.upstream_proxy_protocol',
  rawBuffer: 'envoy.transport_sockets.raw_buffer',
  tls: 'envoy.transport_sockets.tls',
} as const

export const ACCESS_LOGGERS = {
  file: 'envoy.access_loggers.file',
  httpGrpc: 'envoy.access_loggers.http_grpc',
  openTelemetry: 'envoy.access_loggers.open_telemetry',
  stderr: 'envoy.access_loggers.stderr',
  stdout: 'envoy.access_loggers.stdout',
  tcpGrpc: 'envoy.access_loggers.tcp_grpc',
} as const

export const RETRY_HOST_PREDICATES = { previousHosts: 'envoy.retry_host_predicates.previous_hosts' } as const

/** Key of a cluster's `typed_extension_protocol_options`; here the name does decide. */
export const HTTP_PROTOCOL_OPTIONS = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions'

/** Keys in `filter_metadata` that have a meaning to Envoy or Istio. */
export const METADATA_KEYS = {
  envoyLb: 'envoy.lb',
  transportSocketMatch: 'envoy.transport_socket_match',
  istio: 'istio',
} as const

/** Clusters that Istio gives a fixed name. */
export const WELL_KNOWN_CLUSTERS = {
  blackHole: 'BlackHoleCluster',
  passthrough: 'PassthroughCluster',
  inboundPassthrough: 'InboundPassthroughCluster',
  sds: 'sds-grpc',
  xds: 'xds-grpc',
  prometheusStats: 'prometheus_stats',
  agent: 'agent',
} as const

/** SDS names of the workload's own certificate and of the mesh's roots. */
export const WORKLOAD_SECRETS = { identity: 'default', roots: 'ROOTCA' } as const

/** ALPN protocols: plain ones, and those by which Istio's sidecars know each other. */
export const ALPN = {
  http10: 'http/1.0',
  http11: 'http/1.1',
  h2: 'h2',
  h2c: 'h2c',
  istio: 'istio',
  istioHttp10: 'istio-http/1.0',
  istioHttp11: 'istio-http/1.1',
  istioH2: 'istio-h2',
  istioPeerExchange: 'istio-peer-exchange',
} as const
