import type { Counter, Gauge, Histogram } from '@batten/core'
import type { StatsScope } from '../telemetry/stats.ts'

/**
 * The stats of a connection manager, resolved once.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/stats
 */
export class ConnectionManagerStats {
  readonly cxTotal: Counter
  readonly cxActive: Gauge
  readonly cxHttp1Total: Counter
  readonly cxHttp1Active: Gauge
  readonly cxSslTotal: Counter
  readonly cxSslActive: Gauge
  readonly cxDestroy: Counter
  readonly cxDestroyLocal: Counter
  readonly cxDestroyRemote: Counter
  readonly cxDestroyActiveRq: Counter
  readonly cxDestroyLocalActiveRq: Counter
  readonly cxDestroyRemoteActiveRq: Counter
  readonly cxRxBytesTotal: Counter
  readonly cxTxBytesTotal: Counter
  readonly cxLengthMs: Histogram
  readonly cxProtocolError: Counter
  readonly cxIdleTimeout: Counter
  readonly cxMaxDurationReached: Counter
  readonly cxMaxRequestsReached: Counter
  readonly cxDrainClose: Counter
  readonly cxDelayedCloseTimeout: Counter
  readonly cxUpgradesTotal: Counter
  readonly cxUpgradesActive: Gauge
  readonly rqTotal: Counter
  readonly rqHttp1Total: Counter
  readonly rqActive: Gauge
  readonly rqCompleted: Counter
  readonly rqRxReset: Counter
  readonly rqTxReset: Counter
  readonly rqNonRelativePath: Counter
  readonly rqFailedPathNormalization: Counter
  readonly rqTooLarge: Counter
  readonly rqTimeout: Counter
  readonly rqHeaderTimeout: Counter
  readonly rqIdleTimeout: Counter
  readonly rqMaxDurationReached: Counter
  readonly rqResponseBeforeRqComplete: Counter
  readonly rqWsOnNonWsRoute: Counter
  readonly rqResponseTooLarge: Counter
  readonly rqTime: Histogram
  readonly rqRedirect: Counter
  readonly rqDirectResponse: Counter
  readonly noRoute: Counter
  readonly noCluster: Counter
  readonly routerRqTotal: Counter
  readonly rqResetAfterResponseStarted: Counter
  readonly #classes: readonly Counter[]
  readonly #scope: StatsScope
  readonly #codecErrors = new Map<string, Counter>()

  constructor(scope: StatsScope) {
    this.#scope = scope
    const counter = (name: string) => scope.counter(name)
    this.cxTotal = counter('downstream_cx_total')
    this.cxActive = scope.gauge('downstream_cx_active')
    this.cxHttp1Total = counter('downstream_cx_http1_total')
    this.cxHttp1Active = scope.gauge('downstream_cx_http1_active')
    this.cxSslTotal = counter('downstream_cx_ssl_total')
    this.cxSslActive = scope.gauge('downstream_cx_ssl_active')
    this.cxDestroy = counter('downstream_cx_destroy')
    this.cxDestroyLocal = counter('downstream_cx_destroy_local')
    this.cxDestroyRemote = counter('downstream_cx_destroy_remote')
    this.cxDestroyActiveRq = counter('downstream_cx_destroy_active_rq')
    this.cxDestroyLocalActiveRq = counter('downstream_cx_destroy_local_active_rq')
    this.cxDestroyRemoteActiveRq = counter('downstream_cx_destroy_remote_active_rq')
    this.cxRxBytesTotal = counter('downstream_cx_rx_bytes_total')
    this.cxTxBytesTotal = counter('downstream_cx_tx_bytes_total')
    this.cxLengthMs = scope.histogram('downstream_cx_length_ms')
    this.cxProtocolError = counter('downstream_cx_protocol_error')
    this.cxIdleTimeout = counter('downstream_cx_idle_timeout')
    this.cxMaxDurationReached = counter('downstream_cx_max_duration_reached')
    this.cxMaxRequestsReached = counter('downstream_cx_max_requests_reached')
    this.cxDrainClose = counter('downstream_cx_drain_close')
    this.cxDelayedCloseTimeout = counter('downstream_cx_delayed_close_timeout')
    this.cxUpgradesTotal = counter('downstream_cx_upgrades_total')
    this.cxUpgradesActive = scope.gauge('downstream_cx_upgrades_active')
    this.rqTotal = counter('downstream_rq_total')
    this.rqHttp1Total = counter('downstream_rq_http1_total')
    this.rqActive = scope.gauge('downstream_rq_active')
    this.rqCompleted = counter('downstream_rq_completed')
    this.rqRxReset = counter('downstream_rq_rx_reset')
    this.rqTxReset = counter('downstream_rq_tx_reset')
    this.rqNonRelativePath = counter('downstream_rq_non_relative_path')
    this.rqFailedPathNormalization = counter('downstream_rq_failed_path_normalization')
    this.rqTooLarge = counter('downstream_rq_too_large')
    this.rqTimeout = counter('downstream_rq_timeout')
    this.rqHeaderTimeout = counter('downstream_rq_header_timeout')
    this.rqIdleTimeout = counter('downstream_rq_idle_timeout')
    this.rqMaxDurationReached = counter('downstream_rq_max_duration_reached')
    this.rqResponseBeforeRqComplete = counter('downstream_rq_response_before_rq_complete')
    this.rqWsOnNonWsRoute = counter('downstream_rq_ws_on_non_ws_route')
    this.rqResponseTooLarge = counter('rs_too_large')
    this.rqTime = scope.histogram('downstream_rq_time')
    this.rqRedirect = counter('rq_redirect')
    this.rqDirectResponse = counter('rq_direct_response')
    this.noRoute = counter('no_route')
    this.noCluster = counter('no_cluster')
    this.routerRqTotal = counter('rq_total')
    this.rqResetAfterResponseStarted = counter('rq_reset_after_downstream_response_started')
    this.#classes = [1, 2, 3, 4, 5].map((digit) => counter(`downstream_rq_${digit}xx`))
  }

  /** Counts a response by its status. */
  chargeStatus(status: number): void {
    this.rqCompleted.inc()
    this.#classes[Math.floor(status / 100) - 1]?.inc()
  }

  /** Counts a refused head or body under its reason, e.g. `http1.headers_too_large`. */
  chargeCodecError(details: string): void {
    let counter = this.#codecErrors.get(details)
    if (counter === undefined) {
      counter = this.#scope.counter(`http1.${details.slice(details.indexOf('.') + 1)}`)
      this.#codecErrors.set(details, counter)
    }
    counter.inc()
  }
}
