import type { Counter, Gauge } from '@batten/core'
import type { StatScope } from '../stat-scope.ts'

/** Envoy's stats of a TCP proxy: `tcp.<stat prefix>.`. */
export class TcpProxyStats {
  readonly connections: Counter
  readonly activeConnections: Gauge
  readonly noRoute: Counter
  readonly receivedBytes: Counter
  readonly sentBytes: Counter
  readonly idleTimeout: Counter
  readonly maxDuration: Counter
  readonly pausedReading: { readonly paused: Counter; readonly resumed: Counter }

  constructor(scope: StatScope) {
    this.connections = scope.counter('downstream_cx_total')
    this.activeConnections = scope.gauge('downstream_cx_active')
    this.noRoute = scope.counter('downstream_cx_no_route')
    this.receivedBytes = scope.counter('downstream_cx_rx_bytes_total')
    this.sentBytes = scope.counter('downstream_cx_tx_bytes_total')
    this.idleTimeout = scope.counter('idle_timeout')
    this.maxDuration = scope.counter('max_downstream_connection_duration')
    this.pausedReading = {
      paused: scope.counter('downstream_flow_control_paused_reading_total'),
      resumed: scope.counter('downstream_flow_control_resumed_reading_total'),
    }
  }
}
