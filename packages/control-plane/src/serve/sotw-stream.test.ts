import { TYPE_URLS } from '@batten/xds'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { NaiveSotwClient } from '../../test/support/naive-sotw-client.ts'
import { testNode } from '../../test/support/test-node.ts'
import {
  clustersOfRoutes,
  opaqueResource,
  testCluster,
  testEndpoints,
  testRoutes,
  testView,
} from '../../test/support/test-resources.ts'
import type { Resource } from '../model/resource.ts'
import { AdsStream } from './ads-stream.ts'
import { parseNode } from './parse-node.ts'
import { createSotwProtocol } from './sotw-protocol.ts'
import type { PushEvent } from './stream-events.ts'

const { CDS, EDS, LDS, RDS, SDS } = TYPE_URLS

class Harness {
  readonly clock = new ManualClock()
  readonly pushes: PushEvent[] = []
  readonly client: NaiveSotwClient
  stale = 0
  resources: readonly Resource[]
  revision = 1
  stream: AdsStream
  #view: ReturnType<typeof testView>

  constructor(resources: readonly Resource[], nameOf: (value: Uint8Array) => string = readName) {
    this.resources = resources
    this.#view = testView(resources)
    this.client = new NaiveSotwClient(testNode(), nameOf)
    this.stream = this.#open()
  }

