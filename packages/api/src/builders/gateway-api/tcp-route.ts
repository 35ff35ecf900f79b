import type { TCPRoute, TCPRouteSpec } from '../../gen/types/gateway-api/tcp-route.ts'
import { type New, type OptionsOf, objectOf } from '../object.ts'

/** Options of {@link tcpRoute}: metadata and the fields of the spec. */
export interface TCPRouteOptions extends OptionsOf<TCPRoute>, TCPRouteSpec {}

/**
 * A TCPRoute: where TCP connections go.
 *
 * @example
 * tcpRoute({ name: 'mongo', parentRefs: [{ name: 'edge' }], rules: [{ backendRefs: [{ name: 'mongo', port: 27017 }] }] })
 * @see https://gateway-api.sigs.k8s.io/guides/tcp/
 */
export function tcpRoute(options: TCPRouteOptions): New<TCPRoute> {
  return objectOf('gateway.networking.k8s.io/v1', 'TCPRoute', options)
}
