import {
  type Any,
  type Cluster,
  HTTP_PROTOCOL_OPTIONS,
  inboundClusterName,
  jsonToStruct,
  METADATA_KEYS,
} from '@batten/xds'
import { isSameMap } from '../../model/equal.ts'
import { defineQuery } from '../../model/incremental.ts'
import type { Resource } from '../../model/resource.ts'
import type { MeshSnapshot } from '../../model/snapshot.ts'
import { connectionPoolToCluster } from '../fields/destination-rule/connection-pool.ts'
import { httpProtocolOptions, upstreamHttpOf } from '../fields/destination-rule/http-protocol.ts'
import { defaultEndpointToAddress } from '../fields/sidecar/default-endpoint.ts'
import { classOf, type InboundClass } from '../node-class.ts'
import { encodeResource, guarded } from '../resource-encoder.ts'
import { INBOUND_SOURCE_ADDRESS, inboundPassthroughCluster } from './cluster-passthrough.ts'
import { type InboundPort, inboundPorts } from './inbound-ports.ts'

/** Envoy forgets idle original destinations; inbound there is only one. */
const NEVER_MS = 9_223_372_035_000

/** The clusters that lead from a sidecar to its application. */
export const inboundClusters = defineQuery<MeshSnapshot, ReadonlyMap<string, Resource>>(
  'inbound-clusters',
  (read, classKey) => {
    const inbound = classOf<InboundClass>(classKey!)
    const connectTimeoutMs = read.field('mesh').connectTimeoutMs
    const clusters = new Map<string, Resource>()
    for (const port of inboundPorts(inbound)) {
      const cluster = guarded(read, `cluster ${inboundClusterName(port.port)}`, () =>
        inboundCluster(inbound, port, connectTimeoutMs),
      )
      if (cluster !== undefined) clusters.set(cluster.name, cluster)
    }
    if (inbound.interceptionMode !== 'NONE') {
      const passthrough = read.query(inboundPassthroughCluster, JSON.stringify(inbound.capabilities))
      clusters.set(passthrough.name, passthrough)
    }
    return clusters
  },
  isSameMap,
)

/**
 * @translates Sidecar spec.inboundConnectionPool -> Cluster.circuit_breakers (inbound)
 * @translates Sidecar spec.ingress[].connectionPool -> Cluster.circuit_breakers (inbound)
 */
function inboundCluster(inbound: InboundClass, port: InboundPort, connectTimeoutMs: number): Resource {
  const pool = port.ingress?.connectionPool ?? inbound.connectionPool
  const name = inboundClusterName(port.port)
  const options: Any | undefined = httpProtocolOptions(
    port.kind === 'tcp' ? 'none' : upstreamHttpOf(port.protocol, pool, inbound.capabilities),
    pool,
  )
  const cluster: Cluster = {
    name,
    ...hosts(inbound, port, name),
    ...connectionPoolToCluster(pool, connectTimeoutMs),
    metadata: {
      filterMetadata: {
        [METADATA_KEYS.istio]: jsonToStruct({ services: servicesOf(inbound, port) }),
      },
    },
    ...(options === undefined ? {} : { typedExtensionProtocolOptions: { [HTTP_PROTOCOL_OPTIONS]: options } }),
  }
  return encodeResource('envoy.config.cluster.v3.Cluster', name, cluster)
}

function hosts(inbound: InboundClass, port: InboundPort, name: string): Cluster {
  if (port.ingress !== undefined)
    return {
      type: 'STATIC',
      loadAssignment: {
        clusterName: name,
        endpoints: [
          {
            lbEndpoints: [
              {
                endpoint: {
                  address: defaultEndpointToAddress(port.ingress.defaultEndpoint, port.port, inbound.address),
                },
              },
            ],
          },
        ],
      },
    }
  return {
    type: 'ORIGINAL_DST',
    lbPolicy: 'CLUSTER_PROVIDED',
    cleanupInterval: { seconds: NEVER_MS / 1000 },
    upstreamBindConfig: { sourceAddress: { address: INBOUND_SOURCE_ADDRESS, portValue: 0 } },
  }
}

function servicesOf(inbound: InboundClass, { port }: InboundPort) {
  return inbound.targets
    .filter((target) => target.port === port)
    .map(({ hostname, serviceName, serviceNamespace }) => ({
      host: hostname,
      name: serviceName,
      namespace: serviceNamespace,
    }))
}
