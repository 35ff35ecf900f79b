import {
  type FilterChain,
  type FilterChainMatch,
  inboundClusterName,
  listenerName,
  type RouteConfiguration,
} from '@batten/xds'
import type { Reader } from '../../model/incremental.ts'
import type { MeshSnapshot } from '../../model/snapshot.ts'
import { ZERO } from '../duration.ts'
import { type MtlsChain, mtlsModeToChains } from '../fields/peer-authentication/mtls-mode.ts'
import type { InboundClass } from '../node-class.ts'
import { meshServerTls } from '../tls-context.ts'
import { httpConnectionManager } from './http-connection-manager.ts'
import type { InboundPort } from './inbound-ports.ts'
import { tcpProxy } from './tcp-proxy.ts'

/** What an inbound chain leads to. */
export interface InboundDestination {
  readonly cluster: string
  /** Part of chain names: `0.0.0.0_9080`. */
  readonly name: string
  /** Set where several ports share a listener. */
  readonly destinationPort: number | undefined
  readonly routes: RouteConfiguration
}

/** The destination behind an inbound port. */
export function inboundDestination(port: InboundPort, sharesListener: boolean): InboundDestination {
  const cluster = inboundClusterName(port.port)
  return {
    cluster,
    name: listenerName('0.0.0.0', port.port),
    destinationPort: sharesListener ? port.port : undefined,
    routes: inboundRoutes(cluster, `inbound|http|${port.servicePort}`, port.host),
  }
}

/** The filter chains of an inbound port: TLS of the mesh and plain text, as its policy says. */
export function inboundChains(
  read: Reader<MeshSnapshot>,
  inbound: InboundClass,
  port: Pick<InboundPort, 'containerPort' | 'mode' | 'kind'>,
  destination: InboundDestination,
): FilterChain[] {
  return mtlsModeToChains(port.mode, port.kind).map((chain, i) => ({
    // Envoy wants different names; Istio gives them all the same, which Envoy tolerates with a warning.
    name: i === 0 ? destination.name : `${destination.name}-${i + 1}`,
    filterChainMatch: chainMatch(chain, destination),
    ...transportSocket(read, inbound, chain),
    filters: [
      chain.kind === 'http'
        ? httpConnectionManager(read, {
            statPrefix: `inbound_${destination.name}`,
            direction: 'inbound',
            routes: destination.routes,
            port: port.containerPort,
            capabilities: inbound.capabilities,
            plugins: inbound.plugins,
          })
        : tcpProxy(destination.cluster, [{ cluster: destination.cluster, weight: 1 }], read.field('mesh')),
    ],
  }))
}

function chainMatch(chain: MtlsChain, destination: InboundDestination): FilterChainMatch {
  const { destinationPort } = destination
  return {
    ...(destinationPort === undefined ? {} : { destinationPort: { value: destinationPort } }),
    transportProtocol: chain.transportProtocol,
    ...(chain.applicationProtocols === undefined
      ? {}
      : { applicationProtocols: [...chain.applicationProtocols] }),
  }
}

function transportSocket(
  read: Reader<MeshSnapshot>,
  { capabilities }: InboundClass,
  chain: MtlsChain,
): Pick<FilterChain, 'transportSocket'> {
  if (!chain.terminatesTls) return {}
  const { trustDomain, trustDomainAliases } = read.field('mesh')
  return {
    transportSocket: meshServerTls({
      kind: chain.kind,
      trustDomains: [trustDomain, ...trustDomainAliases],
      capabilities,
    }),
  }
}

/** Everything to the application; what failed before it could be sent is tried again. */
export function inboundRoutes(cluster: string, virtualHost: string, host: string): RouteConfiguration {
  return {
    name: cluster,
    validateClusters: { value: false },
    virtualHosts: [
      {
        name: virtualHost,
        domains: ['*'],
        routes: [
          {
            name: 'default',
            match: { prefix: '/' },
            route: {
              cluster,
              timeout: ZERO,
              retryPolicy: { retryOn: 'reset-before-request', numRetries: { value: 2 } },
            },
            decorator: { operation: `${host}/*` },
          },
        ],
      },
    ],
  }
}
