import type {
  AuthorizationPolicy,
  AuthorizationPolicySpec,
} from '../gen/types/security/authorization-policy.ts'
import { type New, type OptionsOf, objectOf } from './object.ts'

/** Options of {@link authorizationPolicy}: metadata and the fields of the spec. */
export interface AuthorizationPolicyOptions extends OptionsOf<AuthorizationPolicy>, AuthorizationPolicySpec {}

/**
 * An AuthorizationPolicy: which requests to workloads are allowed.
 *
 * @example
 * authorizationPolicy({
 *   name: 'reviews',
 *   namespace: 'shop',
 *   selector: { matchLabels: { app: 'reviews' } },
 *   rules: [
 *     {
 *       from: [{ source: { principals: [principal('shop', 'productpage')] } }],
 *       to: [{ operation: { methods: ['GET'] } }],
 *     },
 *   ],
 * })
 * @see https://istio.io/latest/docs/reference/config/security/authorization-policy/
 */
export function authorizationPolicy(options: AuthorizationPolicyOptions): New<AuthorizationPolicy> {
  return objectOf('security.istio.io/v1', 'AuthorizationPolicy', options)
}

/**
 * A workload's identity as policies write it, by its namespace and service account.
 *
 * @example
 * principal('shop', 'productpage') // cluster.local/ns/shop/sa/productpage
 */
export function principal(namespace: string, serviceAccount: string, trustDomain = 'cluster.local'): string {
  return `${trustDomain}/ns/${namespace}/sa/${serviceAccount}`
}
