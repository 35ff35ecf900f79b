import type { Counter } from '@batten/core'
import type { Cluster } from '../upstream/cluster.ts'
import type { Connection } from './connection.ts'
import type { Transport } from './transport.ts'

/**
 * A network filter of a chain, compiled once when its configuration arrives. `envoy.filters.network.tcp_proxy` and
 * `envoy.filters.network.http_connection_manager` are ordinary terminal ones.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/listeners/network_filters/network_filters
 */
export interface NetworkFilterFactory {
  /** Name of the filter in the chain, e.g. `envoy.filters.network.tcp_proxy`. */
  readonly name: string
  /** Ends the chain: takes the connection over and never calls `next`. */
  readonly terminal: boolean
  /**
   * A connection is ready: its TLS handshake is over and no byte of it has been delivered yet. A terminal filter
   * sets `transport.handler` before it returns. Any other filter calls `next`, now or later, with the transport or
   * with one of its own around it, or closes the transport.
   */
  onConnection(transport: Transport, connection: Connection, next: NextNetworkFilter): ConnectionHandle
  /** Called when the configuration that made it is gone and its last connection has ended. */
  close?(): void
}

/** Hands the connection to the rest of the chain. */
export type NextNetworkFilter = (transport: Transport) => ConnectionHandle

/** What a listener can do to a connection that a filter has taken over. */
export interface ConnectionHandle {
  /**
   * Asks for an end that costs nothing: the next response of an HTTP/1 connection says `connection: close` and ends
   * it. A connection that is idle stays open, because a request may be on its way to it: the listener calls `close`
   * when the drain time is over. A protocol that cannot tell its peer (TCP) goes on. Idempotent.
   */
  drain(): void
  /** Brings byte counters up to date that are not touched while bytes go by. */
  countBytes?(): void
  /** Closes at once. Idempotent. */
  close(): void
  readonly closed: boolean
}

/**
 * Chooses a host of a cluster and connects to it, with the transport (plain or TLS) that the cluster gives that host.
 * `upstream/` implements it; the TCP proxy and everything else that wants a raw upstream connection use it.
 */
export interface ClusterConnector {
  /** The cluster of a name, for access logs. */
  readonly get?: (name: string) => Cluster | undefined
  /**
   * Calls `done` once, never before it returns; not at all after `cancel`.
   *
   * @param downstream - whose behalf it is on: hash policies, PROXY protocol and original destination read it
   */
  connect(
    cluster: string,
    downstream: Connection | undefined,
    done: (result: UpstreamConnection | UpstreamConnectFailure) => void,
  ): { cancel(): void }
}

/** A raw connection to an upstream host, not shared with anybody. */
export interface UpstreamConnection {
  readonly transport: Transport
  /** `ip:port` of the host, as in access logs. */
  readonly hostAddress: string
  /** Counters of the cluster for the bytes that go by. */
  readonly receivedBytes: Counter
  readonly sentBytes: Counter
  /**
   * Must be called once, when the connection is closed: gives back what circuit breakers count.
   *
   * @param byHost - whether it was the host that ended it, or ended it last
   */
  release(byHost: boolean): void
}

export interface UpstreamConnectFailure {
  readonly failure: 'unknown-cluster' | 'no-healthy-upstream' | 'overflow' | 'timeout' | 'connect-failed'
  readonly message: string
  /** The host that was tried, and what its transport says; absent when none was. */
  readonly hostAddress?: string
  readonly transportFailure?: string
}
