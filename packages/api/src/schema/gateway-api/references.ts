import { choice, field, int32, integer, list, message, text } from '../node.ts'
import {
  CONTROLLER_NAME,
  group,
  kindName,
  namespaceName,
  objectName,
  portNumber,
  sectionName,
} from './names.ts'

/** What a route hangs on. */
export const ParentReference = message(
  'ParentReference',
  'A Gateway or Service that a route hangs on.',
  {
    group: group('API group of the parent; empty for a Service.', { default: 'gateway.networking.k8s.io' }),
    kind: kindName('Kind of the parent: Gateway, Service or ServiceEntry.', { default: 'Gateway' }),
    namespace: namespaceName('Namespace of the parent.', { defaults: 'that of the route' }),
    name: objectName('Name of the parent.'),
    sectionName: sectionName('Name of the listener, or of the port of a Service.'),
    port: portNumber('Port of the listener or Service.'),
  },
  { required: ['name'], example: 'name: bookinfo-gateway\nsectionName: http' },
)

const SAME_PARENT =
  'a.group == b.group && a.kind == b.kind && a.name == b.name && ' +
  "(has(a.__namespace__) ? a.__namespace__ : '') == (has(b.__namespace__) ? b.__namespace__ : '')"

const SECTION = (one: string) => `(has(${one}.sectionName) ? ${one}.sectionName : '')`

const PORT = (one: string) => `(has(${one}.port) ? ${one}.port : 0)`

/** The list of parents of every route. */
export const parentRefs = list(
  ParentReference,
  'What the route hangs on: Gateways, or Services for the mesh.',
  {
    maxItems: 32,
    rules: [
      {
        rule: `self.all(a, self.all(b, ${SAME_PARENT} ? (${SECTION('a')} == '') == (${SECTION('b')} == '') && (${PORT('a')} == 0) == (${PORT('b')} == 0) : true))`,
        message:
          'sectionName or port must be specified when parentRefs includes 2 or more references to the same parent',
      },
      {
        rule: `self.all(a, self.exists_one(b, ${SAME_PARENT} && ${SECTION('a')} == ${SECTION('b')} && ${PORT('a')} == ${PORT('b')}))`,
        message:
          'sectionName or port must be unique when parentRefs includes 2 or more references to the same parent',
      },
    ],
  },
)

/** For which routes a Gateway is the default. */
export const GatewayDefaultScope = choice(
  'GatewayDefaultScope',
  'For which routes a Gateway is the default.',
  {
    All: 'For every route that asks for it.',
    None: 'For no route.',
  },
)

/** Fields of the specs of all routes. */
export const commonRouteFields = {
  parentRefs,
  useDefaultGateways: field(GatewayDefaultScope, 'Whether the route hangs on the default Gateways as well.', {
    defaults: 'None',
    stage: 'experimental',
  }),
}

/** Fields that name a backend. */
const backendFields = {
  group: group('API group of the backend; empty for a Service.', { default: '' }),
  kind: kindName('Kind of the backend: Service, ServiceEntry, Hostname or InferencePool.', {
    default: 'Service',
  }),
  name: objectName('Name of the backend.'),
  namespace: namespaceName(
    'Namespace of the backend. Another one than that of the route needs a ReferenceGrant there.',
    {
      defaults: 'that of the route',
    },
  ),
  port: portNumber('Port of the backend. A Service needs one.'),
}

const BACKEND_RULES = [
  {
    rule: "!(self.group == '' && self.kind == 'Service') || has(self.port)",
    message: 'Must have port for Service reference',
  },
]

/** A backend. */
export const BackendObjectReference = message(
  'BackendObjectReference',
  'An object that requests are sent to.',
  backendFields,
  { required: ['name'], rules: BACKEND_RULES },
)

/** Fields of a backend with its share. */
export const weightedBackendFields = {
  ...backendFields,
  weight: int32('Share of the requests, in proportion to the sum of all weights.', {
    minimum: 0,
    maximum: 1000000,
    default: 1,
  }),
}

/** Rules of every backend reference. */
export const backendRules = BACKEND_RULES

/** A backend with its share. */
export const BackendRef = message(
  'BackendRef',
  'A backend and its share of the traffic.',
  weightedBackendFields,
  {
    required: ['name'],
    rules: BACKEND_RULES,
    example: 'name: reviews-v2\nport: 9080\nweight: 10',
  },
)

