import type { Address } from '@batten/xds'

/** Address of a listener: an IP address and a port, or a socket (`unix:///path`, `unix://@abstract`) without one. */
export function listenerAddress(bind: string, port: number): Address {
  if (bind.startsWith('unix://')) return { pipe: { path: bind.slice('unix://'.length) } }
  return { socketAddress: { address: bind, portValue: port } }
}
