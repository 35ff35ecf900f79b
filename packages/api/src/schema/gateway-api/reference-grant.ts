import { defineKind } from '../kind.ts'
import { field, list, message } from '../node.ts'
import { group, kindName, namespaceName, objectName } from './names.ts'

/** Who may refer. */
export const ReferenceGrantFrom = message(
  'ReferenceGrantFrom',
  'A kind of a namespace whose objects may refer to this namespace.',
  {
    group: group('API group of the kind.'),
    kind: kindName('The kind.'),
    namespace: namespaceName('The namespace.'),
  },
  { required: ['group', 'kind', 'namespace'] },
)

/** What may be referred to. */
export const ReferenceGrantTo = message(
  'ReferenceGrantTo',
  'What may be referred to in this namespace.',
  {
    group: group('API group of the kind; empty for core kinds.'),
    kind: kindName('The kind: Service or Secret.'),
    name: objectName('Name of the object.', { defaults: 'every object of the kind' }),
  },
  { required: ['group', 'kind'] },
)

/** What a ReferenceGrant says. */
export const ReferenceGrantSpec = message(
  'ReferenceGrantSpec',
  'Which objects of other namespaces may refer to which objects of this one.',
  {
    from: list(ReferenceGrantFrom, 'Who may refer.', { minItems: 1, maxItems: 16 }),
    to: list(ReferenceGrantTo, 'What may be referred to.', { minItems: 1, maxItems: 16 }),
  },
  { required: ['from', 'to'] },
)

/** The kind. */
export const ReferenceGrant = defineKind({
  kind: 'ReferenceGrant',
  group: 'gateway.networking.k8s.io',
  versions: ['v1', 'v1beta1'],
  storedVersion: 'v1beta1',
  plural: 'referencegrants',
  shortNames: ['refgrant'],
  scope: 'Namespaced',
  origin: 'gateway-api',
  description: 'Lets objects of other namespaces refer to objects of this namespace.',
  docs: 'https://gateway-api.sigs.k8s.io/api-types/referencegrant/',
  parts: { spec: field(ReferenceGrantSpec, 'Who may refer to what.') },
  required: ['spec'],
})
