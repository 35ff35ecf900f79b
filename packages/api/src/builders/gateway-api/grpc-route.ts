import type { GRPCRoute, GRPCRouteSpec } from '../../gen/types/gateway-api/grpc-route.ts'
import { type New, type OptionsOf, objectOf } from '../object.ts'

/** Options of {@link grpcRoute}: metadata and the fields of the spec. */
export interface GRPCRouteOptions extends OptionsOf<GRPCRoute>, GRPCRouteSpec {}

/**
 * A GRPCRoute: where gRPC calls go.
 *
 * @example
 * grpcRoute({
 *   name: 'greeter',
 *   parentRefs: [{ name: 'bookinfo-gateway' }],
 *   rules: [{ matches: [{ method: { service: 'helloworld.Greeter' } }], backendRefs: [{ name: 'greeter', port: 9000 }] }],
 * })
 * @see https://gateway-api.sigs.k8s.io/api-types/grpcroute/
 */
export function grpcRoute(options: GRPCRouteOptions): New<GRPCRoute> {
  return objectOf('gateway.networking.k8s.io/v1', 'GRPCRoute', options)
}
