import type { OutlierDetection } from '@batten/api'
import type { Cluster, OutlierDetection as EnvoyOutlierDetection } from '@batten/xds'
import { toDuration } from '../../duration.ts'

/** Fields of a cluster that outlier detection sets. */
export type OutlierFields = Pick<Cluster, 'outlierDetection' | 'commonLbConfig'>

/**
 * `outlierDetection` -> `Cluster.outlier_detection`. Ejection by success rate, which Envoy does unasked, is off.
 *
 * @translates DestinationRule spec.trafficPolicy.outlierDetection.consecutive5xxErrors -> OutlierDetection.consecutive_5xx
 * @translates DestinationRule spec.trafficPolicy.outlierDetection.consecutiveErrors -> OutlierDetection.consecutive_gateway_failure
 * @translates DestinationRule spec.trafficPolicy.outlierDetection.consecutiveGatewayErrors -> OutlierDetection.consecutive_gateway_failure
 * @translates DestinationRule spec.trafficPolicy.outlierDetection.consecutiveLocalOriginFailures -> OutlierDetection.consecutive_local_origin_failure
 * @translates DestinationRule spec.trafficPolicy.outlierDetection.splitExternalLocalOriginErrors -> OutlierDetection.split_external_local_origin_errors
 * @translates DestinationRule spec.trafficPolicy.outlierDetection.interval -> OutlierDetection.interval
 * @translates DestinationRule spec.trafficPolicy.outlierDetection.baseEjectionTime -> OutlierDetection.base_ejection_time
 * @translates DestinationRule spec.trafficPolicy.outlierDetection.maxEjectionPercent -> OutlierDetection.max_ejection_percent
 * @translates DestinationRule spec.trafficPolicy.outlierDetection.minHealthPercent -> CommonLbConfig.healthy_panic_threshold
 * @see https://istio.io/latest/docs/reference/config/networking/destination-rule/#OutlierDetection
 */
export function outlierDetectionToCluster(outlier: OutlierDetection | undefined): OutlierFields {
  if (outlier === undefined) return {}
  const out: EnvoyOutlierDetection = { enforcingSuccessRate: { value: 0 } }
  const { consecutive5xxErrors } = outlier
  if (consecutive5xxErrors != null) {
    out.consecutive5xx = { value: consecutive5xxErrors }
    out.enforcingConsecutive5xx = { value: consecutive5xxErrors > 0 ? 100 : 0 }
  }
  const gatewayErrors = outlier.consecutiveGatewayErrors ?? positive(outlier.consecutiveErrors)
  if (gatewayErrors != null) {
    out.consecutiveGatewayFailure = { value: gatewayErrors }
    out.enforcingConsecutiveGatewayFailure = { value: gatewayErrors > 0 ? 100 : 0 }
  }
  if (outlier.splitExternalLocalOriginErrors === true) {
    out.splitExternalLocalOriginErrors = true
    const failures = outlier.consecutiveLocalOriginFailures
    if (failures != null && failures > 0) {
      out.consecutiveLocalOriginFailure = { value: failures }
      out.enforcingConsecutiveLocalOriginFailure = { value: 100 }
    }
    out.enforcingLocalOriginSuccessRate = { value: 0 }
  }
  const interval = toDuration(outlier.interval)
  if (interval !== undefined) out.interval = interval
  const baseEjectionTime = toDuration(outlier.baseEjectionTime)
  if (baseEjectionTime !== undefined) out.baseEjectionTime = baseEjectionTime
  const maxEjection = positive(outlier.maxEjectionPercent)
  if (maxEjection !== undefined) out.maxEjectionPercent = { value: maxEjection }
  // Envoy's panic threshold of 50 % would send traffic to hosts that were just ejected.
  return {
    outlierDetection: out,
    commonLbConfig: { healthyPanicThreshold: { value: outlier.minHealthPercent ?? 0 } },
  }
}

function positive(value: number | undefined): number | undefined {
  return value === undefined || value <= 0 ? undefined : value
}
