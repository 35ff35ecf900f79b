import {
  type FilterChain,
  type FilterChainMatch,
  type Listener,
  listenerName,
  outboundClusterName,
  WELL_KNOWN_CLUSTERS,
} from '@batten/xds'
import type { Reader } from '../../model/incremental.ts'
import { isIpAddress } from '../../model/ip-address.ts'
import { isTls } from '../../model/protocol.ts'
import { egressScope } from '../../model/scope.ts'
import type { MeshService, ServicePort } from '../../model/service.ts'
import type { MeshSnapshot } from '../../model/snapshot.ts'
import { msToDuration } from '../duration.ts'
import { parseCidr } from '../fields/virtual-service/l4-match.ts'
import { type ClientClass, classOf, type ListenerClass } from '../node-class.ts'
import { type Connection, serviceConnections } from './connections.ts'
import { outboundHttpFilter } from './http-connection-manager.ts'
import { HTTP_INSPECTOR, TLS_INSPECTOR } from './listener-filters.ts'
import { isRoutedPort } from './route-sidecar.ts'
import { connectionChains, tcpProxy } from './tcp-proxy.ts'

const ANY_ADDRESS = '0.0.0.0'
const PLAIN_HTTP = { transportProtocol: 'raw_buffer', applicationProtocols: ['http/1.1', 'h2c'] }

/** One intercepted listener while it is put together. */
interface Draft {
  readonly bind: string
  readonly port: number
  /** Route configuration; several services share it. */
  routes: string | undefined
  readonly connections: Connection[]
  /** What the listener does with everything else. */
  fallback: string
}

/**
 * The listeners to which `virtualOutbound` hands intercepted connections by their original address, and it itself.
 * They do not bind: interception is what brings connections to them.
 */
export function interceptedListeners(
  read: Reader<MeshSnapshot>,
  node: ListenerClass,
  clientClassKey: string,
): Listener[] {
  const drafts = new Map<string, Draft>()
  const client = classOf<ClientClass>(clientClassKey)
  const fallback = fallbackCluster(client)
  for (const port of interceptedPorts(read, client))
    draftPort(drafts, port, bindsOf(read, port, client, node.address), client, fallback)
  return [virtualOutbound(read, fallback), ...[...drafts.values()].map((draft) => finish(read, node, draft))]
}

/** Where connections to unknown destinations go. */
function fallbackCluster(client: ClientClass): string {
  return client.outboundMode === 'ALLOW_ANY' ? WELL_KNOWN_CLUSTERS.passthrough : WELL_KNOWN_CLUSTERS.blackHole
}

/** Route configurations that intercepted listeners refer to, with the import list of their egress listener. */
export function interceptedRoutes(
  read: Reader<MeshSnapshot>,
  client: ClientClass,
): {
  readonly name: string
  readonly hosts: readonly string[]
  readonly port: number
  readonly service: string
}[] {
  const routes = new Map<string, { name: string; hosts: readonly string[]; port: number; service: string }>()
  for (const { service, port, hosts } of interceptedPorts(read, client)) {
    const name = routesOf(service, port, client)
    if (name === undefined || routes.has(name)) continue
    routes.set(name, { name, hosts, port: port.number, service: name.includes(':') ? service.hostname : '' })
  }
  return [...routes.values()]
}

interface InterceptedPort {
  readonly service: MeshService
  readonly port: ServicePort
  readonly hosts: readonly string[]
  readonly connections: readonly Connection[]
}

/** Ports of services that egress listeners without a port import; those with a port of their own come first. */
function* interceptedPorts(read: Reader<MeshSnapshot>, client: ClientClass): Generator<InterceptedPort> {
  const explicit = new Set(client.egress.flatMap(({ port }) => port?.number ?? []))
  const listeners = client.egress.length === 0 ? [{ hosts: ['*/*'] }] : client.egress
  for (const listener of listeners) {
    if ('port' in listener && (listener.port?.number ?? 0) !== 0) continue
    const scope = read.query(egressScope, client.namespace, JSON.stringify(listener.hosts))
    for (const service of scope.services)
      for (const port of service.ports) {
        if (port.protocol === 'UDP' || explicit.has(port.number)) continue
        const connections = isRoutedPort(port.protocol, client.capabilities)
          ? []
          : serviceConnections(read, client, scope.virtualServices, service, port)
        yield { service, port, hosts: listener.hosts, connections }
      }
  }
}

/** `9080` for declared HTTP, `host:port` for one whose protocol is found out. */
function routesOf(service: MeshService, port: ServicePort, client: ClientClass): string | undefined {
  if (isRoutedPort(port.protocol, client.capabilities)) return String(port.number)
  if (port.protocol === 'AUTO' && (service.addresses.length > 0 || isHeadless(service)))
    return `${service.hostname}:${port.number}`
  return undefined
}

/** A Kubernetes service whose callers ask for single pods. */
function isHeadless({ registry, resolution, externalName }: MeshService): boolean {
  return registry === 'kubernetes' && resolution === 'passthrough' && externalName === undefined
}

/**
 * Addresses at which connections to a port of a service arrive: its own ones; those of its pods when it is headless and
 * not routed by host; every address when nobody knows.
 */
