import { isSameMap } from '../../model/equal.ts'
import { defineQuery } from '../../model/incremental.ts'
import type { Resource } from '../../model/resource.ts'
import type { MeshSnapshot } from '../../model/snapshot.ts'
import { namesCredentials } from '../fields/destination-rule/credentials.ts'
import { type ClientClass, classOf } from '../node-class.ts'
import { type ClusterClient, outboundCluster } from './cluster-outbound.ts'
import { blackHoleCluster, passthroughCluster } from './cluster-passthrough.ts'
import { clusterRefs } from './cluster-refs.ts'
import { endpointResource } from './endpoint.ts'

/** The outbound clusters of a client, by name. */
export const outboundClusters = defineQuery<MeshSnapshot, ReadonlyMap<string, Resource>>(
  'outbound-clusters',
  (read, classKey) => {
    const client = classOf<ClientClass>(classKey!)
    const clusters = new Map<string, Resource>()
    const add = (resource: Resource | undefined) => {
      if (resource !== undefined) clusters.set(resource.name, resource)
    }
    const hasOriginalDestination = client.type === 'sidecar' && client.interceptionMode !== 'NONE'
    const anyone: ClusterClient = { capabilities: client.capabilities, hasOriginalDestination }
    const clientJson = JSON.stringify(anyone)
    const namedClientJson = JSON.stringify({
      ...anyone,
      credentials: { namespace: client.namespace, isSidecar: client.type === 'sidecar' },
    } satisfies ClusterClient)
    for (const { service, portNumber, subset, rule } of clusterRefs(read, classKey!))
      add(
        read.query(
          outboundCluster,
          service.key,
          String(portNumber),
          subset,
          rule?.namespace ?? '',
          rule?.key ?? '',
          rule !== undefined && namesCredentials(rule.spec) ? namedClientJson : clientJson,
        ),
      )
    add(read.query(blackHoleCluster))
    if (hasOriginalDestination) add(read.query(passthroughCluster, JSON.stringify(client.capabilities)))
    return clusters
  },
  isSameMap,
)

/** The endpoints of a client's EDS clusters, by cluster name. */
export const outboundEndpoints = defineQuery<MeshSnapshot, ReadonlyMap<string, Resource>>(
  'outbound-endpoints',
  (read, classKey) => {
    const client = classOf<ClientClass>(classKey!)
    const hasOriginalDestination = client.type === 'sidecar' && client.interceptionMode !== 'NONE'
    const endpoints = new Map<string, Resource>()
    for (const ref of clusterRefs(read, classKey!)) {
      const { resolution } = ref.service
      if (resolution === 'dns' || resolution === 'dns-round-robin') continue
      if (resolution === 'passthrough' && hasOriginalDestination) continue
      const resource = read.query(
        endpointResource,
        ref.service.key,
        ref.portName,
        String(ref.portNumber),
        ref.subset,
        ref.rule?.namespace ?? '',
        ref.rule?.key ?? '',
      )
      if (resource !== undefined) endpoints.set(ref.name, resource)
    }
    return endpoints
  },
  isSameMap,
)
