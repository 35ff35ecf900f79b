import type { HTTPBackendRef } from '../../gen/types/gateway-api/http-route.ts'
import type { ParentReference } from '../../gen/types/gateway-api/references.ts'

/** A Gateway as the parent of a route. @example onGateway('bookinfo-gateway', { sectionName: 'http' }) */
export function onGateway(name: string, options: Omit<ParentReference, 'name'> = {}): ParentReference {
  return { name, ...options }
}

/** A Service as the parent of a route: the route is for requests inside of the mesh. @example onService('reviews', 9080) */
export function onService(name: string, port?: number): ParentReference {
  return { group: '', kind: 'Service', name, ...(port === undefined ? {} : { port }) }
}

/** A Service as a backend of a route. @example backend('reviews-v2', 9080, { weight: 10 }) */
export function backend(
  name: string,
  port: number,
  options: Omit<HTTPBackendRef, 'name' | 'port'> = {},
): HTTPBackendRef {
  return { name, port, ...options }
}
