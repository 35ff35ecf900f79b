import { AGE_COLUMN, defineKind } from '../kind.ts'
import { IstioStatus } from '../meta/status.ts'
import {
  choice,
  duration,
  field,
  flag,
  int32,
  list,
  map,
  message,
  text,
  textMap,
  texts,
  uint32,
} from '../node.ts'
import { Destination, Percent } from './destination.ts'
import { CorsPolicy, HTTPFaultInjection } from './http-policy.ts'
import { StringMatch } from './string-match.ts'

/** Changes to the headers of one direction. */
export const HeaderOperations = message('HeaderOperations', 'Changes headers of one direction.', {
  set: textMap(
    'Headers to write; a value that is there is replaced. Values may use Envoy format operators.',
    {
      example: '{ x-version: v2 }',
    },
  ),
  add: textMap('Headers to append; values that are there stay.', { example: '{ x-tag: canary }' }),
  remove: texts('Names of headers to take out.', { example: '[x-internal]' }),
})

/** Changes to headers. */
export const Headers = message('Headers', 'Changes headers of the request, the response, or both.', {
  request: field(HeaderOperations, 'Changes before the request goes to the destination.'),
  response: field(HeaderOperations, 'Changes before the response goes back to the caller.'),
})

/** Another VirtualService that holds the routes. */
export const Delegate = message(
  'Delegate',
  'Names a VirtualService whose HTTP routes are put in the place of this one. One level only.',
  {
    name: text('Name of the delegate.'),
    namespace: text('Namespace of the delegate.', { defaults: 'the namespace of the root VirtualService' }),
  },
)

/** Conditions of an HTTP route. */
export const HTTPMatchRequest = message(
  'HTTPMatchRequest',
  'Conditions on a request. All that are set must hold; several items of `match` are alternatives.',
  {
    name: text('Name that is added to the name of the route in access logs and metrics.'),
    uri: field(
      StringMatch,
      'Path with query. `ignoreUriCase` makes exact and prefix comparison indifferent to case.',
    ),
    scheme: field(StringMatch, 'URI scheme.'),
    method: field(StringMatch, 'HTTP method.', { example: '{ exact: GET }' }),
    authority: field(StringMatch, 'Host, with port where the caller sent one.'),
    headers: map(
      StringMatch,
      'Header names in lower case, and how their values compare. An empty comparison asks only that the header is there.',
      { example: '{ end-user: { exact: jason } }' },
    ),
    port: uint32('Port of the host that the request is addressed to; needed only where a host has several.'),
    sourceLabels: textMap('Labels of the calling workload. Ignored where `gateways` is set.', {
      example: '{ app: productpage }',
    }),
    gateways: texts(
      'Gateways this match is for; replaces the list of the VirtualService. `mesh` means sidecars.',
    ),
    queryParams: map(StringMatch, 'Query parameters and how their values compare.'),
    ignoreUriCase: flag('Whether upper and lower case of the path are the same. Has no effect on `regex`.', {
      defaults: 'false',
    }),
    withoutHeaders: map(
      StringMatch,
      'Headers that must not be there, or must not compare. A missing header fulfils the condition.',
    ),
    sourceNamespace: text('Namespace of the calling workload.'),
    statPrefix: text('Prefix of the statistics that are kept for this route.'),
  },
  { example: 'uri: { prefix: /api }\nheaders:\n  end-user: { exact: jason }' },
)

/** One weighted destination of an HTTP route. */
export const HTTPRouteDestination = message(
  'HTTPRouteDestination',
  'A destination and its share of the traffic of a route.',
  {
    destination: field(Destination, 'Where the traffic goes.'),
    weight: int32('Share of the traffic, relative to the sum of all weights of the route. 0 sends nothing.', {
      defaults: '100 for a single destination, 0 beside others',
      example: '90',
    }),
    headers: field(Headers, 'Header changes for this destination only.'),
  },
  { required: ['destination'], example: 'destination: { host: reviews, subset: v2 }\nweight: 10' },
)

