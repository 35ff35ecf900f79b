import { defineKind } from '../kind.ts'
import { LabelSelector } from '../kubernetes/object-meta.ts'
import { type CelRule, choice, field, int32, list, message, text, textMap } from '../node.ts'
import { group, HOST_NAME, kindName, objectName, portNumber, sectionName } from './names.ts'
import {
  CONDITIONS,
  GatewayDefaultScope,
  LocalObjectReference,
  ObjectReference,
  pending,
  SecretObjectReference,
  StatusCondition,
} from './references.ts'

/** Where TLS ends. */
export const TLSModeType = choice('TLSModeType', 'Where TLS ends.', {
  Terminate: 'At the gateway, which needs a certificate.',
  Passthrough: 'At the backend; the gateway looks at the server name only.',
})

/** TLS of a listener. */
export const ListenerTLSConfig = message(
  'ListenerTLSConfig',
  'TLS of a listener.',
  {
    mode: field(TLSModeType, 'Where TLS ends.', { default: 'Terminate' }),
    certificateRefs: list(SecretObjectReference, 'Certificates of the listener.', { maxItems: 64 }),
    options: textMap('Options of the implementation.', { maxProperties: 16, item: { maxLength: 4096 } }),
  },
  {
    rules: [
      {
        rule: "self.mode != 'Terminate' || (has(self.certificateRefs) && size(self.certificateRefs) > 0) || (has(self.options) && size(self.options) > 0)",
        message: 'certificateRefs or options must be specified when mode is Terminate',
      },
    ],
    example: 'mode: Terminate\ncertificateRefs:\n- { name: bookinfo-certificate }',
  },
)

/** From which namespaces routes may come. */
export const RouteNamespacesFrom = choice('RouteNamespacesFrom', 'From which namespaces routes may come.', {
  All: 'From every namespace.',
  Selector: 'From the namespaces that `selector` chooses.',
  Same: 'From the namespace of the Gateway.',
})

/** Namespaces of routes. */
export const RouteNamespaces = message('RouteNamespaces', 'From which namespaces routes may come.', {
  from: field(RouteNamespacesFrom, 'From which namespaces.', { default: 'Same' }),
  selector: field(LabelSelector, 'Labels of the namespaces, with `from: Selector`.'),
})

/** A kind of routes. */
export const RouteGroupKind = message(
  'RouteGroupKind',
  'A kind of routes.',
  {
    group: group('API group of the kind.', { default: 'gateway.networking.k8s.io' }),
    kind: kindName('The kind.'),
  },
  { required: ['kind'] },
)

/** Which routes may hang on a listener. */
export const AllowedRoutes = message('AllowedRoutes', 'Which routes may hang on a listener.', {
  namespaces: field(RouteNamespaces, 'From which namespaces.', { default: { from: 'Same' } }),
  kinds: list(RouteGroupKind, 'Which kinds.', { maxItems: 8, defaults: 'those that fit the protocol' }),
})

/** A listener of a Gateway. */
export const Listener = message(
  'Listener',
  'A port of a Gateway, with its protocol, host and TLS.',
  {
    name: sectionName('Name of the listener, unique in the Gateway.'),
    hostname: text('Host of the listener, perhaps with `*.` in front.', {
      ...HOST_NAME,
      defaults: 'every host',
    }),
    port: portNumber('The port.'),
    protocol: text('HTTP, HTTPS, TLS, TCP or UDP.', {
      minLength: 1,
      maxLength: 255,
      pattern:
        '^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?$|[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\\/[A-Za-z0-9]+$',
    }),
    tls: field(ListenerTLSConfig, 'TLS; needed for HTTPS and TLS.'),
    allowedRoutes: field(AllowedRoutes, 'Which routes may hang on the listener.', {
      default: { namespaces: { from: 'Same' } },
    }),
  },
  { required: ['name', 'port', 'protocol'], example: 'name: http\nport: 80\nprotocol: HTTP' },
)

const addressType = text('IPAddress, Hostname, or a type of the implementation.', {
  minLength: 1,
  maxLength: 253,
  pattern:
    "^Hostname|IPAddress|NamedAddress|[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\\/[A-Za-z0-9\\/\\-._~%!$&'()*+,;=:]+$",
  default: 'IPAddress',
})

/**
 * Differs from spec: the CRD says this with formats in a `oneOf`. The verdicts are the same but for IPv4 addresses in
 * IPv6 (`::ffff:1.2.3.4`), which Kubernetes takes nowhere else.
 */
const IP_VALUE: CelRule = {
  rule: "self.type != 'IPAddress' || !has(self.value) || isIP(self.value)",
  message: 'IPAddress value must be a valid IP address',
}

/** An address that is wanted. */
export const GatewaySpecAddress = message(
  'GatewaySpecAddress',
  'An address that is wanted.',
  {
    type: addressType,
    value: text('The address.', { maxLength: 253 }),
  },
  {
    rules: [
      {
        rule: `self.type != 'Hostname' || !has(self.value) || self.value.matches(r"""${HOST_NAME.pattern}""")`,
        message: `Hostname value must be empty or contain only valid characters (matching ${HOST_NAME.pattern})`,
      },
      IP_VALUE,
    ],
  },
)

