import type { Server } from '@batten/api'
import { isSameList } from '../../model/equal.ts'
import type { MeshGateway } from '../../model/gateway.ts'
import { defineQuery, type Reader } from '../../model/incremental.ts'
import { isHttp, parseProtocol } from '../../model/protocol.ts'
import { compareAge } from '../../model/service.ts'
import type { MeshSnapshot } from '../../model/snapshot.ts'
import { selects } from '../../model/workload.ts'
import { parseServerHost, type ServerHost } from '../fields/gateway/server-hosts.ts'
import type { GatewayClass } from '../node-class.ts'

/** A server of a Gateway at the port where a proxy listens for it. */
export interface GatewayServer {
  readonly gateway: MeshGateway
  readonly server: Server
  readonly hosts: readonly ServerHost[]
  readonly bind: string
  /** Port of the proxy. */
  readonly port: number
  /** `http`: plain HTTP; `https`: HTTP behind TLS that ends here; `tls`: bytes behind TLS that ends here; `passthrough`: TLS that goes on; `tcp`: plain bytes. */
  readonly kind: 'http' | 'https' | 'tls' | 'passthrough' | 'tcp'
}

/** The Gateways of a proxy, oldest first. */
export const gatewaysFor = defineQuery<MeshSnapshot, readonly MeshGateway[]>(
  'gateways',
  (read, labelsJson) => {
    const labels = JSON.parse(labelsJson!) as Record<string, string>
    return [...read.field('gateways').values()]
      .filter(({ selector }) => selects(selector, labels))
      .sort(compareAge)
  },
  isSameList,
)

/**
 * The servers of a gateway proxy, oldest Gateway first. A port of the gateway's Service is where clients come in; the
 * proxy itself listens on its target port, and only there.
 *
 * @translates Gateway spec.selector -> which nodes get the listeners
 * @translates Gateway spec.servers[].port.number -> Listener.address
 * @translates Gateway spec.servers[].port.protocol -> Listener.filter_chains
 * @translates Gateway spec.servers[].bind -> Listener.address
 */
export function gatewayServers(read: Reader<MeshSnapshot>, node: GatewayClass): GatewayServer[] {
  return resolveConflicts(allServers(read, node)).servers
}

/** Servers that {@link gatewayServers} leaves out, each with the older one that has what it wants. */
export function conflictingServers(read: Reader<MeshSnapshot>, node: GatewayClass): ServerConflict[] {
  return resolveConflicts(allServers(read, node)).conflicts
}

/** A server that cannot be served because of an older one. */
export interface ServerConflict {
  readonly server: GatewayServer
  readonly older: GatewayServer
  /** Host that both want; undefined when one port cannot speak both protocols. */
  readonly host: string | undefined
}

function allServers(read: Reader<MeshSnapshot>, node: GatewayClass): GatewayServer[] {
  const gateways = node.gateways.flatMap((title) => read.entry('gateways', title) ?? [])
  return gateways.flatMap((gateway) =>
    gateway.servers.flatMap((server) => {
      const targets = node.ports.filter(({ servicePort }) => servicePort === server.port.number)
      const ports = targets.length > 0 ? [...new Set(targets.map(({ port }) => port))] : [server.port.number]
      return ports.map((port) => ({
        gateway,
        server,
        hosts: server.hosts.map((host) => parseServerHost(host, gateway.namespace)),
        bind: server.bind || node.bindAddress,
        port,
        kind: kindOf(server),
      }))
    }),
  )
}

/**
 * A port speaks plain HTTP, plain TCP or TLS, as its oldest server says; behind TLS a host belongs to the oldest server
 * that has it. A younger server that wants something else is left out, with all of its hosts: a proxy would refuse the
 * listener.
 */
function resolveConflicts(all: readonly GatewayServer[]): {
  readonly servers: GatewayServer[]
  readonly conflicts: ServerConflict[]
} {
  const servers: GatewayServer[] = []
  const conflicts: ServerConflict[] = []
  const first = new Map<string, GatewayServer>()
  const owners = new Map<string, GatewayServer>()
  for (const server of all) {
    const listener = `${server.bind}_${server.port}`
    const older = first.get(listener)
    if (older !== undefined && family(older) !== family(server)) {
      conflicts.push({ server, older, host: undefined })
      continue
    }
    first.set(listener, older ?? server)
    if (server.kind === 'https' || server.kind === 'tls') {
      const keyOf = (host: string) => `${listener} ${host}`
      const taken = server.hosts.find(({ host }) => owners.has(keyOf(host)))
      if (taken !== undefined) {
        conflicts.push({ server, older: owners.get(keyOf(taken.host))!, host: taken.host })
        continue
      }
      for (const { host } of server.hosts) owners.set(keyOf(host), server)
    }
    servers.push(server)
  }
  return { servers, conflicts }
}

function family({ kind }: GatewayServer): 'HTTP' | 'TCP' | 'TLS' {
  if (kind === 'http') return 'HTTP'
  return kind === 'tcp' ? 'TCP' : 'TLS'
}

function kindOf({ port, tls }: Server): GatewayServer['kind'] {
  const protocol = parseProtocol(port.protocol)
  const mode = tls?.mode ?? 'SIMPLE'
  if (protocol === 'HTTPS' || protocol === 'TLS') {
    if (mode === 'PASSTHROUGH' || mode === 'AUTO_PASSTHROUGH') return 'passthrough'
    return protocol === 'HTTPS' ? 'https' : 'tls'
  }
  return isHttp(protocol) ? 'http' : 'tcp'
}

/** Servers by the listener that they share. */
export function serversByListener(servers: readonly GatewayServer[]): Map<string, GatewayServer[]> {
  const out = new Map<string, GatewayServer[]>()
  for (const server of servers) {
    const key = `${server.bind}_${server.port}`
    const list = out.get(key)
    if (list === undefined) out.set(key, [server])
    else list.push(server)
  }
  return out
}