/** One weighted destination of a TCP or TLS route. */
export const RouteDestination = message(
  'RouteDestination',
  'A destination and its share of the connections of a route.',
  {
    destination: field(Destination, 'Where connections go.'),
    weight: int32('Share of the connections, relative to the sum of all weights of the route.', {
      defaults: '100 for a single destination, 0 beside others',
    }),
  },
  { required: ['destination'] },
)

/** Where the port of a redirect comes from. */
export const RedirectPortSelection = choice(
  'RedirectPortSelection',
  'Where the port of a redirect comes from.',
  {
    FROM_PROTOCOL_DEFAULT: '80 for HTTP, 443 for HTTPS.',
    FROM_REQUEST_PORT: 'The port that the request was sent to.',
  },
)

/** An answer that sends the caller elsewhere. */
export const HTTPRedirect = message(
  'HTTPRedirect',
  'Answers with a redirect instead of forwarding the request.',
  {
    uri: text('Path of the new address; replaces the whole path, whatever part of it matched.'),
    authority: text('Host of the new address.'),
    port: uint32('Port of the new address.'),
    derivePort: field(RedirectPortSelection, 'Takes the port of the new address from elsewhere.'),
    scheme: text('Scheme of the new address.', { defaults: 'the scheme of the request', example: 'https' }),
    redirectCode: uint32('Status of the answer.', { defaults: '301' }),
    prefixRewrite: text('Replaces the part of the path that a prefix match covered; the rest stays.', {
      since: '1.30',
    }),
  },
  {
    oneOfs: [{ name: 'HTTPRedirectPort', fields: ['port', 'derivePort'] }],
    example: 'uri: /v2/login\nredirectCode: 302',
  },
)

/** Body of a direct response. */
export const HTTPBody = message(
  'HTTPBody',
  'Body of an answer that the proxy gives by itself.',
  {
    string: text('Body as text. At most 1 MiB.'),
    bytes: text('Body as base64.', { format: 'byte' }),
  },
  { oneOfs: [{ name: 'HTTPBodySpecifier', fields: ['string', 'bytes'], mustBeSet: true }] },
)

/** A fixed answer. */
export const HTTPDirectResponse = message(
  'HTTPDirectResponse',
  'Answers with a fixed response instead of forwarding the request.',
  {
    status: uint32('Status of the answer.', { example: '503' }),
    body: field(HTTPBody, 'Body of the answer.', { defaults: 'no body' }),
  },
  { required: ['status'], example: 'status: 503\nbody: { string: closed }' },
)

/** Replacement by regular expression. */
export const RegexRewrite = message('RegexRewrite', 'Replaces parts of the path with a regular expression.', {
  match: text('RE2 expression; every part of the path that it matches is replaced.', {
    example: '^/service/([^/]+)(/.*)$',
  }),
  rewrite: text('What comes in its place; `\\1` stands for the first group.', {
    example: '\\2/instance/\\1',
  }),
})

/** Changes of path and host before forwarding. */
export const HTTPRewrite = message(
  'HTTPRewrite',
  'Changes path or host of a request before it is forwarded.',
  {
    uri: text('Replaces the path, or the part of it that a prefix match covered.', { example: '/v1' }),
    authority: text('Replaces the Host header.'),
    uriRegexRewrite: field(RegexRewrite, 'Replaces parts of the path. Not together with `uri`.'),
  },
  { example: 'uri: /v1/catalog' },
)

