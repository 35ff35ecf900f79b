import { BattenError, parseDurationMs } from '@batten/core'

/**
 * Mesh-wide settings: the part of Istio's MeshConfig that the control plane uses. Durations are milliseconds.
 *
 * @see https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/
 */
export interface MeshConfig {
  /** Namespace whose configuration is the mesh's default. Default `istio-system`. */
  readonly rootNamespace: string
  /** Trust domain of the mesh's identities. Default `cluster.local`. */
  readonly trustDomain: string
  readonly trustDomainAliases: readonly string[]
  /** DNS suffix of Kubernetes services. Default `cluster.local`. */
  readonly domainSuffix: string
  /** Mutual TLS to endpoints that have a sidecar, without any DestinationRule. Default true. */
  readonly enableAutoMtls: boolean
  /** What happens to traffic to unknown destinations. Default `ALLOW_ANY`. */
  readonly outboundTrafficPolicy: 'ALLOW_ANY' | 'REGISTRY_ONLY'
  /** Default 10 s. */
  readonly connectTimeoutMs: number
  /** How long inspectors wait for the first bytes; 0 is for ever. Default 0. */
  readonly protocolDetectionTimeoutMs: number
  /** Refresh of DNS clusters. Default 60 s. */
  readonly dnsRefreshRateMs: number
  /** Port of the outbound listener that takes redirected connections. Default 15001. */
  readonly proxyListenPort: number
  /** Port of the inbound listener that takes redirected connections. Default 15006. */
  readonly proxyInboundListenPort: number
  /** Port of the HTTP proxy listener of every sidecar; 0 is off, the default. */
  readonly proxyHttpPort: number
  /** File of the access log, `/dev/stdout`; empty is off, the default. */
  readonly accessLogFile: string
  /** Envoy's format; empty is Istio's default text. */
  readonly accessLogFormat: string
  readonly accessLogEncoding: 'TEXT' | 'JSON'
  readonly pathNormalization: 'NONE' | 'BASE' | 'MERGE_SLASHES' | 'DECODE_AND_MERGE_SLASHES'
  readonly defaultServiceExportTo: readonly string[]
  readonly defaultVirtualServiceExportTo: readonly string[]
  readonly defaultDestinationRuleExportTo: readonly string[]
  /** Retries of routes that do not set any. `attempts: 0` turns them off. */
  readonly defaultHttpRetryAttempts: number
}

/** Istio's defaults. */
export const DEFAULT_MESH_CONFIG: MeshConfig = Object.freeze({
  rootNamespace: 'istio-system',
  trustDomain: 'cluster.local',
  trustDomainAliases: [],
  domainSuffix: 'cluster.local',
  enableAutoMtls: true,
  outboundTrafficPolicy: 'ALLOW_ANY',
  connectTimeoutMs: 10_000,
  protocolDetectionTimeoutMs: 0,
  dnsRefreshRateMs: 60_000,
  proxyListenPort: 15001,
  proxyInboundListenPort: 15006,
  proxyHttpPort: 0,
  accessLogFile: '',
  accessLogFormat: '',
  accessLogEncoding: 'TEXT',
  pathNormalization: 'BASE',
  defaultServiceExportTo: ['*'],
  defaultVirtualServiceExportTo: ['*'],
  defaultDestinationRuleExportTo: ['*'],
  defaultHttpRetryAttempts: 2,
} as const)

/** A mesh setting that has a wrong value or is not built. */
export interface MeshConfigProblem {
  readonly field: string
  readonly message: string
}

type Setter = (value: unknown) => Partial<MeshConfig>

/**
 * Reads Istio's MeshConfig (the YAML under key `mesh` of the ConfigMap `istio`) over `base`. Unknown fields and wrong
 * values are told and left out; they never stop the rest.
 */
