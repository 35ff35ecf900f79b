import { isSameMap } from '../../model/equal.ts'
import { defineQuery } from '../../model/incremental.ts'
import type { Resource } from '../../model/resource.ts'
import type { MeshSnapshot } from '../../model/snapshot.ts'
import { type ClientClass, classOf } from '../node-class.ts'
import { interceptedRoutes } from './listener-intercepted.ts'
import { type SidecarRouteSpec, sidecarRoute } from './route-sidecar.ts'
import { egressPorts, httpProxyRoutes } from './sidecar-egress.ts'

/** The route configurations that the outbound listeners of a sidecar refer to. */
export const sidecarRoutes = defineQuery<MeshSnapshot, ReadonlyMap<string, Resource>>(
  'sidecar-routes',
  (read, classKey, hasHttpProxy) => {
    const client = classOf<ClientClass>(classKey!)
    const specs: SidecarRouteSpec[] = []
    for (const { kind, routes } of read.query(egressPorts, classKey!)) if (kind !== 'tcp') specs.push(routes)
    if (hasHttpProxy === 'true') specs.push(httpProxyRoutes(client))
    if (client.interceptionMode !== 'NONE')
      for (const { name, hosts, port, service } of interceptedRoutes(read, client))
        specs.push({
          name,
          hosts: service === '' ? hosts : [`*/${service}`],
          port,
          dedicatedTo: service,
          rewritesHost: false,
        })
    const routes = new Map<string, Resource>()
    for (const spec of specs)
      if (!routes.has(spec.name))
        routes.set(spec.name, read.query(sidecarRoute, classKey!, JSON.stringify(spec)))
    return routes
  },
  isSameMap,
)
