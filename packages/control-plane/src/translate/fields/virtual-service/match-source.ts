import type { HTTPMatchRequest } from '@batten/api'
import { gatewayKey, MESH_GATEWAY } from '../../../model/virtual-service.ts'
import { selects } from '../../../model/workload.ts'

/** The proxy for which routes are made, as far as a match may ask for it. */
export interface RouteClient {
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  /** `mesh` for a sidecar, else the `namespace/name` of the gateways that the routes are for. */
  readonly gateways: ReadonlySet<string>
  /** Port of the listener; 0 when it stands for all ports. */
  readonly port: number
}

/** What a match asks of the proxy. */
type SourceMatch = Pick<HTTPMatchRequest, 'gateways' | 'sourceLabels' | 'sourceNamespace' | 'port'>

/**
 * Whether a match is meant for this proxy at all. With `gateways` in the match, `sourceLabels` and `sourceNamespace`
 * are ignored, as in Istio.
 *
 * @translates VirtualService spec.http[].match[].gateways -> which proxies get the route
 * @translates VirtualService spec.http[].match[].sourceLabels -> which proxies get the route
 * @translates VirtualService spec.http[].match[].sourceNamespace -> which proxies get the route
 * @translates VirtualService spec.http[].match[].port -> which listeners get the route
 * @translates VirtualService spec.tls[].match[].gateways -> which proxies get the filter chain
 * @translates VirtualService spec.tls[].match[].sourceLabels -> which proxies get the filter chain
 * @translates VirtualService spec.tls[].match[].sourceNamespace -> which proxies get the filter chain
 * @translates VirtualService spec.tls[].match[].port -> which listeners get the filter chain
 * @translates VirtualService spec.tcp[].match[].gateways -> which proxies get the filter chain
 * @translates VirtualService spec.tcp[].match[].sourceLabels -> which proxies get the filter chain
 * @translates VirtualService spec.tcp[].match[].sourceNamespace -> which proxies get the filter chain
 * @translates VirtualService spec.tcp[].match[].port -> which listeners get the filter chain
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPMatchRequest
 */
export function matchesClient(
  match: SourceMatch | undefined,
  virtualServiceNamespace: string,
  client: RouteClient,
): boolean {
  if (match === undefined) return true
  if (match.port !== undefined && match.port !== 0 && client.port !== 0 && match.port !== client.port)
    return false
  const gateways = match.gateways ?? []
  if (gateways.length > 0)
    return gateways.some((name) => client.gateways.has(gatewayKey(name, virtualServiceNamespace)))
  if (!client.gateways.has(MESH_GATEWAY)) return true
  if (
    match.sourceNamespace !== undefined &&
    match.sourceNamespace !== '' &&
    match.sourceNamespace !== client.namespace
  )
    return false
  return selects(match.sourceLabels ?? {}, client.labels)
}
