import type { ClusterConfig, HostConfig } from '../../src/upstream/cluster-config.ts'

/** A healthy host; the key is its address when that is `ip:port`. */
export function hostConfig(key: string, overrides: Partial<HostConfig> = {}): HostConfig {
  const colon = key.lastIndexOf(':')
  return {
    key,
    address: {
      host: colon < 0 ? '127.0.0.1' : key.slice(0, colon),
      port: colon < 0 ? 1 : Number(key.slice(colon + 1)),
    },
    weight: 1,
    priority: 0,
    locality: { region: '', zone: '', subZone: '' },
    health: 'healthy',
    transportLabels: {},
    metadata: {},
    hostname: '',
    ...overrides,
  }
}

/** A static cluster with Envoy's defaults. */
export function clusterConfig(
  name: string,
  hosts: readonly string[],
  overrides: Partial<ClusterConfig> = {},
): ClusterConfig {
  return {
    name,
    statName: name,
    discovery: { kind: 'static' },
    hosts: hosts.map((key) => hostConfig(key)),
    connectTimeoutMs: 5000,
    loadBalancer: 'round-robin',
    choiceCount: 2,
    healthyPanicPercent: 50,
    circuitBreaker: { maxConnections: 1024, maxPendingRequests: 1024, maxRequests: 1024, maxRetries: 3 },
    transport: { kind: 'plain' },
    transportMatches: [],
    http: {
      protocol: 'http1',
      idleTimeoutMs: 3_600_000,
      maxRequestsPerConnection: 0,
      maxConnectionDurationMs: undefined,
    },
    metadata: {},
    bindAddress: undefined,
    ...overrides,
  }
}
