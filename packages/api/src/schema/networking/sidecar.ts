import { defineKind } from '../kind.ts'
import { WorkloadSelector } from '../meta/selector.ts'
import { IstioStatus } from '../meta/status.ts'
import { choice, field, list, message, text, texts, uint32 } from '../node.ts'
import { Destination } from './destination.ts'
import { ServerTLSSettings } from './server-tls.ts'
import { ConnectionPoolSettings } from './traffic-policy.ts'

/** How traffic gets to a listener. */
export const CaptureMode = choice('CaptureMode', 'How traffic gets to a listener.', {
  DEFAULT: 'As the proxy captures in general.',
  IPTABLES: 'Redirected by the operating system.',
  NONE: 'Sent to the address and port of the listener by the application.',
})

/** A port of a sidecar listener. */
export const SidecarPort = message('SidecarPort', 'A port of a sidecar listener.', {
  number: uint32('Number of the port.'),
  protocol: text('HTTP, HTTPS, HTTP2, GRPC, GRPC-WEB, MONGO, TCP or TLS.'),
  name: text('Name of the port.'),
  targetPort: uint32('Has no effect.', { deprecated: 'has no effect' }),
})

/** Listener for traffic to the workload. */
export const IstioIngressListener = message(
  'IstioIngressListener',
  'A listener for traffic to the workload.',
  {
    port: field(SidecarPort, 'Port of the listener.'),
    bind: text('Address to listen on.', { defaults: 'the addresses of the workload' }),
    captureMode: field(CaptureMode, 'How traffic gets to the listener.', { defaults: 'DEFAULT' }),
    defaultEndpoint: text(
      'Where the application listens: `127.0.0.1:port`, `0.0.0.0:port` or `unix:///path`.',
      {
        defaults: '127.0.0.1 and the port of the listener',
      },
    ),
    tls: field(ServerTLSSettings, 'TLS of the listener, instead of that of the mesh.'),
    connectionPool: field(ConnectionPoolSettings, 'Limits for connections to the application.'),
  },
  {
    required: ['port'],
    example: 'port: { number: 9080, protocol: HTTP, name: http }\ndefaultEndpoint: 127.0.0.1:8080',
  },
)

/** Listener for traffic from the workload. */
export const IstioEgressListener = message(
  'IstioEgressListener',
  'A listener for traffic from the workload, and the hosts it reaches.',
  {
    port: field(SidecarPort, 'Port of the listener.', { defaults: 'the ports of the hosts' }),
    bind: text('Address or Unix socket to listen on. Needs a port.'),
    captureMode: field(CaptureMode, 'How traffic gets to the listener.', { defaults: 'DEFAULT' }),
    hosts: texts(
      'Services that are reached: `namespace/name`; `.` is the own namespace, `*` any, `~` none.',
      {
        example: '["./*", "istio-system/*"]',
      },
    ),
  },
  { required: ['hosts'], example: 'hosts: ["./*", "istio-system/*"]' },
)

/** What happens to unknown destinations. */
export const SidecarOutboundMode = choice(
  'SidecarOutboundMode',
  'What happens to traffic to unknown destinations.',
  {
    REGISTRY_ONLY: 'It is refused.',
    ALLOW_ANY: 'It is passed on.',
  },
)

/** Policy for unknown destinations. */
export const OutboundTrafficPolicy = message(
  'OutboundTrafficPolicy',
  'What happens to traffic of the workload to destinations that the mesh does not know.',
  {
    mode: field(SidecarOutboundMode, 'Passed on or refused.', { defaults: 'as the mesh says: ALLOW_ANY' }),
    egressProxy: field(Destination, 'Sends traffic to unknown destinations there.', {
      stage: 'experimental',
    }),
  },
)

/** What a Sidecar says. */
export const SidecarSpec = message(
  'SidecarSpec',
  'What the proxies of workloads listen on, and which services they know.',
  {
    workloadSelector: field(WorkloadSelector, 'Workloads it is for.', { defaults: 'all of the namespace' }),
    ingress: list(IstioIngressListener, 'Listeners for traffic to the workload.', {
      defaults: 'from its services',
    }),
    egress: list(IstioEgressListener, 'Listeners for traffic from the workload.', {
      defaults: 'every service that is visible',
    }),
    inboundConnectionPool: field(ConnectionPoolSettings, 'Limits for connections to the application.'),
    outboundTrafficPolicy: field(OutboundTrafficPolicy, 'What happens to traffic to unknown destinations.'),
  },
  { anchor: 'Sidecar' },
)

/** The kind. */
export const Sidecar = defineKind({
  kind: 'Sidecar',
  group: 'networking.istio.io',
  versions: ['v1', 'v1alpha3', 'v1beta1'],
  plural: 'sidecars',
  scope: 'Namespaced',
  origin: 'istio',
  description: 'Narrows what the proxies of workloads listen on and which services they know.',
  docs: 'https://istio.io/latest/docs/reference/config/networking/sidecar/',
  parts: { spec: field(SidecarSpec, 'Listeners and visible services.'), status: IstioStatus },
  example: `apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: default }
spec:
  egress:
  - hosts: ["./*", "istio-system/*"]`,
})
