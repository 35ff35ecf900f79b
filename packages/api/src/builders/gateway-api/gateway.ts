import type { Gateway, GatewaySpec } from '../../gen/types/gateway-api/gateway.ts'
import { type New, type OptionsOf, objectOf } from '../object.ts'

/** Options of {@link gateway}: metadata and the fields of the spec. */
export interface GatewayOptions extends OptionsOf<Gateway>, GatewaySpec {}

/**
 * A Gateway of the Gateway API: listeners of a class.
 *
 * @example
 * gateway({
 *   name: 'bookinfo-gateway',
 *   gatewayClassName: 'istio',
 *   listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }],
 * })
 * @see https://gateway-api.sigs.k8s.io/api-types/gateway/
 */
export function gateway(options: GatewayOptions): New<Gateway> {
  return objectOf('gateway.networking.k8s.io/v1', 'Gateway', options)
}
