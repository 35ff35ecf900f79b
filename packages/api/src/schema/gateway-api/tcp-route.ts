import { defineKind } from '../kind.ts'
import { field, list, message } from '../node.ts'
import { sectionName } from './names.ts'
import { BackendRef, commonRouteFields, RouteStatus } from './references.ts'

/** A rule of a route. */
export const TCPRouteRule = message(
  'TCPRouteRule',
  'Backends of the connections.',
  {
    name: sectionName('Name of the rule.'),
    backendRefs: list(BackendRef, 'Backends that share the connections.', { minItems: 1, maxItems: 16 }),
  },
  { required: ['backendRefs'] },
)

/** What a TCPRoute says. */
export const TCPRouteSpec = message(
  'TCPRouteSpec',
  'Where TCP connections go.',
  { ...commonRouteFields, rules: list(TCPRouteRule, 'The rule.', { minItems: 1, maxItems: 1 }) },
  { required: ['rules'] },
)

/** The kind. */
export const TCPRoute = defineKind({
  kind: 'TCPRoute',
  group: 'gateway.networking.k8s.io',
  versions: ['v1', 'v1alpha2'],
  plural: 'tcproutes',
  scope: 'Namespaced',
  origin: 'gateway-api',
  description: 'Sends the TCP connections of a listener to backends.',
  docs: 'https://gateway-api.sigs.k8s.io/guides/tcp/',
  parts: {
    spec: field(TCPRouteSpec, 'Where TCP connections go.'),
    status: field(RouteStatus, 'State of the route.'),
  },
  required: ['spec'],
})
