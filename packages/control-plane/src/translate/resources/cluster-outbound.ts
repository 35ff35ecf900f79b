import type { ClientTLSSettings } from '@batten/api'
import {
  type Cluster,
  formatSniName,
  HTTP_PROTOCOL_OPTIONS,
  jsonToStruct,
  METADATA_KEYS,
  outboundClusterName,
  packAny,
  TRANSPORT_SOCKETS,
  type TransportSocket,
} from '@batten/xds'
import { destinationRuleByKey, type MeshDestinationRule } from '../../model/destination-rule.ts'
import { defineQuery, type Reader } from '../../model/incremental.ts'
import type { MeshConfig } from '../../model/mesh-config.ts'
import type { NodeCapabilities } from '../../model/node.ts'
import type { Resource } from '../../model/resource.ts'
import type { MeshService, ServicePort } from '../../model/service.ts'
import type { MeshSnapshot } from '../../model/snapshot.ts'
import { msToDuration } from '../duration.ts'
import { connectionPoolToCluster } from '../fields/destination-rule/connection-pool.ts'
import { clientCredentialNamesOf, hasCredentials } from '../fields/destination-rule/credentials.ts'
import { httpProtocolOptions, upstreamHttpOf } from '../fields/destination-rule/http-protocol.ts'
import { loadBalancerToCluster } from '../fields/destination-rule/load-balancer.ts'
import { outlierDetectionToCluster } from '../fields/destination-rule/outlier-detection.ts'
import { type ClientTlsContext, tlsToTransportSocket } from '../fields/destination-rule/tls.ts'
import { policyPath } from '../fields/destination-rule/traffic-policy.ts'
import { supportedPolicy } from '../proxy-features.ts'
import { encodeResource, guarded, isSameResource } from '../resource-encoder.ts'
import { ADS, meshClientTls } from '../tls-context.ts'
import { loadAssignment, takesMtls } from './endpoint.ts'
import { credentialProblem } from './secret.ts'
import { serviceIdentities } from './service-identities.ts'

const PLAIN_TEXT: TransportSocket = {
  name: TRANSPORT_SOCKETS.rawBuffer,
  typedConfig: packAny('envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer', {}),
}

/** How a cluster finds its hosts. */
export type ClusterDiscovery = 'EDS' | 'STRICT_DNS' | 'LOGICAL_DNS' | 'ORIGINAL_DST'

/** What of a client decides about a cluster, by value. */
export interface ClusterClient {
  readonly capabilities: NodeCapabilities
  /** Without interception there is no original destination to go to. */
  readonly hasOriginalDestination: boolean
  /** Whose Secrets it may have; only told when its rule names some, so that other clients share clusters. */
  readonly credentials?: { readonly namespace: string; readonly isSidecar: boolean }
}

/**
 * The cluster for one port and subset of a service as clients with this rule and these abilities see it; undefined
 * when the service or port is gone.
 */
export const outboundCluster = defineQuery<MeshSnapshot, Resource | undefined>(
  'outbound-cluster',
  (read, ...args) => {
    const [service, port, subset, , rule] = args
    const subject = `cluster of ${service}:${port}${subset === '' ? '' : ` subset ${subset}`}`
    return guarded(read, subject, () => build(read, ...args), rule === '' ? {} : { object: rule })
  },
  isSameResource,
)

function build(
  read: Reader<MeshSnapshot>,
  ...[serviceKey, portNumber, subset, ruleNamespace, ruleKey, clientJson]: string[]
): Resource | undefined {
  const service = read.entry('services', serviceKey!)
  const port = service?.ports.find(({ number }) => number === Number(portNumber))
  if (service === undefined || port === undefined) return undefined
  const mesh = read.field('mesh')
  const rule = read.query(destinationRuleByKey, ruleNamespace!, ruleKey!)
  const client = JSON.parse(clientJson!) as ClusterClient
  const policy = supportedPolicy(read, client.capabilities, rule, subset!, port.number)
  const name = outboundClusterName(service.hostname, port.number, subset!)
  const loadBalancer = loadBalancerToCluster(policy.loadBalancer)
  const discovery = discoveryOf(service, loadBalancer.isPassthrough === true, client)
  const upstream = upstreamHttpOf(port.protocol, policy.connectionPool, client.capabilities)
  const context: ClientTlsContext = {
    upstream,
    meshSni: formatSniName({
      direction: 'outbound',
      port: port.number,
      subset: subset!,
      host: service.hostname,
    }),
    identities: service.isExternal ? [] : read.query(serviceIdentities, service.key),
    serviceSans: service.subjectAltNames,
    hostname: service.hostname,
  }
  const secrets = credentialsOf(read, client, rule, policy.tls, subset!, port.number)
  if (secrets === 'missing') return undefined
  const { isPassthrough, lbPolicy, ...lbOptions } = loadBalancer
  // Without interception nobody knows where the caller wanted to go: its hosts are balanced as if nothing were said.
  const chosen = isPassthrough === true ? loadBalancerToCluster(undefined).lbPolicy : lbPolicy
  const cluster: Cluster = {
    name,
    type: discovery,
    ...connectionPoolToCluster(policy.connectionPool, mesh.connectTimeoutMs, policy.retryBudget),
    ...(discovery === 'ORIGINAL_DST' ? { lbPolicy: 'CLUSTER_PROVIDED' } : { lbPolicy: chosen, ...lbOptions }),
    ...outlierDetectionToCluster(policy.outlierDetection),
    metadata: clusterMetadata(service, port, subset!, rule),
  }
  if (discovery === 'EDS') cluster.edsClusterConfig = { edsConfig: ADS, serviceName: name }
  if (discovery === 'STRICT_DNS' || discovery === 'LOGICAL_DNS') {
    cluster.dnsLookupFamily = 'V4_ONLY'
    cluster.dnsRefreshRate = msToDuration(mesh.dnsRefreshRateMs)
    cluster.respectDnsTtl = true
    const assignment = read.query(
      loadAssignment,
      service.key,
      port.name,
      String(port.number),
      subset!,
      ruleNamespace!,
      ruleKey!,
    )
    cluster.loadAssignment = assignment
    const hosts = (assignment.endpoints ?? []).flatMap(({ lbEndpoints = [] }) => lbEndpoints)
    // A logical name is one host; a subset that takes none, or a selector that takes several, is a list of names.
    if (hosts.length !== 1) cluster.type = 'STRICT_DNS'
  }
  const socket = transport(service, policy.tls, mesh, context)
  if (socket.transportSocketMatches !== undefined && discovery === 'ORIGINAL_DST')
    Object.assign(cluster, originalTransport(read, service, port, context))
  else if (secrets !== 'none') Object.assign(cluster, socket)
  const options = httpProtocolOptions(upstream, policy.connectionPool)
  if (options !== undefined) cluster.typedExtensionProtocolOptions = { [HTTP_PROTOCOL_OPTIONS]: options }
  return encodeResource('envoy.config.cluster.v3.Cluster', name, cluster)
}

