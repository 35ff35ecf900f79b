import { type Any, type ConfigDump, codec, messageToJson, msToTimestamp, TYPE_URLS } from '@batten/xds'
import type { Resource } from '../../model/resource.ts'
import type { Connection } from '../../serve/ads-service.ts'
import type { ResourceMap } from '../../serve/resource-overlay.ts'
import type { DebugHandler, DebugReply } from '../debug-handler.ts'

const { CDS, ECDS, EDS, LDS, RDS, SDS } = TYPE_URLS

/** Proxies that are named to somebody who names none. */
const MAX_NAMED = 100

/** What a proxy is served, in the form of Envoy's `/config_dump`; private keys and passwords are masked. */
export const configDump: DebugHandler = {
  path: '/debug/config_dump',
  help: 'What a proxy is served: ?proxyID=<pod>.<namespace> or its node id; ?types=CDS,LDS narrows it',
  handle: (query, { server }): DebugReply => {
    const proxy = query.get('proxyID') ?? ''
    const all = [...server.connections.values()]
    if (proxy === '') return choice(400, 'say which proxy: ?proxyID=<pod>.<namespace>', all)
    const connection = findConnection(all, proxy)
    if (connection === undefined) return choice(404, `no proxy "${proxy}" is connected here`, all)
    const types = query.get('types')?.toUpperCase().split(',')
    const dump = dumpOf(connection, (name) => types === undefined || types.includes(name))
    const options = { snakeCase: true, redact: true }
    return { body: messageToJson('envoy.admin.v3.ConfigDump', dump, options) as object }
  },
}

/** The proxies that there are, for somebody who named none of them. */
function choice(status: number, problem: string, connections: readonly Connection[]): DebugReply {
  const names = connections.flatMap(({ stream: { node } }) =>
    node === undefined ? [] : [`${node.name}.${node.namespace}`],
  )
  const sortedNames = [...new Set(names)].sort().slice(0, MAX_NAMED)
  const which = sortedNames.length === 0 ? 'none is connected' : `connected: ${sortedNames.join(', ')}`
  const more = names.length > MAX_NAMED ? `, and ${names.length - MAX_NAMED} more: see /debug/syncz` : ''
  return {
    status,
    body: `${problem}; ${which}${more}\n`,
    links: sortedNames.map((name) => ({
      path: `/debug/config_dump?proxyID=${encodeURIComponent(name)}`,
      text: name,
    })),
  }
}

function findConnection(connections: readonly Connection[], proxy: string): Connection | undefined {
  return connections.find(({ id, stream }) => {
    const { node } = stream
    return (
      id === proxy || node?.id === proxy || (node !== undefined && `${node.name}.${node.namespace}` === proxy)
    )
  })
}

function dumpOf({ stream }: Connection, isWanted: (type: string) => boolean): ConfigDump {
  const resources = (typeUrl: string): ResourceMap => stream.snapshot?.view.resources(typeUrl) ?? new Map()
  const pushedAt = new Map(stream.describe().map(({ typeUrl, lastPushAt }) => [typeUrl, lastPushAt]))
  const part = (typeUrl: string) => ({
    list: sorted(resources(typeUrl)),
    lastUpdated: timeOf(pushedAt.get(typeUrl)),
  })
  const configs: Any[] = []
  const add = <T>(type: string, encoder: { typeUrl: string; encode(message: T): Uint8Array }, message: T) => {
    if (isWanted(type)) configs.push({ typeUrl: encoder.typeUrl, value: encoder.encode(message) })
  }

  const clusters = part(CDS)
  add('CDS', codec('envoy.admin.v3.ClustersConfigDump'), {
    dynamicActiveClusters: clusters.list.map((resource) => ({
      versionInfo: resource.version,
      cluster: anyOf(resource),
      ...clusters.lastUpdated,
    })),
  })
  const listeners = part(LDS)
  add('LDS', codec('envoy.admin.v3.ListenersConfigDump'), {
    dynamicListeners: listeners.list.map((resource) => ({
      name: resource.name,
      activeState: { versionInfo: resource.version, listener: anyOf(resource), ...listeners.lastUpdated },
    })),
  })
  const routes = part(RDS)
  add('RDS', codec('envoy.admin.v3.RoutesConfigDump'), {
    dynamicRouteConfigs: routes.list.map((resource) => ({
      versionInfo: resource.version,
      routeConfig: anyOf(resource),
      ...routes.lastUpdated,
    })),
  })
  const endpoints = part(EDS)
  add('EDS', codec('envoy.admin.v3.EndpointsConfigDump'), {
    dynamicEndpointConfigs: endpoints.list.map((resource) => ({
      versionInfo: resource.version,
      endpointConfig: anyOf(resource),
      ...endpoints.lastUpdated,
    })),
  })
  const extensions = part(ECDS)
  add('ECDS', codec('envoy.admin.v3.EcdsConfigDump'), {
    ecdsFilters: extensions.list.map((resource) => ({
      versionInfo: resource.version,
      ecdsFilter: anyOf(resource),
      ...extensions.lastUpdated,
    })),
  })
  const secrets = part(SDS)
  add('SDS', codec('envoy.admin.v3.SecretsConfigDump'), {
    dynamicActiveSecrets: secrets.list.map((resource) => ({
      name: resource.name,
      versionInfo: resource.version,
      secret: anyOf(resource),
      ...secrets.lastUpdated,
    })),
  })
  return { configs }
}

function sorted(map: ResourceMap): Resource[] {
  return [...map.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

function anyOf({ typeUrl, value }: Resource): Any {
  return { typeUrl, value }
}

function timeOf(epochMs: number | undefined) {
  return epochMs === undefined ? {} : { lastUpdated: msToTimestamp(epochMs) }
}
