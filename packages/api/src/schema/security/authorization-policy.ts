import { AGE_COLUMN, defineKind } from '../kind.ts'
import { PolicySelector } from '../meta/selector.ts'
import { IstioStatus } from '../meta/status.ts'
import { PolicyTargetReference } from '../meta/target-reference.ts'
import { choice, field, list, message, text, texts } from '../node.ts'

/** What a policy does. */
export const AuthorizationAction = choice(
  'AuthorizationAction',
  'What a policy does with requests that match.',
  {
    ALLOW: 'Allows them. As soon as there is one such policy, all other requests are denied.',
    DENY: 'Denies them. Comes before ALLOW.',
    AUDIT: 'Marks them for audit and decides nothing.',
    CUSTOM: 'Asks the provider. Comes before DENY.',
  },
)

/** Who asks. */
export const AuthorizationSource = message(
  'AuthorizationSource',
  'Who asks. All fields that are set must hold; within a field one value is enough. `*` may begin or end a value.',
  {
    principals: texts('Identities of peers: `cluster.local/ns/default/sa/web`. Needs mutual TLS.'),
    notPrincipals: texts('Identities of peers that do not match.'),
    requestPrincipals: texts('Identities from tokens: `issuer/subject`. Needs a RequestAuthentication.'),
    notRequestPrincipals: texts('Identities from tokens that do not match.'),
    namespaces: texts('Namespaces of peers. Needs mutual TLS.'),
    notNamespaces: texts('Namespaces of peers that do not match.'),
    ipBlocks: texts('Addresses of peers, single or CIDR.'),
    notIpBlocks: texts('Addresses of peers that do not match.'),
    remoteIpBlocks: texts('Addresses of the original callers, from X-Forwarded-For or the PROXY protocol.'),
    notRemoteIpBlocks: texts('Addresses of the original callers that do not match.'),
    serviceAccounts: texts(
      'Service accounts of peers: `namespace/name`, or `name` in the namespace of the policy. Not together with principals and namespaces.',
      { maxItems: 16, item: { maxLength: 320 }, since: '1.26' },
    ),
    notServiceAccounts: texts('Service accounts of peers that do not match.', {
      maxItems: 16,
      item: { maxLength: 320 },
      since: '1.26',
    }),
    trustDomains: texts('Trust domains of peers.', { since: '1.29', stage: 'alpha' }),
    notTrustDomains: texts('Trust domains of peers that do not match.', { since: '1.29', stage: 'alpha' }),
  },
  {
    rules: [
      {
        rule: '(has(self.serviceAccounts) || has(self.notServiceAccounts)) ? (!has(self.principals) &&\n!has(self.notPrincipals) && !has(self.namespaces) && !has(self.notNamespaces)) : true',
        message: 'Cannot set serviceAccounts with namespaces or principals',
      },
    ],
    anchor: 'Source',
    example: 'principals: [cluster.local/ns/default/sa/web]',
  },
)

/** What is asked for. */
export const AuthorizationOperation = message(
  'AuthorizationOperation',
  'What is asked for. All fields that are set must hold; within a field one value is enough.',
  {
    hosts: texts('Hosts, indifferent to case.'),
    notHosts: texts('Hosts that do not match.'),
    ports: texts('Ports, as text.', { example: '["8080"]' }),
    notPorts: texts('Ports that do not match.'),
    methods: texts('HTTP methods. For gRPC always POST.'),
    notMethods: texts('HTTP methods that do not match.'),
    paths: texts('Paths: exact, with `*` at the beginning or end, or with the segments `{*}` and `{**}`.', {
      example: '["/info*"]',
    }),
    notPaths: texts('Paths that do not match.'),
  },
  { anchor: 'Operation', example: 'methods: [GET]\npaths: ["/info*"]' },
)

/** A source in a list. */
export const AuthorizationFrom = message(
  'AuthorizationFrom',
  'One alternative of who asks.',
  { source: field(AuthorizationSource, 'Who asks.') },
  { anchor: 'Rule-From' },
)

