import type { Destination } from '@batten/api'
import type { RouteAction_HashPolicy } from '@batten/xds'
import { destinationRuleFor } from '../../model/destination-rule.ts'
import { compareSpecificity, coversHost, isExportedTo, resolveHost } from '../../model/host.ts'
import { defineQuery, type Reader } from '../../model/incremental.ts'
import { servicesVisibleTo } from '../../model/scope.ts'
import { compareAge, type MeshService } from '../../model/service.ts'
import type { MeshSnapshot } from '../../model/snapshot.ts'
import type { MeshVirtualService } from '../../model/virtual-service.ts'
import { loadBalancerToHashPolicy } from '../fields/destination-rule/load-balancer.ts'
import { effectivePolicy } from '../fields/destination-rule/traffic-policy.ts'
import type { ClientClass } from '../node-class.ts'
import { hasFeature } from '../proxy-features.ts'

/** The service that a namespace means by a hostname. */
export function visibleService(
  read: Reader<MeshSnapshot>,
  clientNamespace: string,
  hostname: string,
): MeshService | undefined {
  return read.query(serviceByHostname, clientNamespace, hostname)
}

const serviceByHostname = defineQuery<MeshSnapshot, MeshService | undefined>(
  'service-by-hostname',
  (read, namespace, hostname) =>
    read
      .query(servicesVisibleTo, namespace!)
      .find((service) => service.hostname === hostname || service.aliases?.includes(hostname!)),
)

/** The VirtualService of a host: the one that names it most precisely, of equals the oldest. */
export function ownerOf(
  hostname: string,
  virtualServices: readonly MeshVirtualService[],
): MeshVirtualService | undefined {
  let owner: MeshVirtualService | undefined
  let ownerHost = ''
  for (const virtualService of virtualServices)
    for (const host of virtualService.hosts) {
      if (!coversHost(host, hostname)) continue
      if (owner !== undefined && (host === ownerHost || compareSpecificity(host, ownerHost) > 0)) continue
      owner = virtualService
      ownerHost = host
    }
  return owner
}

/** The VirtualServices that a gateway's proxy sees for one of its Gateways, oldest first. */
export function virtualServicesOf(
  read: Reader<MeshSnapshot>,
  gatewayTitle: string,
  clientNamespace: string,
): MeshVirtualService[] {
  return [...read.field('virtualServices').values()]
    .filter(
      ({ gateways, exportTo, namespace }) =>
        gateways.includes(gatewayTitle) && isExportedTo(exportTo, namespace, clientNamespace),
    )
    .sort(compareAge)
}

/** The hash policy that the traffic policy of a destination asks for. */
export function hashPolicyOf(
  read: Reader<MeshSnapshot>,
  client: ClientClass,
  destination: Destination,
  namespace: string,
  listenerPort: number,
): RouteAction_HashPolicy | undefined {
  const hostname = resolveHost(destination.host, namespace, client.domainSuffix)
  const service = visibleService(read, client.namespace, hostname)
  if (service === undefined) return undefined
  const rule = read.query(
    destinationRuleFor,
    client.namespace,
    JSON.stringify(client.labels),
    service.namespace,
    service.hostname,
  )
  if (rule === undefined) return undefined
  const policy = effectivePolicy(
    rule.spec,
    destination.subset ?? '',
    destination.port?.number ?? listenerPort,
  )
  const hash = loadBalancerToHashPolicy(policy.loadBalancer)
  return hash !== undefined && hasFeature(client.capabilities, 'consistent-hash') ? hash : undefined
}
