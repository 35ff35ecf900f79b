import { destinationRuleFor } from '../../model/destination-rule.ts'
import { isSameList, isSameMap } from '../../model/equal.ts'
import { compareSpecificity } from '../../model/host.ts'
import { defineQuery, type Reader } from '../../model/incremental.ts'
import type { Resource } from '../../model/resource.ts'
import { EVERYTHING, egressScope } from '../../model/scope.ts'
import type { MeshService } from '../../model/service.ts'
import type { MeshSnapshot } from '../../model/snapshot.ts'
import { type ClientClass, classOf } from '../node-class.ts'
import { type ClusterClient, outboundCluster } from './cluster-outbound.ts'
import { blackHoleCluster, passthroughCluster } from './cluster-passthrough.ts'
import { endpointResource } from './endpoint.ts'

/** Arguments of `outboundCluster` without the client, and of `endpointResource`. */
interface ClusterRef {
  readonly name: string
  readonly service: MeshService
  readonly portNumber: number
  readonly portName: string
  readonly subset: string
  readonly ruleNamespace: string
  readonly ruleKey: string
}

/** All services that a client sees through its egress listeners, sorted by hostname. */
export const servicesInScope = defineQuery<MeshSnapshot, readonly MeshService[]>(
  'services-in-scope',
  (read, classKey) => {
    const client = classOf<ClientClass>(classKey!)
    const all = new Map<string, MeshService>()
    for (const hosts of egressHosts(client))
      for (const service of read.query(egressScope, client.namespace, JSON.stringify(hosts)).services)
        all.set(service.key, service)
    return [...all.values()].sort((a, b) => compareSpecificity(a.hostname, b.hostname))
  },
  isSameList,
)

/** The import lists of a client, one for each egress listener. */
export function egressHosts(client: ClientClass): (readonly string[])[] {
  return client.egress.length === 0 ? [EVERYTHING] : client.egress.map(({ hosts }) => hosts)
}

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
    const clientJson = JSON.stringify({
      capabilities: client.capabilities,
      hasOriginalDestination,
    } satisfies ClusterClient)
    for (const ref of clusterRefs(read, classKey!))
      add(
        read.query(
          outboundCluster,
          ref.service.key,
          String(ref.portNumber),
          ref.subset,
          ref.ruleNamespace,
          ref.ruleKey,
          clientJson,
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
        ref.ruleNamespace,
        ref.ruleKey,
      )
      if (resource !== undefined) endpoints.set(ref.name, resource)
    }
    return endpoints
  },
  isSameMap,
)

function* clusterRefs(read: Reader<MeshSnapshot>, classKey: string): Generator<ClusterRef> {
  const client = classOf<ClientClass>(classKey)
  const labels = JSON.stringify(client.labels)
  for (const service of read.query(servicesInScope, classKey)) {
    const rule = read.query(destinationRuleFor, client.namespace, labels, service.namespace, service.hostname)
    const subsets = ['', ...(rule?.spec.subsets ?? []).map(({ name }) => name)]
    for (const port of service.ports) {
      if (port.protocol === 'UDP') continue
      for (const subset of subsets)
        yield {
          name: `outbound|${port.number}|${subset}|${service.hostname}`,
          service,
          portNumber: port.number,
          portName: port.name,
          subset,
          ruleNamespace: rule?.namespace ?? '',
          ruleKey: rule?.key ?? '',
        }
    }
  }
}