/** An operation in a list. */
export const AuthorizationTo = message(
  'AuthorizationTo',
  'One alternative of what is asked for.',
  { operation: field(AuthorizationOperation, 'What is asked for.') },
  { anchor: 'Rule-To' },
)

/** A further condition. */
export const AuthorizationCondition = message(
  'AuthorizationCondition',
  'A further condition on an attribute.',
  {
    key: text(
      'Attribute: `request.headers[x]`, `source.ip`, `request.auth.claims[iss]`, `connection.sni` and so on.',
    ),
    values: texts('Values of which one must match. At least one of `values` and `notValues` must be set.'),
    notValues: texts('Values that do not match.'),
  },
  {
    required: ['key'],
    anchor: 'Condition',
    example: 'key: request.auth.claims[iss]\nvalues: ["https://accounts.example.com"]',
  },
)

/** A rule. */
export const AuthorizationRule = message(
  'AuthorizationRule',
  'Matches requests: one of `from`, one of `to`, and all of `when`. An empty rule matches every request.',
  {
    from: list(AuthorizationFrom, 'Who may ask.', { maxItems: 512, defaults: 'anybody' }),
    to: list(AuthorizationTo, 'What may be asked for.', { defaults: 'anything' }),
    when: list(AuthorizationCondition, 'Further conditions, all of which must hold.'),
  },
  { anchor: 'Rule' },
)

/** Who decides. */
export const AuthorizationProvider = message(
  'AuthorizationProvider',
  'Who decides, for the action CUSTOM.',
  { name: text('Name of an extension provider in MeshConfig.') },
  { anchor: 'AuthorizationPolicy-ExtensionProvider' },
)

/** What an AuthorizationPolicy says. */
export const AuthorizationPolicySpec = message(
  'AuthorizationPolicySpec',
  'Which requests to workloads are allowed.',
  {
    selector: field(PolicySelector, 'Workloads it is for.', {
      defaults: 'all of the namespace; in the root namespace, all of the mesh',
    }),
    targetRef: field(PolicyTargetReference, 'What it is attached to.', { deprecated: 'use `targetRefs`' }),
    targetRefs: list(PolicyTargetReference, 'What it is attached to. Not together with `selector`.', {
      maxItems: 16,
    }),
    rules: list(AuthorizationRule, 'Rules of which one must match. Without rules nothing matches.', {
      maxItems: 512,
    }),
    action: field(AuthorizationAction, 'What is done with requests that match.', { defaults: 'ALLOW' }),
    provider: field(AuthorizationProvider, 'Who decides, for the action CUSTOM.'),
  },
  {
    anchor: 'AuthorizationPolicy',
    oneOfs: [{ name: 'AuthorizationActionDetail', fields: ['provider'] }],
    rules: [
      {
        rule: '(has(self.selector) ? 1 : 0) + (has(self.targetRef) ? 1 : 0) + (has(self.targetRefs) ? 1 : 0) <= 1',
        message: 'only one of targetRefs or selector can be set',
      },
    ],
  },
)

/** The kind. */
export const AuthorizationPolicy = defineKind({
  kind: 'AuthorizationPolicy',
  group: 'security.istio.io',
  versions: ['v1', 'v1beta1'],
  plural: 'authorizationpolicies',
  shortNames: ['ap'],
  scope: 'Namespaced',
  origin: 'istio',
  description:
    'Says which requests to workloads are allowed, by who asks, what is asked for, and further conditions.',
  docs: 'https://istio.io/latest/docs/reference/config/security/authorization-policy/',
  parts: {
    spec: field(AuthorizationPolicySpec, 'Which requests to workloads are allowed.'),
    status: IstioStatus,
  },
  printerColumns: [
    {
      name: 'Action',
      type: 'string',
      description: 'What is done with requests that match',
      jsonPath: '.spec.action',
    },
    AGE_COLUMN,
  ],
  example: `apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: ratings }
spec:
  selector: { matchLabels: { app: ratings } }
  action: ALLOW
  rules:
  - from:
    - source: { principals: [cluster.local/ns/default/sa/bookinfo-reviews] }
    to:
    - operation: { methods: [GET] }`,
})
