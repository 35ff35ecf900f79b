import { TYPE_URLS } from '@batten/xds'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { NaiveDeltaClient } from '../../test/support/naive-delta-client.ts'
import { testNode } from '../../test/support/test-node.ts'
import {
  clustersOfRoutes,
  opaqueResource,
  routesOfListener,
  testCluster,
  testEndpoints,
  testListener,
  testRoutes,
  testView,
} from '../../test/support/test-resources.ts'
import type { Resource } from '../model/resource.ts'
import { AdsStream } from './ads-stream.ts'
import { createDeltaProtocol } from './delta-protocol.ts'
import { parseNode } from './parse-node.ts'
import type { AckEvent, PushEvent, SettledEvent } from './stream-events.ts'

const { CDS, EDS, LDS, RDS, SDS } = TYPE_URLS

/** A server's stream and a client, with the wire between them in the hands of the test. */
class Harness {
  readonly clock = new ManualClock()
  readonly pushes: PushEvent[] = []
  readonly acks: AckEvent[] = []
  readonly settled: SettledEvent[] = []
  stale = 0
  isBackedUp = false
  client: NaiveDeltaClient
  stream: AdsStream
  #resources: readonly Resource[]
  #view: ReturnType<typeof testView>
  #revision = 1

  constructor(resources: readonly Resource[], userAgent = 'batten') {
    this.#resources = resources
    this.#view = testView(resources)
    this.client = new NaiveDeltaClient(testNode({ userAgent }))
    this.stream = this.#open()
  }

  get revision() {
    return this.#revision
  }

  get resources() {
    return this.#resources
  }

