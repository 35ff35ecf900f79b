import { defineKind } from '../kind.ts'
import { field, flag, freeForm, int32, list, message, text, textMap, texts } from '../node.ts'
import { ObjectReference } from './config.ts'

/** State of an endpoint. */
export const EndpointConditions = message(
  'EndpointConditions',
  'State of an endpoint.',
  {
    ready: flag('Whether it takes new traffic.', { nullable: true }),
    serving: flag('Whether it can serve, even while it stops.', { nullable: true }),
    terminating: flag('Whether it is stopping.', { nullable: true }),
  },
  { open: true },
)

/** An endpoint of a service. */
export const KubeEndpoint = message(
  'KubeEndpoint',
  'A workload behind a service.',
  {
    addresses: texts('Addresses of the workload; all mean the same one.'),
    conditions: field(EndpointConditions, 'State of the endpoint.'),
    hostname: text('Host name of the endpoint.', { nullable: true }),
    nodeName: text('Node it runs on.', { nullable: true }),
    zone: text('Zone it runs in.', { nullable: true }),
    targetRef: field(ObjectReference, 'The pod.'),
    hints: freeForm('Which zones should use it.'),
    deprecatedTopology: textMap('Labels of the node.', { deprecated: 'use `zone` and `nodeName`' }),
  },
  { required: ['addresses'], open: true },
)

/** A port of endpoints. */
export const EndpointPort = message(
  'EndpointPort',
  'A port of all endpoints of a slice.',
  {
    name: text('Name of the service port.', { nullable: true }),
    port: int32('Number of the port.', { nullable: true }),
    protocol: text('TCP, UDP or SCTP.', { nullable: true, defaults: 'TCP' }),
    appProtocol: text('Protocol of the application.', { nullable: true }),
  },
  { open: true },
)

/** The kind. */
export const EndpointSlice = defineKind({
  kind: 'EndpointSlice',
  group: 'discovery.k8s.io',
  versions: ['v1'],
  plural: 'endpointslices',
  scope: 'Namespaced',
  origin: 'kubernetes',
  description: 'Endpoints of a service, which the label `kubernetes.io/service-name` names.',
  docs: 'https://kubernetes.io/docs/reference/kubernetes-api/service-resources/endpoint-slice-v1/',
  parts: {
    addressType: text('IPv4, IPv6 or FQDN.'),
    endpoints: list(KubeEndpoint, 'The endpoints.'),
    ports: list(EndpointPort, 'Their ports.'),
  },
  required: ['addressType'],
})
