import type { HttpConnectionManagerConfig } from '../http/connection-manager-config.ts'
import type { TlsServerConfig } from '../tls/tls-config.ts'

/** A listener, compiled from `envoy.config.listener.v3.Listener`. */
export interface ListenerConfig {
  readonly name: string
  /** undefined with `bind_to_port: false`. */
  readonly address: { readonly host: string; readonly port: number } | { readonly path: string }
  readonly direction: 'inbound' | 'outbound' | 'unspecified'
  readonly statPrefix: string
  readonly filterChains: readonly FilterChainConfig[]
  readonly defaultFilterChain: FilterChainConfig | undefined
  /** Which inspectors run before a chain is chosen. */
  readonly inspectors: { readonly tls: boolean; readonly http: boolean }
  /** 0 waits for ever; default 15 s. */
  readonly listenerFiltersTimeoutMs: number
  readonly continueOnListenerFiltersTimeout: boolean
  readonly connectionBufferLimitBytes: number
  /** The content hash of the resource: an equal one is the same listener. */
  readonly version: string
}

export interface FilterChainConfig {
  readonly name: string
  readonly match: FilterChainMatch
  /** undefined: plain text. */
  readonly tls: TlsServerConfig | undefined
  readonly transportSocketConnectTimeoutMs: number | undefined
  /** Network filters in order; the last is terminal. */
  readonly filters: readonly NetworkFilterConfig[]
}

export interface FilterChainMatch {
  readonly destinationPort: number | undefined
  readonly prefixRanges: readonly string[]
  /** Lower case; `*.example.com` is a wildcard. */
  readonly serverNames: readonly string[]
  /** `tls`, `raw_buffer` or empty for any. */
  readonly transportProtocol: string
  readonly applicationProtocols: readonly string[]
  readonly sourcePrefixRanges: readonly string[]
  readonly sourcePorts: readonly number[]
}

export type NetworkFilterConfig =
  | { readonly kind: 'http-connection-manager'; readonly config: HttpConnectionManagerConfig }
  | { readonly kind: 'tcp-proxy'; readonly config: TcpProxyConfig }

export interface TcpProxyConfig {
  readonly statPrefix: string
  readonly clusters: readonly { readonly name: string; readonly weight: number }[]
  /** 0 disables; default one hour. */
  readonly idleTimeoutMs: number
}
