import { LabelSelector } from '../kubernetes/object-meta.ts'
import { LocalityLoadBalancerSetting, ZoneAwareLoadBalancerSetting } from '../networking/load-balancer.ts'
import {
  ClientTLSSettings,
  ConnectionPoolSettings,
  OutlierDetection,
  TcpKeepalive,
} from '../networking/traffic-policy.ts'
import { HTTPRetry } from '../networking/virtual-service.ts'
import { choice, field, flag, freeForm, int32, list, message, text, texts } from '../node.ts'
import { meshDuration } from './duration.ts'
import { ExtensionProvider } from './extension-provider.ts'
import { ProxyConfig } from './proxy-config.ts'

/** What becomes of requests to unknown hosts. */
export const MeshOutboundTrafficPolicyMode = choice(
  'MeshOutboundTrafficPolicyMode',
  'What becomes of requests to unknown hosts.',
  {
    REGISTRY_ONLY: 'They are refused.',
    ALLOW_ANY: 'They pass.',
    ALLOW_ANY_DYNAMIC_DNS: 'They pass; the proxy looks the host up.',
  },
)

/** Requests to unknown hosts. */
export const MeshOutboundTrafficPolicy = message('MeshOutboundTrafficPolicy', 'Requests to unknown hosts.', {
  mode: field(MeshOutboundTrafficPolicyMode, 'What becomes of them.', { defaults: 'ALLOW_ANY' }),
  tls: field(ClientTLSSettings, 'TLS of such requests.'),
})

/** Where inbound connections go. */
export const InboundTrafficPolicyMode = choice('InboundTrafficPolicyMode', 'Where inbound connections go.', {
  PASSTHROUGH: 'To the address of the pod.',
  LOCALHOST: 'To 127.0.0.1.',
})

/** Inbound connections. */
export const InboundTrafficPolicy = message('InboundTrafficPolicy', 'Inbound connections.', {
  mode: field(InboundTrafficPolicyMode, 'Where they go.', { defaults: 'PASSTHROUGH' }),
})

/** Which Ingresses count. */
export const IngressControllerMode = choice('IngressControllerMode', 'Which Ingresses count.', {
  UNSPECIFIED: 'The default.',
  OFF: 'None.',
  DEFAULT: 'Those of the class, and those without a class.',
  STRICT: 'Those of the class.',
})

/** Format of access logs. */
export const AccessLogEncoding = choice('AccessLogEncoding', 'Format of access logs.', {
  TEXT: 'Text.',
  JSON: 'JSON.',
})

/** What a source has. */
export const ConfigResource = choice('ConfigResource', 'What a source has.', {
  SERVICE_REGISTRY: 'Services.',
})

/** Where configuration comes from. */
export const ConfigSource = message('ConfigSource', 'Where configuration comes from.', {
  address: text('`k8s://`, `fs:///path` or `xds://host:port`.'),
  tlsSettings: field(ClientTLSSettings, 'TLS to the source.'),
  subscribedResources: list(ConfigResource, 'What is taken from it.'),
})

/** When HTTP/1.1 becomes HTTP/2. */
export const MeshH2UpgradePolicy = choice('MeshH2UpgradePolicy', 'When HTTP/1.1 becomes HTTP/2.', {
  DO_NOT_UPGRADE: 'Never.',
  UPGRADE: 'Where both ends know it.',
})

/** Version of TLS. */
export const MeshTLSProtocol = choice('MeshTLSProtocol', 'Oldest version of TLS.', {
  TLS_AUTO: 'The default.',
  TLSV1_2: 'TLS 1.2.',
  TLSV1_3: 'TLS 1.3.',
})

/** TLS settings. */
export const MeshTLSConfig = message('MeshTLSConfig', 'TLS settings.', {
  minProtocolVersion: field(MeshTLSProtocol, 'Oldest version.'),
  ecdhCurves: texts('Curves.'),
  cipherSuites: texts('Cipher suites.'),
})

/** An authority. */
export const CertificateData = message(
  'CertificateData',
  'An authority that proxies trust.',
  {
    pem: text('Certificate in PEM.'),
    spiffeBundleUrl: text('Where its bundle is.'),
    certSigners: texts('Signers of Kubernetes that it stands for.'),
    trustDomains: texts('Trust domains that it is for.'),
  },
  { oneOfs: [{ name: 'CertificateDataKind', fields: ['pem', 'spiffeBundleUrl'] }] },
)