export function parseMeshConfig(
  value: Readonly<Record<string, unknown>>,
  base: MeshConfig = DEFAULT_MESH_CONFIG,
): { readonly mesh: MeshConfig; readonly problems: readonly MeshConfigProblem[] } {
  const problems: MeshConfigProblem[] = []
  let mesh = base
  for (const [field, fieldValue] of Object.entries(value)) {
    const setter = SETTERS[field]
    if (setter === undefined) {
      problems.push({ field, message: 'is not supported yet and has no effect' })
      continue
    }
    try {
      mesh = { ...mesh, ...setter(fieldValue) }
    } catch (thrown) {
      problems.push({ field, message: BattenError.from(thrown).message })
    }
  }
  return { mesh, problems }
}

const SETTERS: Readonly<Record<string, Setter>> = {
  rootNamespace: (value) => ({ rootNamespace: text(value) }),
  trustDomain: (value) => ({ trustDomain: text(value) }),
  trustDomainAliases: (value) => ({ trustDomainAliases: texts(value) }),
  enableAutoMtls: (value) => ({ enableAutoMtls: flag(value) }),
  outboundTrafficPolicy: (value) => ({
    outboundTrafficPolicy: oneOf(record(value)['mode'] ?? 'ALLOW_ANY', ['ALLOW_ANY', 'REGISTRY_ONLY']),
  }),
  connectTimeout: (value) => ({ connectTimeoutMs: durationMs(value) }),
  protocolDetectionTimeout: (value) => ({ protocolDetectionTimeoutMs: durationMs(value) }),
  dnsRefreshRate: (value) => ({ dnsRefreshRateMs: durationMs(value) }),
  proxyListenPort: (value) => ({ proxyListenPort: portNumber(value) }),
  proxyInboundListenPort: (value) => ({ proxyInboundListenPort: portNumber(value) }),
  proxyHttpPort: (value) => ({ proxyHttpPort: portNumber(value) }),
  accessLogFile: (value) => ({ accessLogFile: text(value) }),
  accessLogFormat: (value) => ({ accessLogFormat: text(value) }),
  accessLogEncoding: (value) => ({ accessLogEncoding: oneOf(value, ['TEXT', 'JSON']) }),
  pathNormalization: (value) => {
    const name = oneOf(record(value)['normalization'] ?? 'DEFAULT', [
      'DEFAULT',
      'NONE',
      'BASE',
      'MERGE_SLASHES',
      'DECODE_AND_MERGE_SLASHES',
    ])
    return { pathNormalization: name === 'DEFAULT' ? 'BASE' : name }
  },
  defaultServiceExportTo: (value) => ({ defaultServiceExportTo: texts(value) }),
  defaultVirtualServiceExportTo: (value) => ({ defaultVirtualServiceExportTo: texts(value) }),
  defaultDestinationRuleExportTo: (value) => ({ defaultDestinationRuleExportTo: texts(value) }),
  defaultHttpRetryPolicy: (value) => ({ defaultHttpRetryAttempts: count(record(value)['attempts'] ?? 2) }),
  // Settings of the proxy's start, which the bootstrap carries: nothing for the control plane to do.
  defaultConfig: () => ({}),
  enablePrometheusMerge: () => ({}),
}

function wrong(expected: string, value: unknown): BattenError {
  return new BattenError('CP_MESH_CONFIG_INVALID', {
    message: `must be ${expected}, not ${JSON.stringify(value)}`,
  })
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw wrong('a string', value)
  return value
}

function texts(value: unknown): string[] {
  if (!Array.isArray(value)) throw wrong('a list of strings', value)
  return value.map(text)
}

function flag(value: unknown): boolean {
  if (typeof value !== 'boolean') throw wrong('true or false', value)
  return value
}

function record(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong('an object', value)
  return value as Record<string, unknown>
}

function oneOf<const T extends string>(value: unknown, allowed: readonly T[]): T {
  if (!allowed.includes(value as T)) throw wrong(`one of ${allowed.join(', ')}`, value)
  return value as T
}

function count(value: unknown): number {
  if (!Number.isInteger(value) || (value as number) < 0) throw wrong('a whole number', value)
  return value as number
}

function portNumber(value: unknown): number {
  if (count(value) > 65535) throw wrong('a port number', value)
  return value as number
}

function durationMs(value: unknown): number {
  const parsed = parseDurationMs(text(value))
  if (parsed === undefined) throw wrong('a duration such as 10s', value)
  return parsed
}
