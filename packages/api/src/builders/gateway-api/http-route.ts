import type { HTTPRoute, HTTPRouteSpec } from '../../gen/types/gateway-api/http-route.ts'
import { type New, type OptionsOf, objectOf } from '../object.ts'

/** Options of {@link httpRoute}: metadata and the fields of the spec. */
export interface HTTPRouteOptions extends OptionsOf<HTTPRoute>, HTTPRouteSpec {}

/**
 * An HTTPRoute: where HTTP requests go.
 *
 * @example
 * httpRoute({
 *   name: 'reviews',
 *   parentRefs: [onService('reviews', 9080)],
 *   rules: [{ backendRefs: [backend('reviews-v1', 9080, { weight: 90 }), backend('reviews-v2', 9080, { weight: 10 })] }],
 * })
 * @see https://gateway-api.sigs.k8s.io/api-types/httproute/
 */
export function httpRoute(options: HTTPRouteOptions): New<HTTPRoute> {
  return objectOf('gateway.networking.k8s.io/v1', 'HTTPRoute', options)
}
