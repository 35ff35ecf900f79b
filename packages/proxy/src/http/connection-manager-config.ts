import type { AccessLogger } from '../telemetry/access-log/access-logger.ts'
import type { HttpFilterFactory } from './filter.ts'
import type { RouteConfig } from './route/route-config.ts'

/** `HttpConnectionManager`, compiled. Timeouts are milliseconds; 0 disables. */
export interface HttpConnectionManagerConfig {
  readonly statPrefix: string
  /** The current route configuration; RDS replaces it in place, streams read it once. */
  readonly routes: Slot<RouteConfig>
  /** The filter chain in order, the router last. ECDS replaces entries; a stream reads the chain once. */
  readonly filters: readonly Slot<HttpFilterFactory>[]
  readonly serverName: string
  readonly serverHeader: 'overwrite' | 'append-if-absent' | 'pass-through'
  readonly useRemoteAddress: boolean
  readonly xffTrustedHops: number
  readonly skipXffAppend: boolean
  readonly generateRequestId: boolean
  readonly preserveExternalRequestId: boolean
  readonly alwaysSetRequestIdInResponse: boolean
  readonly forwardClientCert: {
    readonly mode: 'sanitize' | 'forward-only' | 'append-forward' | 'sanitize-set' | 'always-forward-only'
    readonly subject: boolean
    readonly dns: boolean
    readonly uri: boolean
    readonly cert: boolean
    readonly chain: boolean
  }
  readonly normalizePath: boolean
  readonly mergeSlashes: boolean
  readonly stripMatchingHostPort: boolean
  readonly stripAnyHostPort: boolean
  readonly via: string
  readonly accessLoggers: readonly AccessLogger[]
  readonly upgrades: ReadonlySet<string>
  readonly limits: {
    /** `max_request_headers_kb` * 1024; Envoy's default is 60 KiB. */
    readonly maxRequestHeadersBytes: number
    /** Default 100. */
    readonly maxHeaders: number
    readonly maxRequestsPerConnection: number
  }
  readonly timeouts: {
    /** Connection without a stream; default one hour. */
    readonly idleMs: number
    /** Stream without progress; default 5 minutes. */
    readonly streamIdleMs: number
    /** Whole request received; default off. */
    readonly requestMs: number
    /** Request headers received; default off. */
    readonly requestHeadersMs: number
    readonly maxStreamDurationMs: number
    readonly maxConnectionDurationMs: number
    /** Between the drain notice and the close; default 5 s. */
    readonly drainMs: number
    /** How long a connection stays after an early reply; default 1 s. */
    readonly delayedCloseMs: number
  }
  readonly acceptHttp10: boolean
  /** `allow_custom_methods`: take methods that nobody knows; default false, which refuses them. */
  readonly allowCustomMethods?: boolean
  /** `enable_trailers`: pass trailers of HTTP/1 requests on; default false, which drops them. */
  readonly enableTrailers?: boolean
}

/** A replaceable value: `current` is read once a stream; undefined while it has not arrived. */
export interface Slot<T> {
  readonly name: string
  current: T | undefined
}
