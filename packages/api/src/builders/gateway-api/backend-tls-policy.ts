import type {
  BackendTLSPolicy,
  BackendTLSPolicySpec,
} from '../../gen/types/gateway-api/backend-tls-policy.ts'
import { type ObjectOptions, objectOf } from '../object.ts'

/** Options of {@link backendTlsPolicy}: metadata and the fields of the spec. */
export interface BackendTLSPolicyOptions extends ObjectOptions, BackendTLSPolicySpec {}

/**
 * A BackendTLSPolicy: TLS from a gateway to the backends of a Service.
 *
 * @example
 * backendTlsPolicy({
 *   name: 'reviews',
 *   targetRefs: [{ group: '', kind: 'Service', name: 'reviews' }],
 *   validation: { wellKnownCACertificates: 'System', hostname: 'reviews.example.com' },
 * })
 */
export function backendTlsPolicy(options: BackendTLSPolicyOptions): BackendTLSPolicy {
  return objectOf('gateway.networking.k8s.io/v1', 'BackendTLSPolicy', options)
}
