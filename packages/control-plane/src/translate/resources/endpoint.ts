import {
  type Address,
  type ClusterLoadAssignment,
  jsonToStruct,
  type LbEndpoint,
  METADATA_KEYS,
  type Metadata,
  outboundClusterName,
} from '@batten/xds'
import { destinationRuleByKey } from '../../model/destination-rule.ts'
import type { Endpoint } from '../../model/endpoint.ts'
import { isEqual } from '../../model/equal.ts'
import { defineQuery, type Reader } from '../../model/incremental.ts'
import { isIpAddress } from '../../model/ip-address.ts'
import { mtlsModeOfPort, mtlsOf } from '../../model/peer-authentication.ts'
import type { Resource } from '../../model/resource.ts'
import type { ServiceResolution } from '../../model/service.ts'
import type { MeshSnapshot } from '../../model/snapshot.ts'
import { type Locality, selects } from '../../model/workload.ts'
import { encodeResource, guarded, isSameResource } from '../resource-encoder.ts'

/**
 * The endpoints of one port and subset of a service, by locality.
 *
 * @translates DestinationRule spec.subsets[].labels -> ClusterLoadAssignment.endpoints (which hosts a subset has)
 */
export const loadAssignment = defineQuery<MeshSnapshot, ClusterLoadAssignment>(
  'load-assignment',
  (read, serviceKey, portName, portNumber, subset, ruleNamespace, ruleKey) => {
    const service = read.entry('services', serviceKey!)
    const clusterName = outboundClusterName(service?.hostname ?? '', Number(portNumber), subset!)
    const labels = subsetLabels(read, subset!, ruleNamespace!, ruleKey!)
    if (labels === undefined) return { clusterName }
    const localities = new Map<string, { locality: Locality; endpoints: LbEndpoint[]; weight: number }>()
    for (const endpoint of read.entry('endpoints', serviceKey!) ?? []) {
      if (endpoint.portName !== portName || !selects(labels, endpoint.labels)) continue
      if (!isUsable(read, endpoint, service?.resolution)) continue
      const { region, zone, subZone } = endpoint.locality
      const key = `${region}/${zone}/${subZone}`
      let group = localities.get(key)
      if (group === undefined)
        localities.set(key, (group = { locality: endpoint.locality, endpoints: [], weight: 0 }))
      group.endpoints.push(lbEndpoint(endpoint, takesMtls(read, endpoint)))
      group.weight += Math.max(1, endpoint.weight)
    }
    return {
      clusterName,
      endpoints: [...localities]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, { locality, endpoints, weight }]) => ({
          ...(locality.region === '' ? {} : { locality: withoutEmpty(locality) }),
          lbEndpoints: endpoints,
          loadBalancingWeight: { value: weight },
        })),
    }
  },
  isEqual,
)

/**
 * Whether the proxies of a service can use the address of an endpoint; one that they cannot use is told, since they
 * would refuse all of the others with it: only those that ask DNS themselves take names, and they take no sockets.
 */
function isUsable(
  read: Reader<MeshSnapshot>,
  { address, workload }: Endpoint,
  resolution: ServiceResolution | undefined,
): boolean {
  const isSocket = address.startsWith('unix://')
  const asksDns = resolution === 'dns' || resolution === 'dns-round-robin'
  if (isIpAddress(address) || (address !== '' && isSocket !== asksDns)) return true
  if (workload !== '' && address !== '')
    read.report({
      code: 'CP_ADDRESS_UNUSABLE',
      severity: 'error',
      subject: `endpoint ${workload}`,
      message: asksDns
        ? `the address ${address} is a socket, and its service is resolved by DNS, so it gets no requests`
        : `the address ${address} is a name, and its service is not resolved by DNS, so it gets no requests`,
      object: `networking.istio.io/WorkloadEntry/${workload}`,
      path: 'spec.address',
    })
  return false
}

/** {@link loadAssignment} as a resource. */
export const endpointResource = defineQuery<MeshSnapshot, Resource | undefined>(
  'endpoint-resource',
  (read, ...args) => {
    const message = read.query(loadAssignment, ...args)
    const name = message.clusterName ?? ''
    return guarded(read, `endpoints of ${name}`, () =>
      encodeResource('envoy.config.endpoint.v3.ClusterLoadAssignment', name, message),
    )
  },
  isSameResource,
)

/** Labels of a subset; empty for the whole service, undefined when nobody defines the subset. */
function subsetLabels(
  read: Reader<MeshSnapshot>,
  subset: string,
  ruleNamespace: string,
  ruleKey: string,
): Readonly<Record<string, string>> | undefined {
  if (subset === '') return {}
  const found = read
    .query(destinationRuleByKey, ruleNamespace, ruleKey)
    ?.spec.subsets?.find(({ name }) => name === subset)
  return found === undefined ? undefined : (found.labels ?? {})
}

/** Whether clients speak mutual TLS to an endpoint: it has a sidecar, and no policy turns TLS off there. */
export function takesMtls(read: Reader<MeshSnapshot>, endpoint: Endpoint): boolean {
  if (!endpoint.hasSidecar) return false
  const mtls = read.query(mtlsOf, endpoint.namespace, JSON.stringify(endpoint.labels))
  return mtlsModeOfPort(mtls, endpoint.port, endpoint.containerPort) !== 'DISABLE'
}

function lbEndpoint(endpoint: Endpoint, isMtls: boolean): LbEndpoint {
  const { weight, health } = endpoint
  return {
    endpoint: { address: addressOf(endpoint) },
    ...(health === 'draining' ? { healthStatus: 'DRAINING' as const } : {}),
    metadata: endpointMetadata(endpoint, isMtls),
    loadBalancingWeight: { value: Math.max(1, weight) },
  }
}

function addressOf({ address, port }: Endpoint): Address {
  if (address.startsWith('unix://')) return { pipe: { path: address.slice('unix://'.length) } }
  return { socketAddress: { address, portValue: port } }
}

/** `workload` is `name;namespace;canonical name;canonical revision;kube cluster`, as Istio's telemetry reads it. */
function endpointMetadata(endpoint: Endpoint, isMtls: boolean): Metadata {
  const filterMetadata: NonNullable<Metadata['filterMetadata']> = {}
  if (isMtls) filterMetadata[METADATA_KEYS.transportSocketMatch] = jsonToStruct({ tlsMode: 'istio' })
  if (endpoint.workload !== '') {
    const { labels, namespace } = endpoint
    const name = endpoint.workload.slice(endpoint.workload.indexOf('/') + 1)
    const canonicalName =
      labels['service.istio.io/canonical-name'] ?? labels['app.kubernetes.io/name'] ?? labels['app'] ?? name
    const revision =
      labels['service.istio.io/canonical-revision'] ??
      labels['app.kubernetes.io/version'] ??
      labels['version'] ??
      'latest'
    filterMetadata[METADATA_KEYS.istio] = jsonToStruct({
      workload: `${name};${namespace};${canonicalName};${revision};`,
    })
  }
  return { filterMetadata }
}

function withoutEmpty({ region, zone, subZone }: Locality) {
  return { region, ...(zone === '' ? {} : { zone }), ...(subZone === '' ? {} : { subZone }) }
}
