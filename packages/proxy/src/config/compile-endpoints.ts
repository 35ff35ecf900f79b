import type { ClusterLoadAssignment, LbEndpoint, LocalityLbEndpoints } from '@batten/xds'
import type { HostConfig } from '../upstream/cluster-config.ts'
import { addressKey, compileAddress } from './compile-address.ts'
import { compileMetadata } from './compile-metadata.ts'
import type { MessageReader } from './message-reader.ts'

const HEALTH: Readonly<Record<string, HostConfig['health']>> = {
  UNKNOWN: 'healthy',
  HEALTHY: 'healthy',
  DEGRADED: 'degraded',
  UNHEALTHY: 'unhealthy',
  TIMEOUT: 'unhealthy',
  DRAINING: 'draining',
}

/**
 * `ClusterLoadAssignment` -> hosts, in order.
 *
 * @param allowNames - a DNS cluster: addresses may be names
 */
export function compileEndpoints(
  assignment: MessageReader<ClusterLoadAssignment>,
  allowNames = false,
): readonly HostConfig[] {
  assignment.skip('clusterName')
  const policy = assignment.nested('policy', 'ClusterLoadAssignment.Policy')
  const overprovisioningPercent = policy?.number('overprovisioningFactor')
  policy?.done()
  if (overprovisioningPercent !== undefined && overprovisioningPercent < 1)
    throw policy!.path('overprovisioningFactor').invalid('must be at least 1')
  const hosts: HostConfig[] = []
  const seen = new Set<string>()
  for (const locality of assignment.each('endpoints', 'LocalityLbEndpoints')) {
    for (const host of compileLocality(locality, allowNames)) {
      // Envoy keeps the first of two equal addresses in one priority.
      const key = `${host.priority}/${host.key}`
      if (seen.has(key)) continue
      seen.add(key)
      hosts.push(
        overprovisioningPercent === undefined ? host : Object.freeze({ ...host, overprovisioningPercent }),
      )
    }
  }
  assignment.done()
  return Object.freeze(hosts)
}

function compileLocality(message: MessageReader<LocalityLbEndpoints>, allowNames: boolean): HostConfig[] {
  const place = message.nested('locality', 'Locality')
  const locality = Object.freeze({
    region: place?.text('region') ?? '',
    zone: place?.text('zone') ?? '',
    subZone: place?.text('subZone') ?? '',
  })
  place?.done()
  const priority = message.number('priority') ?? 0
  if (priority > 128) throw message.path('priority').invalid('must be at most 128')
  const hosts = message.each('lbEndpoints', 'LbEndpoint').map((endpoint) => compileHost(endpoint, allowNames))
  message.done()
  return hosts.map((host) => Object.freeze({ ...host, locality, priority }))
}

function compileHost(
  message: MessageReader<LbEndpoint>,
  allowNames: boolean,
): Omit<HostConfig, 'locality' | 'priority'> {
  const endpoint = message.nested('endpoint', 'Endpoint')
  if (endpoint === undefined) throw message.path('endpoint').invalid('an endpoint is required')
  const address = compileAddress(endpoint.take('address'), endpoint.path('address'), { allowNames })
  const name = endpoint.text('hostname')
  endpoint.done()
  const metadata = compileMetadata(message.nested('metadata', 'Metadata'))
  const labels = metadata['envoy.transport_socket_match']
  const weight = message.number('loadBalancingWeight') ?? 1
  if (weight < 1) throw message.path('loadBalancingWeight').invalid('must be at least 1')
  const health = HEALTH[message.take('healthStatus') ?? 'UNKNOWN'] ?? 'healthy'
  message.done()
  return {
    key: addressKey(address),
    address,
    weight,
    health,
    transportLabels: stringValues(labels),
    metadata,
    hostname: name !== '' || 'path' in address ? name : allowNames ? address.host : '',
  }
}

function stringValues(labels: unknown): Readonly<Record<string, string>> {
  if (typeof labels !== 'object' || labels === null) return {}
  return Object.fromEntries(
    Object.entries(labels).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}