function bindsOf(
  read: Reader<MeshSnapshot>,
  { service, port }: InterceptedPort,
  client: ClientClass,
  ownAddress: string,
): readonly string[] {
  if (isRoutedPort(port.protocol, client.capabilities)) return [ANY_ADDRESS]
  if (isHeadless(service)) {
    const addresses = new Set<string>()
    // A pod does not reach itself through this listener.
    for (const { portName, address } of read.entry('endpoints', service.key) ?? [])
      if (portName === port.name && address !== ownAddress && isIpAddress(address)) addresses.add(address)
    return [...addresses].sort()
  }
  const addresses = service.addresses.filter((address) => !address.includes('/'))
  return addresses.length === 0 ? [ANY_ADDRESS] : addresses
}

function draftPort(
  drafts: Map<string, Draft>,
  intercepted: InterceptedPort,
  binds: readonly string[],
  client: ClientClass,
  fallback: string,
): void {
  const { service, port } = intercepted
  const routes = routesOf(service, port, client)
  const isDeclaredHttp = routes !== undefined && port.protocol !== 'AUTO'
  for (const bind of binds) {
    const name = listenerName(bind, port.number)
    let draft = drafts.get(name)
    if (draft === undefined) {
      draft = {
        bind,
        port: port.number,
        routes: undefined,
        connections: [],
        fallback,
      }
      drafts.set(name, draft)
    }
    if (isDeclaredHttp) draft.routes ??= routes
    else addTcp(draft, intercepted, routes)
  }
}

/** The first service keeps an address and port that two want. */
function addTcp(
  draft: Draft,
  { service, port, connections }: InterceptedPort,
  routes: string | undefined,
): void {
  if (port.protocol === 'AUTO' && routes !== undefined) {
    draft.routes ??= routes
    draft.fallback = outboundClusterName(service.hostname, port.number)
    return
  }
  const ranges = service.addresses.filter((address) => address.includes('/')).map(parseCidr)
  for (const { match, targets } of connections) {
    const own: FilterChainMatch = { ...match }
    // Without an address only the server name tells a TLS service from others on the port.
    if (isTls(port.protocol) && service.addresses.length === 0 && own.serverNames === undefined)
      own.serverNames = [service.hostname]
    if (ranges.length > 0 && own.prefixRanges === undefined) own.prefixRanges = ranges
    draft.connections.push({ match: own, targets })
  }
}

function finish(read: Reader<MeshSnapshot>, node: ListenerClass, draft: Draft): Listener {
  const mesh = read.field('mesh')
  const name = listenerName(draft.bind, draft.port)
  const chains = connectionChains(draft.connections, mesh)
  const matched = chains.filter(({ filterChainMatch }) => filterChainMatch !== undefined)
  const plain = chains.find(({ filterChainMatch }) => filterChainMatch === undefined)
  const fallback: FilterChain = {
    name: 'PassthroughFilterChain',
    filters: [tcpProxy(draft.fallback, [{ cluster: draft.fallback, weight: 1 }], mesh)],
  }
  const http: FilterChain[] =
    draft.routes === undefined
      ? []
      : [
          {
            filterChainMatch: PLAIN_HTTP,
            filters: [outboundHttpFilter(read, node, draft.routes, name, draft.port)],
          },
        ]
  const inspectors = [
    ...(matched.some(({ filterChainMatch }) => filterChainMatch?.serverNames) ? [TLS_INSPECTOR] : []),
    ...(draft.routes === undefined ? [] : [HTTP_INSPECTOR]),
  ]
  return {
    name,
    address: { socketAddress: { address: draft.bind, portValue: draft.port } },
    bindToPort: { value: false },
    trafficDirection: 'OUTBOUND',
    continueOnListenerFiltersTimeout: true,
    listenerFiltersTimeout: msToDuration(mesh.protocolDetectionTimeoutMs),
    ...(inspectors.length === 0 ? {} : { listenerFilters: inspectors }),
    ...(http.length === 0 && matched.length === 0 && plain !== undefined
      ? { filterChains: [plain] }
      : { filterChains: [...http, ...matched], defaultFilterChain: plain ?? fallback }),
  }
}

/** Takes every intercepted outbound connection and hands it on by its original address. */
function virtualOutbound(read: Reader<MeshSnapshot>, fallback: string): Listener {
  const mesh = read.field('mesh')
  const blackHole = WELL_KNOWN_CLUSTERS.blackHole
  return {
    name: 'virtualOutbound',
    address: { socketAddress: { address: ANY_ADDRESS, portValue: mesh.proxyListenPort } },
    trafficDirection: 'OUTBOUND',
    useOriginalDst: { value: true },
    filterChains: [
      {
        name: 'virtualOutbound-blackhole',
        filterChainMatch: { destinationPort: { value: mesh.proxyListenPort } },
        filters: [tcpProxy(blackHole, [{ cluster: blackHole, weight: 1 }], mesh)],
      },
      {
        name: 'virtualOutbound-catchall-tcp',
        filters: [tcpProxy(fallback, [{ cluster: fallback, weight: 1 }], mesh)],
      },
    ],
  }
}
