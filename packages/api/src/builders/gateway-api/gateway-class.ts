import type { GatewayClass, GatewayClassSpec } from '../../gen/types/gateway-api/gateway-class.ts'
import { type ObjectOptions, objectOf } from '../object.ts'

/** Options of {@link gatewayClass}: metadata and the fields of the spec. */
export interface GatewayClassOptions extends Omit<ObjectOptions, 'namespace'>, GatewayClassSpec {}

/**
 * A GatewayClass: which controller looks after its Gateways.
 *
 * @example
 * gatewayClass({ name: 'istio', controllerName: 'istio.io/gateway-controller' })
 */
export function gatewayClass(options: GatewayClassOptions): GatewayClass {
  return objectOf('gateway.networking.k8s.io/v1', 'GatewayClass', options)
}
