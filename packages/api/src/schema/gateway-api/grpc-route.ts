import { defineKind } from '../kind.ts'
import { choice, field, list, message, text } from '../node.ts'
import { filterRules, HTTPHeaderFilter, HTTPRequestMirrorFilter, onceRules } from './filters.ts'
import { HeaderMatchType, matchCountRule, ruleNameRule } from './http-route.ts'
import { HEADER_NAME, hostnames, sectionName } from './names.ts'
import {
  backendRules,
  commonRouteFields,
  LocalObjectReference,
  RouteStatus,
  weightedBackendFields,
} from './references.ts'
import { sessionFields } from './session-persistence.ts'

const SERVICE_CHARACTERS = '^(?i)\\.?[a-z_][a-z_0-9]*(\\.[a-z_][a-z_0-9]*)*$'
const METHOD_CHARACTERS = '^[A-Za-z_][A-Za-z_0-9]*$'

/** A condition on service and method. */
export const GRPCMethodMatch = message(
  'GRPCMethodMatch',
  'A condition on service and method of a call.',
  {
    type: field(HeaderMatchType, 'How the names are compared.', { default: 'Exact' }),
    service: text('Full name of the service.', { maxLength: 1024, example: 'helloworld.Greeter' }),
    method: text('Name of the method.', { maxLength: 1024, example: 'SayHello' }),
  },
  {
    rules: [
      {
        rule: 'has(self.service) || has(self.method)',
        message: "One or both of 'service' or 'method' must be specified",
      },
      {
        rule: `self.type != 'Exact' || !has(self.service) || self.service.matches(r"""${SERVICE_CHARACTERS}""")`,
        message: `service must only contain valid characters (matching ${SERVICE_CHARACTERS})`,
      },
      {
        rule: `self.type != 'Exact' || !has(self.method) || self.method.matches(r"""${METHOD_CHARACTERS}""")`,
        message: `method must only contain valid characters (matching ${METHOD_CHARACTERS})`,
      },
    ],
    example: 'service: helloworld.Greeter\nmethod: SayHello',
  },
)

/** A condition on a header. */
export const GRPCHeaderMatch = message(
  'GRPCHeaderMatch',
  'A condition on a header of a call.',
  {
    type: field(HeaderMatchType, 'How the value is compared.', { default: 'Exact' }),
    name: text('Name of the header, in any case.', HEADER_NAME),
    value: text('The value.', { minLength: 1, maxLength: 4096 }),
  },
  { required: ['name', 'value'] },
)

/** Conditions of a rule. */
export const GRPCRouteMatch = message('GRPCRouteMatch', 'Conditions on a call; all of them must hold.', {
  method: field(GRPCMethodMatch, 'Condition on service and method.'),
  headers: list(GRPCHeaderMatch, 'Conditions on headers.', { listKeys: ['name'], maxItems: 16 }),
})

/** Which filter it is. */
export const GRPCRouteFilterType = choice('GRPCRouteFilterType', 'Which filter it is.', {
  ResponseHeaderModifier: 'Changes the headers of answers.',
  RequestHeaderModifier: 'Changes the headers of calls.',
  RequestMirror: 'Sends copies of calls to another backend.',
  ExtensionRef: 'A filter of the implementation.',
})

/** A step on the way of a call. */
export const GRPCRouteFilter = message(
  'GRPCRouteFilter',
  'A step on the way of a call: its type, and the field of that type.',
  {
    type: field(GRPCRouteFilterType, 'Which filter it is.'),
    requestHeaderModifier: field(HTTPHeaderFilter, 'Changes of the headers of calls.'),
    responseHeaderModifier: field(HTTPHeaderFilter, 'Changes of the headers of answers.'),
    requestMirror: field(HTTPRequestMirrorFilter, 'Copies of calls.'),
    extensionRef: field(LocalObjectReference, 'The filter of the implementation.'),
  },
  {
    required: ['type'],
    rules: filterRules({
      RequestHeaderModifier: 'requestHeaderModifier',
      ResponseHeaderModifier: 'responseHeaderModifier',
      RequestMirror: 'requestMirror',
      ExtensionRef: 'extensionRef',
    }),
  },
)

const filters = list(GRPCRouteFilter, 'Filters, in their order.', {
  maxItems: 16,
  rules: onceRules(['RequestHeaderModifier', 'ResponseHeaderModifier']),
})

/** A backend of a rule. */
export const GRPCBackendRef = message(
  'GRPCBackendRef',
  'A backend, its share of the calls and filters for them.',
  { ...weightedBackendFields, filters },
  { required: ['name'], rules: backendRules },
)

/** A rule of a route. */
export const GRPCRouteRule = message('GRPCRouteRule', 'What happens to the calls that match.', {
  name: sectionName('Name of the rule, unique in the route.'),
  matches: list(GRPCRouteMatch, 'Alternatives, of which one must hold.', {
    maxItems: 64,
    defaults: 'every call',
  }),
  filters,
  backendRefs: list(GRPCBackendRef, 'Backends that share the calls.', { maxItems: 16 }),
  ...sessionFields,
})

/** What a GRPCRoute says. */
export const GRPCRouteSpec = message('GRPCRouteSpec', 'Rules for gRPC calls.', {
  ...commonRouteFields,
  hostnames: hostnames('Hosts of the calls, each perhaps with `*.` in front.', {
    defaults: 'those of the listener',
  }),
  rules: list(GRPCRouteRule, 'Rules.', {
    maxItems: 16,
    rules: [
      ruleNameRule,
      { ...matchCountRule, rule: 'self.map(r, has(r.matches) ? r.matches.size() : 0).sum() <= 128' },
    ],
  }),
})

/** The kind. */
export const GRPCRoute = defineKind({
  kind: 'GRPCRoute',
  group: 'gateway.networking.k8s.io',
  versions: ['v1'],
  plural: 'grpcroutes',
  scope: 'Namespaced',
  origin: 'gateway-api',
  description: 'Routes gRPC calls of a Gateway, or of the mesh, to backends.',
  docs: 'https://gateway-api.sigs.k8s.io/api-types/grpcroute/',
  parts: {
    spec: field(GRPCRouteSpec, 'Rules for gRPC calls.'),
    status: field(RouteStatus, 'State of the route.'),
  },
  required: ['spec'],
})
