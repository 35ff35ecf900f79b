import { defineKind } from '../kind.ts'
import { field, list, message, text, texts } from '../node.ts'
import { Condition } from './object-meta.ts'

/** What a Namespace says. */
export const NamespaceSpec = message(
  'NamespaceSpec',
  'Settings of a namespace.',
  { finalizers: texts('What must be done before the namespace goes.') },
  { open: true },
)

/** State of a Namespace. */
export const NamespaceStatus = message(
  'NamespaceStatus',
  'State of a namespace.',
  {
    phase: text('Active or Terminating.'),
    conditions: list(Condition, 'Observed conditions.'),
  },
  { open: true },
)

/** The kind. */
export const Namespace = defineKind({
  kind: 'Namespace',
  group: '',
  versions: ['v1'],
  plural: 'namespaces',
  shortNames: ['ns'],
  scope: 'Cluster',
  origin: 'kubernetes',
  description: 'A scope for names. Labels on it turn sidecar injection or ambient mode on.',
  docs: 'https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/namespace-v1/',
  parts: {
    spec: field(NamespaceSpec, 'Settings of the namespace.'),
    status: field(NamespaceStatus, 'State of the namespace.'),
  },
})
