import { defineKind } from '../kind.ts'
import { field, flag, int32, intOrString, list, message, text, textMap, texts } from '../node.ts'
import { Condition } from './object-meta.ts'

/** A port of a Service. */
export const KubeServicePort = message(
  'KubeServicePort',
  'A port of a Service.',
  {
    name: text('Name of the port; its beginning says the protocol to the mesh: `http-web`, `grpc`, `tcp`.'),
    port: int32('Number of the port.', { minimum: 1, maximum: 65535 }),
    targetPort: intOrString('Port of the pods, by number or by name.', { defaults: '`port`' }),
    protocol: text('TCP, UDP or SCTP.', { defaults: 'TCP' }),
    appProtocol: text(
      'Protocol of the application: `http`, `grpc`, `kubernetes.io/h2c`; wins over the name.',
    ),
    nodePort: int32('Port on every node.'),
  },
  { required: ['port'], open: true },
)

/** One address of a load balancer. */
export const LoadBalancerIngress = message(
  'LoadBalancerIngress',
  'An address of a load balancer.',
  { ip: text('IP address.'), hostname: text('Host name.') },
  { open: true },
)

/** Addresses of a load balancer. */
export const LoadBalancerStatus = message(
  'LoadBalancerStatus',
  'State of a load balancer.',
  { ingress: list(LoadBalancerIngress, 'Addresses of the load balancer.') },
  { open: true },
)

/** What a Service says. */
export const ServiceSpec = message(
  'ServiceSpec',
  'A set of pods under one name.',
  {
    selector: textMap('Labels of the pods, all of them.'),
    ports: list(KubeServicePort, 'Ports of the service.'),
    type: text('ClusterIP, NodePort, LoadBalancer or ExternalName.', { defaults: 'ClusterIP' }),
    clusterIP: text('Virtual address; `None` for a headless service.'),
    clusterIPs: texts('Virtual addresses of all families.'),
    externalIPs: texts('Further addresses that lead to the service.'),
    externalName: text('DNS name that the service stands for, with type ExternalName.'),
    externalTrafficPolicy: text('Cluster or Local.'),
    internalTrafficPolicy: text('Cluster or Local.', { nullable: true }),
    trafficDistribution: text(
      'Preference for near endpoints: PreferClose, PreferSameZone or PreferSameNode.',
      {
        nullable: true,
      },
    ),
    publishNotReadyAddresses: flag('Whether pods that are not ready count.'),
    sessionAffinity: text('None or ClientIP.'),
    ipFamilies: texts('IPv4, IPv6.'),
    ipFamilyPolicy: text('SingleStack, PreferDualStack or RequireDualStack.', { nullable: true }),
    loadBalancerIP: text('Wanted address of the load balancer.'),
    loadBalancerClass: text('Implementation of the load balancer.', { nullable: true }),
  },
  { open: true },
)

/** State of a Service. */
export const ServiceStatus = message(
  'ServiceStatus',
  'State of a service.',
  {
    loadBalancer: field(LoadBalancerStatus, 'State of the load balancer.'),
    conditions: list(Condition, 'Observed conditions.'),
  },
  { open: true },
)

/** The kind. */
export const Service = defineKind({
  kind: 'Service',
  group: '',
  versions: ['v1'],
  plural: 'services',
  shortNames: ['svc'],
  scope: 'Namespaced',
  origin: 'kubernetes',
  description: 'A set of pods under one name and address.',
  docs: 'https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/',
  parts: {
    spec: field(ServiceSpec, 'A set of pods under one name.'),
    status: field(ServiceStatus, 'State of the service.'),
  },
})
