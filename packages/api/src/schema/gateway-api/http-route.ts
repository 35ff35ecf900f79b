import { defineKind } from '../kind.ts'
import { type CelRule, choice, field, integer, list, message, text } from '../node.ts'
import { HTTPExternalAuthFilter } from './external-auth.ts'
import {
  filterRules,
  HTTPCORSFilter,
  HTTPHeaderFilter,
  HTTPRequestMirrorFilter,
  HTTPRequestRedirectFilter,
  HTTPURLRewriteFilter,
  onceRules,
} from './filters.ts'
import {
  gatewayDuration,
  HEADER_NAME,
  HEADER_VALUE,
  hostnames,
  PATH_CHARACTERS,
  sectionName,
} from './names.ts'
import {
  backendRules,
  commonRouteFields,
  LocalObjectReference,
  RouteStatus,
  weightedBackendFields,
} from './references.ts'
import { sessionFields } from './session-persistence.ts'

/** How a path is compared. */
export const PathMatchType = choice('PathMatchType', 'How a path is compared.', {
  Exact: 'The whole path, letter by letter.',
  PathPrefix: 'The first elements of the path: `/a` matches `/a` and `/a/b`, not `/ab`.',
  RegularExpression: 'A regular expression in RE2 syntax for the whole path.',
})

const LITERAL = "self.type in ['Exact', 'PathPrefix']"

const NOT_IN_PATH: readonly (readonly [string, string, string])[] = [
  ['contain', '//', 'contains'],
  ['contain', '/./', 'contains'],
  ['contain', '/../', 'contains'],
  ['contain', '%2f', 'contains'],
  ['contain', '%2F', 'contains'],
  ['contain', '#', 'contains'],
  ['end with', '/..', 'endsWith'],
  ['end with', '/.', 'endsWith'],
]

/** A condition on the path. */
export const HTTPPathMatch = message(
  'HTTPPathMatch',
  'A condition on the path.',
  {
    type: field(PathMatchType, 'How the path is compared.', { default: 'PathPrefix' }),
    value: text('The path.', { maxLength: 1024, default: '/' }),
  },
  {
    rules: [
      {
        rule: `!(${LITERAL}) || self.value.startsWith('/')`,
        message: "value must be an absolute path and start with '/' when type one of ['Exact', 'PathPrefix']",
      },
      ...NOT_IN_PATH.map(([verb, what, call]) => ({
        rule: `!(${LITERAL}) || !self.value.${call}('${what}')`,
        message: `must not ${verb} '${what}' when type one of ['Exact', 'PathPrefix']`,
      })),
      {
        rule: "self.type in ['Exact', 'PathPrefix', 'RegularExpression']",
        message: "type must be one of ['Exact', 'PathPrefix', 'RegularExpression']",
      },
      {
        rule: `!(${LITERAL}) || self.value.matches(r"""${PATH_CHARACTERS}""")`,
        message: `must only contain valid characters (matching ${PATH_CHARACTERS}) for types ['Exact', 'PathPrefix']`,
      },
    ],
    example: 'type: PathPrefix\nvalue: /api',
  },
)

/** How a header is compared. */
export const HeaderMatchType = choice('HeaderMatchType', 'How a value is compared.', {
  Exact: 'The whole value, letter by letter.',
  RegularExpression: 'A regular expression in RE2 syntax for the whole value.',
})

/** A condition on a header. */
export const HTTPHeaderMatch = message(
  'HTTPHeaderMatch',
  'A condition on a header.',
  {
    type: field(HeaderMatchType, 'How the value is compared.', { default: 'Exact' }),
    name: text('Name of the header, in any case.', HEADER_NAME),
    value: text('The value.', HEADER_VALUE),
  },
  { required: ['name', 'value'], example: 'name: end-user\nvalue: jason' },
)

/** A condition on a query parameter. */
export const HTTPQueryParamMatch = message(
  'HTTPQueryParamMatch',
  'A condition on a query parameter.',
  {
    type: field(HeaderMatchType, 'How the value is compared.', { default: 'Exact' }),
    name: text('Name of the parameter.', HEADER_NAME),
    value: text('The value.', { minLength: 1, maxLength: 1024 }),
  },
  { required: ['name', 'value'] },
)

/** Method of a request. */
export const HTTPMethod = choice('HTTPMethod', 'Method of a request.', {
  GET: 'GET',
  HEAD: 'HEAD',
  POST: 'POST',
  PUT: 'PUT',
  DELETE: 'DELETE',
  CONNECT: 'CONNECT',
  OPTIONS: 'OPTIONS',
  TRACE: 'TRACE',
  PATCH: 'PATCH',
})

