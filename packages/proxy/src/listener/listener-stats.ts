import type { Counter, Gauge, Histogram } from '@batten/core'
import type { StatScope } from '../network/stat-scope.ts'

/**
 * Envoy's stats of one listener.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/listeners/stats
 */
export class ListenerStats {
  readonly scope: StatScope
  readonly connections: Counter
  readonly activeConnections: Gauge
  readonly destroyedConnections: Counter
  readonly connectionLengthMs: Histogram
  /** Refused because the listener has too many. */
  readonly overflow: Counter
  /** Refused because the proxy has too many. */
  readonly globalOverflow: Counter
  readonly inspecting: Gauge
  readonly inspectionTimeout: Counter
  readonly inspectionRemoteClose: Counter
  readonly inspectionError: Counter
  readonly noFilterChainMatch: Counter
  readonly transportConnectTimeout: Counter

  constructor(scope: StatScope) {
    this.scope = scope
    this.connections = scope.counter('downstream_cx_total')
    this.activeConnections = scope.gauge('downstream_cx_active')
    this.destroyedConnections = scope.counter('downstream_cx_destroy')
    this.connectionLengthMs = scope.histogram('downstream_cx_length_ms')
    this.overflow = scope.counter('downstream_cx_overflow')
    this.globalOverflow = scope.counter('downstream_global_cx_overflow')
    this.inspecting = scope.gauge('downstream_pre_cx_active')
    this.inspectionTimeout = scope.counter('downstream_pre_cx_timeout')
    this.inspectionRemoteClose = scope.counter('downstream_listener_filter_remote_close')
    this.inspectionError = scope.counter('downstream_listener_filter_error')
    this.noFilterChainMatch = scope.counter('no_filter_chain_match')
    this.transportConnectTimeout = scope.counter('downstream_cx_transport_socket_connect_timeout')
  }
}
