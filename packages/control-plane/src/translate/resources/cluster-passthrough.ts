import {
  type Any,
  type Cluster,
  HTTP_PROTOCOL_OPTIONS,
  type HttpProtocolOptions,
  packAny,
  WELL_KNOWN_CLUSTERS,
} from '@batten/xds'
import { defineQuery } from '../../model/incremental.ts'
import type { NodeCapabilities } from '../../model/node.ts'
import type { Resource } from '../../model/resource.ts'
import type { MeshSnapshot } from '../../model/snapshot.ts'
import { msToDuration } from '../duration.ts'
import { connectionPoolToCluster } from '../fields/destination-rule/connection-pool.ts'
import { encodeResource, isSameResource } from '../resource-encoder.ts'

/** Source address of inbound passthrough connections: interception leaves it alone, which prevents loops. */
export const INBOUND_SOURCE_ADDRESS = '127.0.0.6'

const PASSTHROUGH_IDLE_MS = 300_000

/** Where connections go that nobody may make: a cluster without hosts. */
export const blackHoleCluster = defineQuery<MeshSnapshot, Resource>(
  'black-hole-cluster',
  (read) =>
    encode({
      name: WELL_KNOWN_CLUSTERS.blackHole,
      type: 'STATIC',
      connectTimeout: msToDuration(read.field('mesh').connectTimeoutMs),
    }),
  isSameResource,
)

/** Where intercepted outbound connections to unknown destinations go: to the address that the caller wanted. */
export const passthroughCluster = defineQuery<MeshSnapshot, Resource>(
  'passthrough-cluster',
  (read, capabilitiesJson) =>
    encode({
      name: WELL_KNOWN_CLUSTERS.passthrough,
      ...originalDestination(read.field('mesh').connectTimeoutMs),
      typedExtensionProtocolOptions: {
        [HTTP_PROTOCOL_OPTIONS]: passthroughOptions(JSON.parse(capabilitiesJson!) as NodeCapabilities),
      },
    }),
  isSameResource,
)

/** Where intercepted inbound connections to unknown ports go: to the application. */
export const inboundPassthroughCluster = defineQuery<MeshSnapshot, Resource>(
  'inbound-passthrough-cluster',
  (read, capabilitiesJson) =>
    encode({
      name: WELL_KNOWN_CLUSTERS.inboundPassthrough,
      ...originalDestination(read.field('mesh').connectTimeoutMs),
      upstreamBindConfig: { sourceAddress: { address: INBOUND_SOURCE_ADDRESS, portValue: 0 } },
      typedExtensionProtocolOptions: {
        [HTTP_PROTOCOL_OPTIONS]: passthroughOptions(JSON.parse(capabilitiesJson!) as NodeCapabilities),
      },
    }),
  isSameResource,
)

function originalDestination(connectTimeoutMs: number): Cluster {
  return {
    type: 'ORIGINAL_DST',
    lbPolicy: 'CLUSTER_PROVIDED',
    ...connectionPoolToCluster(undefined, connectTimeoutMs),
  }
}

/** Follows the caller's version of HTTP, as far as the node can. */
export function passthroughOptions(capabilities: NodeCapabilities, idleMs = PASSTHROUGH_IDLE_MS): Any {
  const options: HttpProtocolOptions = { commonHttpProtocolOptions: { idleTimeout: msToDuration(idleMs) } }
  if (capabilities.http2)
    options.useDownstreamProtocolConfig = {
      httpProtocolOptions: {},
      http2ProtocolOptions: { maxConcurrentStreams: { value: 1_073_741_824 } },
    }
  else options.explicitHttpConfig = { httpProtocolOptions: {} }
  return packAny('envoy.extensions.upstreams.http.v3.HttpProtocolOptions', options)
}

function encode(cluster: Cluster): Resource {
  return encodeResource('envoy.config.cluster.v3.Cluster', cluster.name ?? '', cluster)
}