/** Conditions of a rule. */
export const HTTPRouteMatch = message(
  'HTTPRouteMatch',
  'Conditions on a request; all of them must hold.',
  {
    path: field(HTTPPathMatch, 'Condition on the path.', { default: { type: 'PathPrefix', value: '/' } }),
    headers: list(HTTPHeaderMatch, 'Conditions on headers.', { listKeys: ['name'], maxItems: 16 }),
    queryParams: list(HTTPQueryParamMatch, 'Conditions on query parameters.', {
      listKeys: ['name'],
      maxItems: 16,
    }),
    method: field(HTTPMethod, 'Condition on the method.'),
  },
  { example: 'path: { type: PathPrefix, value: /api }\nmethod: GET' },
)

const FILTER_FIELDS = {
  RequestHeaderModifier: 'requestHeaderModifier',
  ResponseHeaderModifier: 'responseHeaderModifier',
  RequestMirror: 'requestMirror',
  RequestRedirect: 'requestRedirect',
  URLRewrite: 'urlRewrite',
  CORS: 'cors',
  ExternalAuth: 'externalAuth',
  ExtensionRef: 'extensionRef',
}

/** Which filter it is. */
export const HTTPRouteFilterType = choice('HTTPRouteFilterType', 'Which filter it is.', {
  RequestHeaderModifier: 'Changes the headers of requests.',
  ResponseHeaderModifier: 'Changes the headers of answers.',
  RequestMirror: 'Sends copies of requests to another backend.',
  RequestRedirect: 'Answers with a redirect.',
  URLRewrite: 'Changes host and path before a request is forwarded.',
  ExtensionRef: 'A filter of the implementation.',
  CORS: 'Answers cross-origin requests.',
  ExternalAuth: 'Asks a server whether a request may pass (experimental channel).',
})

/** A step on the way of a request. */
export const HTTPRouteFilter = message(
  'HTTPRouteFilter',
  'A step on the way of a request: its type, and the field of that type.',
  {
    type: field(HTTPRouteFilterType, 'Which filter it is.'),
    requestHeaderModifier: field(HTTPHeaderFilter, 'Changes of the headers of requests.'),
    responseHeaderModifier: field(HTTPHeaderFilter, 'Changes of the headers of answers.'),
    requestMirror: field(HTTPRequestMirrorFilter, 'Copies of requests.'),
    requestRedirect: field(HTTPRequestRedirectFilter, 'The redirect.'),
    urlRewrite: field(HTTPURLRewriteFilter, 'Changes of host and path.'),
    cors: field(HTTPCORSFilter, 'Which origins are allowed.'),
    externalAuth: field(HTTPExternalAuthFilter, 'The server that is asked.', { stage: 'experimental' }),
    extensionRef: field(LocalObjectReference, 'The filter of the implementation.'),
  },
  {
    required: ['type'],
    rules: filterRules(FILTER_FIELDS),
    example:
      'type: RequestHeaderModifier\nrequestHeaderModifier:\n  set:\n  - { name: x-version, value: v2 }',
  },
)

const filters = list(HTTPRouteFilter, 'Filters, in their order.', {
  maxItems: 16,
  rules: [
    {
      rule: "!(self.exists(f, f.type == 'RequestRedirect') && self.exists(f, f.type == 'URLRewrite'))",
      message:
        'May specify either httpRouteFilterRequestRedirect or httpRouteFilterRequestRewrite, but not both',
    },
    ...onceRules([
      'CORS',
      'RequestHeaderModifier',
      'ResponseHeaderModifier',
      'RequestRedirect',
      'URLRewrite',
    ]),
  ],
})

/** A backend of a rule. */
export const HTTPBackendRef = message(
  'HTTPBackendRef',
  'A backend, its share of the requests and filters for them.',
  { ...weightedBackendFields, filters },
  { required: ['name'], rules: backendRules, example: 'name: reviews-v2\nport: 9080\nweight: 10' },
)

/** Time limits of a rule. */
export const HTTPRouteTimeouts = message(
  'HTTPRouteTimeouts',
  'Time limits of a request.',
  {
    request: gatewayDuration('Time for the whole request; `0s` for no limit.', { example: '10s' }),
    backendRequest: gatewayDuration('Time for each try; `0s` for no limit.', { example: '2s' }),
  },
  {
    rules: [
      {
        rule: "!has(self.request) || !has(self.backendRequest) || duration(self.request) == duration('0s') || duration(self.backendRequest) <= duration(self.request)",
        message: 'backendRequest timeout cannot be longer than request timeout',
      },
    ],
    example: 'request: 10s\nbackendRequest: 2s',
  },
)

