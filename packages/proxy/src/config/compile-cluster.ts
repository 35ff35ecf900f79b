import { type Cluster, type Cluster_TransportSocketMatch, structToJson } from '@batten/xds'
import type { ClusterConfig, DnsFamily } from '../upstream/cluster-config.ts'
import { compileSocketAddress } from './compile-address.ts'
import { compileCircuitBreakers } from './compile-circuit-breakers.ts'
import { type CompiledConfigSource, compileConfigSource } from './compile-config-source.ts'
import { compileEndpoints } from './compile-endpoints.ts'
import { compileLoadBalancer } from './compile-load-balancer.ts'
import { compileMetadata } from './compile-metadata.ts'
import { compileTcpKeepalive } from './compile-tcp-keepalive.ts'
import { compileUpstreamTransport } from './compile-transport-socket.ts'
import { compileUpstreamHttp } from './compile-upstream-http.ts'
import type { FieldPath } from './field-path.ts'
import { MessageReader } from './message-reader.ts'
import { ResourceReferences } from './resource-references.ts'

/** A compiled cluster with what has to arrive before it may be used. */
export interface CompiledCluster {
  readonly config: ClusterConfig
  readonly references: ResourceReferences
  /** Where the endpoints of an EDS cluster come from. */
  readonly endpointSource: CompiledConfigSource | undefined
}

/**
 * `Cluster` -> {@link ClusterConfig}. Defaults are Envoy's.
 *
 * @param grpcOnly - for clusters that only our own gRPC clients use: HTTP/2 is accepted
 */
export function compileCluster(message: Cluster, at: FieldPath, grpcOnly = false): CompiledCluster {
  const cluster = new MessageReader(message, 'Cluster', at)
  const references = new ResourceReferences()
  const name = cluster.requiredText('name')
  const { discovery, endpointSource } = compileDiscovery(cluster, name)
  const hosts = compileHosts(cluster, discovery.kind)
  const lb = compileLoadBalancer(cluster)
  if ((lb.loadBalancer === 'cluster-provided') !== (discovery.kind === 'original-dst'))
    throw cluster
      .path('lbPolicy')
      .invalid('CLUSTER_PROVIDED goes with clusters of type ORIGINAL_DST, and only with them')
  const connectTimeoutMs = cluster.durationMs('connectTimeout') ?? 5000
  if (connectTimeoutMs === 0) throw cluster.path('connectTimeout').invalid('must be greater than 0')

  const config: ClusterConfig = {
    name,
    statName: cluster.text('altStatName') || name,
    discovery: Object.freeze(discovery),
    hosts,
    connectTimeoutMs,
    ...lb,
    ...compileCircuitBreakers(cluster.nested('circuitBreakers', 'CircuitBreakers')),
    transport: compileUpstreamTransport(cluster.nested('transportSocket', 'TransportSocket'), references),
    transportMatches: Object.freeze(
      cluster
        .each('transportSocketMatches', 'TransportSocketMatch')
        .map((match) => compileTransportMatch(match, references)),
    ),
    http: compileUpstreamHttp(cluster, grpcOnly),
    metadata: compileMetadata(cluster.nested('metadata', 'Metadata')),
    bindAddress: compileBindAddress(cluster),
    keepalive: grpcOnly ? undefined : compileTcpKeepalive(cluster),
  }
  if (!cluster.flag('waitForWarmOnInit', true))
    throw cluster.path('waitForWarmOnInit').unsupported('false is not supported yet')
  // Keepalive of our gRPC clients is our own.
  if (grpcOnly) cluster.skip('upstreamConnectionOptions', 'maxRequestsPerConnection')
  cluster.done()
  return { config: Object.freeze(config), references, endpointSource }
}

const DNS_FAMILIES = {
  AUTO: 'auto',
  V4_ONLY: 'v4',
  V6_ONLY: 'v6',
  V4_PREFERRED: 'v4-preferred',
  ALL: 'all',
} as const satisfies Record<string, DnsFamily>

