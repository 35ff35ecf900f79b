import { type Listener, listenerName, outboundClusterName } from '@batten/xds'
import { isSameMap } from '../../model/equal.ts'
import { defineQuery, type Reader } from '../../model/incremental.ts'
import type { Resource } from '../../model/resource.ts'
import type { MeshSnapshot } from '../../model/snapshot.ts'
import { classOf, type ListenerClass } from '../node-class.ts'
import { encodeResource } from '../resource-encoder.ts'
import { httpConnectionManager } from './http-connection-manager.ts'
import { interceptedListeners } from './listener-intercepted.ts'
import { type EgressPort, egressPorts, HTTP_PROXY_ROUTES } from './sidecar-egress.ts'
import { tcpProxy } from './tcp-proxy.ts'

/** The outbound listeners of a sidecar. */
export const outboundListeners = defineQuery<MeshSnapshot, ReadonlyMap<string, Resource>>(
  'outbound-listeners',
  (read, listenerClassKey, clientClassKey) => {
    const listenerClass = classOf<ListenerClass>(listenerClassKey!)
    const listeners = new Map<string, Resource>()
    const add = (listener: Listener) => {
      const name = listener.name ?? ''
      if (!listeners.has(name))
        listeners.set(name, encodeResource('envoy.config.listener.v3.Listener', name, listener))
    }
    for (const port of read.query(egressPorts, clientClassKey!))
      add(egressListener(read, listenerClass, port))
    if (listenerClass.httpProxyPort !== 0) add(httpProxyListener(read, listenerClass))
    if (listenerClass.interceptionMode !== 'NONE')
      for (const listener of interceptedListeners(read, listenerClass, clientClassKey!)) add(listener)
    return listeners
  },
  isSameMap,
)

/** A listener for an egress listener that has a port. */
function egressListener(read: Reader<MeshSnapshot>, node: ListenerClass, port: EgressPort): Listener {
  const name = listenerName(port.bind, port.port)
  return {
    name,
    address: { socketAddress: { address: port.bind, portValue: port.port } },
    ...(port.bindsToPort ? {} : { bindToPort: { value: false } }),
    trafficDirection: 'OUTBOUND',
    filterChains: [
      {
        filters: [
          port.kind === 'tcp'
            ? tcpFilter(read, port)
            : httpFilter(read, node, port.routes.name, name, port.port),
        ],
      },
    ],
  }
}

function tcpFilter(read: Reader<MeshSnapshot>, port: EgressPort) {
  const cluster = outboundClusterName(port.service, port.servicePort)
  return tcpProxy(cluster, [{ cluster, weight: 1 }], read.field('mesh'))
}

/** The connection manager of an outbound listener. */
export function httpFilter(
  read: Reader<MeshSnapshot>,
  node: ListenerClass,
  routes: string,
  name: string,
  port: number,
) {
  return httpConnectionManager(read, {
    statPrefix: `outbound_${name}`,
    direction: 'outbound',
    routes,
    port,
    capabilities: node.capabilities,
    plugins: node.plugins,
  })
}

/** Takes requests that name their target, as `HTTP_PROXY` makes clients send them. */
function httpProxyListener(read: Reader<MeshSnapshot>, node: ListenerClass): Listener {
  const name = listenerName('127.0.0.1', node.httpProxyPort)
  return {
    name,
    address: { socketAddress: { address: '127.0.0.1', portValue: node.httpProxyPort } },
    trafficDirection: 'OUTBOUND',
    filterChains: [{ filters: [httpFilter(read, node, HTTP_PROXY_ROUTES, name, node.httpProxyPort)] }],
  }
}
