import {
  codec,
  DeltaClientSubscription,
  type DeltaDiscoveryRequest,
  DeltaSubscription,
  type DeltaUpdate,
  type DiscoveryRequest,
  SotwClientSubscription,
  SotwSubscription,
  type SotwUpdate,
} from '@batten/xds'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const NAMES = ['a', 'b', 'c', 'd']

type Step =
  | { do: 'subscribe' | 'unsubscribe' | 'force'; names: string[] }
  | {
      do:
        | 'subscribeAll'
        | 'unsubscribeAll'
        | 'clientSends'
        | 'serverReads'
        | 'serverPushes'
        | 'clientReads'
        | 'reconnect'
    }
  | { do: 'put' | 'delete'; name: string }

const names = fc.subarray(NAMES, { minLength: 1 })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom('subscribe' as const, 'unsubscribe' as const), names }),
  fc.record({ do: fc.constant('force' as const), names }),
  fc.record({ do: fc.constantFrom('subscribeAll' as const, 'unsubscribeAll' as const) }),
  fc.record({ do: fc.constantFrom('put' as const, 'delete' as const), name: fc.constantFrom(...NAMES) }),
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'clientSends' as const,
        'serverReads' as const,
        'serverPushes' as const,
        'clientReads' as const,
      ),
    }),
  },
  fc.record({ do: fc.constant('reconnect' as const) }),
)

/** A client and a server with a lossless, ordered stream between them that breaks now and then. */
class DeltaWorld {
  readonly snapshot = new Map<string, { version: string }>()
  readonly client = new DeltaClientSubscription('type')
  readonly held = new Map<string, string>()
  server = new DeltaSubscription({ legacyWildcard: true })
  toServer: Uint8Array[] = []
  toClient: (DeltaUpdate & { versions: Map<string, string> })[] = []
  changed = new Set<string>()
  #counter = 0
  readonly #useHint: boolean

  constructor(useHint: boolean) {
    this.#useHint = useHint
  }

  run(action: Step): void {
    switch (action.do) {
      case 'subscribe':
        this.client.subscribe(action.names)
        break
      case 'unsubscribe':
        this.client.unsubscribe(action.names)
        if (!this.client.isWildcard) for (const name of action.names) this.held.delete(name)
        break
      case 'subscribeAll':
        this.client.subscribeAll()
        break
      case 'unsubscribeAll':
        this.client.unsubscribeAll()
        for (const name of this.held.keys()) if (!this.client.wants(name)) this.held.delete(name)
        break
      case 'put':
        this.snapshot.set(action.name, { version: `v${++this.#counter}` })
        this.changed.add(action.name)
        break
      case 'delete':
        this.snapshot.delete(action.name)
        this.changed.add(action.name)
        break
      case 'force':
        this.server.force(action.names)
        break
      case 'clientSends':
        this.#send(this.client.nextRequest())
        break
      case 'serverReads': {
        const bytes = this.toServer.shift()
        if (bytes === undefined) break
        this.server.request(codec('envoy.service.discovery.v3.DeltaDiscoveryRequest').decode(bytes))
        if (this.server.needsAnswer) this.run({ do: 'serverPushes' })
        break
      }
      case 'serverPushes': {
        const update = this.server.next(
          this.snapshot,
          `n${++this.#counter}`,
          this.#useHint ? this.changed : undefined,
        )
        this.changed.clear()
        if (update === undefined) break
        const versions = new Map(update.resources.map((name) => [name, this.snapshot.get(name)!.version]))
        this.toClient.push({ ...update, versions })
        break
      }
      case 'clientReads': {
        const update = this.toClient.shift()
        if (update === undefined) break
        for (const [name, version] of update.versions)
          if (this.client.wants(name)) this.held.set(name, version)
        for (const name of update.removed) this.held.delete(name)
        const resources = [...update.versions].map(([name, version]) => ({ name, version }))
        this.#send(this.client.settle(update.nonce, resources, update.removed))
        break
      }
      case 'reconnect':
        this.client.reconnect()
        this.server = new DeltaSubscription({ legacyWildcard: true })
        this.toServer = []
        this.toClient = []
        this.changed.clear()
        break
    }
  }

  drain(): void {
    for (let i = 0; i < 8; i++) {
      this.run({ do: 'clientSends' })
      while (this.toServer.length > 0) this.run({ do: 'serverReads' })
      this.run({ do: 'serverPushes' })
      while (this.toClient.length > 0) this.run({ do: 'clientReads' })
    }
  }

  #send(request: DeltaDiscoveryRequest | undefined): void {
    if (request !== undefined)
      this.toServer.push(codec('envoy.service.discovery.v3.DeltaDiscoveryRequest').encode(request))
  }
}

class SotwWorld {
  readonly snapshot = new Map<string, { version: string }>()
  readonly client: SotwClientSubscription
  readonly held = new Map<string, string>()
  server: SotwSubscription
  toServer: Uint8Array[] = []
  toClient: (SotwUpdate & { versions: Map<string, string> })[] = []
  #counter = 0
  readonly #fullState: boolean

