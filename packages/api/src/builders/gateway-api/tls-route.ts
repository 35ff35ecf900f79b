import type { TLSRoute, TLSRouteSpec } from '../../gen/types/gateway-api/tls-route.ts'
import { type New, type OptionsOf, objectOf } from '../object.ts'

/** Options of {@link tlsRoute}: metadata and the fields of the spec. */
export interface TLSRouteOptions extends OptionsOf<TLSRoute>, TLSRouteSpec {}

/**
 * A TLSRoute: where TLS connections go, by their server name.
 *
 * @example
 * tlsRoute({
 *   name: 'shop',
 *   parentRefs: [{ name: 'edge' }],
 *   hostnames: ['shop.example.com'],
 *   rules: [{ backendRefs: [{ name: 'shop', port: 443 }] }],
 * })
 * @see https://gateway-api.sigs.k8s.io/guides/tls/
 */
export function tlsRoute(options: TLSRouteOptions): New<TLSRoute> {
  return objectOf('gateway.networking.k8s.io/v1', 'TLSRoute', options)
}
