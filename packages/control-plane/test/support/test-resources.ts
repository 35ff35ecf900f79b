import { codec, contentVersion, TYPE_URLS } from '@batten/xds'
import type { Resource, ResourceView } from '../../src/model/resource.ts'
import type { ResourceMap } from '../../src/serve/resource-overlay.ts'

const clusters = codec('envoy.config.cluster.v3.Cluster')
const assignments = codec('envoy.config.endpoint.v3.ClusterLoadAssignment')
const routeConfigurations = codec('envoy.config.route.v3.RouteConfiguration')
const listeners = codec('envoy.config.listener.v3.Listener')

export function testResource(typeUrl: string, name: string, value: Uint8Array): Resource {
  return { typeUrl, name, version: contentVersion(value), value }
}

/** A resource of any type whose bytes are this text: enough for tests that do not look inside. */
export function opaqueResource(typeUrl: string, name: string, content: string): Resource {
  return testResource(typeUrl, name, Buffer.from(content))
}

export function testView(resources: Iterable<Resource>): ResourceView {
  const types = new Map<string, Map<string, Resource>>()
  for (const resource of resources) {
    let map = types.get(resource.typeUrl)
    if (map === undefined) types.set(resource.typeUrl, (map = new Map()))
    map.set(resource.name, resource)
  }
  const empty: ResourceMap = new Map()
  return { resources: (typeUrl) => types.get(typeUrl) ?? empty }
}

/** An EDS cluster; `generation` makes another version of it. */
export function testCluster(name: string, generation = 0): Resource {
  const value = clusters.encode({
    name,
    type: 'EDS',
    edsClusterConfig: { edsConfig: { ads: {}, resourceApiVersion: 'V3' } },
    connectTimeout: { seconds: 1 + generation },
  })
  return testResource(TYPE_URLS.CDS, name, value)
}

export function testEndpoints(clusterName: string, ...ports: readonly number[]): Resource {
  const value = assignments.encode({
    clusterName,
    endpoints: [
      {
        // gRPC clients insist on both.
        locality: {},
        loadBalancingWeight: { value: 1 },
        lbEndpoints: ports.map((portValue) => ({
          endpoint: { address: { socketAddress: { address: '127.0.0.1', portValue } } },
        })),
      },
    ],
  })
  return testResource(TYPE_URLS.EDS, clusterName, value)
}

/** A route configuration with one route a cluster: the first takes `/0`, the second `/1`, and so on. */
export function testRoutes(name: string, ...clusterNames: readonly string[]): Resource {
  const value = routeConfigurations.encode({
    name,
    virtualHosts: [
      {
        name: 'all',
        domains: ['*'],
        routes: clusterNames.map((cluster, i) => ({ match: { prefix: `/${i}` }, route: { cluster } })),
      },
    ],
  })
  return testResource(TYPE_URLS.RDS, name, value)
}

/** A listener without filters: its name and its port are what counts. */
export function testListener(name: string, routeName: string): Resource {
  const value = listeners.encode({ name, statPrefix: routeName })
  return testResource(TYPE_URLS.LDS, name, value)
}

/** Names of the clusters that a route configuration uses. */
export function clustersOfRoutes(value: Uint8Array): string[] {
  const { virtualHosts = [] } = routeConfigurations.decode(value)
  return virtualHosts.flatMap(({ routes = [] }) => routes.map((route) => route.route?.cluster ?? ''))
}

/** Name of the route configuration that {@link testListener} refers to. */
export function routesOfListener(value: Uint8Array): string {
  return listeners.decode(value).statPrefix ?? ''
}
