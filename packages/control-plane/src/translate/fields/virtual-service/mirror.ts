import type { Destination, HTTPRoute } from '@batten/api'
import type { RouteAction_RequestMirrorPolicy } from '@batten/xds'
import { percentToFraction } from './percent.ts'

/**
 * `mirror` and `mirrors` -> `RequestMirrorPolicy`. Copies are sent and forgotten; a share of 0 is no mirror at all.
 *
 * @translates VirtualService spec.http[].mirror -> RouteAction.request_mirror_policies
 * @translates VirtualService spec.http[].mirrorPercentage -> RequestMirrorPolicy.runtime_fraction
 * @translates VirtualService spec.http[].mirrorPercent -> RequestMirrorPolicy.runtime_fraction
 * @translates VirtualService spec.http[].mirror_percent -> RequestMirrorPolicy.runtime_fraction
 * @translates VirtualService spec.http[].mirrors -> RouteAction.request_mirror_policies
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPMirrorPolicy
 */
export function mirrorsToPolicies(
  route: HTTPRoute,
  clusterOf: (destination: Destination) => string,
): RouteAction_RequestMirrorPolicy[] {
  const mirrors = [...(route.mirrors ?? [])]
  if (route.mirror !== undefined)
    mirrors.unshift({
      destination: route.mirror,
      percentage: route.mirrorPercentage ?? { value: route.mirrorPercent ?? route.mirror_percent ?? 100 },
    })
  return mirrors.flatMap(({ destination, percentage }) => {
    const percent = percentage === undefined ? 100 : (percentage.value ?? 0)
    if (percent <= 0) return []
    return [
      {
        cluster: clusterOf(destination),
        runtimeFraction: { defaultValue: percentToFraction(percent) },
        traceSampled: { value: false },
        // Istio turned Envoy's "-shadow" suffix of the host off: mirrored services route by their usual name.
        disableShadowHostSuffixAppend: true,
      },
    ]
  })
}
