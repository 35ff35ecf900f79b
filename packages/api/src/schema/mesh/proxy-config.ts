import { ClientTLSSettings, TcpKeepalive } from '../networking/traffic-policy.ts'
import {
  choice,
  double,
  field,
  flag,
  freeForm,
  int32,
  map,
  message,
  text,
  textMap,
  texts,
  uint32,
} from '../node.ts'
import { meshDuration } from './duration.ts'

/** How connections of an application reach the proxy. */
export const InboundInterceptionMode = choice('InboundInterceptionMode', 'How connections reach the proxy.', {
  REDIRECT: 'By iptables REDIRECT; the address of the caller is lost.',
  TPROXY: 'By iptables TPROXY; the address of the caller is kept.',
  NONE: 'Not by themselves: applications name the proxy.',
})

/** How a proxy proves itself to the control plane. */
export const AuthenticationPolicy = choice('AuthenticationPolicy', 'How a proxy proves itself.', {
  NONE: 'Not at all.',
  MUTUAL_TLS: 'With its certificate.',
  INHERIT: 'As the default says.',
})

/** How a service is named in traces. */
export const TracingServiceName = choice('TracingServiceName', 'How a service is named in traces.', {
  APP_LABEL_AND_NAMESPACE: 'By the label `app` and the namespace.',
  CANONICAL_NAME_ONLY: 'By its canonical name.',
  CANONICAL_NAME_AND_NAMESPACE: 'By its canonical name and the namespace.',
})

/** What happens to the header with the certificate of the client. */
export const ForwardClientCertDetails = choice(
  'ForwardClientCertDetails',
  'What happens to the header with the certificate of the client.',
  {
    UNDEFINED: 'The default.',
    SANITIZE: 'It is removed.',
    FORWARD_ONLY: 'It is kept when the connection is mutual TLS.',
    APPEND_FORWARD: 'The certificate of the client is added to it.',
    SANITIZE_SET: 'It is replaced by the certificate of the client.',
    ALWAYS_FORWARD_ONLY: 'It is kept, whatever the connection.',
  },
)

/** What is before a gateway. */
export const Topology = message('Topology', 'What stands before a gateway.', {
  numTrustedProxies: uint32('How many proxies before the gateway are trusted.', { defaults: '0' }),
  forwardClientCertDetails: field(
    ForwardClientCertDetails,
    'What happens to the header with the certificate of the client.',
  ),
  proxyProtocol: freeForm('Whether connections begin with the PROXY protocol.'),
})

/** A tag with a fixed text, from the environment or from a header. */
export const CustomTag = message('CustomTag', 'A tag of traces.', {
  literal: freeForm('A fixed text.'),
  environment: freeForm('Text of an environment variable.'),
  header: freeForm('Text of a header.'),
})

/** Traces. */
export const Tracing = message('Tracing', 'Traces of a proxy.', {
  zipkin: freeForm('Address of Zipkin.'),
  lightstep: freeForm('Address of Lightstep.', { deprecated: 'use an extension provider' }),
  datadog: freeForm('Address of Datadog.'),
  stackdriver: freeForm('Settings of Stackdriver.', { deprecated: 'use an extension provider' }),
  openCensusAgent: freeForm('Address of OpenCensus.', { deprecated: 'use an extension provider' }),
  customTags: map(CustomTag, 'Further tags.'),
  maxPathTagLength: uint32('Longest path that is written.', { defaults: '256' }),
  sampling: double('Share of the requests that are traced, in percent.', {
    minimum: 0,
    maximum: 100,
    defaults: '1',
  }),
  tlsSettings: field(ClientTLSSettings, 'TLS to the service.'),
  enableIstioTags: flag("Whether Istio's own tags are written.", { defaults: 'true' }),
})

/** A service that a proxy reports to. */
export const RemoteService = message('RemoteService', 'A service that a proxy reports to.', {
  address: text('Host and port.'),
  tlsSettings: field(ClientTLSSettings, 'TLS to the service.'),
  tcpKeepalive: field(TcpKeepalive, 'Keep-alive of connections.'),
})

/** Statistics that are kept. */
export const ProxyStatsMatcher = message('ProxyStatsMatcher', 'Statistics that are kept beside the usual.', {
  inclusionPrefixes: texts('Beginnings of names.'),
  inclusionSuffixes: texts('Ends of names.'),
  inclusionRegexps: texts('Regular expressions of names.'),
})

/** Image of the proxy. */
export const MeshProxyImage = message('MeshProxyImage', 'Image of the proxy.', {
  imageType: text('Variant of the image: default, debug or distroless.'),
})

/** A header that can be turned off. */
export const DisablableHeader = message('DisablableHeader', 'A header that can be turned off.', {
  disabled: flag('Whether the header is turned off.'),
  value: text('Value of the header.'),
})

/** A header that can be turned on. */
export const EnablableHeader = message('EnablableHeader', 'A header that can be turned on.', {
  enabled: flag('Whether the header is turned on.'),
})

/** Parts of a certificate in a header. */
export const SetCurrentClientCertDetails = message(
  'SetCurrentClientCertDetails',
  'Parts of the certificate in the header.',
  {
    subject: flag('The subject.', { defaults: 'true' }),
    cert: flag('The certificate.', { defaults: 'false' }),
    chain: flag('The chain.', { defaults: 'false' }),
    dns: flag('Its DNS names.', { defaults: 'true' }),
    uri: flag('Its URIs.', { defaults: 'true' }),
  },
)