/** Retry policy. */
export const HTTPRetry = message(
  'HTTPRetry',
  'What to do when a request fails at its destination.',
  {
    attempts: int32('How often a failed request is tried again. 0 turns retries off.', { example: '3' }),
    perTryTimeout: duration('Time limit of each attempt, the first one included.', {
      defaults: 'the timeout of the route',
      example: '2s',
    }),
    retryOn: text(
      'Conditions for another attempt: names of Envoy and gRPC, or status codes, with commas between.',
      {
        defaults: 'connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes',
        example: '5xx,connect-failure',
      },
    ),
    retryRemoteLocalities: flag('Whether further attempts may go to other localities.', {
      defaults: 'false',
      nullable: true,
    }),
    retryIgnorePreviousHosts: flag('Whether further attempts avoid hosts that were tried.', {
      defaults: 'true',
      nullable: true,
    }),
    backoff: duration('Smallest pause before another attempt; grows with every attempt.', {
      defaults: '25ms',
    }),
  },
  { example: 'attempts: 3\nperTryTimeout: 2s\nretryOn: 5xx,connect-failure' },
)

/** A copy of the traffic. */
export const HTTPMirrorPolicy = message(
  'HTTPMirrorPolicy',
  'Sends a copy of requests to another destination and ignores its answers.',
  {
    destination: field(Destination, 'Where the copies go.'),
    percentage: field(Percent, 'Share of the requests that is copied.', { defaults: '100' }),
  },
  { required: ['destination'] },
)

/** One HTTP route. */
export const HTTPRoute = message(
  'HTTPRoute',
  'What happens to HTTP requests that fulfil one of its matches. Routes are tried in order, the first match wins.',
  {
    name: text('Name for access logs and metrics.'),
    match: list(HTTPMatchRequest, 'Alternative conditions.', { defaults: 'every request' }),
    route: list(HTTPRouteDestination, 'Destinations that share the requests by weight.'),
    redirect: field(HTTPRedirect, 'Answers with a redirect. Not together with `route` or `directResponse`.'),
    directResponse: field(HTTPDirectResponse, 'Answers by itself. Not together with `route` or `redirect`.'),
    delegate: field(
      Delegate,
      'Takes the routes from another VirtualService. Only without `route` and `redirect`.',
    ),
    rewrite: field(HTTPRewrite, 'Changes path or host before forwarding. Not together with `redirect`.'),
    timeout: duration('Time limit of a request, all its attempts included.', {
      defaults: 'no limit',
      example: '10s',
    }),
    retries: field(HTTPRetry, 'Retry policy.', {
      defaults: '2 attempts on connect-failure,refused-stream,unavailable,cancelled',
    }),
    fault: field(HTTPFaultInjection, 'Faults to inject on the side of the caller.'),
    mirror: field(
      Destination,
      'Sends a copy of requests to another destination. Not together with `mirrors`.',
    ),
    mirrors: list(HTTPMirrorPolicy, 'Several destinations for copies of requests.'),
    mirrorPercent: uint32('Share of the requests that `mirror` copies.', {
      nullable: true,
      deprecated: 'use `mirrorPercentage`',
    }),
    mirror_percent: uint32('Share of the requests that `mirror` copies.', {
      nullable: true,
      deprecated: 'use `mirrorPercentage`',
    }),
    mirrorPercentage: field(Percent, 'Share of the requests that `mirror` copies.', { defaults: '100' }),
    corsPolicy: field(CorsPolicy, 'Cross-origin policy.'),
    headers: field(Headers, 'Header changes for all destinations of the route.'),
  },
  {
    example:
      'match:\n- uri: { prefix: /api }\nroute:\n- destination: { host: reviews, subset: v2 }\ntimeout: 5s\nretries: { attempts: 3 }',
  },
)

/** Conditions of a TCP route. */
export const L4MatchAttributes = message(
  'L4MatchAttributes',
  'Conditions on a connection. All that are set must hold.',
  {
    destinationSubnets: texts('Addresses or CIDR ranges of the destination.', { example: '[10.96.0.0/16]' }),
    port: uint32('Port of the host that the connection is addressed to.'),
    sourceSubnet: text('Not used.', { deprecated: 'has no effect' }),
    sourceLabels: textMap('Labels of the calling workload. Ignored where `gateways` is set.'),
    gateways: texts('Gateways this match is for; replaces the list of the VirtualService.'),
    sourceNamespace: text('Namespace of the calling workload.'),
  },
)