const KEY =
  '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]$'

function keyRules(first: string, inside: string): CelRule[] {
  return [
    {
      rule: `self.all(key, key.matches(r"""${KEY}"""))`,
      message: `${first} keys must be in the form of an optional DNS subdomain prefix followed by a required name segment of up to 63 characters.`,
    },
    {
      rule: "self.all(key, key.split('/')[0].size() < 253)",
      message: `If specified, the ${inside} key's prefix must be a DNS subdomain not longer than 253 characters in total.`,
    },
  ]
}

/** Objects that are made for a Gateway. */
export const GatewayInfrastructure = message(
  'GatewayInfrastructure',
  'What the objects get that are made for a Gateway.',
  {
    labels: textMap('Labels of the objects.', {
      maxProperties: 8,
      item: { maxLength: 63, pattern: '^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$' },
      rules: keyRules('Label', 'label'),
    }),
    annotations: textMap('Annotations of the objects.', {
      maxProperties: 16,
      item: { maxLength: 4096 },
      rules: keyRules('Annotation', 'annotation'),
    }),
    parametersRef: field(LocalObjectReference, 'A ConfigMap that changes the objects.'),
  },
)

/** From which namespaces listeners may come. */
export const ListenerNamespacesFrom = choice(
  'ListenerNamespacesFrom',
  'From which namespaces ListenerSets may come.',
  {
    All: 'From every namespace.',
    Selector: 'From the namespaces that `selector` chooses.',
    Same: 'From the namespace of the Gateway.',
    None: 'From nowhere.',
  },
)

/** Namespaces of listeners. */
export const ListenerNamespaces = message(
  'ListenerNamespaces',
  'From which namespaces ListenerSets may come.',
  {
    from: field(ListenerNamespacesFrom, 'From which namespaces.', { default: 'None' }),
    selector: field(LabelSelector, 'Labels of the namespaces, with `from: Selector`.'),
  },
)

/** Which listeners may be added. */
export const AllowedListeners = message('AllowedListeners', 'Which ListenerSets may add listeners.', {
  namespaces: field(ListenerNamespaces, 'From which namespaces.', { default: { from: 'None' } }),
})

/** How clients prove who they are. */
export const FrontendValidationModeType = choice(
  'FrontendValidationModeType',
  'What happens to clients without a valid certificate.',
  {
    AllowValidOnly: 'They are refused.',
    AllowInsecureFallback: 'They are let in; the backend must look.',
  },
)

/** Validation of clients. */
export const FrontendTLSValidation = message(
  'FrontendTLSValidation',
  'How clients prove who they are.',
  {
    caCertificateRefs: list(ObjectReference, 'ConfigMaps with the authorities, under `ca.crt`.', {
      minItems: 1,
      maxItems: 8,
    }),
    mode: field(FrontendValidationModeType, 'What happens to clients without a valid certificate.', {
      default: 'AllowValidOnly',
    }),
  },
  { required: ['caCertificateRefs'] },
)

/** TLS towards clients. */
export const TLSConfig = message('TLSConfig', 'TLS towards clients.', {
  validation: field(FrontendTLSValidation, 'How clients prove who they are.'),
})

/** TLS towards clients at a port. */
export const TLSPortConfig = message(
  'TLSPortConfig',
  'TLS towards clients at one port.',
  { port: portNumber('The port.'), tls: field(TLSConfig, 'TLS of the port.') },
  { required: ['port', 'tls'] },
)

/** TLS towards clients. */
export const FrontendTLSConfig = message(
  'FrontendTLSConfig',
  'TLS towards clients, for all listeners.',
  {
    default: field(TLSConfig, 'TLS of every port without its own.'),
    perPort: list(TLSPortConfig, 'TLS of single ports.', {
      listKeys: ['port'],
      maxItems: 64,
      rules: [
        {
          rule: 'self.all(a, self.exists_one(b, a.port == b.port))',
          message: 'Port for TLS configuration must be unique within the Gateway',
        },
      ],
    }),
  },
  { required: ['default'] },
)

/** TLS towards backends. */
export const GatewayBackendTLS = message('GatewayBackendTLS', 'TLS towards backends.', {
  clientCertificateRef: field(SecretObjectReference, 'Certificate that the gateway shows to backends.'),
})

/** TLS of a Gateway. */
export const GatewayTLSConfig = message('GatewayTLSConfig', 'TLS of the whole Gateway.', {
  backend: field(GatewayBackendTLS, 'TLS towards backends.'),
  frontend: field(FrontendTLSConfig, 'TLS towards clients.'),
})

const PROTOCOL = (pattern: string) => `l.protocol.matches('(?i)^(${pattern})$')`

const UNIQUE = (type: string) => ({
  rule: `self.all(a, a.type != '${type}' || !has(a.value) || self.exists_one(b, b.type == a.type && has(b.value) && b.value == a.value))`,
  message: `${type} values must be unique`,
})