/** An object of the same namespace. */
export const LocalObjectReference = message(
  'LocalObjectReference',
  'An object of the same namespace.',
  {
    group: group('API group of the object; empty for core kinds.'),
    kind: kindName('Kind of the object.'),
    name: objectName('Name of the object.'),
  },
  { required: ['group', 'kind', 'name'] },
)

/** An object. */
export const ObjectReference = message(
  'ObjectReference',
  'An object of any namespace.',
  {
    group: group('API group of the object; empty for core kinds.'),
    kind: kindName('Kind of the object.'),
    name: objectName('Name of the object.'),
    namespace: namespaceName('Namespace of the object.', { defaults: 'that of the referrer' }),
  },
  { required: ['group', 'kind', 'name'] },
)

/** A Secret. */
export const SecretObjectReference = message(
  'SecretObjectReference',
  'A Secret, or another object with a certificate and its key.',
  {
    group: group('API group of the object; empty for a Secret.', { default: '' }),
    kind: kindName('Kind of the object.', { default: 'Secret' }),
    name: objectName('Name of the object.'),
    namespace: namespaceName('Namespace of the object. Another one needs a ReferenceGrant there.', {
      defaults: 'that of the referrer',
    }),
  },
  { required: ['name'], example: 'name: bookinfo-certificate' },
)

/** Whether a condition holds. */
export const ConditionStatus = choice('ConditionStatus', 'Whether a condition holds.', {
  True: 'It holds.',
  False: 'It does not hold.',
  Unknown: 'The controller cannot tell.',
})

/** One condition in a status. */
export const StatusCondition = message(
  'StatusCondition',
  'One aspect of the state that a controller observed.',
  {
    type: text('What the condition is about.', {
      maxLength: 316,
      pattern:
        '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$',
    }),
    status: field(ConditionStatus, 'Whether the condition holds.'),
    reason: text('One word in CamelCase that says why.', {
      minLength: 1,
      maxLength: 1024,
      pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$',
    }),
    message: text('A sentence for people; may be empty.', { maxLength: 32768 }),
    observedGeneration: integer('Generation of the object that the condition speaks about.', {
      format: 'int64',
      minimum: 0,
    }),
    lastTransitionTime: text('When the status last changed (RFC 3339).', { format: 'date-time' }),
  },
  { required: ['type', 'status', 'reason', 'message', 'lastTransitionTime'] },
)

/** Options of every list of conditions. */
export const CONDITIONS = { listKeys: ['type'], maxItems: 8 } as const

/** Conditions that say that no controller has looked at an object yet. */
export function pending(...types: readonly string[]): readonly object[] {
  return types.map((type) => ({
    type,
    status: 'Unknown',
    reason: 'Pending',
    message: 'Waiting for controller',
    lastTransitionTime: '1970-01-01T00:00:00Z',
  }))
}

/** State of a route at one of its parents. */
export const RouteParentStatus = message(
  'RouteParentStatus',
  'What a controller says about a route at one of its parents.',
  {
    parentRef: field(ParentReference, 'The parent.'),
    controllerName: text('The controller that says it.', CONTROLLER_NAME),
    conditions: list(StatusCondition, 'Conditions such as Accepted and ResolvedRefs.', {
      ...CONDITIONS,
      minItems: 1,
    }),
  },
  { required: ['parentRef', 'controllerName', 'conditions'] },
)

/** State of a route. */
export const RouteStatus = message(
  'RouteStatus',
  'State of a route.',
  { parents: list(RouteParentStatus, 'State at each parent.', { maxItems: 32 }) },
  { required: ['parents'] },
)

/** Part of a fraction. */
export const Fraction = message(
  'Fraction',
  'A share of all requests.',
  {
    numerator: integer('Upper part.', { format: 'int32', minimum: 0 }),
    denominator: integer('Lower part.', { format: 'int32', minimum: 1, default: 100 }),
  },
  {
    required: ['numerator'],
    rules: [
      {
        rule: 'self.numerator <= self.denominator',
        message: 'numerator must be less than or equal to denominator',
      },
    ],
    example: 'numerator: 5\ndenominator: 1000',
  },
)
