import type { PeerAuthentication, PeerAuthenticationSpec } from '../gen/types/security/peer-authentication.ts'
import { type ObjectOptions, objectOf } from './object.ts'

/** Options of {@link peerAuthentication}: metadata and the fields of the spec. */
export interface PeerAuthenticationOptions extends ObjectOptions, PeerAuthenticationSpec {}

/**
 * A PeerAuthentication: which connections workloads take.
 *
 * @example
 * peerAuthentication({ name: 'default', namespace: 'istio-system', mtls: { mode: 'STRICT' } })
 */
export function peerAuthentication(options: PeerAuthenticationOptions): PeerAuthentication {
  return objectOf('security.istio.io/v1', 'PeerAuthentication', options)
}
