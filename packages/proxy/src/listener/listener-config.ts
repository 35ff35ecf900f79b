import type { NetworkFilterFactory } from '../network/filter.ts'
import type { AccessLogger } from '../telemetry/access-log/access-logger.ts'
import type { TlsServerConfig } from '../tls/tls-config.ts'
import type { ChainLifetime } from './chain-lifetime.ts'

/** A listener, compiled from `envoy.config.listener.v3.Listener`. */
export interface ListenerConfig {
  readonly name: string
  readonly address: ListenAddress
  /** More addresses of the same listener (`additional_addresses`); usually empty. */
  readonly additionalAddresses: readonly ListenAddress[]
  /** False: no socket of its own (`bind_to_port: false`); reached only by connections handed over to it. */
  readonly bindToPort: boolean
  readonly direction: 'inbound' | 'outbound' | 'unspecified'
  /** `stat_prefix`; empty means the address, as in Envoy: `listener.127.0.0.1_8080.`. */
  readonly statPrefix: string
  readonly filterChains: readonly FilterChainConfig[]
  readonly defaultFilterChain: FilterChainConfig | undefined
  /** Which inspectors run before a chain is chosen. */
  readonly inspectors: { readonly tls: boolean; readonly http: boolean }
  /** 0 waits for ever; default 15 s. */
  readonly listenerFiltersTimeoutMs: number
  readonly continueOnListenerFiltersTimeout: boolean
  /** High watermark of each direction; Envoy's default is 1 MiB. */
  readonly connectionBufferLimitBytes: number
  /** Connections beyond this are closed at once (`downstream_cx_overflow`); 0 means no limit. */
  readonly maxConnections: number
  /** `tcp_backlog_size`; 0 leaves it to the system. */
  readonly backlog: number
  /** The content hash of the resource: an equal one is the same listener. */
  readonly version: string
}

export type ListenAddress =
  | {
      readonly host: string
      readonly port: number
      /** `::` takes IPv4 connections as well. Default: no. */
      readonly ipv4Compat?: true
    }
  | { readonly path: string }

export interface FilterChainConfig {
  /** Unique in its listener; `config/` makes one up (`filter-chain-3`) where the resource gives none. */
  readonly name: string
  readonly match: FilterChainMatch
  /** undefined: plain text. */
  readonly tls: TlsServerConfig | undefined
  /** How long a TLS handshake may take; undefined waits for ever, as in Envoy. */
  readonly transportSocketConnectTimeoutMs: number | undefined
  /** Network filters in order; the last is terminal. */
  readonly filters: readonly NetworkFilterFactory[]
  /** Content hash of the chain: an equal one keeps its connections when the listener is replaced. */
  readonly version: string
  /** Told when the chain is out of use and its last connection has ended. */
  readonly lifetime?: ChainLifetime
}

/** Empty lists and `undefined` match everything. */
export interface FilterChainMatch {
  readonly destinationPort: number | undefined
  /** `10.0.0.0/8`; a bare address is a /32 or /128. */
  readonly prefixRanges: readonly string[]
  /** Lower case; `*.example.com` is a wildcard. */
  readonly serverNames: readonly string[]
  /** `tls`, `raw_buffer` or empty for any. */
  readonly transportProtocol: string
  readonly applicationProtocols: readonly string[]
  readonly directSourcePrefixRanges: readonly string[]
  readonly sourceType: 'any' | 'same-ip-or-loopback' | 'external'
  readonly sourcePrefixRanges: readonly string[]
  readonly sourcePorts: readonly number[]
}

/** `TcpProxy`, compiled; `createTcpProxy` makes a network filter of it. */
export interface TcpProxyConfig {
  readonly statPrefix: string
  readonly clusters: readonly { readonly name: string; readonly weight: number }[]
  /** No byte in either direction for this long closes the connection. 0 disables; default one hour. */
  readonly idleTimeoutMs: number
  /** 0: unlimited. */
  readonly maxConnectionDurationMs: number
  /** Connection attempts before giving up; Envoy's default is 1. */
  readonly maxConnectAttempts: number
  /** Get each connection when it has ended. Default: none. */
  readonly accessLoggers?: readonly AccessLogger[]
}
