import type { HTTPFaultInjection } from '@batten/api'
import { GRPC_STATUS_NAMES } from '@batten/core'
import type { HTTPFault } from '@batten/xds'
import { toDuration } from '../../duration.ts'
import { percentToFraction } from './percent.ts'

/**
 * `fault` -> configuration of the fault filter for one route; undefined when it does nothing. Without a percentage the
 * fault hits every request.
 *
 * @translates VirtualService spec.http[].fault.delay.fixedDelay -> HTTPFault.delay.fixed_delay
 * @translates VirtualService spec.http[].fault.delay.percentage -> HTTPFault.delay.percentage
 * @translates VirtualService spec.http[].fault.delay.percent -> HTTPFault.delay.percentage
 * @translates VirtualService spec.http[].fault.abort.httpStatus -> HTTPFault.abort.http_status
 * @translates VirtualService spec.http[].fault.abort.grpcStatus -> HTTPFault.abort.grpc_status
 * @translates VirtualService spec.http[].fault.abort.percentage -> HTTPFault.abort.percentage
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPFaultInjection
 */
export function faultToHttpFault(fault: HTTPFaultInjection | undefined): HTTPFault | undefined {
  if (fault === undefined) return undefined
  const out: HTTPFault = {}
  const { delay, abort } = fault
  const fixedDelay = toDuration(delay?.fixedDelay)
  if (delay !== undefined && fixedDelay !== undefined)
    out.delay = {
      fixedDelay,
      percentage: percentToFraction(delay.percentage?.value ?? delay.percent ?? 100),
    }
  if (abort !== undefined) {
    const percentage = percentToFraction(abort.percentage === undefined ? 100 : (abort.percentage.value ?? 0))
    if (abort.httpStatus !== undefined) out.abort = { httpStatus: abort.httpStatus, percentage }
    else if (abort.grpcStatus !== undefined) {
      const grpcStatus = GRPC_STATUS_NAMES.indexOf(abort.grpcStatus)
      if (grpcStatus >= 0) out.abort = { grpcStatus, percentage }
    }
  }
  return out.delay === undefined && out.abort === undefined ? undefined : out
}
