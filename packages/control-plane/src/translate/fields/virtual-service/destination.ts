import type { Destination } from '@batten/api'
import { outboundClusterName } from '@batten/xds'
import { resolveHost } from '../../../model/host.ts'
import type { MeshService } from '../../../model/service.ts'

/** What choosing the cluster of a destination needs to know. */
export interface DestinationContext {
  /** Namespace of the VirtualService, for short names. */
  readonly namespace: string
  readonly domainSuffix: string
  /** Port on which the request came in; 0 when unknown. */
  readonly listenerPort: number
  /** A gateway's listener port says nothing about the service's port. */
  readonly isGateway: boolean
  service(hostname: string): MeshService | undefined
}

/**
 * `destination` -> name of a cluster. Without a port the only port of the service counts; when it has several, the
 * listener's. A sidecar prefers the listener's port even to the only one.
 *
 * @translates VirtualService spec.http[].route[].destination.host -> RouteAction.cluster
 * @translates VirtualService spec.http[].route[].destination.subset -> RouteAction.cluster
 * @translates VirtualService spec.http[].route[].destination.port.number -> RouteAction.cluster
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#Destination
 */
export function destinationToCluster(destination: Destination, context: DestinationContext): string {
  const host = resolveHost(destination.host, context.namespace, context.domainSuffix)
  const service = context.service(host)
  const port = destinationPort(destination, service, context)
  return outboundClusterName(service?.hostname ?? host, port, destination.subset ?? '')
}

function destinationPort(
  destination: Destination,
  service: MeshService | undefined,
  context: DestinationContext,
): number {
  const explicit = destination.port?.number
  if (explicit !== undefined && explicit !== 0) return explicit
  const ports = service?.ports ?? []
  if (ports.length === 1 && (context.isGateway || context.listenerPort === 0)) return ports[0]!.number
  if (context.listenerPort !== 0) return context.listenerPort
  return ports[0]?.number ?? 0
}