/** What a Gateway says. */
export const GatewaySpec = message(
  'GatewaySpec',
  'Listeners at the edge of the mesh, or of a waypoint.',
  {
    gatewayClassName: objectName('Class of the Gateway.', { example: 'istio' }),
    listeners: list(Listener, 'Listeners.', {
      listKeys: ['name'],
      minItems: 1,
      maxItems: 64,
      rules: [
        {
          rule: `self.all(l, !${PROTOCOL('HTTP|TCP|UDP')} || !has(l.tls))`,
          message: "tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']",
        },
        {
          rule: `self.all(l, !(${PROTOCOL('HTTPS')} && has(l.tls)) || l.tls.mode == '' || l.tls.mode == 'Terminate')`,
          message: 'tls mode must be Terminate for protocol HTTPS',
        },
        {
          rule: `self.all(l, !${PROTOCOL('TLS')} || (has(l.tls) && has(l.tls.mode) && l.tls.mode != ''))`,
          message: 'tls mode must be set for protocol TLS',
        },
        {
          rule: `self.all(l, !${PROTOCOL('TCP|UDP')} || !has(l.hostname) || l.hostname == '')`,
          message: "hostname must not be specified for protocols ['TCP', 'UDP']",
        },
        {
          rule: 'self.all(a, self.exists_one(b, a.name == b.name))',
          message: 'Listener name must be unique within the Gateway',
        },
        {
          rule: "self.all(a, self.exists_one(b, a.port == b.port && a.protocol == b.protocol && (has(a.hostname) ? a.hostname : '') == (has(b.hostname) ? b.hostname : '')))",
          message: 'Combination of port, protocol and hostname must be unique for each listener',
        },
      ],
    }),
    addresses: list(GatewaySpecAddress, 'Addresses that are wanted.', {
      maxItems: 16,
      defaults: 'an address is assigned',
      rules: [UNIQUE('IPAddress'), UNIQUE('Hostname')],
    }),
    infrastructure: field(GatewayInfrastructure, 'What the objects get that are made for the Gateway.'),
    allowedListeners: field(AllowedListeners, 'Which ListenerSets may add listeners.'),
    tls: field(GatewayTLSConfig, 'TLS of the whole Gateway.'),
    defaultScope: field(GatewayDefaultScope, 'For which routes the Gateway is the default.', {
      defaults: 'None',
      stage: 'experimental',
    }),
  },
  { required: ['gatewayClassName', 'listeners'] },
)

/** An address that is in use. */
export const GatewayStatusAddress = message(
  'GatewayStatusAddress',
  'An address that is in use.',
  {
    type: addressType,
    value: text('The address.', { minLength: 1, maxLength: 253 }),
  },
  {
    required: ['value'],
    rules: [
      {
        rule: `self.type != 'Hostname' || self.value.matches(r"""${HOST_NAME.pattern}""")`,
        message: `Hostname value must only contain valid characters (matching ${HOST_NAME.pattern})`,
      },
      IP_VALUE,
    ],
  },
)

/** State of a listener. */
export const ListenerStatus = message(
  'ListenerStatus',
  'State of a listener.',
  {
    name: sectionName('Name of the listener.'),
    supportedKinds: list(RouteGroupKind, 'Kinds of routes that may hang on it.', { maxItems: 8 }),
    attachedRoutes: int32('How many routes hang on it.'),
    conditions: list(
      StatusCondition,
      'Conditions such as Accepted, Programmed and ResolvedRefs.',
      CONDITIONS,
    ),
  },
  { required: ['name', 'attachedRoutes', 'conditions'] },
)

/** State of a Gateway. */
export const GatewayStatus = message('GatewayStatus', 'State of a Gateway.', {
  addresses: list(GatewayStatusAddress, 'Addresses that are in use.', { maxItems: 16 }),
  conditions: list(StatusCondition, 'Conditions such as Accepted and Programmed.', {
    ...CONDITIONS,
    default: pending('Accepted', 'Programmed'),
    defaults: 'both are Unknown',
  }),
  listeners: list(ListenerStatus, 'State of each listener.', { listKeys: ['name'], maxItems: 64 }),
  attachedListenerSets: int32('How many ListenerSets added listeners.'),
})

/** The kind. */
export const Gateway = defineKind({
  kind: 'Gateway',
  group: 'gateway.networking.k8s.io',
  versions: ['v1', 'v1beta1'],
  plural: 'gateways',
  shortNames: ['gtw'],
  scope: 'Namespaced',
  origin: 'gateway-api',
  description: 'Listeners at the edge of the mesh, or of a waypoint.',
  docs: 'https://gateway-api.sigs.k8s.io/api-types/gateway/',
  parts: {
    spec: field(GatewaySpec, 'Listeners of the Gateway.'),
    status: field(GatewayStatus, 'State of the Gateway.', {
      default: { conditions: pending('Accepted', 'Programmed') },
      defaults: 'Accepted and Programmed are Unknown',
    }),
  },
  required: ['spec'],
  example: `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: bookinfo-gateway }
spec:
  gatewayClassName: istio
  listeners:
  - { name: http, port: 80, protocol: HTTP }`,
})