/** Headers for metadata. */
export const MetadataExchangeMode = choice('MetadataExchangeMode', 'Where metadata headers are sent.', {
  UNDEFINED: 'To every destination.',
  IN_MESH: 'To destinations of the mesh only.',
})

/** Metadata headers. */
export const MetadataExchangeHeaders = message(
  'MetadataExchangeHeaders',
  'Headers with metadata of a proxy.',
  {
    mode: field(MetadataExchangeMode, 'Where they are sent.'),
  },
)

/** Headers that a proxy adds. */
export const ProxyHeaders = message('ProxyHeaders', 'Headers that a proxy adds.', {
  forwardedClientCert: field(ForwardClientCertDetails, 'The header with the certificate of the client.'),
  setCurrentClientCertDetails: field(SetCurrentClientCertDetails, 'Parts of the certificate in the header.'),
  requestId: field(DisablableHeader, 'x-request-id.'),
  server: field(DisablableHeader, 'server.'),
  attemptCount: field(DisablableHeader, 'x-envoy-attempt-count.'),
  envoyDebugHeaders: field(DisablableHeader, 'x-envoy-… for debugging.'),
  metadataExchangeHeaders: field(MetadataExchangeHeaders, 'Headers with metadata.'),
  preserveHttp1HeaderCase: flag('Whether the case of HTTP/1.1 headers is kept.'),
  xForwardedHost: field(EnablableHeader, 'x-forwarded-host.'),
  xForwardedPort: field(EnablableHeader, 'x-forwarded-port.'),
})

/** Settings of proxies. */
export const ProxyConfig = message(
  'ProxyConfig',
  'Settings of proxies; the annotation `proxy.istio.io/config` changes them for a pod.',
  {
    configPath: text('Folder of generated files.', { defaults: './etc/istio/proxy' }),
    binaryPath: text('The proxy.', { defaults: '/usr/local/bin/envoy' }),
    serviceCluster: text('Name of the service in traces.'),
    tracingServiceName: field(TracingServiceName, 'How the service is named in traces.'),
    drainDuration: meshDuration('Time for which connections are drained.', { defaults: '45s' }),
    discoveryAddress: text('Address of the control plane.', {
      defaults: 'istiod.istio-system.svc:15012',
      example: 'istiod.istio-system.svc:15012',
    }),
    discoveryRefreshDelay: meshDuration('Has no effect.', { deprecated: 'has no effect' }),
    zipkinAddress: text('Address of Zipkin.', { deprecated: 'use `tracing`' }),
    statsdUdpAddress: text('Address of statsd.'),
    envoyMetricsServiceAddress: text('Address of a metrics service.', {
      deprecated: 'use `envoyMetricsService`',
    }),
    proxyAdminPort: int32('Port of the admin pages.', { defaults: '15000' }),
    availabilityZone: text('Has no effect.', { deprecated: 'has no effect' }),
    controlPlaneAuthPolicy: field(AuthenticationPolicy, 'How the proxy proves itself.'),
    customConfigFile: text('A bootstrap of your own.'),
    statNameLength: int32('Longest name of a statistic.', { defaults: '189' }),
    concurrency: int32('Threads; 0 for one for each core.', {
      nullable: true,
      defaults: 'from the CPU limit of the container',
    }),
    proxyBootstrapTemplatePath: text('Template of the bootstrap.'),
    interceptionMode: field(InboundInterceptionMode, 'How connections reach the proxy.'),
    tracing: field(Tracing, 'Traces.'),
    sds: freeForm('Has no effect.', { deprecated: 'has no effect' }),
    envoyAccessLogService: field(RemoteService, 'Service for access logs.'),
    envoyMetricsService: field(RemoteService, 'Service for metrics.'),
    proxyMetadata: textMap('Environment of the proxy.', { example: '{ ISTIO_META_DNS_CAPTURE: "true" }' }),
    runtimeValues: textMap('Runtime values of Envoy.'),
    statusPort: int32('Port of health checks.', { defaults: '15020' }),
    extraStatTags: texts('Further tags of statistics.'),
    gatewayTopology: field(Topology, 'What stands before a gateway.'),
    terminationDrainDuration: meshDuration('Time between the end of a pod and that of its proxy.', {
      defaults: '5s',
    }),
    meshId: text('Name of the mesh.'),
    readinessProbe: freeForm('Probe of the application on a virtual machine.'),
    proxyStatsMatcher: field(ProxyStatsMatcher, 'Statistics that are kept.'),
    holdApplicationUntilProxyStarts: flag('Whether the application waits for the proxy.', {
      nullable: true,
      defaults: 'false',
    }),
    caCertificatesPem: texts('Further authorities.'),
    image: field(MeshProxyImage, 'Image of the proxy.'),
    privateKeyProvider: freeForm('Hardware that holds the private key.'),
    proxyHeaders: field(ProxyHeaders, 'Headers that the proxy adds.'),
    fileFlushInterval: meshDuration('Time between writes of access logs.', { defaults: '1s' }),
    fileFlushMinSizeKb: uint32('Size of access logs at which they are written, in KiB.', { defaults: '64' }),
    statsCompression: flag('Whether statistics may be compressed.', { nullable: true, defaults: 'true' }),
    connectionSettings: freeForm('Limits and timeouts of connections.', { stage: 'alpha' }),
  },
  { anchor: 'ProxyConfig' },
)
