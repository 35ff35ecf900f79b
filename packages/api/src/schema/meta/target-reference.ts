import { message, text } from '../node.ts'

/** What a policy is attached to, instead of a label selector. */
export const PolicyTargetReference = message(
  'PolicyTargetReference',
  'Names the Gateway, GatewayClass, Service or ServiceEntry that a policy is attached to.',
  {
    group: text('API group of the target. Empty for the core group.', {
      maxLength: 253,
      pattern: '^$|^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$',
      example: 'gateway.networking.k8s.io',
    }),
    kind: text('Kind of the target.', {
      minLength: 1,
      maxLength: 63,
      pattern: '^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$',
      example: 'Gateway',
    }),
    name: text('Name of the target, in the namespace of the policy.', { minLength: 1, maxLength: 253 }),
    namespace: text('Must be empty: a target in another namespace is not supported.', {
      rules: [
        { rule: 'self.size() == 0', message: 'cross namespace referencing is not currently supported' },
      ],
    }),
  },
  {
    required: ['kind', 'name'],
    example: 'group: gateway.networking.k8s.io\nkind: Gateway\nname: waypoint',
  },
)
