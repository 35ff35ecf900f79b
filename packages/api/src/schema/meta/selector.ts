import { message, textMap } from '../node.ts'

const LABEL_VALUE = { maxLength: 63 }

/** Selector of the networking kinds. */
export const WorkloadSelector = message(
  'WorkloadSelector',
  'Chooses workloads of the same namespace by their labels. In the root namespace it chooses in all namespaces.',
  {
    labels: textMap('Labels that a pod must carry, all of them. An empty map chooses every workload.', {
      maxProperties: 256,
      item: {
        ...LABEL_VALUE,
        rules: [{ rule: '!self.contains("*")', message: 'wildcard is not supported in selector' }],
      },
      example: '{ app: reviews }',
    }),
  },
  { example: 'labels: { app: reviews }' },
)

/** Selector of the security, telemetry and extension kinds, and of DestinationRule. */
export const PolicySelector = message(
  'PolicySelector',
  'Chooses the workloads a policy applies to by their labels. Keys and values may not contain `*`.',
  {
    matchLabels: textMap('Labels that a pod must carry, all of them.', {
      maxProperties: 4096,
      rules: [
        { rule: 'self.all(key, !key.contains("*"))', message: 'wildcard not allowed in label key match' },
        { rule: 'self.all(key, key.size() != 0)', message: 'key must not be empty' },
      ],
      item: {
        ...LABEL_VALUE,
        rules: [{ rule: '!self.contains("*")', message: 'wildcard not allowed in label value match' }],
      },
      example: '{ app: reviews }',
    }),
  },
  { example: 'matchLabels: { app: reviews }' },
)