function compileDiscovery(
  cluster: MessageReader<Cluster>,
  name: string,
): { discovery: ClusterConfig['discovery']; endpointSource: CompiledConfigSource | undefined } {
  const type = cluster.choice(
    'type',
    ['STATIC', 'STRICT_DNS', 'LOGICAL_DNS', 'EDS', 'ORIGINAL_DST'],
    'STATIC',
  )
  const eds = cluster.nested('edsClusterConfig', 'EdsClusterConfig')
  if (type === 'EDS') {
    const serviceName = eds?.text('serviceName') || name
    const endpointSource = compileConfigSource(eds?.nested('edsConfig', 'ConfigSource'))
    eds?.done()
    return { discovery: { kind: 'eds', serviceName }, endpointSource }
  }
  if (eds !== undefined) throw eds.at.invalid(`does not go with type ${type}`)
  if (type === 'STRICT_DNS' || type === 'LOGICAL_DNS') {
    const families = Object.keys(DNS_FAMILIES) as (keyof typeof DNS_FAMILIES)[]
    const family = DNS_FAMILIES[cluster.choice('dnsLookupFamily', families, 'AUTO')]
    const refreshMs = cluster.durationMs('dnsRefreshRate') ?? 5000
    if (refreshMs < 1) throw cluster.path('dnsRefreshRate').invalid('must be at least 1 ms')
    const kind = type === 'STRICT_DNS' ? 'strict-dns' : 'logical-dns'
    return { discovery: { kind, refreshMs, family }, endpointSource: undefined }
  }
  if (type === 'ORIGINAL_DST') {
    cluster.skip('cleanupInterval')
    return { discovery: { kind: 'original-dst' }, endpointSource: undefined }
  }
  return { discovery: { kind: 'static' }, endpointSource: undefined }
}

function compileHosts(
  cluster: MessageReader<Cluster>,
  kind: ClusterConfig['discovery']['kind'],
): ClusterConfig['hosts'] {
  const assignment = cluster.nested('loadAssignment', 'ClusterLoadAssignment')
  if (assignment === undefined && kind === 'logical-dns')
    throw cluster.path('loadAssignment').invalid('a LOGICAL_DNS cluster has exactly one endpoint')
  if (assignment === undefined) return Object.freeze([])
  if (kind === 'eds' || kind === 'original-dst')
    throw assignment.at.invalid('endpoints of this type of cluster come from elsewhere')
  const hosts = compileEndpoints(assignment, kind === 'strict-dns' || kind === 'logical-dns')
  if (kind === 'logical-dns' && hosts.length !== 1)
    throw assignment.at.invalid('a LOGICAL_DNS cluster has exactly one endpoint')
  return hosts
}

function compileTransportMatch(
  match: MessageReader<Cluster_TransportSocketMatch>,
  references: ResourceReferences,
): ClusterConfig['transportMatches'][number] {
  const labels: Record<string, string> = {}
  for (const [key, value] of Object.entries(structToJson(match.take('match') ?? {}))) {
    if (typeof value !== 'string')
      throw match.path('match').key(key).unsupported('only strings can be matched')
    labels[key] = value
  }
  const transport = compileUpstreamTransport(match.nested('transportSocket', 'TransportSocket'), references)
  const name = match.text('name')
  match.done()
  return Object.freeze({ name, match: Object.freeze(labels), transport })
}

function compileBindAddress(cluster: MessageReader<Cluster>): string | undefined {
  const bind = cluster.nested('upstreamBindConfig', 'BindConfig')
  if (bind === undefined) return undefined
  const source = bind.nested('sourceAddress', 'SocketAddress')
  bind.done()
  if (source === undefined) return undefined
  const { host, port } = compileSocketAddress(source, false)
  if (port !== 0) throw source.path('portValue').unsupported('a fixed source port is not supported')
  return host
}