/** A certificate authority. */
export const MeshCA = message('MeshCA', 'The authority that signs certificates.', {
  address: text('Host and port.'),
  tlsSettings: field(ClientTLSSettings, 'TLS to the authority.'),
  requestTimeout: meshDuration('Time limit of a request.', { defaults: '10s' }),
  istiodSide: flag('Whether the control plane asks it, rather than the proxies.', { defaults: 'true' }),
})

/** Default providers. */
export const DefaultProviders = message(
  'DefaultProviders',
  'Providers that are used where Telemetry names none.',
  {
    tracing: texts('For traces.'),
    metrics: texts('For metrics.'),
    accessLogging: texts('For access logs.'),
  },
)

/** How paths are compared. */
export const PathNormalizationType = choice('PathNormalizationType', 'How paths are made comparable.', {
  DEFAULT: 'As BASE.',
  NONE: 'Not at all.',
  BASE: 'By RFC 3986: dots and case of escapes.',
  MERGE_SLASHES: 'BASE, and slashes in a row become one.',
  DECODE_AND_MERGE_SLASHES: 'MERGE_SLASHES, and escaped slashes are slashes.',
})

/** How paths are compared. */
export const ProxyPathNormalization = message('ProxyPathNormalization', 'How paths are made comparable.', {
  normalization: field(PathNormalizationType, 'How.'),
})

/** Settings of services. */
export const ServiceSettingsSettings = message('ServiceSettingsSettings', 'Settings of services.', {
  clusterLocal: flag('Whether only endpoints of the same cluster count.'),
})

/** Settings of some services. */
export const MeshServiceSettings = message('MeshServiceSettings', 'Settings of some services.', {
  settings: field(ServiceSettingsSettings, 'The settings.'),
  hosts: texts('Hosts of the services, perhaps with `*.` in front.'),
})

/** Scope of services. */
export const ServiceScope = choice('ServiceScope', 'Where a service is visible.', {
  LOCAL: 'In its cluster.',
  GLOBAL: 'In all clusters.',
})

/** Scope of some services. */
export const ServiceScopeConfig = message('ServiceScopeConfig', 'Where some services are visible.', {
  namespaceSelector: field(LabelSelector, 'Their namespaces.'),
  servicesSelector: field(LabelSelector, 'Their labels.'),
  scope: field(ServiceScope, 'Where they are visible.'),
})

/** Defaults of traffic policies. */
export const DefaultTrafficPolicy = message('DefaultTrafficPolicy', 'Defaults of every destination.', {
  connectionPool: field(ConnectionPoolSettings, 'Limits of connections.'),
  outlierDetection: field(OutlierDetection, 'When a host is left out.'),
})

