import type {
  RequestAuthentication,
  RequestAuthenticationSpec,
} from '../gen/types/security/request-authentication.ts'
import { type New, type OptionsOf, objectOf } from './object.ts'

/** Options of {@link requestAuthentication}: metadata and the fields of the spec. */
export interface RequestAuthenticationOptions
  extends OptionsOf<RequestAuthentication>,
    RequestAuthenticationSpec {}

/**
 * A RequestAuthentication: which tokens workloads take.
 *
 * @example
 * requestAuthentication({ name: 'jwt', jwtRules: [{ issuer: 'https://accounts.example.com' }] })
 * @see https://istio.io/latest/docs/reference/config/security/request_authentication/
 */
export function requestAuthentication(options: RequestAuthenticationOptions): New<RequestAuthentication> {
  return objectOf('security.istio.io/v1', 'RequestAuthentication', options)
}
