import { AGE_COLUMN, defineKind } from '../kind.ts'
import { IstioStatus } from '../meta/status.ts'
import { type FieldOptions, field, map, message, text, textMap, uint32 } from '../node.ts'

/** Bounds of a port where the CRD checks them. */
export const PORT_RULE = { rule: '0 < self && self <= 65535', message: 'port must be between 1-65535' }

const UNIX_SOCKET: FieldOptions = {
  maxLength: 256,
  rules: [
    {
      rule: 'self.startsWith("unix://") ? (self.substring(7, 8) == "/" || self.substring(7, 8) == "@") : true',
      message: 'UDS must be an absolute path or abstract socket',
    },
    { rule: 'self.startsWith("unix://") ? !self.endsWith("/") : true', message: 'UDS may not be a dir' },
  ],
}

const workloadFields = {
  address: text('IP address, DNS name (with resolution DNS) or `unix://` socket of the workload.', {
    ...UNIX_SOCKET,
    example: '10.0.0.7',
  }),
  ports: map(
    uint32('Port of the workload.', { rules: [PORT_RULE] }),
    'Ports of the workload by the names of the service ports.',
    {
      maxProperties: 128,
      rules: [
        {
          rule: 'self.all(key, size(key) < 63 && key.matches("^[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?$"))',
          message: 'port name must be valid',
        },
      ],
      example: '{ http: 8080 }',
    },
  ),
  labels: textMap('Labels of the workload.', {
    maxProperties: 256,
    example: '{ app: reviews, version: v2 }',
  }),
  network: text('Network of the workload. Workloads of one network reach each other directly.', {
    maxLength: 2048,
  }),
  locality: text('Where the workload runs: `region/zone/subzone`.', { maxLength: 2048 }),
  weight: uint32('Share of the traffic, relative to other workloads.', { defaults: '1' }),
  serviceAccount: text('Service account of the workload, in the namespace of the object.', {
    maxLength: 253,
  }),
}

const NO_PORTS_WITH_SOCKET = {
  rule: '(has(self.address) ? self.address : "").startsWith("unix://") ? !has(self.ports) : true',
  message: 'UDS may not include ports',
}

/** What a WorkloadEntry says; also an endpoint of a ServiceEntry. */
export const WorkloadEntrySpec = message(
  'WorkloadEntrySpec',
  'A workload that is no pod, such as a virtual machine.',
  workloadFields,
  {
    rules: [
      { rule: 'has(self.address) || has(self.network)', message: 'Address is required' },
      NO_PORTS_WITH_SOCKET,
    ],
    anchor: 'WorkloadEntry',
    example: 'address: 10.0.0.7\nlabels: { app: reviews }',
  },
)

/** A workload whose address comes later: the template of a WorkloadGroup. */
export const WorkloadTemplate = message(
  'WorkloadTemplate',
  'What the workloads of a group have in common. The address comes with the workload.',
  workloadFields,
  { rules: [NO_PORTS_WITH_SOCKET], anchor: 'WorkloadEntry' },
)

/** The kind. */
export const WorkloadEntry = defineKind({
  kind: 'WorkloadEntry',
  group: 'networking.istio.io',
  versions: ['v1', 'v1alpha3', 'v1beta1'],
  plural: 'workloadentries',
  shortNames: ['we'],
  scope: 'Namespaced',
  origin: 'istio',
  description:
    'Describes one workload outside of Kubernetes, so that ServiceEntries and Services can select it.',
  docs: 'https://istio.io/latest/docs/reference/config/networking/workload-entry/',
  parts: { spec: field(WorkloadEntrySpec, 'A workload that is no pod.'), status: IstioStatus },
  required: ['spec'],
  printerColumns: [
    AGE_COLUMN,
    { name: 'Address', type: 'string', description: 'Address of the workload', jsonPath: '.spec.address' },
  ],
})
