import type { Counter, Gauge, Histogram } from '@batten/core'
import type { StatsScope } from '../telemetry/stats.ts'

/** Status codes whose counters are made in advance; others are made when they come up. */
type CodeCounters = { readonly total: Counter; readonly external: Counter }

/**
 * The counters of a cluster, resolved once.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/upstream/cluster_manager/cluster_stats
 */
export class ClusterStats {
  readonly cxTotal: Counter
  readonly cxActive: Gauge
  readonly cxHttp1Total: Counter
  readonly cxConnectFail: Counter
  readonly cxConnectTimeout: Counter
  readonly cxConnectMs: Histogram
  readonly cxLengthMs: Histogram
  readonly cxOverflow: Counter
  readonly cxPoolOverflow: Counter
  readonly cxDestroy: Counter
  readonly cxDestroyLocal: Counter
  readonly cxDestroyRemote: Counter
  readonly cxDestroyWithActiveRq: Counter
  readonly cxDestroyLocalWithActiveRq: Counter
  readonly cxDestroyRemoteWithActiveRq: Counter
  readonly cxIdleTimeout: Counter
  readonly cxMaxRequests: Counter
  readonly cxMaxDurationReached: Counter
  readonly cxNoneHealthy: Counter
  readonly cxProtocolError: Counter
  readonly cxRxBytesTotal: Counter
  readonly cxTxBytesTotal: Counter
  readonly rqTotal: Counter
  readonly rqActive: Gauge
  readonly rqPendingTotal: Counter
  readonly rqPendingActive: Gauge
  readonly rqPendingOverflow: Counter
  readonly rqPendingFailureEject: Counter
  readonly rqCancelled: Counter
  readonly rqTimeout: Counter
  readonly rqPerTryTimeout: Counter
  readonly rqMaxDurationReached: Counter
  readonly rqRxReset: Counter
  readonly rqTxReset: Counter
  readonly rqRetry: Counter
  readonly rqRetrySuccess: Counter
  readonly rqRetryOverflow: Counter
  readonly rqRetryLimitExceeded: Counter
  readonly rqRetryBackoffExponential: Counter
  /** Requests sent again because a reused connection turned out to be closed. Not a counter of Envoy's. */
  readonly rqReplay: Counter
  readonly rqActiveOverflow: Counter
  readonly lbHealthyPanic: Counter
  readonly membershipChange: Counter
  readonly membershipHealthy: Gauge
  readonly membershipDegraded: Gauge
  /** Hosts that drain: they count for nothing but panic. */
  readonly membershipExcluded: Gauge
  readonly membershipTotal: Gauge
  readonly updateAttempt: Counter
  readonly updateSuccess: Counter
  readonly updateFailure: Counter
  readonly updateEmpty: Counter
  readonly updateNoRebuild: Counter
  // Made when the first response comes, as in Envoy: most clusters of a sidecar never get a request.
  #completed: CodeCounters | undefined
  readonly #classes: (CodeCounters | undefined)[] = []
  readonly #codes: (CodeCounters | undefined)[] = []
  #rqTime: Histogram | undefined
  #externalRqTime: Histogram | undefined
  readonly #scope: StatsScope

