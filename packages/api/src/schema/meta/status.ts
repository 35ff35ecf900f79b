import { choice, field, intOrString, list, message, text, typeOnly } from '../node.ts'

/** One condition of an object. */
export const IstioCondition = message('IstioCondition', 'One aspect of the observed state of an object.', {
  type: text('What the condition is about, such as `Reconciled` or `Healthy`.'),
  status: text('`True`, `False` or `Unknown`.'),
  lastProbeTime: text('When the condition was last looked at (RFC 3339).', { format: 'date-time' }),
  lastTransitionTime: text('When the status last changed (RFC 3339).', { format: 'date-time' }),
  reason: text('One word in CamelCase that says why.'),
  message: text('A sentence for people.'),
  observedGeneration: intOrString('Generation of the object that the condition speaks about.'),
})

/** Severity of a message in a status. */
export const AnalysisLevel = choice('AnalysisLevel', 'How bad a finding is.', {
  UNKNOWN: 'No level is known.',
  ERROR: 'The configuration does not work.',
  WARNING: 'The configuration probably does not do what was meant.',
  INFO: 'Worth knowing.',
})

/** Kind of an analysis message. */
export const AnalysisMessageType = message('AnalysisMessageType', 'Which analyzer message this is.', {
  name: text('Name of the message in CamelCase.'),
  code: text('Code of the message, `IST` and four digits.', { example: 'IST0101' }),
})

/** A finding that was written into a status. */
export const AnalysisMessage = message('AnalysisMessage', 'A finding of the analysis about the object.', {
  type: field(AnalysisMessageType, 'Which message it is.'),
  level: field(AnalysisLevel, 'How bad it is.'),
  documentationUrl: text('Page that explains the message.'),
})

/** Fields of every status of Istio's kinds. */
const statusFields = {
  conditions: list(IstioCondition, 'Observed conditions.'),
  validationMessages: list(AnalysisMessage, 'Findings of the analysis.'),
  observedGeneration: intOrString('Generation of the object that this status speaks about.'),
}

/** Status of every kind but ServiceEntry. */
export const IstioStatus = message(
  'IstioStatus',
  'What the control plane observed about the object.',
  statusFields,
  {
    open: true,
  },
)

/** An address that was allocated for a host. */
export const ServiceEntryAddress = message(
  'ServiceEntryAddress',
  'An address that was allocated for a host.',
  {
    value: text('The address.'),
    host: text('The host it belongs to.'),
  },
)

/** Status of a ServiceEntry. */
export const ServiceEntryStatus = message(
  'ServiceEntryStatus',
  'What the control plane observed about the ServiceEntry, and the addresses it allocated.',
  {
    ...statusFields,
    addresses: typeOnly(list(ServiceEntryAddress, 'Addresses that were allocated for the hosts.')),
  },
  { open: true },
)