  push(resources: readonly Resource[]): void {
    this.resources = resources
    this.#view = testView(resources)
    this.revision += 1
    this.stream.push({ view: this.#view, revision: this.revision })
  }

  reconnect(): void {
    this.stream.close()
    this.stream = this.#open()
    this.client.reconnect()
  }

  deliver(): boolean {
    const bytes = this.client.outgoing.shift()
    if (bytes === undefined) return false
    this.stream.receive(bytes)
    return true
  }

  drain(): void {
    for (let i = 0; i < 10_000; i++) if (![this.deliver(), this.client.receive()].includes(true)) return
    throw new Error('client and server never come to rest')
  }

  #open(): AdsStream {
    const { client } = this
    return new AdsStream({
      protocol: createSotwProtocol(Buffer.alloc(0), 1000),
      clock: this.clock,
      send: (frame) => void client.incoming.push(frame),
      isBackedUp: () => false,
      admit: (node) => ({
        node: parseNode(node),
        snapshot: { view: this.#view, revision: this.revision },
      }),
      events: {
        pushed: (event) => void this.pushes.push(event),
        acknowledged: () => {},
        settled: () => {},
        staleNonce: () => void this.stale++,
      },
    })
  }
}

/** The first field of clusters, assignments, listeners and route configurations is their name. */
function readName(value: Uint8Array): string {
  return Buffer.from(value.subarray(2, 2 + value[1]!)).toString()
}

describe('a state-of-the-world stream', () => {
  it('lists all clusters and listeners, and of other types only what changed', () => {
    const harness = new Harness([
      testCluster('a'),
      testCluster('b'),
      testEndpoints('a', 1),
      testEndpoints('b', 1),
    ])
    harness.client.want(CDS, ['*'])
    harness.client.want(EDS, ['a', 'b'])
    harness.drain()
    harness.pushes.length = 0
    harness.push([testCluster('a', 1), testCluster('b'), testEndpoints('a', 1), testEndpoints('b', 1)])
    harness.drain()
    expect(harness.pushes).toMatchObject([
      { typeUrl: CDS, resources: ['a', 'b'] },
      { typeUrl: EDS, resources: ['a'] }, // only the changed cluster warms again
    ])
  })

  it('keeps a cluster in the list until the node has accepted routes without it', () => {
    const before = [testCluster('a'), testCluster('b'), testRoutes('r', 'b')]
    const harness = new Harness(before)
    harness.client.want(CDS, ['*'])
    harness.client.want(LDS, ['*'])
    harness.client.want(RDS, ['r'])
    harness.drain()
    harness.clock.advance(10_000) // nobody asks for endpoints here
    harness.drain()
    harness.pushes.length = 0
    harness.push([testCluster('a'), testRoutes('r', 'a')])
    expect(harness.pushes.splice(0)).toMatchObject([{ typeUrl: RDS, resources: ['r'] }])
    harness.drain()
    expect(harness.pushes).toMatchObject([{ typeUrl: CDS, resources: ['a'] }])
    expect([...harness.client.type(CDS).resources.keys()]).toEqual(['a'])
  })

  it('adds a cluster at once although an old one is still held', () => {
    const harness = new Harness([testCluster('a'), testRoutes('r', 'a')])
    harness.client.want(CDS, ['*'])
    harness.client.want(RDS, ['r'])
    harness.drain()
    harness.clock.advance(10_000)
    harness.drain()
    harness.pushes.length = 0
    harness.push([testCluster('b'), testRoutes('r', 'b')])
    expect(harness.pushes.splice(0)).toMatchObject([{ typeUrl: CDS, resources: ['b', 'a'] }])
    harness.drain()
    harness.clock.advance(250)
    harness.drain()
    expect(harness.pushes.map(({ typeUrl, resources }) => [typeUrl, resources])).toEqual([
      [RDS, ['r']],
      [CDS, ['b']],
    ])
  })

  it('answers a subscription to what does not exist: empty routes, no endpoints, no secret', () => {
    const harness = new Harness([])
    harness.client.want(RDS, ['80'])
    harness.client.want(EDS, ['a'])
    harness.client.want(SDS, ['kubernetes://x'])
    harness.drain()
    expect(harness.pushes).toMatchObject([
      { typeUrl: RDS, resources: ['80'] },
      { typeUrl: EDS, resources: ['a'] },
      { typeUrl: SDS, resources: [] },
    ])
    expect(clustersOfRoutes(harness.client.type(RDS).resources.get('80')!)).toEqual([])
  })

  it('ignores requests with a stale nonce', () => {
    const harness = new Harness([opaqueResource(LDS, 'a', '\n\u0001a1')])
    harness.client.want(LDS, ['*'])
    harness.deliver()
    harness.push([opaqueResource(LDS, 'a', '\n\u0001a2')])
    harness.clock.advance(6000) // the first response is given up
    harness.client.receive()
    const late = harness.client.outgoing.shift()!
    harness.drain()
    harness.stream.receive(late)
    expect(harness.stale).toBe(1)
    expect(harness.stream.settledRevision).toBe(2)
  })

  it('whatever happens, the client ends up with exactly what the view has of what it wants', () => {
    const types = [CDS, EDS, LDS, RDS]
    const names = ['a', 'b', 'c']
    const typeArb = fc.constantFrom(...types)
    const opaque = (typeUrl: string, name: string, content: string) =>
      opaqueResource(typeUrl, name, `\n\u0001${name}${content}`)
    const resourcesArb = fc
      .uniqueArray(fc.tuple(typeArb, fc.constantFrom(...names), fc.nat(2)), {
        selector: ([typeUrl, name]) => `${typeUrl}/${name}`,
      })
      .map((list) =>
        list.map(([typeUrl, name, n]) =>
          typeUrl === CDS ? testCluster(name, n) : opaque(typeUrl, name, `${n}`),
        ),
      )
    const commandArb = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({
          do: fc.constant('want' as const),
          typeUrl: typeArb,
          names: fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 }),
          isAll: fc.boolean(),
        }),
      },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('push' as const), resources: resourcesArb }) },
      { weight: 5, arbitrary: fc.constant({ do: 'deliver' as const }) },
      { weight: 5, arbitrary: fc.constant({ do: 'receive' as const }) },
      { weight: 1, arbitrary: fc.constant({ do: 'reject' as const }) },
      { weight: 1, arbitrary: fc.constant({ do: 'reconnect' as const }) },
      { weight: 1, arbitrary: fc.constant({ do: 'advance' as const }) },
    )
    fc.assert(
      fc.property(resourcesArb, fc.array(commandArb, { maxLength: 60 }), (initial, commands) => {
        const harness = new Harness(initial)
        for (const command of commands) {
          if (command.do === 'want') {
            // Everything is for the types of which a response is the whole truth.
            const isAll = command.isAll && (command.typeUrl === CDS || command.typeUrl === LDS)
            harness.client.want(command.typeUrl, isAll ? ['*'] : command.names)
          } else if (command.do === 'push') harness.push(command.resources)
          else if (command.do === 'deliver') harness.deliver()
          else if (command.do === 'receive') harness.client.receive()
          else if (command.do === 'reject') harness.client.receive(true)
          else if (command.do === 'reconnect') harness.reconnect()
          else harness.clock.advance(6000)
        }
        harness.drain()
        const last = harness.resources.map(({ typeUrl, name }) =>
          typeUrl === CDS ? testCluster(name, 9) : opaque(typeUrl, name, 'last'),
        )
        harness.push(last)
        for (let i = 0; i < 5; i++) {
          harness.drain()
          harness.clock.advance(10_000)
        }
        harness.drain()
        for (const [typeUrl, type] of harness.client.types) {
          const expected = last.filter((r) => r.typeUrl === typeUrl && harness.client.wants(typeUrl, r.name))
          const isFull = typeUrl === CDS || typeUrl === LDS
          // Other types cannot say that something is gone; nothing refers to it any more.
          const has = [...type.resources].filter(([name]) => isFull || expected.some((r) => r.name === name))
          expect(has.map(([name, value]) => [name, Buffer.from(value).toString('hex')]).sort()).toEqual(
            expected.map(({ name, value }) => [name, Buffer.from(value).toString('hex')]).sort(),
          )
        }
        if (harness.stream.node !== undefined) expect(harness.stream.settledRevision).toBe(harness.revision)
      }),
      { numRuns: 500 },
    )
  })
})
