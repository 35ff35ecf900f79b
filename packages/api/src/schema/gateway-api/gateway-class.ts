import { defineKind } from '../kind.ts'
import { field, list, message, text } from '../node.ts'
import { CONTROLLER_NAME, group, kindName, namespaceName, objectName } from './names.ts'
import { CONDITIONS, pending, StatusCondition } from './references.ts'

/** Parameters of a class. */
export const ParametersReference = message(
  'ParametersReference',
  'An object with parameters of the class.',
  {
    group: group('API group of the object; empty for a ConfigMap.'),
    kind: kindName('Kind of the object.'),
    name: objectName('Name of the object.'),
    namespace: namespaceName('Namespace of the object.'),
  },
  { required: ['group', 'kind', 'name'] },
)

/** What a GatewayClass says. */
export const GatewayClassSpec = message(
  'GatewayClassSpec',
  'Which controller looks after the Gateways of the class.',
  {
    controllerName: text('Name of the controller. It cannot be changed.', {
      ...CONTROLLER_NAME,
      rules: [{ rule: 'self == oldSelf', message: 'Value is immutable' }],
      example: 'istio.io/gateway-controller',
    }),
    parametersRef: field(ParametersReference, 'Parameters of the class.'),
    description: text('A sentence for people.', { maxLength: 64 }),
  },
  { required: ['controllerName'] },
)

/** A feature of a class. */
export const SupportedFeature = message(
  'SupportedFeature',
  'A feature of the Gateway API.',
  { name: text('Name of the feature.') },
  { required: ['name'] },
)

/** State of a GatewayClass. */
export const GatewayClassStatus = message('GatewayClassStatus', 'State of a class.', {
  conditions: list(StatusCondition, 'Conditions such as Accepted.', {
    ...CONDITIONS,
    default: pending('Accepted'),
    defaults: 'Accepted is Unknown',
  }),
  supportedFeatures: list(SupportedFeature, 'Features that the controller supports.', {
    listKeys: ['name'],
    maxItems: 64,
  }),
})

/** The kind. */
export const GatewayClass = defineKind({
  kind: 'GatewayClass',
  group: 'gateway.networking.k8s.io',
  versions: ['v1', 'v1beta1'],
  plural: 'gatewayclasses',
  shortNames: ['gc'],
  scope: 'Cluster',
  origin: 'gateway-api',
  description: 'A class of Gateways that one controller looks after.',
  docs: 'https://gateway-api.sigs.k8s.io/api-types/gatewayclass/',
  parts: {
    spec: field(GatewayClassSpec, 'Which controller looks after the Gateways.'),
    status: field(GatewayClassStatus, 'State of the class.', {
      default: { conditions: pending('Accepted') },
      defaults: 'Accepted is Unknown',
    }),
  },
  required: ['spec'],
})