/** Settings of the mesh. */
export const MeshConfig = message(
  'MeshConfig',
  'Settings of the mesh.',
  {
    proxyListenPort: int32('Port for outbound connections.', { defaults: '15001' }),
    proxyInboundListenPort: int32('Port for inbound connections.', { defaults: '15006' }),
    proxyHttpPort: int32('Port of the HTTP proxy; 0 for none.', { defaults: '0' }),
    connectTimeout: meshDuration('Time limit of a connection.', { defaults: '10s' }),
    hboneIdleTimeout: meshDuration('Time after which an idle tunnel closes.', { defaults: '1h' }),
    protocolDetectionTimeout: meshDuration('Time for telling the protocol; 0s for no limit.', {
      defaults: '0s',
    }),
    tcpKeepalive: field(TcpKeepalive, 'Keep-alive of connections.'),
    dnsRefreshRate: meshDuration('Time between look-ups.', { defaults: '60s' }),
    ingressClass: text('Class of Ingresses.', { defaults: 'istio' }),
    ingressService: text('Service of the gateway for Ingresses.', { defaults: 'istio-ingressgateway' }),
    ingressSelector: text('Gateway for Ingresses.', { defaults: 'ingressgateway' }),
    ingressControllerMode: field(IngressControllerMode, 'Which Ingresses count.', { defaults: 'STRICT' }),
    enableTracing: flag('Whether requests are traced.', { defaults: 'true' }),
    accessLogFile: text('File for access logs; empty for none.', { example: '/dev/stdout' }),
    accessLogFormat: text("Format of access logs, with Envoy's command operators."),
    accessLogEncoding: field(AccessLogEncoding, 'Text or JSON.', { defaults: 'TEXT' }),
    enableEnvoyAccessLogService: flag('Whether access logs go to a service.', { defaults: 'false' }),
    disableEnvoyListenerLog: flag('Whether listeners write no access logs.', { defaults: 'false' }),
    enablePrometheusMerge: flag("Whether the application's metrics are served with those of the proxy.", {
      nullable: true,
      defaults: 'true',
    }),
    inboundClusterStatName: text('Name of inbound clusters in statistics.'),
    outboundClusterStatName: text('Name of outbound clusters in statistics.'),
    defaultConfig: field(ProxyConfig, 'Settings of proxies.'),
    outboundTrafficPolicy: field(MeshOutboundTrafficPolicy, 'Requests to unknown hosts.'),
    inboundTrafficPolicy: field(InboundTrafficPolicy, 'Inbound connections.'),
    configSources: list(ConfigSource, 'Where configuration comes from.'),
    rootNamespace: text('Namespace whose configuration is for the whole mesh.', { defaults: 'istio-system' }),
    discoverySelectors: list(LabelSelector, 'Namespaces that the control plane looks at.', {
      defaults: 'all of them',
    }),
    defaultServiceExportTo: texts('Who sees Services that do not say.', { defaults: '[*]' }),
    defaultVirtualServiceExportTo: texts('Who sees VirtualServices that do not say.', { defaults: '[*]' }),
    defaultDestinationRuleExportTo: texts('Who sees DestinationRules that do not say.', { defaults: '[*]' }),
    serviceEntryVisibility: freeForm('Who sees which ServiceEntries.', { stage: 'alpha' }),
    enableAutoMtls: flag('Whether proxies use mutual TLS where the other end can.', {
      nullable: true,
      defaults: 'true',
    }),
    trustDomain: text('Trust domain of the mesh.', { defaults: 'cluster.local' }),
    trustDomainAliases: texts('Further trust domains whose identities count.'),
    caCertificates: list(CertificateData, 'Authorities that proxies trust.'),
    ca: field(MeshCA, 'The authority that signs certificates.'),
    meshMTLS: field(MeshTLSConfig, 'TLS inside of the mesh.'),
    tlsDefaults: field(MeshTLSConfig, 'TLS elsewhere.'),
    certificates: freeForm('Has no effect.', { deprecated: 'has no effect' }),
    verifyCertificateAtClient: flag(
      'Whether proxies verify certificates with the authorities of the system.',
      {
        nullable: true,
        deprecated: 'use DestinationRule',
      },
    ),
    localityLbSetting: field(LocalityLoadBalancerSetting, 'Localities in load balancing.'),
    zoneAwareLbSetting: field(ZoneAwareLoadBalancerSetting, 'Zones in load balancing.'),
    h2UpgradePolicy: field(MeshH2UpgradePolicy, 'When HTTP/1.1 becomes HTTP/2.', {
      defaults: 'DO_NOT_UPGRADE',
    }),
    defaultHttpRetryPolicy: field(HTTPRetry, 'Retries of routes that do not say; not with `perTryTimeout`.'),
    defaultTrafficPolicy: field(DefaultTrafficPolicy, 'Defaults of every destination.', { stage: 'alpha' }),
    pathNormalization: field(ProxyPathNormalization, 'How paths are made comparable.'),
    serviceSettings: list(MeshServiceSettings, 'Settings of some services.'),
    serviceScopeConfigs: list(ServiceScopeConfig, 'Where services are visible.'),
    defaultProviders: field(DefaultProviders, 'Providers where Telemetry names none.'),
    extensionProviders: list(ExtensionProvider, 'Services outside of the proxies.'),
    mixerCheckServer: text('Has no effect.', { deprecated: 'has no effect' }),
    mixerReportServer: text('Has no effect.', { deprecated: 'has no effect' }),
    disablePolicyChecks: flag('Has no effect.', { deprecated: 'has no effect' }),
    reportBatchMaxEntries: int32('Has no effect.', { deprecated: 'has no effect' }),
    reportBatchMaxTime: text('Has no effect.', { deprecated: 'has no effect' }),
    enableNamespacesByDefault: flag('Has no effect here.', { deprecated: 'a setting of the installation' }),
  },
  { anchor: 'MeshConfig' },
)
