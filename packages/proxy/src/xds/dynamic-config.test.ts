import { type Clock, silentLogger } from '@batten/core'
import {
  codec,
  type MessageName,
  type MessageTypes,
  messageFromJson,
  TYPE_URLS,
  type TypeUrl,
} from '@batten/xds'
import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../test/manual-clock.ts'
import { type RecordedFilter, recordingEnvironment } from '../../test/support/compile-environment.ts'
import {
  edsCluster,
  endpoints,
  httpListener,
  routesTo,
  tcpListener,
} from '../../test/support/mesh-resources.ts'
import type { ListenerConfig } from '../listener/listener-config.ts'
import { createSecretStore } from '../tls/secret-store.ts'
import { DynamicConfig } from './dynamic-config.ts'

/** A configuration whose targets are lists of what was applied. */
function setUp() {
  const clock = new ManualClock()
  const log: string[] = []
  const hosts = new Map<string, string[]>()
  const listeners = new Map<string, ListenerConfig>()
  const wanted = new Set<string>()
  const created: RecordedFilter[] = []
  let failBind = false
  let endChain = (end: () => void): void => end()
  /** As the listener manager does: chains that the new version lacks end with their last connection. */
  const retire = (name: string, successor?: ListenerConfig) => {
    for (const chain of listeners.get(name)?.filterChains ?? [])
      if (!successor?.filterChains.includes(chain)) endChain(() => chain.lifetime?.end())
  }
  const secretStore = createSecretStore()
  const config = new DynamicConfig({
    environment: recordingEnvironment(created),
    clusterTarget: {
      apply: ({ name }) => void log.push(`cluster ${name}`),
      applyHosts: (name, list) => {
        log.push(`hosts ${name}`)
        hosts.set(
          name,
          list.map((host) => host.key),
        )
      },
      remove: (name) => void log.push(`remove cluster ${name}`),
    },
    listenerTarget: {
      apply: async (listener) => {
        if (failBind) throw new Error('address in use')
        log.push(`listener ${listener.name}`)
        retire(listener.name, listener)
        listeners.set(listener.name, listener)
      },
      remove(name) {
        log.push(`remove listener ${name}`)
        retire(name)
      },
    },
    secretStore,
    clock: clock as Clock,
    log: silentLogger,
    ads: () => ({
      want: (typeUrl, name) => void wanted.add(`${short(typeUrl)} ${name}`),
      drop: (typeUrl, name) => void wanted.delete(`${short(typeUrl)} ${name}`),
    }),
    secretSource: () => undefined,
  })
  const ads = { source: { kind: 'ads' }, initialFetchTimeoutMs: 0 } as const
  config.start(ads, ads)
  const send = (typeUrl: TypeUrl, resources: Readonly<Record<string, object>>, removed: string[] = []) =>
    config.handlers
      .find((handler) => handler.typeUrl === typeUrl)!
      .apply(
        Object.entries(resources).map(([name, json]) => ({
          name,
          version: '1',
          value: encode(typeUrl, json),
        })),
        removed,
      )
  /** What was applied since the last call. */
  const applied = async () => {
    await new Promise((resolve) => setImmediate(resolve))
    return log.splice(0)
  }
  return {
    config,
    clock,
    send,
    applied,
    hosts,
    listeners,
    wanted,
    created,
    secretStore,
    failBinding(fails: boolean) {
      failBind = fails
    },
    /** From now on, chains out of use have connections left, until they are called. */
    holdConnections() {
      const ends: (() => void)[] = []
      endChain = (end) => void ends.push(end)
      return ends
    },
  }
}

function short(typeUrl: string): string {
  return Object.entries(TYPE_URLS).find(([, url]) => url === typeUrl)![0]
}

function encode<N extends MessageName>(typeUrl: TypeUrl, json: object): Uint8Array {
  const name = typeUrl.slice(typeUrl.indexOf('/') + 1) as N
  return codec(name).encode(messageFromJson(name, json) as MessageTypes[N])
}

