import { codec, contentVersion, TYPE_URLS } from '@batten/xds'
import type { XdsNode } from '../model/node.ts'
import type { Resource } from '../model/resource.ts'

const assignments = codec('envoy.config.endpoint.v3.ClusterLoadAssignment')
const routeConfigurations = codec('envoy.config.route.v3.RouteConfiguration')

/**
 * What a node gets for a resource that it asked for and that does not exist. Envoy under Istio waits for endpoints
 * and routes without a timeout, so silence would keep a cluster or listener from ever becoming ready.
 *
 * Delta has a word for "does not exist" (`removed_resources`), but Envoy ignores it for route configurations.
 *
 * @returns undefined when saying that it does not exist is enough
 */
export function placeholderFor(
  typeUrl: string,
  name: string,
  protocol: 'delta' | 'sotw',
  node: XdsNode,
): Resource | undefined {
  if (typeUrl === TYPE_URLS.RDS && (protocol === 'sotw' || node.capabilities.userAgent === 'envoy'))
    return resource(typeUrl, name, routeConfigurations.encode({ name }))
  if (typeUrl === TYPE_URLS.EDS && protocol === 'sotw')
    return resource(typeUrl, name, assignments.encode({ clusterName: name }))
  return undefined
}

function resource(typeUrl: string, name: string, value: Uint8Array): Resource {
  return { typeUrl, name, version: contentVersion(value), value }
}
