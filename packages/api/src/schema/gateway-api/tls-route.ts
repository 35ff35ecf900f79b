import { defineKind } from '../kind.ts'
import { field, list, message, texts } from '../node.ts'
import { HOST_NAME, SUBDOMAIN, sectionName } from './names.ts'
import { BackendRef, commonRouteFields, RouteStatus } from './references.ts'

/** A rule of a route. */
export const TLSRouteRule = message(
  'TLSRouteRule',
  'Backends of the connections.',
  {
    name: sectionName('Name of the rule.'),
    backendRefs: list(BackendRef, 'Backends that share the connections.', { minItems: 1, maxItems: 16 }),
  },
  { required: ['backendRefs'] },
)

/** What a TLSRoute says. */
export const TLSRouteSpec = message(
  'TLSRouteSpec',
  'Where TLS connections go, by their server name.',
  {
    ...commonRouteFields,
    hostnames: texts('Server names (SNI), each perhaps with `*.` in front.', {
      minItems: 1,
      maxItems: 1024,
      item: HOST_NAME,
      rules: [
        { rule: 'self.all(h, !isIP(h))', message: 'Hostnames cannot contain an IP' },
        {
          rule: `self.all(h, h.contains('*') || h.matches(r"""^${SUBDOMAIN}$"""))`,
          message: 'Hostnames must be valid based on RFC-1123',
        },
        {
          rule: `self.all(h, !h.contains('*') || (h.startsWith('*.') && h.substring(2).matches(r"""^${SUBDOMAIN}$""")))`,
          message:
            'Wildcards on hostnames must be the first label, and the rest of hostname must be valid based on RFC-1123',
        },
      ],
    }),
    rules: list(TLSRouteRule, 'The rule.', { minItems: 1, maxItems: 1 }),
  },
  { required: ['hostnames', 'rules'] },
)

/** The kind. */
export const TLSRoute = defineKind({
  kind: 'TLSRoute',
  group: 'gateway.networking.k8s.io',
  versions: ['v1', 'v1alpha3', 'v1alpha2'],
  plural: 'tlsroutes',
  scope: 'Namespaced',
  origin: 'gateway-api',
  description: 'Sends TLS connections to backends by their server name.',
  docs: 'https://gateway-api.sigs.k8s.io/guides/tls/',
  parts: {
    spec: field(TLSRouteSpec, 'Where TLS connections go.'),
    status: field(RouteStatus, 'State of the route.'),
  },
  required: ['spec'],
})
