import type { Regex, StringMatcher } from '@batten/core'
import type { HeaderMutations } from './header-mutation.ts'

/**
 * A route configuration, compiled from `RouteConfiguration` when it arrives and frozen: the request path never sees
 * protobuf. Optional features are `undefined`, so that a check is one comparison.
 */
export interface RouteConfig {
  readonly name: string
  readonly virtualHosts: readonly VirtualHost[]
  /** Looks up the virtual host of an `:authority`; honours `ignore_port_in_host_matching`. */
  findVirtualHost(authority: string): VirtualHost | undefined
  readonly mutations: HeaderMutations | undefined
  /** `most_specific_header_mutations_wins`: the route changes headers last, not first. Default: false. */
  readonly mostSpecificWins?: boolean
}

export interface VirtualHost {
  readonly name: string
  readonly domains: readonly string[]
  readonly routes: readonly Route[]
  /** `require_tls`: `external-only` and `all` redirect plain requests to https. */
  readonly requireTls: 'none' | 'external-only' | 'all'
  readonly mutations: HeaderMutations | undefined
  readonly retryPolicy: RetryPolicy | undefined
  readonly filterConfigs: ReadonlyMap<string, unknown>
  /** `x-envoy-attempt-count` for the host, and for the client. Default: false. */
  readonly includeAttemptCountInRequest?: boolean
  readonly includeAttemptCountInResponse?: boolean
}

export interface Route {
  /** Empty when unnamed. */
  readonly name: string
  readonly virtualHost: VirtualHost
  readonly match: RouteMatch
  readonly action: RouteAction | RedirectAction | DirectResponseAction | NonForwardingAction
  readonly mutations: HeaderMutations | undefined
  /** By filter name, compiled by the filter's `compileRouteConfig`, most specific first already merged. */
  readonly filterConfigs: ReadonlyMap<string, unknown>
  /** `metadata.filter_metadata` as JSON. */
  readonly metadata: Readonly<Record<string, unknown>>
  /** `decorator.operation` */
  readonly operation: string | undefined
}

export interface RouteMatch {
  readonly path:
    | { readonly kind: 'prefix'; readonly value: string }
    | { readonly kind: 'exact'; readonly value: string }
    | { readonly kind: 'path-separated-prefix'; readonly value: string }
    | { readonly kind: 'regex'; readonly regex: Regex }
    | { readonly kind: 'connect' }
  readonly caseSensitive: boolean
  readonly headers: readonly HeaderMatch[]
  readonly queryParameters: readonly QueryParameterMatch[]
  /** `runtime_fraction` default value as a share in [0, 1]; undefined means always. */
  readonly fraction: number | undefined
  readonly grpcOnly: boolean
}

/** One `HeaderMatcher`. A repeated header matches when any one value does; with `invert`, when none does. */
export interface HeaderMatch {
  readonly name: string
  /** undefined: presence. */
  readonly value: StringMatcher | { readonly rangeStart: number; readonly rangeEnd: number } | undefined
  readonly invert: boolean
  /** A missing header counts as the empty string. */
  readonly treatMissingAsEmpty: boolean
}

export interface QueryParameterMatch {
  readonly name: string
  /** undefined: presence. */
  readonly value: StringMatcher | undefined
  /** `present_match: false`: the parameter must be missing. Default: false. */
  readonly isAbsent?: boolean
}

