import { type FilterChain, type Listener, listenerName, WELL_KNOWN_CLUSTERS } from '@batten/xds'
import type { Reader } from '../../model/incremental.ts'
import { isTls } from '../../model/protocol.ts'
import { egressScope } from '../../model/scope.ts'
import type { MeshService, ServicePort } from '../../model/service.ts'
import type { MeshSnapshot } from '../../model/snapshot.ts'
import { msToDuration } from '../duration.ts'
import { parseCidr } from '../fields/virtual-service/l4-match.ts'
import { type ClientClass, classOf, type ListenerClass } from '../node-class.ts'
import { HTTP_INSPECTOR, TLS_INSPECTOR } from './listener-filters.ts'
import { httpFilter } from './listener-outbound.ts'
import { isRoutedPort } from './route-sidecar.ts'
import { tcpProxy } from './tcp-proxy.ts'

const ANY_ADDRESS = '0.0.0.0'
const PLAIN_HTTP = { transportProtocol: 'raw_buffer', applicationProtocols: ['http/1.1', 'h2c'] }

/** One intercepted listener while it is put together. */
interface Draft {
  readonly bind: string
  readonly port: number
  /** Route configuration; several services share it. */
  routes: string | undefined
  readonly tcpChains: FilterChain[]
  needsTlsInspector: boolean
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
  for (const { service, port } of interceptedPorts(read, client))
    draftPort(drafts, service, port, client, fallback)
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
}

/** Ports of services that egress listeners without a port import; those with a port of their own come first. */
function* interceptedPorts(read: Reader<MeshSnapshot>, client: ClientClass): Generator<InterceptedPort> {
  const explicit = new Set(client.egress.flatMap(({ port }) => port?.number ?? []))
  const listeners = client.egress.length === 0 ? [{ hosts: ['*/*'] }] : client.egress
  for (const listener of listeners) {
    if ('port' in listener && (listener.port?.number ?? 0) !== 0) continue
    const { services } = read.query(egressScope, client.namespace, JSON.stringify(listener.hosts))
    for (const service of services)
      for (const port of service.ports)
        if (port.protocol !== 'UDP' && !explicit.has(port.number))
          yield { service, port, hosts: listener.hosts }
  }
}

/** `9080` for declared HTTP, `host:port` for one whose protocol is found out. */
function routesOf(service: MeshService, port: ServicePort, client: ClientClass): string | undefined {
  if (isRoutedPort(port.protocol, client.capabilities)) return String(port.number)
  if (port.protocol === 'AUTO' && service.addresses.length > 0) return `${service.hostname}:${port.number}`
  return undefined
}

function draftPort(
  drafts: Map<string, Draft>,
  service: MeshService,
  port: ServicePort,
  client: ClientClass,
  fallback: string,
): void {
  const routes = routesOf(service, port, client)
  const isDeclaredHttp = routes !== undefined && port.protocol !== 'AUTO'
  const addresses = service.addresses.filter((address) => !address.includes('/'))
  const ranges = service.addresses.filter((address) => address.includes('/'))
  const binds = isDeclaredHttp || addresses.length === 0 ? [ANY_ADDRESS] : addresses
  for (const bind of binds) {
    const name = listenerName(bind, port.number)
    let draft = drafts.get(name)
    if (draft === undefined) {
      draft = {
        bind,
        port: port.number,
        routes: undefined,
        tcpChains: [],
        needsTlsInspector: false,
        fallback,
      }
      drafts.set(name, draft)
    }
    if (isDeclaredHttp) draft.routes ??= routes
    else addTcp(draft, service, port, routes, ranges)
  }
}

/** The older service keeps an address and port that two want. */
function addTcp(
  draft: Draft,
  service: MeshService,
  port: ServicePort,
  routes: string | undefined,
  ranges: readonly string[],
): void {
  const cluster = `outbound|${port.number}||${service.hostname}`
  if (port.protocol === 'AUTO' && routes !== undefined) {
    draft.routes ??= routes
    draft.fallback = cluster
    return
  }
  const isSni = isTls(port.protocol) && service.addresses.length === 0 && service.hostname !== '*'
  if (isSni) {
    draft.needsTlsInspector = true
    draft.tcpChains.push({ filterChainMatch: { serverNames: [service.hostname] }, name: cluster })
  } else if (ranges.length > 0)
    draft.tcpChains.push({ filterChainMatch: { prefixRanges: ranges.map(parseCidr) }, name: cluster })
  else if (!draft.tcpChains.some(({ filterChainMatch }) => filterChainMatch === undefined))
    draft.tcpChains.push({ name: cluster })
}

function finish(read: Reader<MeshSnapshot>, node: ListenerClass, draft: Draft): Listener {
  const mesh = read.field('mesh')
  const name = listenerName(draft.bind, draft.port)
  const toCluster = (cluster: string) => [tcpProxy(cluster, [{ cluster, weight: 1 }], mesh)]
  const chains = draft.tcpChains.map((chain) => ({ ...chain, filters: toCluster(chain.name!) }))
  const listener: Listener = {
    name,
    address: { socketAddress: { address: draft.bind, portValue: draft.port } },
    bindToPort: { value: false },
    trafficDirection: 'OUTBOUND',
    continueOnListenerFiltersTimeout: true,
    listenerFiltersTimeout: msToDuration(mesh.protocolDetectionTimeoutMs),
  }
  if (draft.routes === undefined) {
    if (draft.needsTlsInspector) listener.listenerFilters = [TLS_INSPECTOR]
    listener.filterChains = chains
    // Handshakes for unknown names: there must be some chain for them.
    if (!chains.some(({ filterChainMatch }) => filterChainMatch === undefined))
      listener.defaultFilterChain = { name: 'PassthroughFilterChain', filters: toCluster(draft.fallback) }
    return listener
  }
  listener.listenerFilters = draft.needsTlsInspector ? [TLS_INSPECTOR, HTTP_INSPECTOR] : [HTTP_INSPECTOR]
  listener.filterChains = [
    { filterChainMatch: PLAIN_HTTP, filters: [httpFilter(read, node, draft.routes, name, draft.port)] },
    ...chains.filter(({ filterChainMatch }) => filterChainMatch !== undefined),
  ]
  const plain = chains.find(({ filterChainMatch }) => filterChainMatch === undefined)
  listener.defaultFilterChain = plain ?? {
    name: 'PassthroughFilterChain',
    filters: toCluster(draft.fallback),
  }
  return listener
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