/** Retries of a rule. */
export const HTTPRouteRetry = message(
  'HTTPRouteRetry',
  'When and how often a request is tried again.',
  {
    codes: list(
      integer('', { minimum: 400, maximum: 599 }),
      'Status codes after which a request is tried again.',
      { set: true, example: '[503, 504]' },
    ),
    attempts: integer('How often a request is tried again.', { minimum: 1 }),
    backoff: gatewayDuration('Time before the first further try.'),
  },
  { example: 'attempts: 3\nbackoff: 25ms\ncodes: [503]' },
)

const PREFIX_ONLY =
  "size(self.matches) == 1 && has(self.matches[0].path) && self.matches[0].path.type == 'PathPrefix'"

function prefixRules(): CelRule[] {
  return [
    ['requestRedirect', 'RequestRedirect'],
    ['urlRewrite', 'URLRewrite'],
  ].flatMap(([name, type]) => {
    const replaces = `has(f.${name}) && has(f.${name}.path) && f.${name}.path.type == 'ReplacePrefixMatch' && has(f.${name}.path.replacePrefixMatch)`
    const needs = 'exactly one PathPrefix match must be specified'
    return [
      {
        rule: `!(has(self.filters) && self.filters.exists_one(f, ${replaces})) || (${PREFIX_ONLY})`,
        message: `When using ${type} filter with path.replacePrefixMatch, ${needs}`,
      },
      {
        rule: `!(has(self.backendRefs) && self.backendRefs.exists_one(b, has(b.filters) && b.filters.exists_one(f, ${replaces}))) || (${PREFIX_ONLY})`,
        message: `Within backendRefs, ${name === 'urlRewrite' ? 'When' : 'when'} using ${type} filter with path.replacePrefixMatch, ${needs}`,
      },
    ]
  })
}

/** A rule of a route. */
export const HTTPRouteRule = message(
  'HTTPRouteRule',
  'What happens to the requests that match.',
  {
    name: sectionName('Name of the rule, unique in the route.'),
    matches: list(HTTPRouteMatch, 'Alternatives, of which one must hold.', {
      maxItems: 64,
      default: [{ path: { type: 'PathPrefix', value: '/' } }],
    }),
    filters,
    backendRefs: list(HTTPBackendRef, 'Backends that share the requests.', { maxItems: 16 }),
    timeouts: field(HTTPRouteTimeouts, 'Time limits.'),
    retry: field(HTTPRouteRetry, 'Retries.', { stage: 'experimental' }),
    ...sessionFields,
  },
  {
    rules: [
      {
        rule: '!(has(self.backendRefs) && size(self.backendRefs) > 0) || !has(self.filters) || self.filters.all(f, !has(f.requestRedirect))',
        message: 'RequestRedirect filter must not be used together with backendRefs',
      },
      ...prefixRules(),
    ],
    example: 'matches:\n- path: { value: /api }\nbackendRefs:\n- { name: reviews, port: 9080 }',
  },
)

/** The rule that keeps the number of matches of a route small. */
export const matchCountRule: CelRule = {
  rule: 'self.map(r, r.matches.size()).sum() <= 128',
  message:
    'While 16 rules and 64 matches per rule are allowed, the total number of matches across all rules in a route must be less than 128',
}

/** The rule about names of rules. */
export const ruleNameRule: CelRule = {
  rule: 'self.all(a, !has(a.name) || self.exists_one(b, has(b.name) && a.name == b.name))',
  message: 'Rule name must be unique within the route',
}

/** What an HTTPRoute says. */
export const HTTPRouteSpec = message('HTTPRouteSpec', 'Rules for HTTP requests.', {
  ...commonRouteFields,
  hostnames: hostnames('Hosts of the requests, each perhaps with `*.` in front.', {
    defaults: 'those of the listener',
  }),
  rules: list(HTTPRouteRule, 'Rules.', {
    minItems: 1,
    maxItems: 16,
    default: [{ matches: [{ path: { type: 'PathPrefix', value: '/' } }] }],
    rules: [ruleNameRule, matchCountRule],
  }),
})

/** The kind. */
export const HTTPRoute = defineKind({
  kind: 'HTTPRoute',
  group: 'gateway.networking.k8s.io',
  versions: ['v1', 'v1beta1'],
  plural: 'httproutes',
  scope: 'Namespaced',
  origin: 'gateway-api',
  description: 'Routes HTTP requests of a Gateway, or of the mesh, to backends.',
  docs: 'https://gateway-api.sigs.k8s.io/api-types/httproute/',
  parts: {
    spec: field(HTTPRouteSpec, 'Rules for HTTP requests.'),
    status: field(RouteStatus, 'State of the route.'),
  },
  required: ['spec'],
  example: `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: reviews }
spec:
  parentRefs:
  - { group: "", kind: Service, name: reviews, port: 9080 }
  rules:
  - backendRefs:
    - { name: reviews-v1, port: 9080, weight: 90 }
    - { name: reviews-v2, port: 9080, weight: 10 }`,
})
