import type { GatewayClass, GatewayClassSpec } from '../../gen/types/gateway-api/gateway-class.ts'
import { type New, type OptionsOf, objectOf } from '../object.ts'

/** Options of {@link gatewayClass}: metadata and the fields of the spec. */
export interface GatewayClassOptions extends Omit<OptionsOf<GatewayClass>, 'namespace'>, GatewayClassSpec {}

/**
 * A GatewayClass: which controller looks after its Gateways.
 *
 * @example
 * gatewayClass({ name: 'istio', controllerName: 'istio.io/gateway-controller' })
 * @see https://gateway-api.sigs.k8s.io/api-types/gatewayclass/
 */
export function gatewayClass(options: GatewayClassOptions): New<GatewayClass> {
  return objectOf('gateway.networking.k8s.io/v1', 'GatewayClass', options)
}
