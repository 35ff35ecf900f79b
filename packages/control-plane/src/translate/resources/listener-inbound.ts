import { type FilterChain, type Listener, listenerName, WELL_KNOWN_CLUSTERS } from '@batten/xds'
import { isSameMap } from '../../model/equal.ts'
import { defineQuery, type Reader } from '../../model/incremental.ts'
import type { MtlsMode } from '../../model/peer-authentication.ts'
import type { Resource } from '../../model/resource.ts'
import type { MeshSnapshot } from '../../model/snapshot.ts'
import { msToDuration } from '../duration.ts'
import { classOf, type InboundClass } from '../node-class.ts'
import { encodeResource, guarded } from '../resource-encoder.ts'
import { inboundChains, inboundDestination, inboundRoutes } from './inbound-chains.ts'
import { type InboundPort, inboundPorts } from './inbound-ports.ts'
import { HTTP_INSPECTOR, ORIGINAL_DST, TLS_INSPECTOR } from './listener-filters.ts'
import { tcpProxy } from './tcp-proxy.ts'

const VIRTUAL_INBOUND = 'virtualInbound'

/** The inbound listeners of a sidecar: one for each port without interception, one for all with it. */
export const inboundListeners = defineQuery<MeshSnapshot, ReadonlyMap<string, Resource>>(
  'inbound-listeners',
  (read, classKey) => {
    const inbound = classOf<InboundClass>(classKey!)
    const listeners = new Map<string, Resource>()
    const add = (listener: Listener) => {
      const name = listener.name ?? ''
      const resource = guarded(read, `listener ${name}`, () =>
        encodeResource('envoy.config.listener.v3.Listener', name, listener),
      )
      if (resource !== undefined) listeners.set(name, resource)
    }
    const ports = inboundPorts(inbound)
    for (const port of ports) if (bindsToPort(inbound, port)) add(portListener(read, inbound, port))
    if (inbound.interceptionMode !== 'NONE')
      add(
        virtualInbound(
          read,
          inbound,
          ports.filter((port) => !bindsToPort(inbound, port)),
        ),
      )
    return listeners
  },
  isSameMap,
)

/** @translates Sidecar spec.ingress[].captureMode -> Listener.bind_to_port */
function bindsToPort({ interceptionMode }: InboundClass, { ingress }: InboundPort): boolean {
  const mode = ingress?.captureMode ?? 'DEFAULT'
  return mode === 'NONE' || (mode === 'DEFAULT' && interceptionMode === 'NONE')
}

/** @translates Sidecar spec.ingress[].bind -> Listener.address */
function portListener(read: Reader<MeshSnapshot>, inbound: InboundClass, port: InboundPort): Listener {
  const bind = port.ingress?.bind || inbound.address
  return {
    name: listenerName(bind, port.port),
    address: { socketAddress: { address: bind, portValue: port.port } },
    trafficDirection: 'INBOUND',
    listenerFilters: port.kind === 'auto' ? [TLS_INSPECTOR, HTTP_INSPECTOR] : [TLS_INSPECTOR],
    ...inspection(read),
    filterChains: inboundChains(read, inbound, port, inboundDestination(port, false)),
  }
}

/** Takes every intercepted connection: known ports as their policies say, others are passed to the application. */
function virtualInbound(
  read: Reader<MeshSnapshot>,
  inbound: InboundClass,
  ports: readonly InboundPort[],
): Listener {
  const mesh = read.field('mesh')
  const isTransparent = inbound.interceptionMode === 'TPROXY'
  return {
    name: VIRTUAL_INBOUND,
    address: { socketAddress: { address: '0.0.0.0', portValue: mesh.proxyInboundListenPort } },
    trafficDirection: 'INBOUND',
    listenerFilters: [ORIGINAL_DST, TLS_INSPECTOR, HTTP_INSPECTOR],
    ...inspection(read),
    ...(isTransparent ? { transparent: { value: true } } : {}),
    filterChains: [
      {
        name: 'virtualInbound-blackhole',
        filterChainMatch: { destinationPort: { value: mesh.proxyInboundListenPort } },
        filters: [
          tcpProxy(
            WELL_KNOWN_CLUSTERS.blackHole,
            [{ cluster: WELL_KNOWN_CLUSTERS.blackHole, weight: 1 }],
            mesh,
          ),
        ],
      },
      ...passthroughChains(read, inbound),
      ...ports.flatMap((port) => inboundChains(read, inbound, port, inboundDestination(port, true))),
    ],
  }
}

/** Chains for ports that no service names; single ports that have a policy of their own get their own. */
function passthroughChains(read: Reader<MeshSnapshot>, inbound: InboundClass): FilterChain[] {
  const known = new Set(inboundPorts(inbound).map(({ port }) => port))
  const cluster = WELL_KNOWN_CLUSTERS.inboundPassthrough
  const chains = (mode: MtlsMode, name: string, destinationPort: number | undefined) =>
    inboundChains(
      read,
      inbound,
      { containerPort: destinationPort ?? 0, mode, kind: 'auto' },
      {
        cluster,
        name,
        destinationPort,
        routes: inboundRoutes(cluster, 'inbound|http|0', cluster),
      },
    )
  const special = Object.entries(inbound.mtls.portModes).filter(([port]) => !known.has(Number(port)))
  return [
    ...chains(inbound.mtls.mode, 'virtualInbound-catchall', undefined),
    ...special.flatMap(([port, mode]) => chains(mode, `virtualInbound-catchall-${port}`, Number(port))),
  ]
}

/** Inspectors give up after this; a connection whose first bytes do not come goes on as plain TCP. */
function inspection(read: Reader<MeshSnapshot>) {
  return {
    listenerFiltersTimeout: msToDuration(read.field('mesh').protocolDetectionTimeoutMs),
    continueOnListenerFiltersTimeout: true,
  }
}
