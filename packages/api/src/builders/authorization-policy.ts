import type {
  AuthorizationPolicy,
  AuthorizationPolicySpec,
} from '../gen/types/security/authorization-policy.ts'
import { type ObjectOptions, objectOf } from './object.ts'

/** Options of {@link authorizationPolicy}: metadata and the fields of the spec. */
export interface AuthorizationPolicyOptions extends ObjectOptions, AuthorizationPolicySpec {}

/**
 * An AuthorizationPolicy: which requests to workloads are allowed.
 *
 * @example
 * authorizationPolicy({ name: 'deny-all' })
 */
export function authorizationPolicy(options: AuthorizationPolicyOptions): AuthorizationPolicy {
  return objectOf('security.istio.io/v1', 'AuthorizationPolicy', options)
}
