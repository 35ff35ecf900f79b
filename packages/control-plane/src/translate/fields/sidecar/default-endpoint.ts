import type { Address } from '@batten/xds'

/**
 * `ingress[].defaultEndpoint` -> address of the application: `127.0.0.1:port`, `0.0.0.0:port` (the workload's own
 * address) or `unix:///path`. Unset is the port of the listener on the loopback address.
 *
 * @translates Sidecar spec.ingress[].defaultEndpoint -> Cluster.load_assignment (inbound)
 * @see https://istio.io/latest/docs/reference/config/networking/sidecar/#IstioIngressListener
 */
export function defaultEndpointToAddress(
  endpoint: string | undefined,
  listenerPort: number,
  workloadAddress: string,
): Address {
  if (endpoint === undefined || endpoint === '')
    return { socketAddress: { address: '127.0.0.1', portValue: listenerPort } }
  if (endpoint.startsWith('unix://')) return { pipe: { path: endpoint.slice('unix://'.length) } }
  const colon = endpoint.lastIndexOf(':')
  const host = endpoint.slice(0, colon).replace(/^\[|\]$/g, '')
  return {
    socketAddress: {
      address: host === '0.0.0.0' || host === '::' ? workloadAddress : host,
      portValue: Number(endpoint.slice(colon + 1)),
    },
  }
}
