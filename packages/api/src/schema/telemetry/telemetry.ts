import { AGE_COLUMN, defineKind } from '../kind.ts'
import { PolicySelector } from '../meta/selector.ts'
import { IstioStatus } from '../meta/status.ts'
import { PolicyTargetReference } from '../meta/target-reference.ts'
import { choice, double, duration, field, flag, list, map, message, text } from '../node.ts'

/** Side of a connection. */
export const TelemetryMode = choice('TelemetryMode', 'Side of the connection that a workload is on.', {
  CLIENT_AND_SERVER: 'Both.',
  CLIENT: 'The workload calls.',
  SERVER: 'The workload is called.',
})

/** A provider by its name. */
export const ProviderRef = message(
  'ProviderRef',
  'An extension provider of MeshConfig.',
  { name: text('Name of the provider.', { minLength: 1, example: 'otel' }) },
  { required: ['name'] },
)

/** Traffic that spans are made for. */
export const TracingSelector = message(
  'TracingSelector',
  'Which traffic tracing is for.',
  { mode: field(TelemetryMode, 'Side of the connection.', { defaults: 'CLIENT_AND_SERVER' }) },
  { anchor: 'Tracing-TracingSelector' },
)

/** Fixed tag. */
export const TracingLiteral = message(
  'TracingLiteral',
  'A fixed text.',
  { value: text('The text.', { minLength: 1 }) },
  { required: ['value'], anchor: 'Tracing-Literal' },
)

/** Tag from the environment. */
export const TracingEnvironment = message(
  'TracingEnvironment',
  'A variable of the environment of the proxy.',
  {
    name: text('Name of the variable.', { minLength: 1 }),
    defaultValue: text('Text where the variable is not set.'),
  },
  { required: ['name'], anchor: 'Tracing-Environment' },
)

/** Tag from a header. */
export const TracingRequestHeader = message(
  'TracingRequestHeader',
  'A header of the request.',
  {
    name: text('Name of the header.', { minLength: 1 }),
    defaultValue: text('Text where the header is not there.'),
  },
  { required: ['name'], anchor: 'Tracing-RequestHeader' },
)

/** Tag from a format string. */
export const TracingFormatter = message(
  'TracingFormatter',
  'An access log format string.',
  { value: text('The format string.', { minLength: 1, example: '%REQ(:AUTHORITY)%' }) },
  { required: ['value'], since: '1.28', anchor: 'Tracing-Formatter' },
)

/** Tag of spans. */
export const TracingCustomTag = message(
  'TracingCustomTag',
  'Where the value of a tag comes from.',
  {
    literal: field(TracingLiteral, 'A fixed text.'),
    environment: field(TracingEnvironment, 'The environment of the proxy.'),
    header: field(TracingRequestHeader, 'A header of the request.'),
    formatter: field(TracingFormatter, 'A format string.'),
  },
  {
    oneOfs: [
      {
        name: 'TracingCustomTagType',
        fields: ['literal', 'environment', 'header', 'formatter'],
        mustBeSet: true,
      },
    ],
    anchor: 'Tracing-CustomTag',
  },
)

/** Tracing. */
export const Tracing = message(
  'Tracing',
  'Which requests get spans, and where these go.',
  {
    match: field(TracingSelector, 'Which traffic.'),
    providers: list(ProviderRef, 'Where spans go. Only one is supported.', {
      defaults: 'those of MeshConfig',
    }),
    randomSamplingPercentage: double(
      'Share of the requests that are traced unless the caller decided, in percent.',
      {
        minimum: 0,
        maximum: 100,
        nullable: true,
        defaults: '1 %, or as the proxy says',
      },
    ),
    disableSpanReporting: flag('Whether no spans are sent. Context goes on.', {
      nullable: true,
      defaults: 'false',
    }),
    disableContextPropagation: flag('Whether no trace context is passed on.', {
      nullable: true,
      defaults: 'false',
    }),
    customTags: map(TracingCustomTag, 'Tags of spans by name.'),
    enableIstioTags: flag('Whether spans carry the tags of Istio (mesh id, canonical service and so on).', {
      nullable: true,
      defaults: 'true',
    }),
    useRequestIdForTraceSampling: flag('Whether the request id takes part in the decision to trace.', {
      nullable: true,
      defaults: 'true',
      stage: 'alpha',
    }),
  },
  { example: 'providers: [{ name: otel }]\nrandomSamplingPercentage: 10' },
)

/** Metrics of Istio. */
export const IstioMetric = choice('IstioMetric', 'A standard metric.', {
  ALL_METRICS: 'All of them.',
  REQUEST_COUNT: 'istio_requests_total.',
  REQUEST_DURATION: 'istio_request_duration_milliseconds.',
  REQUEST_SIZE: 'istio_request_bytes.',
  RESPONSE_SIZE: 'istio_response_bytes.',
  TCP_OPENED_CONNECTIONS: 'istio_tcp_connections_opened_total.',
  TCP_CLOSED_CONNECTIONS: 'istio_tcp_connections_closed_total.',
  TCP_SENT_BYTES: 'istio_tcp_sent_bytes_total.',
  TCP_RECEIVED_BYTES: 'istio_tcp_received_bytes_total.',
  GRPC_REQUEST_MESSAGES: 'istio_request_messages_total.',
  GRPC_RESPONSE_MESSAGES: 'istio_response_messages_total.',
})

