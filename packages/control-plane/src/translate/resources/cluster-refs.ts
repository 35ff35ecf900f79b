import { destinationRuleFor, type MeshDestinationRule } from '../../model/destination-rule.ts'
import { isSameList } from '../../model/equal.ts'
import { compareSpecificity, resolveHost } from '../../model/host.ts'
import { defineQuery, type Reader } from '../../model/incremental.ts'
import { EVERYTHING, egressScope } from '../../model/scope.ts'
import type { MeshService } from '../../model/service.ts'
import type { MeshSnapshot } from '../../model/snapshot.ts'
import { destinationsOf } from '../../model/virtual-service.ts'
import { type ClientClass, classOf } from '../node-class.ts'
import { visibleService } from './service-lookup.ts'

/** A port and subset of a service for which a client has a cluster. */
export interface ClusterRef {
  readonly name: string
  readonly service: MeshService
  readonly portNumber: number
  readonly portName: string
  /** Empty for the whole service. */
  readonly subset: string
  /** The rule that counts for the client. */
  readonly rule: MeshDestinationRule | undefined
}

/**
 * All services to which a client may be sent, sorted by hostname: those that its egress listeners import, and those
 * that imported VirtualServices name as destinations. The latter have clusters only: nobody asks for them by name.
 */
const servicesInScope = defineQuery<MeshSnapshot, readonly MeshService[]>(
  'services-in-scope',
  (read, classKey) => {
    const client = classOf<ClientClass>(classKey!)
    const all = new Map<string, MeshService>()
    const lists = client.egress.length === 0 ? [EVERYTHING] : client.egress.map(({ hosts }) => hosts)
    for (const hosts of lists) {
      const scope = read.query(egressScope, client.namespace, JSON.stringify(hosts))
      for (const service of scope.services) all.set(service.key, service)
      if (hosts === EVERYTHING) continue
      for (const virtualService of scope.virtualServices)
        for (const { destination } of destinationsOf(virtualService)) {
          const host = resolveHost(destination.host, virtualService.namespace, client.domainSuffix)
          const service = visibleService(read, client.namespace, host)
          if (service !== undefined) all.set(service.key, service)
        }
    }
    return [...all.values()].sort((a, b) => compareSpecificity(a.hostname, b.hostname))
  },
  isSameList,
)

/** The ports and subsets for which a client has clusters. */
export function* clusterRefs(read: Reader<MeshSnapshot>, classKey: string): Generator<ClusterRef> {
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
          rule,
        }
    }
  }
}