  push(resources: readonly Resource[]): void {
    this.#resources = resources
    this.#view = testView(resources)
    this.#revision += 1
    this.stream.push({ view: this.#view, revision: this.#revision, changedAt: this.clock.monotonicMs() })
  }

  reconnect(): void {
    this.stream.close()
    this.stream = this.#open()
    this.client.reconnect()
  }

  /** Delivers the oldest request to the server. */
  deliver(): boolean {
    const bytes = this.client.outgoing.shift()
    if (bytes === undefined) return false
    this.stream.receive(bytes)
    return true
  }

  /** Everything that is on its way arrives, and what that leads to. */
  drain(): void {
    for (let i = 0; i < 10_000; i++) if (![this.deliver(), this.client.receive()].includes(true)) return
    throw new Error('client and server never come to rest')
  }

  /** Types of the responses that have not arrived yet. */
  get sentTypes(): string[] {
    return this.pushes.splice(0).map((push) => push.typeUrl)
  }

  #open(): AdsStream {
    const { client } = this
    return new AdsStream({
      protocol: createDeltaProtocol(Buffer.alloc(0), 1000),
      clock: this.clock,
      send: (frame) => void client.incoming.push(frame),
      isBackedUp: () => this.isBackedUp,
      admit: (node) => ({
        node: parseNode(node),
        snapshot: { view: this.#view, revision: this.#revision },
      }),
      events: {
        pushed: (event) => void this.pushes.push(event),
        acknowledged: (event) => void this.acks.push(event),
        settled: (event) => void this.settled.push(event),
        staleNonce: () => void this.stale++,
      },
      limits: { maxResponseBytes: 600 },
    })
  }
}

const mesh = (generation = 0) => [
  testCluster('a', generation),
  testCluster('b'),
  testEndpoints('a', 1),
  testEndpoints('b', 2),
  testListener('l', 'r'),
  testRoutes('r', 'a', 'b'),
]

/** Subscribes as Envoy does. */
function subscribeAll(harness: Harness): void {
  harness.client.subscribe(CDS)
  harness.client.type(CDS).wanted.add('*')
  harness.client.subscribe(EDS, 'a', 'b')
  harness.client.subscribe(LDS)
  harness.client.type(LDS).wanted.add('*')
  harness.client.subscribe(RDS, 'r')
  harness.drain()
}

describe('a delta stream', () => {
  it('sends clusters, endpoints, listeners and routes, and is settled when all are acknowledged', () => {
    const harness = new Harness(mesh())
    subscribeAll(harness)
    expect(harness.sentTypes).toEqual([CDS, EDS, LDS, RDS])
    expect(harness.settled.at(-1)).toMatchObject({ revision: 1, convergenceMs: undefined })
    expect(harness.stream.describe().map(({ typeUrl, status }) => [typeUrl, status])).toEqual([
      [CDS, 'SYNCED'],
      [EDS, 'SYNCED'],
      [LDS, 'SYNCED'],
      [RDS, 'SYNCED'],
    ])
  })

  it('sends only the resource that changed', () => {
    const harness = new Harness(mesh())
    subscribeAll(harness)
    harness.pushes.length = 0
    harness.push(mesh().map((resource) => (resource.name === 'r' ? testRoutes('r', 'b') : resource)))
    expect(harness.pushes).toMatchObject([{ typeUrl: RDS, resources: ['r'], removed: [] }])
    harness.clock.advance(7)
    harness.drain()
    expect(harness.settled.at(-1)).toMatchObject({ revision: 2, convergenceMs: 7 })
  })

  it('sends nothing, and is settled at once, when a snapshot changes nothing for the node', () => {
    const harness = new Harness(mesh())
    subscribeAll(harness)
    harness.pushes.length = 0
    harness.push(mesh())
    expect(harness.pushes).toEqual([])
    expect(harness.settled.at(-1)).toMatchObject({ revision: 2 })
  })

  it('sends the endpoints of a cluster again after the cluster, although they did not change', () => {
    const harness = new Harness(mesh())
    subscribeAll(harness)
    harness.pushes.length = 0
    harness.push(mesh(1))
    expect(harness.pushes).toMatchObject([
      { typeUrl: CDS, resources: ['a'] },
      { typeUrl: EDS, resources: ['a'] },
    ])
  })

  it('merges the changes that come while a response is unanswered', () => {
    const harness = new Harness(mesh())
    subscribeAll(harness)
    harness.pushes.length = 0
    for (let i = 1; i <= 5; i++)
      harness.push([...mesh().slice(0, 5), testRoutes('r', ...Array<string>(i).fill('a'))])
    expect(harness.pushes).toHaveLength(1)
    harness.drain()
    expect(harness.pushes).toHaveLength(2)
    expect(clustersOfRoutes(harness.client.type(RDS).resources.get('r')!.value)).toEqual([
      'a',
      'a',
      'a',
      'a',
      'a',
    ])
  })

  it('goes on after five seconds without an answer, but not while the peer does not read', () => {
    const harness = new Harness(mesh())
    subscribeAll(harness)
    harness.pushes.length = 0
    harness.push([...mesh().slice(0, 5), testRoutes('r', 'a')])
    harness.push([...mesh().slice(0, 5), testRoutes('r', 'b')])
    harness.clock.advance(4999)
    expect(harness.pushes).toHaveLength(1)
    harness.isBackedUp = true
    harness.clock.advance(60_000)
    expect(harness.pushes).toHaveLength(1)
    harness.isBackedUp = false
    harness.stream.flush()
    expect(harness.pushes).toHaveLength(2)
  })

  describe('makes before it breaks', () => {
    it('holds routes to a new cluster until the node has its endpoints', () => {
      const harness = new Harness(mesh())
      subscribeAll(harness)
      harness.pushes.length = 0
      harness.push([...mesh().slice(0, 5), testCluster('c'), testEndpoints('c', 3), testRoutes('r', 'c')])
      expect(harness.sentTypes).toEqual([CDS])
      harness.client.receive()
      harness.deliver()
      expect(harness.sentTypes).toEqual([]) // the clusters are acknowledged, their endpoints not asked for yet
      harness.client.subscribe(EDS, 'c')
      harness.deliver()
      expect(harness.sentTypes).toEqual([EDS])
      harness.client.receive()
      harness.deliver()
      expect(harness.sentTypes).toEqual([RDS])
    })

    it('does not wait for endpoints that do not exist once the node knows it', () => {
      const harness = new Harness(mesh())
      subscribeAll(harness)
      harness.push([...mesh().slice(0, 5), testCluster('c'), testRoutes('r', 'c')])
      harness.client.receive()
      harness.client.subscribe(EDS, 'c')
      harness.pushes.length = 0
      harness.drain()
      expect(harness.pushes).toMatchObject([
        { typeUrl: EDS, resources: [], removed: ['c'] },
        { typeUrl: RDS, resources: ['r'] },
      ])
    })

    it.each([
      ['never acknowledges clusters', false, 5000],
      ['never asks for their endpoints', true, 250],
    ])('does not hold them for ever when the node %s', (_, acknowledges, expected) => {
      const harness = new Harness(mesh())
      subscribeAll(harness)
      harness.pushes.length = 0
      harness.push([...mesh().slice(0, 5), testCluster('c'), testEndpoints('c', 3), testRoutes('r', 'c')])
      if (acknowledges) {
        harness.client.receive()
        harness.deliver()
      }
      harness.clock.advance(expected - 1)
      expect(harness.sentTypes).toEqual([CDS])
      harness.clock.advance(1)
      expect(harness.sentTypes).toEqual([RDS])
    })

    it('removes a cluster only when the node has accepted routes without it, and its endpoints after that', () => {
      const harness = new Harness(mesh())
      subscribeAll(harness)
      harness.pushes.length = 0
      harness.push([testCluster('a'), testEndpoints('a', 1), testListener('l', 'r'), testRoutes('r', 'a')])
      expect(harness.pushes.splice(0)).toMatchObject([{ typeUrl: RDS, resources: ['r'] }])
      expect(harness.stream.settledRevision).toBe(1)
      harness.client.receive()
      harness.deliver()
      expect(harness.pushes.splice(0)).toMatchObject([{ typeUrl: CDS, resources: [], removed: ['b'] }])
      harness.client.receive()
      harness.deliver()
      expect(harness.pushes.splice(0)).toMatchObject([{ typeUrl: EDS, removed: ['b'] }])
      harness.drain()
      expect(harness.stream.settledRevision).toBe(2)
    })

    it('removes after a reconnection what went away in between', () => {
      const harness = new Harness(mesh())
      subscribeAll(harness)
      harness.push([testCluster('a'), testEndpoints('a', 1), testListener('l', 'r'), testRoutes('r', 'a')])
      harness.pushes.length = 0
      harness.reconnect()
      harness.drain()
      expect(harness.pushes.filter((push) => push.removed.length > 0)).toMatchObject([
        { typeUrl: CDS, resources: [], removed: ['b'] },
        { typeUrl: EDS, resources: [], removed: ['b'] },
      ])
      expect(harness.pushes.findIndex((push) => push.typeUrl === RDS)).toBeLessThan(
        harness.pushes.findIndex((push) => push.removed.length > 0),
      )
      expect([...harness.client.type(CDS).resources.keys()]).toEqual(['a'])
    })
  })

  it('sends no byte of an unchanged resource to a node that reconnects', () => {
    const harness = new Harness(mesh())
    subscribeAll(harness)
    harness.pushes.length = 0
    harness.reconnect()
    harness.drain()
    expect(harness.pushes.flatMap((push) => [...push.resources, ...push.removed])).toEqual([])
    expect(harness.stream.settledRevision).toBe(1)
    expect(harness.stream.describe().map(({ status }) => status)).toEqual([
      'SYNCED',
      'SYNCED',
      'SYNCED',
      'SYNCED',
    ])
  })

  it('says at once that a named resource does not exist, and sends it when it does', () => {
    const harness = new Harness([])
    harness.client.subscribe(SDS, 'kubernetes://cert')
    harness.drain()
    expect([...harness.client.type(SDS).absent]).toEqual(['kubernetes://cert'])
    harness.push([opaqueResource(SDS, 'kubernetes://cert', 'x')])
    harness.drain()
    expect([...harness.client.type(SDS).resources.keys()]).toEqual(['kubernetes://cert'])
  })

  it('gives an Envoy an empty route configuration for one that does not exist, since it ignores removals', () => {
    const harness = new Harness([], 'envoy')
    harness.client.subscribe(RDS, '80')
    harness.drain()
    expect(clustersOfRoutes(harness.client.type(RDS).resources.get('80')!.value)).toEqual([])
    harness.push([testRoutes('80', 'a')])
    harness.drain()
    expect(clustersOfRoutes(harness.client.type(RDS).resources.get('80')!.value)).toEqual(['a'])
  })

  it('splits a large update into parts that are all acknowledged', () => {
    const many = Array.from({ length: 50 }, (_, i) => opaqueResource(LDS, `l${i}`, 'x'.repeat(100)))
    const harness = new Harness(many)
    harness.client.subscribe(LDS)
    harness.client.type(LDS).wanted.add('*')
    harness.drain()
    expect(harness.pushes.length).toBeGreaterThan(5)
    expect(harness.pushes.every((push) => push.bytes < 1000)).toBe(true)
    expect(harness.client.type(LDS).resources.size).toBe(50)
    expect(harness.acks).toHaveLength(harness.pushes.length)
    expect(harness.stale).toBe(0)
    expect(harness.stream.settledRevision).toBe(1)
  })

  describe('after a NACK', () => {
    it('does not send the rejected version again, but the next one', () => {
      const harness = new Harness(mesh())
      subscribeAll(harness)
      harness.push([...mesh().slice(0, 5), testRoutes('r', 'a')])
      harness.client.receive(true)
      harness.drain()
      expect(harness.stream.describe()[3]).toMatchObject({ status: 'ERROR' })
      expect([...harness.stream.describe()[3]!.rejected.keys()]).toEqual(['r'])
      harness.pushes.length = 0
      harness.push([...mesh(1).slice(0, 5), testRoutes('r', 'a')])
      harness.drain()
      expect(harness.pushes.map((push) => push.typeUrl)).toEqual([CDS, EDS])
      harness.push([...mesh(1).slice(0, 5), testRoutes('r', 'b')])
      harness.drain()
      expect(harness.stream.describe()[3]).toMatchObject({ status: 'SYNCED' })
    })

    it('sends the others of the response once more, since a node may stop at the first bad one', () => {
      const harness = new Harness([opaqueResource(LDS, 'good', 'x'), opaqueResource(LDS, 'no', 'x')])
      harness.client.subscribe(LDS)
      harness.client.type(LDS).wanted.add('*')
      harness.deliver()
      harness.client.receive(true) // its reason is "no", which is also the name of one of them
      harness.drain()
      expect(harness.pushes.map((push) => push.resources)).toEqual([['good', 'no'], ['good']])
      expect(harness.acks).toMatchObject([{ error: 'no', resources: ['no'] }, { error: undefined }])
      expect([...harness.client.type(LDS).resources.keys()]).toEqual(['good'])
    })
  })

  it('ends with an error when a request has no type, no node, or too many types', () => {
    const harness = new Harness([])
    const receive = (typeUrl: string) => {
      harness.client.subscribe(typeUrl, 'x')
      harness.deliver()
    }
    expect(() => receive('')).toThrow(/without a type URL/)
    expect(() => {
      for (let i = 0; i < 65; i++) receive(`type.googleapis.com/t${i}`)
    }).toThrow(/more than 64 resource types/)
    expect(() => new Harness([]).stream.receive(Buffer.alloc(0))).toThrow(
      expect.objectContaining({ code: 'XDS_BAD_NODE' }),
    )
    expect(() => new Harness([]).stream.receive(Buffer.from([0xff]))).toThrow(
      expect.objectContaining({ code: 'XDS_DECODE_FAILED' }),
    )
  })
})

describe('whatever happens on a delta stream', () => {
  const types = [CDS, EDS, LDS, RDS]
  const names = ['a', 'b', 'c', 'd']
  const typeArb = fc.constantFrom(...types)
  const nameArb = fc.constantFrom(...names, '*')
  const resourcesArb = fc
    .uniqueArray(fc.tuple(typeArb, fc.constantFrom(...names), fc.nat(2)), {
      selector: ([typeUrl, name]) => `${typeUrl}/${name}`,
      maxLength: 16,
    })
    .map((list) =>
      list.map(([typeUrl, name, generation]) =>
        typeUrl === CDS ? testCluster(name, generation) : opaqueResource(typeUrl, name, `${generation}`),
      ),
    )
  const commandArb = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('subscribe' as const), typeUrl: typeArb, name: nameArb }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('unsubscribe' as const), typeUrl: typeArb, name: nameArb }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('push' as const), resources: resourcesArb }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('deliver' as const) }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('receive' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('reject' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('reconnect' as const) }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.constantFrom(1, 300, 6000) }),
    },
  )

  it('the client ends up with exactly what the view has of what it wants', () => {
    fc.assert(
      fc.property(resourcesArb, fc.array(commandArb, { maxLength: 60 }), (initial, commands) => {
        const harness = new Harness(initial)
        for (const command of commands) {
          switch (command.do) {
            case 'subscribe':
              // An explicit name: a first request without one means everything.
              harness.client.subscribe(command.typeUrl, command.name)
              break
            case 'unsubscribe':
              harness.client.unsubscribe(command.typeUrl, command.name)
              break
            case 'push':
              harness.push(command.resources)
              break
            case 'deliver':
              harness.deliver()
              break
            case 'receive':
              harness.client.receive()
              break
            case 'reject':
              harness.client.receive(true)
              break
            case 'reconnect':
              harness.reconnect()
              break
            case 'advance':
              harness.clock.advance(command.ms)
          }
        }
        harness.drain()
        // What was rejected comes again only when it changes.
        const last = harness.resources.map((resource) =>
          resource.typeUrl === CDS
            ? testCluster(resource.name, 9)
            : opaqueResource(resource.typeUrl, resource.name, 'last'),
        )
        harness.push(last)
        for (let i = 0; i < 5; i++) {
          harness.drain()
          harness.clock.advance(10_000)
        }
        harness.drain()
        for (const [typeUrl, type] of harness.client.types) {
          const wanted = last.filter(
            (resource) =>
              resource.typeUrl === typeUrl && (type.wanted.has('*') || type.wanted.has(resource.name)),
          )
          const has = [...type.resources].map(([name, { version }]) => [name, version]).sort()
          expect(has).toEqual(wanted.map(({ name, version }) => [name, version]).sort())
        }
        if (harness.stream.node !== undefined) expect(harness.stream.settledRevision).toBe(harness.revision)
      }),
      { numRuns: 500 },
    )
  })

  it('a node that follows its listeners and clusters never has a route to a cluster that it does not have', () => {
    const consistentArb = fc
      .record({
        clusters: fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 }),
        generation: fc.nat(2),
        listeners: fc.uniqueArray(fc.constantFrom('l1', 'l2')),
        picks: fc.array(fc.nat(3), { minLength: 2, maxLength: 4 }),
      })
      .map(({ clusters, generation, listeners, picks }) => [
        ...clusters.map((name) => testCluster(name, generation)),
        ...clusters.map((name) => testEndpoints(name, generation)),
        ...listeners.map((name) => testListener(name, `routes-${name}`)),
        ...listeners.map((name, i) =>
          testRoutes(`routes-${name}`, ...picks.map((pick) => clusters[(pick + i) % clusters.length]!)),
        ),
      ])
    const stepArb = fc.oneof(
      { weight: 1, arbitrary: consistentArb.map((resources) => ({ do: 'push' as const, resources })) },
      { weight: 4, arbitrary: fc.constant({ do: 'deliver' as const }) },
      { weight: 4, arbitrary: fc.constant({ do: 'receive' as const }) },
      { weight: 1, arbitrary: fc.constant({ do: 'reconnect' as const }) },
    )
    fc.assert(
      fc.property(consistentArb, fc.array(stepArb, { maxLength: 120 }), (initial, steps) => {
        const harness = new Harness(initial)
        const { client } = harness
        const follow = (typeUrl: string, from: readonly string[]) => {
          const { wanted } = client.type(typeUrl)
          const added = from.filter((name) => !wanted.has(name))
          const dropped = [...wanted].filter((name) => !from.includes(name))
          if (added.length > 0) client.subscribe(typeUrl, ...added)
          if (dropped.length > 0) client.unsubscribe(typeUrl, ...dropped)
        }
        client.onApplied = () => {
          const clusters = client.type(CDS).resources
          follow(EDS, [...clusters.keys()])
          follow(
            RDS,
            [...client.type(LDS).resources.values()].map(({ value }) => routesOfListener(value)),
          )
          // A cluster may be used when it is there with its endpoints.
          const ready = new Set([...clusters.keys()].filter((name) => client.type(EDS).resources.has(name)))
          const broken = [...client.type(RDS).resources.values()].flatMap(({ value }) =>
            clustersOfRoutes(value).filter((name) => !ready.has(name)),
          )
          expect(broken).toEqual([])
        }
        client.subscribe(CDS, '*')
        client.subscribe(LDS, '*')
        for (const step of steps) {
          if (step.do === 'push') harness.push(step.resources)
          else if (step.do === 'deliver') harness.deliver()
          else if (step.do === 'receive') client.receive()
          else harness.reconnect()
        }
        for (let i = 0; i < 5; i++) {
          harness.drain()
          harness.clock.advance(2000)
        }
        expect(harness.stream.settledRevision).toBe(harness.revision)
      }),
      { numRuns: 500 },
    )
  })
})
