import {
  choice,
  field,
  flag,
  freeForm,
  intOrString,
  list,
  message,
  text,
  textMap,
  texts,
  uint32,
} from '../node.ts'
import { meshDuration } from './duration.ts'

const service = text('Host of the service, perhaps with `namespace/` before it.', {
  example: 'ext-authz.auth.svc.cluster.local',
})
const port = uint32('Port of the service.', { example: '9000' })

/** Body of the request for an authorization service. */
export const RequestBodyInCheck = message('RequestBodyInCheck', 'How much of the body the service gets.', {
  maxRequestBytes: uint32('Largest body, in bytes.'),
  allowPartialMessage: flag('Whether a longer body is cut off rather than refused.'),
  packAsBytes: flag('Whether the body goes as bytes rather than text (gRPC).'),
})

const checkFields = {
  service,
  port,
  timeout: meshDuration('Time limit of a check.', { defaults: '600s' }),
  failOpen: flag('Whether requests pass when the service does not answer.'),
  clearRouteCache: flag('Whether the route is chosen again after the check.'),
  statusOnError: text('Status of the answer when the service does not answer.', { defaults: '403' }),
  includeRequestBodyInCheck: field(RequestBodyInCheck, 'Body of the request.'),
}

/** Authorization over HTTP. */
export const EnvoyExternalAuthorizationHttpProvider = message(
  'EnvoyExternalAuthorizationHttpProvider',
  'A service that allows or denies requests, over HTTP.',
  {
    ...checkFields,
    pathPrefix: text('Put before the path of the check.'),
    includeHeadersInCheck: texts('Headers of the request that the service gets.', {
      deprecated: 'use `includeRequestHeadersInCheck`',
    }),
    includeRequestHeadersInCheck: texts('Headers of the request that the service gets.'),
    includeAdditionalHeadersInCheck: textMap('Further headers for the service.'),
    headersToUpstreamOnAllow: texts('Headers of the answer that the upstream gets.'),
    headersToDownstreamOnDeny: texts('Headers of the answer that the client gets when it is denied.'),
    headersToDownstreamOnAllow: texts('Headers of the answer that the client gets when it is allowed.'),
  },
  { required: ['service', 'port'] },
)

/** Authorization over gRPC. */
export const EnvoyExternalAuthorizationGrpcProvider = message(
  'EnvoyExternalAuthorizationGrpcProvider',
  'A service that allows or denies requests, over gRPC.',
  checkFields,
  { required: ['service', 'port'] },
)

/** Headers of traces. */
export const TraceContextOption = choice('TraceContextOption', 'Which headers carry a trace.', {
  USE_B3: 'Those of B3.',
  USE_B3_WITH_W3C_PROPAGATION: 'Those of B3, and of the W3C.',
})

/** A header for a tracing service. */
export const ProviderHttpHeader = message(
  'ProviderHttpHeader',
  'A header for a service.',
  {
    name: text('Name of the header.'),
    value: text('Its value.'),
    envName: text('Environment variable of the proxy that holds the value.'),
  },
  {
    required: ['name'],
    oneOfs: [{ name: 'ProviderHttpHeaderValue', fields: ['value', 'envName'] }],
  },
)

/** Zipkin. */
export const ZipkinTracingProvider = message(
  'ZipkinTracingProvider',
  'Traces for Zipkin.',
  {
    service,
    port,
    maxTagLength: uint32('Longest path that is written.'),
    enable64bitTraceId: flag('Whether trace ids have 64 bits.'),
    path: text('Path of the service.', { defaults: '/api/v2/spans' }),
    traceContextOption: field(TraceContextOption, 'Which headers carry a trace.'),
    timeout: meshDuration('Time limit of a request.'),
    headers: list(ProviderHttpHeader, 'Headers for the service.'),
  },
  { required: ['service', 'port'] },
)

/** Datadog. */
export const DatadogTracingProvider = message(
  'DatadogTracingProvider',
  'Traces for Datadog.',
  { service, port, maxTagLength: uint32('Longest path that is written.') },
  { required: ['service', 'port'] },
)

/** SkyWalking. */
export const SkyWalkingTracingProvider = message(
  'SkyWalkingTracingProvider',
  'Traces for SkyWalking.',
  { service, port, accessToken: text('Token for the service.') },
  { required: ['service', 'port'] },
)

/** OpenTelemetry over HTTP. */
export const OtlpHttpService = message('OtlpHttpService', 'OpenTelemetry over HTTP.', {
  path: text('Path of the service.'),
  timeout: meshDuration('Time limit of a request.', { defaults: '3s' }),
  headers: list(ProviderHttpHeader, 'Headers for the service.'),
})

/** OpenTelemetry over gRPC. */
export const OtlpGrpcService = message('OtlpGrpcService', 'OpenTelemetry over gRPC.', {
  timeout: meshDuration('Time limit of a request.'),
  initialMetadata: list(ProviderHttpHeader, 'Headers for the service.'),
})

/** Attributes of a service. */
export const ServiceAttributeEnrichment = choice('ServiceAttributeEnrichment', 'How a service is named.', {
  ISTIO_CANONICAL: 'By its canonical name.',
  OTEL_SEMANTIC_CONVENTIONS: "By OpenTelemetry's rules for Kubernetes.",
})

/** Sampler of Dynatrace. */
export const DynatraceSampler = message(
  'DynatraceSampler',
  'The sampler of Dynatrace.',
  {
    tenant: text('Tenant of Dynatrace.'),
    clusterId: intOrString('Cluster of Dynatrace.'),
    rootSpansPerMinute: uint32('Traces per minute.', { defaults: '1000' }),
  },
  { open: true },
)