/** Which metrics are changed. */
export const MetricSelector = message(
  'MetricSelector',
  'Which metrics a change is for.',
  {
    metric: field(IstioMetric, 'A standard metric.', { defaults: 'ALL_METRICS' }),
    customMetric: text('Name of another metric.', { minLength: 1 }),
    mode: field(TelemetryMode, 'Side of the connection.', { defaults: 'CLIENT_AND_SERVER' }),
  },
  { oneOfs: [{ name: 'MetricSelectorMatch', fields: ['metric', 'customMetric'] }] },
)

/** What is done with a tag. */
export const TagOperation = choice('TagOperation', 'What is done with a label of a metric.', {
  UPSERT: 'It gets the value, and is made where it is not there.',
  REMOVE: 'It is taken out.',
})

/** Change of a label. */
export const TagOverride = message(
  'TagOverride',
  'A change of one label of a metric.',
  {
    operation: field(TagOperation, 'What is done.', { defaults: 'UPSERT' }),
    value: text('CEL expression for the value. Only with UPSERT.', { example: 'request.host' }),
  },
  {
    rules: [
      {
        rule: '((has(self.operation) ? self.operation : "") == "UPSERT") ? (self.value != "") : true',
        message: 'value must be set when operation is UPSERT',
      },
      {
        rule: '((has(self.operation) ? self.operation : "") == "REMOVE") ? !has(self.value) : true',
        message: 'value must not be set when operation is REMOVE',
      },
    ],
    anchor: 'MetricsOverrides-TagOverride',
  },
)

/** Change of metrics. */
export const MetricsOverrides = message(
  'MetricsOverrides',
  'A change of metrics: turned off, or with other labels.',
  {
    match: field(MetricSelector, 'Which metrics.', { defaults: 'all' }),
    disabled: flag('Whether they are turned off.', { nullable: true, defaults: 'false' }),
    tagOverrides: map(TagOverride, 'Changes of labels by name.'),
  },
)

/** Metrics. */
export const Metrics = message(
  'Metrics',
  'Which metrics are made, and for whom.',
  {
    providers: list(ProviderRef, 'Where metrics go.', { defaults: 'those of MeshConfig' }),
    overrides: list(MetricsOverrides, 'Changes, in order.'),
    reportingInterval: duration('How often metrics of open TCP connections are written.', {
      defaults: '5s',
      stage: 'alpha',
    }),
  },
  {
    example:
      'providers: [{ name: prometheus }]\noverrides:\n- match: { metric: REQUEST_SIZE }\n  disabled: true',
  },
)

/** Traffic that is logged. */
export const LogSelector = message(
  'LogSelector',
  'Which traffic is logged.',
  { mode: field(TelemetryMode, 'Side of the connection.', { defaults: 'CLIENT_AND_SERVER' }) },
  { anchor: 'AccessLogging-LogSelector' },
)

/** Which requests are logged. */
export const AccessLogFilter = message(
  'AccessLogFilter',
  'Which requests are logged.',
  { expression: text('CEL expression that must be true.', { example: 'response.code >= 400' }) },
  { stage: 'alpha', anchor: 'AccessLogging-Filter' },
)

/** Access logs. */
export const AccessLogging = message(
  'AccessLogging',
  'Which requests are logged, and where.',
  {
    match: field(LogSelector, 'Which traffic.'),
    providers: list(ProviderRef, 'Where logs go.', { defaults: 'those of MeshConfig' }),
    disabled: flag('Whether nothing is logged.', { nullable: true, defaults: 'false' }),
    filter: field(AccessLogFilter, 'Which requests.', { defaults: 'all' }),
  },
  { example: 'providers: [{ name: envoy }]\nfilter: { expression: response.code >= 400 }' },
)

/** What a Telemetry says. */
export const TelemetrySpec = message(
  'TelemetrySpec',
  'Traces, metrics and access logs of workloads.',
  {
    selector: field(PolicySelector, 'Workloads it is for.', {
      defaults: 'all of the namespace; in the root namespace, all of the mesh',
    }),
    targetRef: field(PolicyTargetReference, 'What it is attached to.', { deprecated: 'use `targetRefs`' }),
    targetRefs: list(PolicyTargetReference, 'What it is attached to. Not together with `selector`.', {
      maxItems: 16,
    }),
    tracing: list(Tracing, 'Traces.'),
    metrics: list(Metrics, 'Metrics.'),
    accessLogging: list(AccessLogging, 'Access logs.'),
  },
  {
    anchor: 'Telemetry',
    rules: [
      {
        rule: '(has(self.selector) ? 1 : 0) + (has(self.targetRef) ? 1 : 0) + (has(self.targetRefs) ? 1 : 0) <= 1',
        message: 'only one of targetRefs or selector can be set',
      },
    ],
  },
)

/** The kind. */
export const Telemetry = defineKind({
  kind: 'Telemetry',
  group: 'telemetry.istio.io',
  versions: ['v1', 'v1alpha1'],
  storedVersion: 'v1alpha1',
  plural: 'telemetries',
  shortNames: ['telemetry'],
  scope: 'Namespaced',
  origin: 'istio',
  description: 'Says which traces, metrics and access logs workloads make.',
  docs: 'https://istio.io/latest/docs/reference/config/telemetry/',
  parts: { spec: field(TelemetrySpec, 'Traces, metrics and access logs.'), status: IstioStatus },
  printerColumns: [AGE_COLUMN],
  example: `apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: { name: errors, namespace: istio-system }
spec:
  accessLogging:
  - providers: [{ name: envoy }]
    filter: { expression: response.code >= 500 }`,
})
