import { type FilterChain, type Listener, listenerName } from '@batten/xds'
import { isSameMap } from '../../model/equal.ts'
import { defineQuery, type Reader } from '../../model/incremental.ts'
import type { Resource } from '../../model/resource.ts'
import { egressScope } from '../../model/scope.ts'
import type { MeshSnapshot } from '../../model/snapshot.ts'
import { type ClientClass, classOf, type ListenerClass } from '../node-class.ts'
import { encodeResource, guarded } from '../resource-encoder.ts'
import { serviceConnections } from './connections.ts'
import { outboundHttpFilter } from './http-connection-manager.ts'
import { TLS_INSPECTOR } from './listener-filters.ts'
import { interceptedListeners } from './listener-intercepted.ts'
import { type EgressPort, egressPorts, HTTP_PROXY_ROUTES } from './sidecar-egress.ts'
import { connectionChains } from './tcp-proxy.ts'

/** The outbound listeners of a sidecar. */
export const outboundListeners = defineQuery<MeshSnapshot, ReadonlyMap<string, Resource>>(
  'outbound-listeners',
  (read, listenerClassKey, clientClassKey) => {
    const listenerClass = classOf<ListenerClass>(listenerClassKey!)
    const listeners = new Map<string, Resource>()
    const add = (listener: Listener) => {
      const name = listener.name ?? ''
      if (listeners.has(name)) return
      const resource = guarded(read, `listener ${name}`, () =>
        encodeResource('envoy.config.listener.v3.Listener', name, listener),
      )
      if (resource !== undefined) listeners.set(name, resource)
    }
    for (const port of read.query(egressPorts, clientClassKey!))
      add(egressListener(read, listenerClass, classOf<ClientClass>(clientClassKey!), port))
    if (listenerClass.httpProxyPort !== 0) add(httpProxyListener(read, listenerClass))
    if (listenerClass.interceptionMode !== 'NONE')
      for (const listener of interceptedListeners(read, listenerClass, clientClassKey!)) add(listener)
    return listeners
  },
  isSameMap,
)

/** A listener for an egress listener that has a port. */
function egressListener(
  read: Reader<MeshSnapshot>,
  node: ListenerClass,
  client: ClientClass,
  port: EgressPort,
): Listener {
  const name = listenerName(port.bind, port.port)
  const listener: Listener = {
    name,
    address: { socketAddress: { address: port.bind, portValue: port.port } },
    ...(port.bindsToPort ? {} : { bindToPort: { value: false } }),
    trafficDirection: 'OUTBOUND',
  }
  if (port.kind !== 'tcp') {
    listener.filterChains = [{ filters: [outboundHttpFilter(read, node, port.routes.name, name, port.port)] }]
    return listener
  }
  listener.filterChains = tcpChains(read, client, port)
  const looksAtNames = listener.filterChains.some(({ filterChainMatch }) => filterChainMatch?.serverNames)
  if (looksAtNames) listener.listenerFilters = [TLS_INSPECTOR]
  return listener
}

function tcpChains(read: Reader<MeshSnapshot>, client: ClientClass, port: EgressPort): FilterChain[] {
  const service = read.entry('services', port.service)
  const servicePort = service?.ports.find(({ number }) => number === port.servicePort)
  if (service === undefined || servicePort === undefined) return []
  const scope = read.query(egressScope, client.namespace, JSON.stringify(port.routes.hosts))
  return connectionChains(
    serviceConnections(read, client, scope.virtualServices, service, servicePort),
    read.field('mesh'),
  )
}

/** Takes requests that name their target, as `HTTP_PROXY` makes clients send them. */
function httpProxyListener(read: Reader<MeshSnapshot>, node: ListenerClass): Listener {
  const name = listenerName('127.0.0.1', node.httpProxyPort)
  return {
    name,
    address: { socketAddress: { address: '127.0.0.1', portValue: node.httpProxyPort } },
    trafficDirection: 'OUTBOUND',
    filterChains: [
      { filters: [outboundHttpFilter(read, node, HTTP_PROXY_ROUTES, name, node.httpProxyPort)] },
    ],
  }
}
