/**
 * Fields that are accepted although nothing reads them, each with the reason why ignoring it is harmless. Everything
 * else that is set and not read is refused (`message-reader.ts`). Keys: the short message name that a compile
 * function gives its reader, then the field in camelCase.
 */
export const IGNORED_FIELDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Cluster: {
    perConnectionBufferLimitBytes: 'upstream writes stop at the watermark of the transport',
    respectDnsTtl: 'names are resolved again every dns_refresh_rate, whatever their time to live',
    dnsFailureRefreshRate: 'a failed resolution is repeated after dns_refresh_rate',
    typedDnsResolverConfig: 'the resolver of the system is used; results are the same addresses',
    trackTimeoutBudgets: 'a histogram only',
    trackClusterStats: 'histograms only',
    commonHttpProtocolOptions: 'read with the HTTP options',
  },
  Thresholds: { trackRemaining: 'gauges only' },
  CommonLbConfig: {
    updateMergeWindow: 'endpoint updates are applied at once',
    consistentHashingLbConfig: 'for hashing balancers, which are refused by lb_policy',
  },
  LeastRequestLbConfig: {
    activeRequestBias: 'requests in flight are weighed with the default bias of 1',
  },
  LocalityLbEndpoints: {
    loadBalancingWeight: 'for locality weighted balancing; a cluster that asks for it is refused',
    proximity: 'Envoy does not use it either',
    metadata: 'for subset balancing by locality; a cluster that asks for it is refused',
  },
  Endpoint: {
    additionalAddresses: 'a second address family of the same host; the first address is used',
    healthCheckConfig: 'for active health checks; a cluster that asks for them is refused',
  },
  Metadata: { typedFilterMetadata: 'read by extensions that this proxy does not have' },
  UpstreamTlsContext: {
    maxSessionKeys: 'how many sessions are kept is up to the TLS library',
    enforceRsaKeyUsage: 'the TLS library does not look at the key usage of servers',
  },
  DownstreamTlsContext: {
    fullScanCertsOnSniMismatch: 'a chain has one certificate',
    disableStatelessSessionResumption: 'resumption changes no outcome',
    disableStatefulSessionResumption: 'resumption changes no outcome',
    sessionTimeout: 'resumption changes no outcome',
  },
  HttpConnectionManager: {
    tracing: 'no spans are produced yet; requests are not changed by it',
    http2ProtocolOptions: 'HTTP/2 is not offered to peers yet',
    http3ProtocolOptions: 'HTTP/3 is not offered to peers',
    requestIdExtension: 'ids are UUIDs, as the only extension of Envoy makes them',
    proxy100Continue: 'the proxy answers 100 Continue itself; the client sees the same',
    addProxyProtocolConnectionState: 'only without the PROXY protocol, which is refused',
  },
  Http1ProtocolOptions: {
    useBalsaParser: 'names a parser of Envoy',
  },
  Router: {
    dynamicStats: 'names of counters only',
    startChildSpan: 'no spans are produced yet',
    suppressGrpcRequestFailureCodeStats: 'counters only',
    rejectConnectRequestEarlyData: 'CONNECT is refused',
  },
  UseDownstreamHttpConfig: { http2ProtocolOptions: 'downstream connections are never HTTP/2 yet' },
  AutoHttpConfig: {
    http2ProtocolOptions: 'HTTP/2 is not offered in the handshake yet, so it is never chosen',
  },
  RouteConfiguration: {
    validateClusters: 'as for dynamic routes in Envoy, an unknown cluster is a 503 at run time',
    internalOnlyHeaders: 'taken from requests of external peers only, which need internal_address_config',
  },
  Route: {
    tracing: 'no spans are produced yet',
    statPrefix: 'extra counters only',
  },
  WeightedCluster: { runtimeKeyPrefix: 'there is no runtime; the weights hold' },
  Decorator: { propagate: 'no spans are produced yet' },
  RegexMatcher: { googleRe2: 'the engine is always RE2 compatible' },
  SubstitutionFormatString: {
    contentType: 'of bodies; a log has none',
    jsonFormatOptions: 'keys are always sorted',
  },
  RuntimeUInt32: { runtimeKey: 'there is no runtime; the default value holds' },
  RuntimeFractionalPercent: { runtimeKey: 'there is no runtime; the default value holds' },
  Listener: {
    metadata: 'for config dumps',
    enableReusePort: 'there is one worker',
    reusePort: 'there is one worker',
    connectionBalanceConfig: 'there is one worker',
    maxConnectionsToAcceptPerSocketEvent: 'scheduling only',
    ignoreGlobalConnLimit: 'there is no global limit',
    bypassOverloadManager: 'there is no overload manager',
    tcpFastOpenQueueLength: 'saves a round trip, changes nothing else',
  },
  FilterChain: { metadata: 'for config dumps' },
  TlsInspector: {
    enableJa3Fingerprinting: 'a fingerprint for filters that this proxy does not have',
    enableJa4Fingerprinting: 'a fingerprint for filters that this proxy does not have',
    initialReadBufferSize: 'a tuning of buffers',
  },
  Pipe: { mode: 'permissions of a socket file; the umask holds' },
  SocketAddress: { resolverName: 'names are resolved by the system' },
  ConfigSource: { authorities: 'for xdstp names, which are not used' },
  PathConfigSource: { watchedDirectory: 'the file itself is watched, replaced or rewritten' },
  ApiConfigSource: {
    setNodeOnFirstMessageOnly: 'always so',
    refreshDelay: 'for REST only',
    requestTimeout: 'for REST only',
    rateLimitSettings: 'requests are few: one a subscription change',
  },
  GrpcService: {
    timeout: 'streams have no deadline',
    retryPolicy: 'streams are opened again with a back-off',
  },
  EnvoyGrpc: {
    skipEnvoyHeaders: 'no Envoy headers are sent to management servers',
    retryPolicy: 'streams are opened again with a back-off',
    maxReceiveMessageLength: 'messages of any size are taken from a management server',
  },
  Bootstrap: {
    tracing: 'no spans are produced yet',
    inlineHeaders: 'a tuning of header maps',
    fatalActions: 'what to do when Envoy crashes',
    listenerManager: 'there is one implementation',
    layeredRuntime: 'there is no runtime; a warning lists the keys',
    statsConfig: 'how stats are tagged; names follow Envoy by default',
    statsFlushInterval: 'stats are read, not flushed',
    statsFlushOnAdmin: 'stats are read, not flushed',
    applicationLogConfig: 'the form of the log is a command line option',
    watchdog: 'a watchdog of worker threads; there is one thread',
    watchdogs: 'a watchdog of worker threads; there is one thread',
    enableDispatcherStats: 'histograms only',
    deferredStatOptions: 'a tuning of memory',
    memoryAllocatorManager: 'a tuning of memory',
    grpcAsyncClientManagerConfig: 'a tuning of caches',
    flagsPath: 'for hot restart and runtime',
    defaultRegexEngine: 'the engine is always RE2 compatible',
    typedDnsResolverConfig: 'the resolver of the system is used',
    dnsResolutionConfig: 'the resolver of the system is used',
    useTcpForDnsLookups: 'the resolver of the system is used',
    statsServerVersionOverride: 'a gauge only',
    nodeContextParams: 'for xdstp names, which are not used',
    perfTracingFilePath: 'a tool for developers of Envoy',
  },
  ClusterManager: {
    outlierDetection: 'where events are logged; clusters that ask for outlier detection are refused',
    localClusterName: 'for zone aware routing, which clusters are refused for asking',
    enableDeferredClusterCreation: 'a tuning of memory',
  },
  Admin: {
    profilePath: 'there is no profiler',
    accessLogPath: 'requests to the admin pages are not logged',
    accessLog: 'requests to the admin pages are not logged',
    ignoreGlobalConnLimit: 'there is no global limit',
  },
  Node: {
    extensions: 'this proxy says itself what it has',
    userAgentName: 'this proxy says itself what it is',
    userAgentVersion: 'this proxy says itself what it is',
    userAgentBuildVersion: 'this proxy says itself what it is',
  },
}

/**
 * Extensions that are left out of a chain instead of refused: they only report, so requests and connections are the
 * same without them. By full message name.
 */
export const IGNORED_EXTENSIONS: Readonly<Record<string, string>> = {
  'stats.PluginConfig': 'istio.stats counts requests; Istio metrics are not produced yet',
  'io.istio.http.peer_metadata.Config': 'labels of peers for istio.stats',
  'envoy.tcp.metadataexchange.config.MetadataExchange':
    'labels of peers for istio.stats; its protocol is not offered in handshakes',
  'envoy.extensions.filters.http.grpc_stats.v3.FilterConfig': 'counts gRPC messages',
}

/** Bootstrap extensions without an effect on what is supported. */
export const IGNORED_BOOTSTRAP_EXTENSIONS: Readonly<Record<string, string>> = {
  'envoy.extensions.bootstrap.internal_listener.v3.InternalListener':
    'sizes a buffer of internal listeners, which are refused where they are used',
  'udpa.type.v1.TypedStruct': 'istio.workload: what is known of peers, for istio.stats',
}
