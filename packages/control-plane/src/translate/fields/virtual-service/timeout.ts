import type { Duration } from '@batten/xds'
import { toDuration, ZERO } from '../../duration.ts'

/**
 * `timeout` -> `RouteAction.timeout`. Unset means no limit: Istio turns Envoy's 15 seconds off.
 *
 * @translates VirtualService spec.http[].timeout -> RouteAction.timeout
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRoute
 */
export function timeoutToDuration(timeout: string | undefined): Duration {
  return toDuration(timeout) ?? ZERO
}