  constructor(fullState: boolean) {
    this.#fullState = fullState
    this.client = new SotwClientSubscription('type', { fullState, legacyWildcard: fullState })
    this.server = this.#newServer()
  }

  run(action: Step): void {
    switch (action.do) {
      case 'subscribe':
        this.client.subscribe(action.names)
        break
      case 'unsubscribe':
        this.client.unsubscribe(action.names)
        this.#forgetUnwanted()
        break
      case 'subscribeAll':
        this.client.subscribeAll()
        break
      case 'unsubscribeAll':
        this.client.unsubscribeAll()
        this.#forgetUnwanted()
        break
      case 'put':
        this.snapshot.set(action.name, { version: `v${++this.#counter}` })
        break
      case 'delete':
        this.snapshot.delete(action.name)
        break
      case 'force':
        this.server.force(action.names)
        break
      case 'clientSends':
        this.#send(this.client.nextRequest())
        break
      case 'serverReads': {
        const bytes = this.toServer.shift()
        if (bytes === undefined) break
        this.server.request(codec('envoy.service.discovery.v3.DiscoveryRequest').decode(bytes))
        if (this.server.needsAnswer) this.run({ do: 'serverPushes' })
        break
      }
      case 'serverPushes': {
        const update = this.server.next(this.snapshot, `s${++this.#counter}`, `n${this.#counter}`)
        if (update === undefined) break
        const versions = new Map(update.resources.map((name) => [name, this.snapshot.get(name)!.version]))
        this.toClient.push({ ...update, versions })
        break
      }
      case 'clientReads': {
        const update = this.toClient.shift()
        if (update === undefined) break
        if (this.#fullState)
          for (const name of this.held.keys()) if (!update.versions.has(name)) this.held.delete(name)
        for (const [name, version] of update.versions)
          if (this.client.wants(name)) this.held.set(name, version)
        const resources = [...update.versions].map(([name, version]) => ({ name, version }))
        this.#send(this.client.settle(update.nonce, update.version, resources))
        break
      }
      case 'reconnect':
        this.client.reconnect()
        this.server = this.#newServer()
        this.toServer = []
        this.toClient = []
        break
    }
  }

  drain(): void {
    for (let i = 0; i < 8; i++) {
      this.run({ do: 'clientSends' })
      while (this.toServer.length > 0) this.run({ do: 'serverReads' })
      this.run({ do: 'serverPushes' })
      while (this.toClient.length > 0) this.run({ do: 'clientReads' })
    }
  }

  #newServer(): SotwSubscription {
    return new SotwSubscription({ legacyWildcard: this.#fullState, fullState: this.#fullState })
  }

  #forgetUnwanted(): void {
    for (const name of this.held.keys()) if (!this.client.wants(name)) this.held.delete(name)
  }

  #send(request: DiscoveryRequest | undefined): void {
    if (request !== undefined)
      this.toServer.push(codec('envoy.service.discovery.v3.DiscoveryRequest').encode(request))
  }
}

function wantedOf(world: {
  snapshot: Map<string, { version: string }>
  client: { wants(name: string): boolean }
}) {
  const wanted = [...world.snapshot].filter(([name]) => world.client.wants(name))
  return new Map(wanted.map(([name, { version }]) => [name, version]))
}

describe('delta', () => {
  it.each([
    ['all names are compared', false],
    ['only changed names are compared', true],
  ])('converges to exactly what the node wants, whatever happens on the way, when %s', (_, useHint) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const world = new DeltaWorld(useHint)
        for (const action of steps) world.run(action)
        world.drain()
        expect(world.held).toEqual(wantedOf(world))
        expect(new Map(world.client.versions)).toEqual(world.held)
        expect(world.server.awaitingAck).toBe(false)
      }),
      { numRuns: 1500 },
    )
  })

  it('sends nothing after a reconnect at which nothing changed', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const world = new DeltaWorld(false)
        for (const action of steps) world.run(action)
        world.drain()
        world.run({ do: 'reconnect' })
        world.run({ do: 'clientSends' })
        world.run({ do: 'serverReads' })
        expect(world.toClient.flatMap((update) => update.resources)).toEqual([])
      }),
      { numRuns: 300 },
    )
  })
})

describe('state of the world', () => {
  it('converges to exactly what the node wants where responses are complete', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const world = new SotwWorld(true)
        for (const action of steps) world.run(action)
        world.drain()
        expect(world.held).toEqual(wantedOf(world))
        expect(new Map(world.client.versions)).toEqual(world.held)
      }),
      { numRuns: 1500 },
    )
  })

  it('gives the node the newest of all it wants where responses are partial', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const world = new SotwWorld(false)
        for (const action of steps) world.run(action)
        world.drain()
        for (const [name, version] of wantedOf(world)) expect(world.held.get(name)).toBe(version)
        // What is deleted can only be forgotten by the node itself.
        for (const name of world.held.keys()) expect(world.client.wants(name)).toBe(true)
      }),
      { numRuns: 1500 },
    )
  })
})