export interface RouteAction {
  readonly kind: 'route'
  readonly cluster:
    | { readonly kind: 'name'; readonly name: string }
    | { readonly kind: 'header'; readonly header: string }
    | {
        readonly kind: 'weighted'
        readonly entries: readonly WeightedCluster[]
        readonly totalWeight: number
      }
  /** Reply when the cluster does not exist: 503 (default) or 404 or 500. */
  readonly clusterNotFoundStatus: number
  readonly prefixRewrite: string | undefined
  readonly regexRewrite: { readonly regex: Regex; readonly substitution: string } | undefined
  readonly hostRewrite:
    | { readonly kind: 'literal'; readonly value: string }
    | { readonly kind: 'auto' }
    | { readonly kind: 'header'; readonly header: string }
    | { readonly kind: 'path-regex'; readonly regex: Regex; readonly substitution: string }
    | undefined
  /** `append_x_forwarded_host`: the host that is replaced is appended there. Default: false. */
  readonly appendsForwardedHost?: boolean
  /** Milliseconds for the whole upstream exchange; 0 disables; Envoy's default is 15000. */
  readonly timeoutMs: number
  /** `max_grpc_timeout`: a gRPC request takes its timeout from `grpc-timeout`, at most this; 0 is any. */
  readonly maxGrpcTimeoutMs?: number | undefined
  /** Taken off `grpc-timeout`, so that the client is answered before it gives up. */
  readonly grpcTimeoutOffsetMs?: number | undefined
  readonly idleTimeoutMs: number | undefined
  /** `max_stream_duration`: undefined leaves it to the connection manager. */
  readonly maxStreamDurationMs: number | undefined
  /** `grpc_timeout_header_max`: a `grpc-timeout` bounds the stream in place of the above, at most this; 0 is any. */
  readonly grpcTimeoutHeaderMaxMs?: number | undefined
  readonly grpcTimeoutHeaderOffsetMs?: number | undefined
  readonly retryPolicy: RetryPolicy | undefined
  readonly upgrades: ReadonlySet<string>
  /** Metadata match for subset load balancing, as JSON of `envoy.lb`. */
  readonly metadataMatch: Readonly<Record<string, unknown>> | undefined
}

export interface WeightedCluster {
  readonly name: string
  /** `cluster_header`: names the cluster in place of {@link name}. */
  readonly header?: string | undefined
  readonly weight: number
  readonly mutations: HeaderMutations | undefined
  readonly hostRewrite: string | undefined
  readonly filterConfigs: ReadonlyMap<string, unknown>
}

export interface RedirectAction {
  readonly kind: 'redirect'
  readonly status: number
  readonly scheme: string | undefined
  readonly host: string | undefined
  readonly port: number | undefined
  readonly path: string | undefined
  readonly prefixRewrite: string | undefined
  readonly regexRewrite: { readonly regex: Regex; readonly substitution: string } | undefined
  readonly stripQuery: boolean
}

export interface DirectResponseAction {
  readonly kind: 'direct-response'
  readonly status: number
  readonly body: Uint8Array
}

export interface NonForwardingAction {
  readonly kind: 'non-forwarding'
}

/** `RetryPolicy`, compiled. @see https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter */
export interface RetryPolicy {
  readonly retryOn: ReadonlySet<RetryCondition>
  readonly numRetries: number
  readonly perTryTimeoutMs: number
  readonly retriableStatusCodes: ReadonlySet<number>
  /** Response headers, any of which asks for a retry under `retriable-headers`. */
  readonly retriableHeaders?: readonly HeaderMatch[] | undefined
  /** Requests that fulfil none of these are not retried; undefined: every request may be. */
  readonly retriableRequestHeaders?: readonly HeaderMatch[] | undefined
  readonly backOffBaseMs: number
  readonly backOffMaxMs: number
  /** `previous_hosts` predicate: do not pick a host again that was tried. */
  readonly avoidPreviousHosts: boolean
  readonly hostSelectionMaxAttempts: number
}

export type RetryCondition =
  | '5xx'
  | 'gateway-error'
  | 'reset'
  | 'reset-before-request'
  | 'connect-failure'
  | 'envoy-ratelimited'
  | 'retriable-4xx'
  | 'refused-stream'
  | 'retriable-status-codes'
  | 'retriable-headers'
  | 'cancelled'
  | 'deadline-exceeded'
  | 'internal'
  | 'resource-exhausted'
  | 'unavailable'
