import { AGE_COLUMN, defineKind } from '../kind.ts'
import { WorkloadSelector } from '../meta/selector.ts'
import { ServiceEntryStatus } from '../meta/status.ts'
import { choice, field, list, message, text, texts, uint32 } from '../node.ts'
import { PORT_RULE, WorkloadEntrySpec } from './workload-entry.ts'

/** Inside or outside of the mesh. */
export const ServiceEntryLocation = choice('ServiceEntryLocation', 'Whether a service is part of the mesh.', {
  MESH_EXTERNAL: 'Outside: no mTLS, and policies apply at the caller only.',
  MESH_INTERNAL: 'Part of the mesh, such as a service on virtual machines.',
})

/** How addresses are found. */
export const ServiceEntryResolution = choice(
  'ServiceEntryResolution',
  'How the addresses of a service are found.',
  {
    NONE: 'The address that the caller asked for is used.',
    STATIC: 'The addresses of the endpoints.',
    DNS: 'By DNS, all addresses of an answer.',
    DNS_ROUND_ROBIN: 'By DNS, the first address of an answer.',
    DYNAMIC_DNS: 'By DNS at the time of the request, for wildcard hosts.',
  },
)

/** A port of the service. */
export const ServicePort = message(
  'ServicePort',
  'A port of the service.',
  {
    number: uint32('Number of the port.', { rules: [PORT_RULE] }),
    protocol: text('HTTP, HTTPS, HTTP2, GRPC, GRPC-WEB, MONGO, TCP or TLS.', { maxLength: 256 }),
    name: text('Name of the port, unique in the object.', { maxLength: 256 }),
    targetPort: uint32('Port of the endpoints.', { rules: [PORT_RULE], defaults: '`number`' }),
  },
  { required: ['number', 'name'], example: 'number: 443\nname: https\nprotocol: TLS' },
)

/** What a ServiceEntry says. */
export const ServiceEntrySpec = message(
  'ServiceEntrySpec',
  'A service that is added to the registry of the mesh.',
  {
    hosts: texts('Names of the service; wildcards like `*.example.com` are allowed, a bare `*` is not.', {
      minItems: 1,
      maxItems: 256,
      item: { rules: [{ rule: 'self != "*"', message: 'hostname cannot be wildcard' }] },
    }),
    addresses: texts('Virtual addresses of the service, or CIDR ranges.', {
      maxItems: 256,
      item: { maxLength: 64 },
    }),
    ports: list(ServicePort, 'Ports of the service.', {
      maxItems: 256,
      listKeys: ['name'],
      rules: [
        {
          rule: 'self.all(l1, self.exists_one(l2, l1.number == l2.number))',
          message: 'port number cannot be duplicated',
        },
      ],
    }),
    location: field(ServiceEntryLocation, 'Whether the service is part of the mesh.', {
      defaults: 'MESH_EXTERNAL',
    }),
    resolution: field(ServiceEntryResolution, 'How addresses are found.', { defaults: 'NONE' }),
    endpoints: list(WorkloadEntrySpec, 'Endpoints of the service. Not together with `workloadSelector`.', {
      maxItems: 4096,
    }),
    workloadSelector: field(
      WorkloadSelector,
      'Chooses pods and WorkloadEntries of the namespace as endpoints.',
    ),
    exportTo: texts('Namespaces that see this object: names, `.` for its own, `*` for all.', {
      defaults: 'MeshConfig.defaultServiceExportTo, which is all',
    }),
    subjectAltNames: texts('Names of which the certificate of an endpoint must have one.'),
  },
  {
    required: ['hosts'],
    anchor: 'ServiceEntry',
    rules: [
      {
        rule: '(has(self.workloadSelector) ? 1 : 0) + (has(self.endpoints) ? 1 : 0) <= 1',
        message: 'only one of WorkloadSelector or Endpoints can be set',
      },
      {
        rule: '!((has(self.addresses) ? self.addresses : []).exists(k, k.contains("/")) && !((has(self.resolution) ? self.resolution : "NONE") in ["STATIC", "NONE"]))',
        message: 'CIDR addresses are allowed only for NONE/STATIC resolution types',
      },
      {
        rule: '((has(self.resolution) ? self.resolution : "NONE") == "NONE") ? !has(self.endpoints) : true',
        message: 'NONE mode cannot set endpoints',
      },
      {
        rule: '((has(self.resolution) ? self.resolution : "") == "DNS_ROUND_ROBIN") ? ((has(self.endpoints) ? self.endpoints : []).size() <= 1) : true',
        message: 'DNS_ROUND_ROBIN mode cannot have multiple endpoints',
      },
    ],
  },
)

/** The kind. */
export const ServiceEntry = defineKind({
  kind: 'ServiceEntry',
  group: 'networking.istio.io',
  versions: ['v1', 'v1alpha3', 'v1beta1'],
  plural: 'serviceentries',
  shortNames: ['se'],
  scope: 'Namespaced',
  origin: 'istio',
  description:
    'Adds a service to the registry of the mesh: outside hosts, virtual machines, or other names for pods.',
  docs: 'https://istio.io/latest/docs/reference/config/networking/service-entry/',
  parts: {
    spec: field(ServiceEntrySpec, 'A service that is added to the registry.'),
    status: ServiceEntryStatus,
  },
  required: ['spec'],
  printerColumns: [
    { name: 'Hosts', type: 'string', description: 'Names of the service', jsonPath: '.spec.hosts' },
    {
      name: 'Location',
      type: 'string',
      description: 'Whether the service is part of the mesh (MESH_EXTERNAL or MESH_INTERNAL)',
      jsonPath: '.spec.location',
    },
    {
      name: 'Resolution',
      type: 'string',
      description: 'How addresses are found (NONE, STATIC or DNS)',
      jsonPath: '.spec.resolution',
    },
    AGE_COLUMN,
  ],
  example: `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: external-api }
spec:
  hosts: [api.example.com]
  ports:
  - { number: 443, name: https, protocol: TLS }
  resolution: DNS
  location: MESH_EXTERNAL`,
})