/**
 * Whether a client has the Secrets that its TLS settings name. When one is missing, that is told, and there is no
 * cluster: a proxy would wait for it, and with it everything that is served after a start.
 */
function credentialsOf(
  read: Reader<MeshSnapshot>,
  { credentials }: ClusterClient,
  rule: MeshDestinationRule | undefined,
  tls: ClientTLSSettings | undefined,
  subset: string,
  port: number,
): 'none' | 'missing' | 'there' {
  const names = clientCredentialNamesOf(tls)
  if (rule === undefined || credentials === undefined || names.length === 0) return 'there'
  if (!hasCredentials(rule, credentials.isSidecar)) return 'none'
  const problem = credentialProblem(read, credentials.namespace, names)
  if (problem === undefined) return 'there'
  read.report({
    code: 'CP_SECRET_UNUSABLE',
    severity: 'error',
    subject: `TLS of DestinationRule ${rule.namespace}/${rule.name}`,
    message: `${problem}, so ${credentials.isSidecar ? 'sidecars' : 'gateways'} of namespace ${credentials.namespace} cannot reach ${rule.host}`,
    object: rule.key,
    path: `${policyPath(rule.spec, subset, port, 'tls')}.credentialName`,
  })
  return 'missing'
}

function discoveryOf(service: MeshService, isPassthrough: boolean, client: ClusterClient): ClusterDiscovery {
  if (service.resolution === 'dns') return 'STRICT_DNS'
  if (service.resolution === 'dns-round-robin') return 'LOGICAL_DNS'
  const wantsOriginal = isPassthrough || service.resolution === 'passthrough'
  return wantsOriginal && client.hasOriginalDestination ? 'ORIGINAL_DST' : 'EDS'
}

/** Explicit TLS of the rule, else mutual TLS for hosts that have a sidecar, else plain text. */
function transport(
  service: MeshService,
  tls: Parameters<typeof tlsToTransportSocket>[0] | undefined,
  mesh: MeshConfig,
  context: ClientTlsContext,
): Pick<Cluster, 'transportSocket' | 'transportSocketMatches'> {
  if (tls?.mode !== undefined) {
    const transportSocket = tlsToTransportSocket(tls, context)
    return transportSocket === undefined ? {} : { transportSocket }
  }
  if (!mesh.enableAutoMtls || service.isExternal) return {}
  return {
    transportSocketMatches: [
      {
        name: 'tlsMode-istio',
        match: jsonToStruct({ tlsMode: 'istio' }),
        transportSocket: meshClientTls({
          upstream: context.upstream,
          sni: context.meshSni,
          identities: context.identities,
        }),
      },
      { name: 'tlsMode-disabled', match: {}, transportSocket: PLAIN_TEXT },
    ],
  }
}

/**
 * Original destinations have no metadata that would say whether they take mutual TLS: they get it when every endpoint
 * of the service does, else none.
 */
function originalTransport(
  read: Reader<MeshSnapshot>,
  service: MeshService,
  port: ServicePort,
  { upstream, meshSni, identities }: ClientTlsContext,
): Pick<Cluster, 'transportSocket'> {
  const endpoints = (read.entry('endpoints', service.key) ?? []).filter(
    ({ portName }) => portName === port.name,
  )
  if (endpoints.length === 0 || !endpoints.every((endpoint) => takesMtls(read, endpoint))) return {}
  return { transportSocket: meshClientTls({ upstream, sni: meshSni, identities }) }
}

function clusterMetadata(
  service: MeshService,
  port: ServicePort,
  subset: string,
  rule: MeshDestinationRule | undefined,
): Cluster['metadata'] {
  const istio: Record<string, unknown> = {
    services: [{ host: service.hostname, name: service.name, namespace: service.namespace }],
    default_original_port: port.number,
  }
  if (subset !== '') istio['subset'] = subset
  if (rule !== undefined)
    istio['config'] =
      `/apis/networking.istio.io/v1/namespaces/${rule.namespace}/destination-rule/${rule.name}`
  return { filterMetadata: { [METADATA_KEYS.istio]: jsonToStruct(istio) } }
}