  constructor(scope: StatsScope) {
    this.#scope = scope
    const counter = (name: string) => scope.counter(name)
    this.cxTotal = counter('upstream_cx_total')
    this.cxActive = scope.gauge('upstream_cx_active')
    this.cxHttp1Total = counter('upstream_cx_http1_total')
    this.cxConnectFail = counter('upstream_cx_connect_fail')
    this.cxConnectTimeout = counter('upstream_cx_connect_timeout')
    this.cxConnectMs = scope.histogram('upstream_cx_connect_ms')
    this.cxLengthMs = scope.histogram('upstream_cx_length_ms')
    this.cxOverflow = counter('upstream_cx_overflow')
    this.cxPoolOverflow = counter('upstream_cx_pool_overflow')
    this.cxDestroy = counter('upstream_cx_destroy')
    this.cxDestroyLocal = counter('upstream_cx_destroy_local')
    this.cxDestroyRemote = counter('upstream_cx_destroy_remote')
    this.cxDestroyWithActiveRq = counter('upstream_cx_destroy_with_active_rq')
    this.cxDestroyLocalWithActiveRq = counter('upstream_cx_destroy_local_with_active_rq')
    this.cxDestroyRemoteWithActiveRq = counter('upstream_cx_destroy_remote_with_active_rq')
    this.cxIdleTimeout = counter('upstream_cx_idle_timeout')
    this.cxMaxRequests = counter('upstream_cx_max_requests')
    this.cxMaxDurationReached = counter('upstream_cx_max_duration_reached')
    this.cxNoneHealthy = counter('upstream_cx_none_healthy')
    this.cxProtocolError = counter('upstream_cx_protocol_error')
    this.cxRxBytesTotal = counter('upstream_cx_rx_bytes_total')
    this.cxTxBytesTotal = counter('upstream_cx_tx_bytes_total')
    this.rqTotal = counter('upstream_rq_total')
    this.rqActive = scope.gauge('upstream_rq_active')
    this.rqActiveOverflow = counter('upstream_rq_active_overflow')
    this.rqPendingTotal = counter('upstream_rq_pending_total')
    this.rqPendingActive = scope.gauge('upstream_rq_pending_active')
    this.rqPendingOverflow = counter('upstream_rq_pending_overflow')
    this.rqPendingFailureEject = counter('upstream_rq_pending_failure_eject')
    this.rqCancelled = counter('upstream_rq_cancelled')
    this.rqTimeout = counter('upstream_rq_timeout')
    this.rqPerTryTimeout = counter('upstream_rq_per_try_timeout')
    this.rqMaxDurationReached = counter('upstream_rq_max_duration_reached')
    this.rqRxReset = counter('upstream_rq_rx_reset')
    this.rqTxReset = counter('upstream_rq_tx_reset')
    this.rqRetry = counter('upstream_rq_retry')
    this.rqRetrySuccess = counter('upstream_rq_retry_success')
    this.rqRetryOverflow = counter('upstream_rq_retry_overflow')
    this.rqRetryLimitExceeded = counter('upstream_rq_retry_limit_exceeded')
    this.rqRetryBackoffExponential = counter('upstream_rq_retry_backoff_exponential')
    this.rqReplay = counter('upstream_rq_replay')
    this.lbHealthyPanic = counter('lb_healthy_panic')
    this.membershipChange = counter('membership_change')
    this.membershipHealthy = scope.gauge('membership_healthy')
    this.membershipDegraded = scope.gauge('membership_degraded')
    this.membershipExcluded = scope.gauge('membership_excluded')
    this.membershipTotal = scope.gauge('membership_total')
    this.updateAttempt = counter('update_attempt')
    this.updateSuccess = counter('update_success')
    this.updateFailure = counter('update_failure')
    this.updateEmpty = counter('update_empty')
    this.updateNoRebuild = counter('update_no_rebuild')
  }

  /** How long responses take; made when the first one has come. */
  get rqTime(): Histogram {
    return (this.#rqTime ??= this.#scope.histogram('upstream_rq_time'))
  }

  get externalRqTime(): Histogram {
    return (this.#externalRqTime ??= this.#scope.histogram('external.upstream_rq_time'))
  }

  /** Counts a connection that did not come about: our side gave it up, or the host refused it. */
  chargeConnectFailure(isTimeout: boolean): void {
    this.cxConnectFail.inc()
    this.cxDestroy.inc()
    if (isTimeout) {
      this.cxConnectTimeout.inc()
      this.cxDestroyLocal.inc()
    } else this.cxDestroyRemote.inc()
  }

  /** Counts a response, or a reply that stands for one, by its status. */
  chargeStatus(status: number): void {
    const completed = (this.#completed ??= this.#firstResponse())
    completed.total.inc()
    completed.external.inc()
    const digit = Math.floor(status / 100)
    if (digit >= 1 && digit <= 5) {
      const codeClass = (this.#classes[digit] ??= this.#counters(`upstream_rq_${digit}xx`))
      codeClass.total.inc()
      codeClass.external.inc()
    }
    const code = (this.#codes[status] ??= this.#counters(`upstream_rq_${status}`))
    code.total.inc()
    code.external.inc()
  }

  /** Counts a response that the client does not see, since the request is sent again. */
  chargeRetried(status: number): void {
    for (const name of ['completed', `${Math.floor(status / 100)}xx`, status])
      this.#scope.counter(`retry.upstream_rq_${name}`).inc()
  }

  #firstResponse(): CodeCounters {
    // The request path counts this one without a call.
    this.rqActive.used = true
    return this.#counters('upstream_rq_completed')
  }

  #counters(name: string): CodeCounters {
    return { total: this.#scope.counter(name), external: this.#scope.counter(`external.${name}`) }
  }
}