/** Conditions of a TLS route. */
export const TLSMatchAttributes = message(
  'TLSMatchAttributes',
  'Conditions on a TLS connection that is not terminated here. All that are set must hold.',
  {
    sniHosts: texts(
      'Server names in the ClientHello. Each must be one of the hosts of the VirtualService or lie in a wildcard of it.',
      {
        example: '[login.example.com]',
      },
    ),
    destinationSubnets: texts('Addresses or CIDR ranges of the destination.'),
    port: uint32('Port of the host that the connection is addressed to.'),
    sourceLabels: textMap('Labels of the calling workload. Ignored where `gateways` is set.'),
    gateways: texts('Gateways this match is for; replaces the list of the VirtualService.'),
    sourceNamespace: text('Namespace of the calling workload.'),
  },
  { required: ['sniHosts'] },
)

/** One TLS route. */
export const TLSRoute = message(
  'TLSRoute',
  'Where TLS connections go that are passed on unopened. Routes are tried in order.',
  {
    match: list(TLSMatchAttributes, 'Alternative conditions.'),
    route: list(RouteDestination, 'Destinations that share the connections by weight.'),
  },
  {
    required: ['match'],
    example:
      'match:\n- sniHosts: [login.example.com]\nroute:\n- destination: { host: login.prod.svc.cluster.local }',
  },
)

/** One TCP route. */
export const TCPRoute = message(
  'TCPRoute',
  'Where connections go. Routes are tried in order.',
  {
    match: list(L4MatchAttributes, 'Alternative conditions.', { defaults: 'every connection' }),
    route: list(RouteDestination, 'Destinations that share the connections by weight.'),
  },
  { example: 'match:\n- port: 27017\nroute:\n- destination: { host: mongo.prod.svc.cluster.local }' },
)

/** What a VirtualService says. */
export const VirtualServiceSpec = message(
  'VirtualServiceSpec',
  'Routes for a set of hosts.',
  {
    hosts: texts(
      'Hosts these routes are for: full names, short names (completed with the namespace of the VirtualService), wildcards like `*.example.com`, addresses. Empty for a delegate.',
      { example: '[reviews]' },
    ),
    gateways: texts('Gateways the routes apply to: `name` or `namespace/name`. `mesh` means every sidecar.', {
      defaults: '[mesh]',
    }),
    http: list(HTTPRoute, 'Routes for HTTP, in order of precedence.'),
    tls: list(TLSRoute, 'Routes for TLS connections that are passed on unopened.'),
    tcp: list(TCPRoute, 'Routes for connections of other protocols.'),
    exportTo: texts('Namespaces that see this object: names, `.` for its own, `*` for all.', {
      defaults: 'MeshConfig.defaultVirtualServiceExportTo, which is all',
    }),
  },
  { anchor: 'VirtualService' },
)

/** The kind. */
export const VirtualService = defineKind({
  kind: 'VirtualService',
  group: 'networking.istio.io',
  versions: ['v1', 'v1alpha3', 'v1beta1'],
  plural: 'virtualservices',
  shortNames: ['vs'],
  scope: 'Namespaced',
  origin: 'istio',
  description: 'Routes traffic for hosts: by path, header, method, SNI or port, to weighted destinations.',
  docs: 'https://istio.io/latest/docs/reference/config/networking/virtual-service/',
  parts: { spec: field(VirtualServiceSpec, 'Routes for a set of hosts.'), status: IstioStatus },
  printerColumns: [
    {
      name: 'Gateways',
      type: 'string',
      description: 'Gateways and sidecars the routes apply to',
      jsonPath: '.spec.gateways',
    },
    { name: 'Hosts', type: 'string', description: 'Hosts the routes are for', jsonPath: '.spec.hosts' },
    AGE_COLUMN,
  ],
  example: `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: reviews }
spec:
  hosts: [reviews]
  http:
  - route:
    - destination: { host: reviews, subset: v1 }
      weight: 90
    - destination: { host: reviews, subset: v2 }
      weight: 10`,
})
