import type { PeerAuthentication, PeerAuthenticationSpec } from '../gen/types/security/peer-authentication.ts'
import { type New, type OptionsOf, objectOf } from './object.ts'

/** Options of {@link peerAuthentication}: metadata and the fields of the spec. */
export interface PeerAuthenticationOptions extends OptionsOf<PeerAuthentication>, PeerAuthenticationSpec {}

/**
 * A PeerAuthentication: which connections workloads take.
 *
 * @example
 * peerAuthentication({ name: 'default', namespace: 'istio-system', mtls: { mode: 'STRICT' } })
 * @see https://istio.io/latest/docs/reference/config/security/peer_authentication/
 */
export function peerAuthentication(options: PeerAuthenticationOptions): New<PeerAuthentication> {
  return objectOf('security.istio.io/v1', 'PeerAuthentication', options)
}