/** What adds attributes to traces. */
export const ResourceDetectors = message('ResourceDetectors', 'What adds attributes to traces.', {
  environment: freeForm('Attributes of the environment.'),
  dynatrace: freeForm('Attributes of Dynatrace.'),
})

/** OpenTelemetry. */
export const OpenTelemetryTracingProvider = message(
  'OpenTelemetryTracingProvider',
  'Traces for OpenTelemetry.',
  {
    service,
    port,
    maxTagLength: uint32('Longest path that is written.'),
    http: field(OtlpHttpService, 'HTTP instead of gRPC.'),
    grpc: field(OtlpGrpcService, 'Settings of gRPC.'),
    resourceDetectors: field(ResourceDetectors, 'What adds attributes.'),
    serviceAttributeEnrichment: field(ServiceAttributeEnrichment, 'How the service is named.'),
    dynatraceSampler: field(DynatraceSampler, 'The sampler of Dynatrace.'),
  },
  { required: ['service', 'port'] },
)

/** Format of log lines. */
export const LogFormat = message(
  'LogFormat',
  'Format of log lines.',
  {
    text: text("A line with Envoy's command operators."),
    labels: freeForm("Fields of a JSON object, their values with Envoy's command operators."),
  },
  { oneOfs: [{ name: 'LogFormatKind', fields: ['text', 'labels'] }] },
)

/** Access logs in files. */
export const EnvoyFileAccessLogProvider = message('EnvoyFileAccessLogProvider', 'Access logs in a file.', {
  path: text('The file.', { defaults: '/dev/stdout' }),
  logFormat: field(LogFormat, 'Format of the lines.'),
  omitEmptyValues: flag('Whether fields without a value are left out.'),
})

/** Access logs over gRPC. */
export const EnvoyHttpGrpcV3LogProvider = message(
  'EnvoyHttpGrpcV3LogProvider',
  'Access logs of HTTP requests for a service.',
  {
    service,
    port,
    logName: text('Name of the log.'),
    filterStateObjectsToLog: texts('State of filters that is logged.'),
    additionalRequestHeadersToLog: texts('Headers of requests that are logged.'),
    additionalResponseHeadersToLog: texts('Headers of responses that are logged.'),
    additionalResponseTrailersToLog: texts('Trailers of responses that are logged.'),
  },
  { required: ['service', 'port'] },
)

/** Access logs of connections over gRPC. */
export const EnvoyTcpGrpcV3LogProvider = message(
  'EnvoyTcpGrpcV3LogProvider',
  'Access logs of connections for a service.',
  {
    service,
    port,
    logName: text('Name of the log.'),
    filterStateObjectsToLog: texts('State of filters that is logged.'),
  },
  { required: ['service', 'port'] },
)

/** Access logs for OpenTelemetry. */
export const EnvoyOpenTelemetryLogProvider = message(
  'EnvoyOpenTelemetryLogProvider',
  'Access logs for OpenTelemetry.',
  {
    service,
    port,
    logName: text('Name of the log.'),
    logFormat: field(LogFormat, 'Body and attributes of the entries.'),
  },
  { required: ['service', 'port'] },
)

/** Certificates from a service. */
export const SdsProvider = message(
  'SdsProvider',
  'Certificates of gateways from a service (SDS).',
  { name: text('Name of the provider.'), service, port },
  { required: ['service', 'port'] },
)

const KINDS = [
  'envoyExtAuthzHttp',
  'envoyExtAuthzGrpc',
  'zipkin',
  'datadog',
  'skywalking',
  'opentelemetry',
  'lightstep',
  'opencensus',
  'stackdriver',
  'prometheus',
  'envoyFileAccessLog',
  'envoyHttpAls',
  'envoyTcpAls',
  'envoyOtelAls',
  'sds',
]

/** A provider that policies name. */
export const ExtensionProvider = message(
  'ExtensionProvider',
  'A service outside of the proxies that policies name: authorization, traces, metrics or logs.',
  {
    name: text('Name, unique in the mesh.', { example: 'otel' }),
    envoyExtAuthzHttp: field(EnvoyExternalAuthorizationHttpProvider, 'Authorization over HTTP.'),
    envoyExtAuthzGrpc: field(EnvoyExternalAuthorizationGrpcProvider, 'Authorization over gRPC.'),
    zipkin: field(ZipkinTracingProvider, 'Traces for Zipkin.'),
    datadog: field(DatadogTracingProvider, 'Traces for Datadog.'),
    skywalking: field(SkyWalkingTracingProvider, 'Traces for SkyWalking.'),
    opentelemetry: field(OpenTelemetryTracingProvider, 'Traces for OpenTelemetry.'),
    lightstep: freeForm('Traces for Lightstep.', { deprecated: 'use `opentelemetry`' }),
    opencensus: freeForm('Traces for OpenCensus.', { deprecated: 'use `opentelemetry`' }),
    stackdriver: freeForm('Traces and metrics for Stackdriver.', { deprecated: 'use `opentelemetry`' }),
    prometheus: freeForm('Metrics for Prometheus.'),
    envoyFileAccessLog: field(EnvoyFileAccessLogProvider, 'Access logs in a file.'),
    envoyHttpAls: field(EnvoyHttpGrpcV3LogProvider, 'Access logs of HTTP requests for a service.'),
    envoyTcpAls: field(EnvoyTcpGrpcV3LogProvider, 'Access logs of connections for a service.'),
    envoyOtelAls: field(EnvoyOpenTelemetryLogProvider, 'Access logs for OpenTelemetry.'),
    sds: field(SdsProvider, 'Certificates of gateways.'),
  },
  {
    required: ['name'],
    oneOfs: [{ name: 'ExtensionProviderKind', fields: KINDS }],
    example: 'name: otel\nopentelemetry: { service: collector.observability.svc.cluster.local, port: 4317 }',
  },
)
