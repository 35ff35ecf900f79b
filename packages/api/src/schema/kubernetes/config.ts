import { defineKind } from '../kind.ts'
import { flag, list, message, text, textMap } from '../node.ts'
import { LocalObjectReference } from './object-meta.ts'

/** A reference to an object anywhere. */
export const ObjectReference = message(
  'ObjectReference',
  'Another object.',
  {
    apiVersion: text('API version.'),
    kind: text('Kind.'),
    name: text('Name.'),
    namespace: text('Namespace.'),
    uid: text('UID.'),
    fieldPath: text('Part of the object.'),
    resourceVersion: text('Version of the object.'),
  },
  { open: true },
)

/** The kind. */
export const ServiceAccount = defineKind({
  kind: 'ServiceAccount',
  group: '',
  versions: ['v1'],
  plural: 'serviceaccounts',
  shortNames: ['sa'],
  scope: 'Namespaced',
  origin: 'kubernetes',
  description: 'Identity of a workload; its name is part of the SPIFFE ID.',
  docs: 'https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/service-account-v1/',
  parts: {
    secrets: list(ObjectReference, 'Secrets that pods of the account may use.'),
    imagePullSecrets: list(LocalObjectReference, 'Secrets for pulling images.'),
    automountServiceAccountToken: flag('Whether pods get a token of the account.', { nullable: true }),
  },
})

/** The kind. */
export const ConfigMap = defineKind({
  kind: 'ConfigMap',
  group: '',
  versions: ['v1'],
  plural: 'configmaps',
  shortNames: ['cm'],
  scope: 'Namespaced',
  origin: 'kubernetes',
  description: 'Named texts. The mesh configuration is the entry `mesh` of the ConfigMap `istio`.',
  docs: 'https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/config-map-v1/',
  parts: {
    data: textMap('The texts.'),
    binaryData: textMap('Bytes as base64.'),
    immutable: flag('Whether it can no longer be changed.', { nullable: true }),
  },
})

/** The kind. */
export const Secret = defineKind({
  kind: 'Secret',
  group: '',
  versions: ['v1'],
  plural: 'secrets',
  scope: 'Namespaced',
  origin: 'kubernetes',
  description: 'Named values that are to be kept secret, such as certificates with their keys.',
  docs: 'https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/secret-v1/',
  parts: {
    type: text('What the secret holds, such as `kubernetes.io/tls`.', { defaults: 'Opaque' }),
    data: textMap('Values as base64.'),
    stringData: textMap('Values as text; merged into `data` when the object is written.'),
    immutable: flag('Whether it can no longer be changed.', { nullable: true }),
  },
})
