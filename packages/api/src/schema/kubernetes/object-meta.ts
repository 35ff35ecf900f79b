import { flag, freeForm, int32, integer, list, message, text, textMap, texts } from '../node.ts'

/** Who owns an object. */
export const OwnerReference = message(
  'OwnerReference',
  'An object that owns this one.',
  {
    apiVersion: text('API version of the owner.'),
    kind: text('Kind of the owner.'),
    name: text('Name of the owner.'),
    uid: text('UID of the owner.'),
    controller: flag('Whether the owner controls this object.'),
    blockOwnerDeletion: flag('Whether the owner waits for this object when it is deleted.'),
  },
  { required: ['apiVersion', 'kind', 'name', 'uid'], open: true },
)

/** Fields that one client owns. */
export const ManagedFieldsEntry = message('ManagedFieldsEntry', 'Fields of an object that one client owns.', {
  manager: text('Name of the client.'),
  operation: text('Apply or Update.'),
  apiVersion: text('API version the fields are written in.'),
  time: text('When it last changed (RFC 3339).', { nullable: true }),
  fieldsType: text('Format of `fieldsV1`.'),
  fieldsV1: freeForm('The fields.'),
  subresource: text('Subresource the client wrote to.'),
})

/** Metadata of every object. */
export const ObjectMeta = message(
  'ObjectMeta',
  'Name, namespace, labels and annotations of an object, and what the API server adds.',
  {
    name: text('Name, unique among the objects of its kind in the namespace.'),
    generateName: text('Beginning of a name that the API server completes.'),
    namespace: text('Namespace of the object.', { defaults: 'the namespace of the command, else `default`' }),
    labels: textMap('Labels, by which objects are selected.'),
    annotations: textMap('Annotations: any further text.'),
    uid: text('Identity of the object, given by the API server.'),
    resourceVersion: text('Version of the object, given by the API server.'),
    generation: integer('Counts the changes of the desired state.'),
    creationTimestamp: text('When the object was made (RFC 3339).', { nullable: true }),
    deletionTimestamp: text('When the object will be deleted (RFC 3339).', { nullable: true }),
    deletionGracePeriodSeconds: integer('Time until the deletion, in seconds.'),
    finalizers: texts('What must be done before the object goes.'),
    ownerReferences: list(OwnerReference, 'Owners of the object.'),
    selfLink: text('Not used any more.', { deprecated: 'has no effect' }),
    managedFields: list(ManagedFieldsEntry, 'Who owns which field, for server-side apply.'),
  },
)

/** Selector with expressions. */
export const LabelSelectorRequirement = message(
  'LabelSelectorRequirement',
  'A condition on one label.',
  {
    key: text('Name of the label.'),
    operator: text('In, NotIn, Exists or DoesNotExist.'),
    values: texts('Values for In and NotIn.'),
  },
  { required: ['key', 'operator'] },
)

/** Selector of Kubernetes. */
export const LabelSelector = message(
  'LabelSelector',
  'Chooses objects by their labels. All conditions must hold.',
  {
    matchLabels: textMap('Labels with their values.'),
    matchExpressions: list(LabelSelectorRequirement, 'Further conditions.'),
  },
)

/** One condition of an object of Kubernetes. */
export const Condition = message(
  'Condition',
  'One aspect of the observed state of an object.',
  {
    type: text('What the condition is about.'),
    status: text('`True`, `False` or `Unknown`.'),
    reason: text('One word in CamelCase that says why.'),
    message: text('A sentence for people.'),
    observedGeneration: integer('Generation of the object that the condition speaks about.'),
    lastTransitionTime: text('When the status last changed (RFC 3339).', { nullable: true }),
  },
  { required: ['type', 'status'], open: true },
)

/** Reference to another object by its name. */
export const LocalObjectReference = message('LocalObjectReference', 'An object of the same namespace.', {
  name: text('Name of the object.'),
})

/** A whole number of seconds or pods. */
export const replicas = int32('How many pods there should be.', { nullable: true, defaults: '1' })
