import type {
  BackendTLSPolicy,
  BackendTLSPolicySpec,
} from '../../gen/types/gateway-api/backend-tls-policy.ts'
import { type New, type OptionsOf, objectOf } from '../object.ts'

/** Options of {@link backendTlsPolicy}: metadata and the fields of the spec. */
export interface BackendTLSPolicyOptions extends OptionsOf<BackendTLSPolicy>, BackendTLSPolicySpec {}

/**
 * A BackendTLSPolicy: TLS from a gateway to the backends of a Service.
 *
 * @example
 * backendTlsPolicy({
 *   name: 'reviews',
 *   targetRefs: [{ group: '', kind: 'Service', name: 'reviews' }],
 *   validation: { wellKnownCACertificates: 'System', hostname: 'reviews.example.com' },
 * })
 * @see https://gateway-api.sigs.k8s.io/api-types/backendtlspolicy/
 */
export function backendTlsPolicy(options: BackendTLSPolicyOptions): New<BackendTLSPolicy> {
  return objectOf('gateway.networking.k8s.io/v1', 'BackendTLSPolicy', options)
}
