/** A method of a gRPC service, for clients and servers that work on raw bytes (`Buffer` in, `Buffer` out). */
export interface GrpcMethod {
  readonly path: string
  readonly requestStream: boolean
  readonly responseStream: boolean
}

const stream = (path: string): GrpcMethod => ({ path, requestStream: true, responseStream: true })
const unary = (path: string): GrpcMethod => ({ path, requestStream: false, responseStream: false })

/**
 * The gRPC methods of the mesh. Messages: the codecs of `envoy.service.discovery.v3.*Discovery*`,
 * `istio.v1.auth.IstioCertificate*` and `envoy.service.status.v3.ClientStatus*`.
 *
 * @example
 * const { path, ...kind } = GRPC_METHODS.deltaAggregatedResources
 * server.addService({ deltaAggregatedResources: { path, ...kind, requestDeserialize: (b: Buffer) => b, ... } }, handlers)
 */
export const GRPC_METHODS = {
  streamAggregatedResources: stream(
    '/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources',
  ),
  deltaAggregatedResources: stream(
    '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources',
  ),
  streamSecrets: stream('/envoy.service.secret.v3.SecretDiscoveryService/StreamSecrets'),
  deltaSecrets: stream('/envoy.service.secret.v3.SecretDiscoveryService/DeltaSecrets'),
  fetchSecrets: unary('/envoy.service.secret.v3.SecretDiscoveryService/FetchSecrets'),
  streamClientStatus: stream('/envoy.service.status.v3.ClientStatusDiscoveryService/StreamClientStatus'),
  fetchClientStatus: unary('/envoy.service.status.v3.ClientStatusDiscoveryService/FetchClientStatus'),
  streamLoadStats: stream('/envoy.service.load_stats.v3.LoadReportingService/StreamLoadStats'),
  streamAccessLogs: {
    path: '/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs',
    requestStream: true,
    responseStream: false,
  },
  checkAuthorization: unary('/envoy.service.auth.v3.Authorization/Check'),
  shouldRateLimit: unary('/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit'),
  processExternal: stream('/envoy.service.ext_proc.v3.ExternalProcessor/Process'),
  createCertificate: unary('/istio.v1.auth.IstioCertificateService/CreateCertificate'),
} as const satisfies Record<string, GrpcMethod>