const { CDS, EDS, LDS, RDS, SDS, ECDS } = TYPE_URLS

describe('DynamicConfig', () => {
  it('brings up a mesh in order: cluster, endpoints, listener, routes; each used when what it needs is there', async () => {
    const { config, send, applied, hosts, wanted } = setUp()
    expect(send(LDS, { l: httpListener('l', 'r') })).toEqual([])
    expect(await applied()).toEqual([])
    expect([...wanted]).toEqual(['RDS r'])
    send(CDS, { a: edsCluster('a') })
    expect([...wanted]).toEqual(['RDS r', 'EDS a'])
    expect(config.waitingFor()).toEqual(['cluster "a": endpoints "a"', 'listener "l": routes "r"'])
    send(RDS, { r: routesTo('r', { '/': 'a' }) })
    expect(await applied()).toEqual([])
    send(EDS, { a: endpoints('a', [1, 2]) })
    expect(await applied()).toEqual(['cluster a', 'hosts a', 'listener l'])
    expect(hosts.get('a')).toEqual(['127.0.0.1:1', '127.0.0.1:2'])
    expect([config.clusters.ready.isOpen, config.listeners.ready.isOpen]).toEqual([true, true])
    expect(config.waitingFor()).toEqual([])
  })

  it('keeps the old cluster until its replacement is warm, and does not wait for endpoints that it knows', async () => {
    const { send, applied } = setUp()
    send(CDS, { a: edsCluster('a') })
    send(EDS, { a: endpoints('a', [1]) })
    await applied()
    send(CDS, { a: edsCluster('a', { connect_timeout: '2s' }) })
    expect(await applied()).toEqual(['cluster a', 'hosts a'])
    send(CDS, {
      a: edsCluster('a', { eds_cluster_config: { eds_config: { ads: {} }, service_name: 'other' } }),
    })
    expect(await applied()).toEqual([])
    send(EDS, { other: endpoints('other', [2]) })
    expect(await applied()).toEqual(['cluster a', 'hosts a'])
  })

  it('applies nothing when an equal resource arrives again', async () => {
    const { send, applied } = setUp()
    const resources = { a: edsCluster('a') }
    send(CDS, resources)
    send(EDS, { a: endpoints('a', [1]) })
    send(LDS, { l: httpListener('l', 'r') })
    send(RDS, { r: routesTo('r', { '/': 'a' }) })
    await applied()
    send(CDS, resources)
    send(LDS, { l: httpListener('l', 'r') })
    send(RDS, { r: routesTo('r', { '/': 'a' }) })
    expect(await applied()).toEqual([])
  })

  it('names every bad resource of a response, applies the good ones and keeps the last good version', async () => {
    const { config, send, applied } = setUp()
    send(CDS, { a: edsCluster('a'), b: edsCluster('b') })
    send(EDS, { a: endpoints('a', [1]), b: endpoints('b', [1]) })
    await applied()
    const rejected = send(CDS, {
      a: edsCluster('a', { outlier_detection: {} }),
      b: edsCluster('b', { connect_timeout: '3s' }),
      c: edsCluster('c', { lb_policy: 'MAGLEV' }),
      d: { ...edsCluster('e') },
    })
    expect(rejected).toEqual([
      { name: 'a', message: 'cluster "a": outlier_detection: not supported yet' },
      { name: 'c', message: 'cluster "c": lb_policy: MAGLEV is not supported yet' },
      { name: 'd', message: 'cluster "d": name: is "e"' },
    ])
    expect(await applied()).toEqual(['cluster b', 'hosts b'])
    const dump = config.clusters.dump('active')
    expect(dump.map(({ name, failure }) => [name, failure?.message])).toEqual([
      ['a', 'cluster "a": outlier_detection: not supported yet'],
      ['b', undefined],
    ])
  })

  it('holds new routes until the clusters that they name are warm', async () => {
    const { send, applied, listeners } = setUp()
    send(CDS, { a: edsCluster('a') })
    send(EDS, { a: endpoints('a', [1]) })
    send(LDS, { l: httpListener('l', 'r') })
    send(RDS, { r: routesTo('r', { '/': 'a' }) })
    await applied()
    const slot = slotOf(listeners.get('l')!)
    expect(clusterOf(slot)).toBe('a')
    send(CDS, { b: edsCluster('b') })
    send(RDS, { r: routesTo('r', { '/': 'b' }) })
    expect(clusterOf(slot)).toBe('a')
    send(EDS, { b: endpoints('b', [2]) })
    expect(clusterOf(slot)).toBe('b')
  })

  it('uses new routes in the end although a cluster that they name gets no endpoints', async () => {
    const { clock, send, applied, listeners } = setUp()
    send(CDS, { a: edsCluster('a') })
    send(EDS, { a: endpoints('a', [1]) })
    send(LDS, { l: httpListener('l', 'r') })
    send(RDS, { r: routesTo('r', { '/': 'a' }) })
    await applied()
    const slot = slotOf(listeners.get('l')!)
    send(CDS, { b: edsCluster('b') })
    send(RDS, { r: routesTo('r', { '/': 'b' }) })
    clock.advance(4999)
    expect(clusterOf(slot)).toBe('a')
    clock.advance(1)
    expect(clusterOf(slot)).toBe('b')
  })

  it('keeps a removed cluster while routes in use name it, whatever is removed first', async () => {
    const { clock, send, applied } = setUp()
    send(CDS, { a: edsCluster('a'), b: edsCluster('b') })
    send(EDS, { a: endpoints('a', [1]), b: endpoints('b', [1]) })
    send(LDS, { l: httpListener('l', 'r') })
    send(RDS, { r: routesTo('r', { '/x': 'a', '/': 'b' }) })
    await applied()
    send(CDS, {}, ['a'])
    expect(await applied()).toEqual([])
    send(RDS, { r: routesTo('r', { '/': 'b' }) })
    expect(await applied()).toEqual(['remove cluster a'])
    send(CDS, {}, ['b'])
    expect(await applied()).toEqual([])
    clock.advance(10_000)
    expect(await applied()).toEqual(['remove cluster b'])
  })

  it('keeps a removed cluster while connections of a removed listener may still need it', async () => {
    const { send, applied, holdConnections } = setUp()
    const ends = holdConnections()
    send(CDS, { a: edsCluster('a') })
    send(EDS, { a: endpoints('a', [1]) })
    send(LDS, { l: tcpListener('l', 'a') })
    await applied()
    send(CDS, {}, ['a'])
    send(LDS, {}, ['l'])
    expect(await applied()).toEqual(['remove listener l'])
    for (const end of ends) end()
    expect(await applied()).toEqual(['remove cluster a'])
  })

  it('takes a cluster back that comes again while it lingers', async () => {
    const { clock, send, applied } = setUp()
    send(CDS, { a: edsCluster('a') })
    send(EDS, { a: endpoints('a', [1]) })
    send(LDS, { l: tcpListener('l', 'a') })
    await applied()
    send(CDS, {}, ['a'])
    send(CDS, { a: edsCluster('a') })
    clock.advance(20_000)
    expect(await applied()).toEqual([])
  })

  it('keeps the listener when the address of its new version cannot be bound', async () => {
    const { config, send, applied, listeners, wanted, failBinding } = setUp()
    send(CDS, {})
    send(LDS, { l: httpListener('l', 'r') })
    send(RDS, { r: routesTo('r', {}) })
    await applied()
    const before = listeners.get('l')
    failBinding(true)
    send(LDS, { l: httpListener('l', 'r2') })
    send(RDS, { r2: routesTo('r2', {}) })
    await applied()
    expect(listeners.get('l')).toBe(before)
    expect(config.listeners.dump()[0]!.failure!.message).toBe('listener "l": address in use')
    expect([...wanted]).toEqual(['RDS r'])
    failBinding(false)
    send(LDS, { l: httpListener('l', 'r3') })
    send(RDS, { r3: routesTo('r3', {}) })
    expect(await applied()).toEqual(['listener l'])
    expect([...wanted]).toEqual(['RDS r3'])
  })

  it('drops what nothing refers to any more', async () => {
    const { send, applied, wanted } = setUp()
    send(CDS, { a: edsCluster('a') })
    send(EDS, { a: endpoints('a', [1]) })
    send(LDS, { l: httpListener('l', 'r'), m: httpListener('m', 'r') })
    send(RDS, { r: routesTo('r', {}) })
    await applied()
    send(LDS, {}, ['l'])
    expect([await applied(), [...wanted]]).toEqual([['remove listener l'], ['EDS a', 'RDS r']])
    send(LDS, {}, ['m'])
    send(CDS, {}, ['a'])
    expect(await applied()).toEqual(['remove cluster a', 'remove listener m'])
    expect([...wanted]).toEqual([])
  })

  it('keeps a cluster that is removed while routes still wait for it, until they go', async () => {
    const { send, applied } = setUp()
    send(CDS, { a: edsCluster('a') })
    send(LDS, { l: httpListener('l', 'r') })
    send(RDS, { r: routesTo('r', { '/': 'a' }) })
    send(CDS, {}, ['a'])
    expect(await applied()).toEqual([])
    send(EDS, { a: endpoints('a', [1]) })
    expect(await applied()).toEqual(['cluster a', 'hosts a', 'listener l'])
    send(RDS, { r: routesTo('r', {}) })
    expect(await applied()).toEqual(['remove cluster a'])
  })

  it('keeps the routes of a chain up to date until its last connection has ended', async () => {
    const { send, applied, wanted, listeners, holdConnections } = setUp()
    send(CDS, {})
    send(LDS, { l: httpListener('l', 'r') })
    send(RDS, { r: routesTo('r', {}) })
    await applied()
    const ends = holdConnections()
    send(LDS, { l: httpListener('l', 'r', { via: 'v2' }) })
    send(LDS, { l: httpListener('l', 'r2') })
    send(RDS, { r2: routesTo('r2', {}) })
    await applied()
    expect([listeners.size, [...wanted], ends.length]).toEqual([1, ['RDS r', 'RDS r2'], 2])
    ends[0]!()
    expect([...wanted]).toEqual(['RDS r', 'RDS r2'])
    ends[1]!()
    expect([...wanted]).toEqual(['RDS r2'])
  })

  it('compiles a filter that ECDS delivers for every place, all or none, and closes the one before', async () => {
    const { send, applied, listeners } = setUp()
    const discovery = {
      name: 'tag',
      config_discovery: {
        config_source: { ads: {}, initial_fetch_timeout: '0s' },
        type_urls: ['type.googleapis.com/test.Tag'],
      },
    }
    const router = {
      name: 'envoy.filters.http.router',
      typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
    }
    const extension = (header: unknown) => ({
      tag: {
        name: 'tag',
        typed_config: {
          '@type': 'type.googleapis.com/xds.type.v3.TypedStruct',
          type_url: 'type.googleapis.com/test.Tag',
          value: { header },
        },
      },
    })
    send(CDS, {})
    send(LDS, { l: httpListener('l', 'r', { http_filters: [discovery, router] }) })
    send(RDS, { r: routesTo('r', {}) })
    expect(await applied()).toEqual([])
    expect(send(ECDS, extension(1))).toEqual([
      { name: 'tag', message: 'extension "tag": typed_config: header must be a string' },
    ])
    expect(await applied()).toEqual([])
    expect(send(ECDS, extension('one'))).toEqual([])
    expect(await applied()).toEqual(['listener l'])
    const slot = managerOf(listeners.get('l')!).filters[0]!
    const first = slot.current!
    expect(first.name).toBe('tag one')
    expect(send(ECDS, extension('two'))).toEqual([])
    expect(slot.current!.name).toBe('tag two')
    expect(first).toHaveProperty('closed', 1)
    expect(send(ECDS, extension(2))).toHaveLength(1)
    expect(slot.current!.name).toBe('tag two')
  })

  it('keeps the filters of a chain that did not change', async () => {
    const { send, applied, listeners } = setUp()
    send(CDS, {})
    send(LDS, { l: httpListener('l', 'r') })
    send(RDS, { r: routesTo('r', { '/': 'a' }) })
    await applied()
    const before = listeners.get('l')!
    send(LDS, { l: { ...httpListener('l', 'r'), stat_prefix: 'changed' } })
    expect(await applied()).toEqual(['listener l'])
    expect(listeners.get('l')!.filterChains[0]).toBe(before.filterChains[0])
    send(RDS, { r: routesTo('r', { '/': 'b' }) })
    expect(clusterOf(slotOf(before))).toBe('b')
  })

  it('closes the filters of a version that is replaced before it was ever used', async () => {
    const { config, created, send, applied } = setUp()
    send(LDS, { l: tcpListener('l', 'a') })
    expect(config.waitingFor()).toEqual(['clusters (CDS)', 'listener "l": clusters'])
    send(LDS, { l: tcpListener('l', 'b') })
    send(CDS, {})
    expect(await applied()).toEqual(['listener l'])
    expect(created.map(({ config, closed }) => [config.statPrefix, closed])).toEqual([
      ['a', 1],
      ['b', 0],
    ])
  })

  it('goes on without resources that do not come within their fetch timeout', async () => {
    const { clock, send, applied, config } = setUp()
    const cluster = edsCluster('a', {
      eds_cluster_config: { eds_config: { ads: {}, initial_fetch_timeout: '3s' } },
    })
    send(CDS, { a: cluster })
    clock.advance(2999)
    expect(await applied()).toEqual([])
    clock.advance(1)
    expect(await applied()).toEqual(['cluster a', 'hosts a'])
    expect(config.clusters.ready.isOpen).toBe(true)
  })

  it('waits for a secret, and refuses one that is broken without ending the one before', async () => {
    const { send, applied, wanted, secretStore } = setUp()
    const socket = {
      name: 'envoy.transport_sockets.tls',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
        common_tls_context: {
          validation_context_sds_secret_config: {
            name: 'roots',
            sds_config: { ads: {}, initial_fetch_timeout: '0s' },
          },
        },
      },
    }
    send(CDS, { a: { name: 'a', transport_socket: socket } })
    expect([...wanted]).toEqual(['SDS roots'])
    expect(await applied()).toEqual([])
    expect(
      send(SDS, {
        roots: { name: 'roots', validation_context: { trusted_ca: { inline_string: 'nonsense' } } },
      }),
    ).toEqual([
      {
        name: 'roots',
        message: 'secret "roots": validation_context.trusted_ca: holds no certificate in PEM form',
      },
    ])
    secretStore.set({ kind: 'validation', name: 'roots', trustedCa: 'by somebody else' })
    expect(await applied()).toEqual(['cluster a'])
  })
})

function managerOf(listener: ListenerConfig) {
  const { config } = listener.filterChains[0]!.filters[0] as RecordedFilter
  if (!('routes' in config)) throw new Error('no connection manager')
  return config
}

function slotOf(listener: ListenerConfig) {
  return managerOf(listener).routes
}

function clusterOf(slot: ReturnType<typeof slotOf>): string | undefined {
  const action = slot.current?.virtualHosts[0]?.routes[0]?.action
  return action?.kind === 'route' && action.cluster.kind === 'name' ? action.cluster.name : undefined
}
