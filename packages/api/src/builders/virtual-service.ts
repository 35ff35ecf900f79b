import type { VirtualService, VirtualServiceSpec } from '../gen/types/networking/virtual-service.ts'
import { type New, type OptionsOf, objectOf } from './object.ts'
import { buildRoute, type RouteInput } from './route.ts'

/** Options of {@link virtualService}: metadata and the fields of the spec. */
export interface VirtualServiceOptions extends OptionsOf<VirtualService>, Omit<VirtualServiceSpec, 'http'> {
  /** Routes for HTTP: plain objects, or what `route` makes. */
  readonly http?: readonly RouteInput[]
}

/**
 * A VirtualService: routes for hosts.
 *
 * @example
 * virtualService({
 *   name: 'reviews',
 *   hosts: ['reviews'],
 *   http: [
 *     route(to('reviews', { subset: 'v2' })).when(header('end-user').exact('jason')),
 *     route(to('reviews', { subset: 'v1' })),
 *   ],
 * })
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/
 */
export function virtualService(options: VirtualServiceOptions): New<VirtualService> {
  const { http, ...rest } = options
  return objectOf('networking.istio.io/v1', 'VirtualService', {
    ...rest,
    ...(http === undefined ? {} : { http: http.map(buildRoute) }),
  })
}
