import type { TlsClientConfig } from '../tls/tls-config.ts'
import type { TcpKeepalive } from './tcp-keepalive.ts'

/** A cluster, compiled from `envoy.config.cluster.v3.Cluster`. Hosts come apart ({@link HostConfig}). */
export interface ClusterConfig {
  readonly name: string
  /** Name in stats; `alt_stat_name` or the name. */
  readonly statName: string
  readonly discovery:
    | { readonly kind: 'static' }
    | { readonly kind: 'eds'; readonly serviceName: string }
    | {
        readonly kind: 'strict-dns' | 'logical-dns'
        readonly refreshMs: number
        /** Which addresses of a name are used. Default: `auto`. */
        readonly family?: DnsFamily
      }
    | { readonly kind: 'original-dst' }
  /** For static and DNS clusters: the hosts of `load_assignment`. */
  readonly hosts: readonly HostConfig[]
  readonly connectTimeoutMs: number
  readonly loadBalancer: LoadBalancerKind
  /** Power of choices of least request. */
  readonly choiceCount: number
  /** Percent of healthy hosts below which health is ignored; Envoy's default is 50, Istio sends 0. */
  readonly healthyPanicPercent: number
  readonly circuitBreaker: CircuitBreakerConfig
  /** Limits of the high priority. Only shown: no route can ask for it. Default: Envoy's. */
  readonly highCircuitBreaker?: CircuitBreakerConfig
  /** The transport of a host: the first entry of `transportMatches` whose labels the host carries, else `transport`. */
  readonly transport: TransportConfig
  readonly transportMatches: readonly {
    readonly name: string
    readonly match: Readonly<Record<string, string>>
    readonly transport: TransportConfig
  }[]
  readonly http: UpstreamHttpOptions
  /** `metadata.filter_metadata` as JSON. */
  readonly metadata: Readonly<Record<string, unknown>>
  /** Source address to bind upstream connections to; undefined leaves it to the system. */
  readonly bindAddress: string | undefined
  /** Probes of silent connections; undefined sends none. */
  readonly keepalive?: TcpKeepalive | undefined
}

/**
 * `dns_lookup_family`: one family only; one where there is no other (`auto` prefers IPv6, as Envoy's `AUTO`); or both.
 */
export type DnsFamily = 'auto' | 'v4' | 'v6' | 'v4-preferred' | 'all'

export type LoadBalancerKind = 'round-robin' | 'least-request' | 'random' | 'cluster-provided'

export type TransportConfig =
  | { readonly kind: 'plain' }
  | { readonly kind: 'tls'; readonly tls: TlsClientConfig }

export interface UpstreamHttpOptions {
  /** HTTP/1.1 is what this proxy speaks upstream; anything else was refused when the cluster was compiled. */
  readonly protocol: 'http1'
  /** Idle pooled connections close after this; 0 disables; default one hour. */
  readonly idleTimeoutMs: number
  /** 0: unlimited. */
  readonly maxRequestsPerConnection: number
  readonly maxConnectionDurationMs: number | undefined
  /** `enable_trailers`: pass trailers of HTTP/1 responses on; default false, which drops them. */
  readonly enableTrailers?: boolean
}

export interface CircuitBreakerConfig {
  readonly maxConnections: number
  readonly maxPendingRequests: number
  readonly maxRequests: number
  readonly maxRetries: number
}

/** One endpoint. Equal `key`s are the same host across updates: its connections and state are kept. */
export interface HostConfig {
  /** `ip:port`, or `pipe:/path`. */
  readonly key: string
  readonly address: { readonly host: string; readonly port: number } | { readonly path: string }
  /** >= 1 */
  readonly weight: number
  /** 0 is the highest. */
  readonly priority: number
  readonly locality: { readonly region: string; readonly zone: string; readonly subZone: string }
  readonly health: 'healthy' | 'degraded' | 'unhealthy' | 'draining'
  /** Labels of `envoy.transport_socket_match`, which choose the transport. */
  readonly transportLabels: Readonly<Record<string, string>>
  readonly metadata: Readonly<Record<string, unknown>>
  /** For DNS clusters: the name to connect to and verify. */
  readonly hostname: string
  /** `overprovisioning_factor` of the assignment that the host came with. Default: 140. */
  readonly overprovisioningPercent?: number
}
