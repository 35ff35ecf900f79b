import { AGE_COLUMN, defineKind } from '../kind.ts'
import { PolicySelector } from '../meta/selector.ts'
import { IstioStatus } from '../meta/status.ts'
import { field, list, message, text, textMap, texts } from '../node.ts'
import { TrafficPolicy } from './traffic-policy.ts'

/** A named part of the workloads of a host. */
export const Subset = message(
  'Subset',
  'A named part of the workloads of a host, usually one version of it.',
  {
    name: text('Name that routes refer to. A DNS label, unique in the object.', { example: 'v2' }),
    labels: textMap('Labels that a workload of the subset carries, all of them.', {
      example: '{ version: v2 }',
    }),
    trafficPolicy: field(TrafficPolicy, 'Policy of the subset; what it does not set comes from the host.'),
  },
  { required: ['name'], example: 'name: v2\nlabels: { version: v2 }' },
)

/** What a DestinationRule says. */
export const DestinationRuleSpec = message(
  'DestinationRuleSpec',
  'Policies for traffic to a host.',
  {
    host: text(
      'Name of a service in the registry. A short name is completed with the namespace of the DestinationRule.',
      { example: 'reviews' },
    ),
    trafficPolicy: field(TrafficPolicy, 'Policy of the host: balancing, limits, ejection, TLS.'),
    subsets: list(Subset, 'Named parts of the workloads of the host.'),
    exportTo: texts('Namespaces that see this object: names, `.` for its own, `*` for all.', {
      defaults: 'MeshConfig.defaultDestinationRuleExportTo, which is all',
    }),
    workloadSelector: field(
      PolicySelector,
      'Calling workloads that use this rule. Then it applies in its own namespace only.',
      {
        defaults: 'all workloads that see the object',
      },
    ),
  },
  { required: ['host'], anchor: 'DestinationRule' },
)

/** The kind. */
export const DestinationRule = defineKind({
  kind: 'DestinationRule',
  group: 'networking.istio.io',
  versions: ['v1', 'v1alpha3', 'v1beta1'],
  plural: 'destinationrules',
  shortNames: ['dr'],
  scope: 'Namespaced',
  origin: 'istio',
  description:
    'Policies for traffic to a host once it has been routed: subsets, balancing, limits, ejection, TLS.',
  docs: 'https://istio.io/latest/docs/reference/config/networking/destination-rule/',
  parts: { spec: field(DestinationRuleSpec, 'Policies for traffic to a host.'), status: IstioStatus },
  printerColumns: [
    { name: 'Host', type: 'string', description: 'Host the policies are for', jsonPath: '.spec.host' },
    AGE_COLUMN,
  ],
  example: `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: reviews }
spec:
  host: reviews
  trafficPolicy:
    loadBalancer: { simple: LEAST_REQUEST }
  subsets:
  - name: v1
    labels: { version: v1 }
  - name: v2
    labels: { version: v2 }`,
})
