import { defineKind } from '../kind.ts'
import { choice, field, list, message, text, textMap } from '../node.ts'
import {
  CONTROLLER_NAME,
  group,
  HOST_NAME,
  kindName,
  objectName,
  PRECISE_HOST_NAME,
  sectionName,
} from './names.ts'
import { CONDITIONS, LocalObjectReference, ParentReference, StatusCondition } from './references.ts'

/** What a policy is about. */
export const LocalPolicyTargetReferenceWithSectionName = message(
  'LocalPolicyTargetReferenceWithSectionName',
  'An object of the same namespace, or a part of it.',
  {
    group: group('API group of the object; empty for a Service.'),
    kind: kindName('Kind of the object.'),
    name: objectName('Name of the object.'),
    sectionName: sectionName('Name of the port.', { defaults: 'all ports' }),
  },
  { required: ['group', 'kind', 'name'], example: 'group: ""\nkind: Service\nname: reviews' },
)

/** Type of a name in a certificate. */
export const SubjectAltNameType = choice('SubjectAltNameType', 'Type of a name in a certificate.', {
  Hostname: 'A host name.',
  URI: 'A URI, such as a SPIFFE identity.',
})

const nameRules = ['Hostname', 'URI'].flatMap((type) => {
  const name = type.toLowerCase()
  const given = `has(self.${name}) && self.${name} != ''`
  return [
    {
      rule: `self.type != '${type}' || (${given})`,
      message: `SubjectAltName element must contain ${type}, if Type is set to ${type}`,
    },
    {
      rule: `self.type == '${type}' || !(${given})`,
      message: `SubjectAltName element must not contain ${type}, if Type is not set to ${type}`,
    },
  ]
})

/** A name in a certificate. */
export const SubjectAltName = message(
  'SubjectAltName',
  'A name that the certificate must carry.',
  {
    type: field(SubjectAltNameType, 'Type of the name.'),
    hostname: text('The host name.', HOST_NAME),
    uri: text('The URI.', {
      minLength: 1,
      maxLength: 253,
      pattern: '^(([^:/?#]+):)(//([^/?#]*))([^?#]*)(\\?([^#]*))?(#(.*))?',
    }),
  },
  { required: ['type'], rules: nameRules },
)

/** Authorities of the system. */
export const WellKnownCACertificatesType = choice(
  'WellKnownCACertificatesType',
  'Authorities that are known without being named.',
  { System: 'Those of the system.' },
)

const REFS = 'has(self.caCertificateRefs) && size(self.caCertificateRefs) > 0'
const WELL_KNOWN = "has(self.wellKnownCACertificates) && self.wellKnownCACertificates != ''"

/** How the backend proves who it is. */
export const BackendTLSPolicyValidation = message(
  'BackendTLSPolicyValidation',
  'How the backend proves who it is.',
  {
    caCertificateRefs: list(LocalObjectReference, 'ConfigMaps with the authorities, under `ca.crt`.', {
      maxItems: 8,
    }),
    wellKnownCACertificates: field(WellKnownCACertificatesType, 'Authorities of the system.'),
    hostname: text('Server name (SNI), and name in the certificate.', PRECISE_HOST_NAME),
    subjectAltNames: list(SubjectAltName, 'Names of which the certificate must carry one.', { maxItems: 5 }),
  },
  {
    required: ['hostname'],
    rules: [
      {
        rule: `!((${REFS}) && (${WELL_KNOWN}))`,
        message: 'must not contain both CACertificateRefs and WellKnownCACertificates',
      },
      {
        rule: `(${REFS}) || (${WELL_KNOWN})`,
        message: 'must specify either CACertificateRefs or WellKnownCACertificates',
      },
    ],
    example: 'wellKnownCACertificates: System\nhostname: reviews.example.com',
  },
)

const SAME = 'a.group == b.group && a.kind == b.kind && a.name == b.name'
const SECTION = (one: string) => `(has(${one}.sectionName) ? ${one}.sectionName : '')`

/** What a BackendTLSPolicy says. */
export const BackendTLSPolicySpec = message(
  'BackendTLSPolicySpec',
  'TLS to the backends of a Service.',
  {
    targetRefs: list(LocalPolicyTargetReferenceWithSectionName, 'What the policy is about.', {
      minItems: 1,
      maxItems: 16,
      rules: [
        {
          rule: `self.all(a, self.all(b, ${SAME} ? (${SECTION('a')} == '') == (${SECTION('b')} == '') : true))`,
          message:
            'sectionName must be specified when targetRefs includes 2 or more references to the same target',
        },
        {
          rule: `self.all(a, self.exists_one(b, ${SAME} && ${SECTION('a')} == ${SECTION('b')}))`,
          message:
            'sectionName must be unique when targetRefs includes 2 or more references to the same target',
        },
      ],
    }),
    validation: field(BackendTLSPolicyValidation, 'How the backend proves who it is.'),
    options: textMap('Options of the implementation.', { maxProperties: 16, item: { maxLength: 4096 } }),
  },
  { required: ['targetRefs', 'validation'] },
)

/** State of a policy at one of the Gateways that use it. */
export const PolicyAncestorStatus = message(
  'PolicyAncestorStatus',
  'What a controller says about a policy.',
  {
    ancestorRef: field(ParentReference, 'The Gateway or Service that the policy has an effect on.'),
    controllerName: text('The controller that says it.', CONTROLLER_NAME),
    conditions: list(StatusCondition, 'Conditions such as Accepted.', { ...CONDITIONS, minItems: 1 }),
  },
  { required: ['ancestorRef', 'controllerName', 'conditions'] },
)

/** State of a policy. */
export const PolicyStatus = message(
  'PolicyStatus',
  'State of a policy.',
  { ancestors: list(PolicyAncestorStatus, 'State at each Gateway.', { maxItems: 16 }) },
  { required: ['ancestors'] },
)

/** The kind. */
export const BackendTLSPolicy = defineKind({
  kind: 'BackendTLSPolicy',
  group: 'gateway.networking.k8s.io',
  versions: ['v1', 'v1alpha3'],
  plural: 'backendtlspolicies',
  shortNames: ['btlspolicy'],
  scope: 'Namespaced',
  origin: 'gateway-api',
  description: 'TLS from a gateway to the backends of a Service.',
  docs: 'https://gateway-api.sigs.k8s.io/api-types/backendtlspolicy/',
  parts: {
    spec: field(BackendTLSPolicySpec, 'TLS to the backends.'),
    status: field(PolicyStatus, 'State of the policy.'),
  },
  required: ['spec'],
})
