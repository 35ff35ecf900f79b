import type { LocalPod } from '@batten/testing/local-platform'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Child, ChildSpec } from './child.ts'
import { PodSet, podTitle } from './pod-set.ts'

/** Processes that do nothing, in a mesh that hears of everything at once. */
class FakeHost {
  readonly events: string[] = []
  readonly crash = new Map<string, () => void>()
  readonly #ready = new Map<string, (() => void)[]>()
  program = 'one'

  specsOf = async (pod: LocalPod) => ({
    sidecar: this.#spec(`sidecar ${pod.name}`, 'proxy'),
    application: this.#spec(pod.name, this.program),
  })
  spawn = (spec: ChildSpec, crashed: () => void): Child => {
    this.events.push(`start ${spec.name}`)
    this.crash.set(spec.name, crashed)
    return { spec } as Child
  }
  /** What a test holds up the end of processes with. */
  stopping: Promise<void> = Promise.resolve()
  stop = async (child: Child) => {
    this.events.push(`stop ${child.spec.name}`)
    await this.stopping
  }
  untilReady = (pod: LocalPod) =>
    new Promise<void>((resolve) => {
      this.#ready.set(pod.name, [...(this.#ready.get(pod.name) ?? []), resolve])
    })
  changed = () => this.onChanged()
  readonly cameUpPods: string[] = []
  cameUp = ({ name }: LocalPod) => this.cameUpPods.push(name)
  onChanged = () => {}
  linger = async () => {}
  served = async () => {
    this.events.push('served')
  }

  async ready(name: string): Promise<void> {
    for (const resolve of this.#ready.get(name) ?? []) resolve()
    this.#ready.delete(name)
    for (let i = 0; i < 10; i++) await Promise.resolve()
  }

  #spec(name: string, program: string): ChildSpec {
    return { name, command: [program], cwd: '.', env: {} }
  }
}

const pod = (name: string, deployment = 'cart') => ({ name, namespace: 'default', deployment }) as LocalPod

let host: FakeHost
let pods: PodSet
beforeEach(() => {
  host = new FakeHost()
  pods = new PodSet(host)
})

describe('PodSet', () => {
  it('sends requests to a pod when it is ready, and not before', async () => {
    await pods.want([pod('cart')])
    expect([pods.isReady(pod('cart')), pods.isSettled]).toEqual([false, false])
    await host.ready('cart')
    expect([pods.isReady(pod('cart')), pods.isSettled]).toEqual([true, true])
    expect(host.events).toEqual(['start sidecar cart', 'start cart'])
  })

  it('replaces a pod when its successor is ready: first nobody is sent to it, then it drains', async () => {
    await pods.want([pod('cart')])
    await host.ready('cart')
    host.events.length = 0
    await pods.want([pod('cart-2')])
    expect(pods.pods.map(({ name }) => name)).toEqual(['cart', 'cart-2'])
    await host.ready('cart-2')
    await pods.settled()
    expect(host.events).toEqual([
      'start sidecar cart-2',
      'start cart-2',
      'served',
      'stop sidecar cart',
      'stop cart',
    ])
    expect(pods.pods.map(({ name }) => name)).toEqual(['cart-2'])
  })

  it('keeps the mesh told of a pod that leaves until its processes are gone', async () => {
    await pods.want([pod('cart')])
    await host.ready('cart')
    const told: string[] = []
    host.onChanged = () => {
      const known = [...pods.pods, ...pods.leaving]
      told.push(known.map((one) => `${one.name} ${pods.isReady(one) ? 'ready' : 'not ready'}`).join(', '))
    }
    await pods.want([pod('cart-2')])
    await host.ready('cart-2')
    await pods.settled()
    expect(told).toEqual([
      // Started; ready; the one of before takes no more; it is gone.
      'cart ready, cart-2 not ready',
      'cart ready, cart-2 ready',
      'cart-2 ready, cart not ready',
      'cart-2 ready',
    ])
  })

  it('starts a pod of the same name as one that leaves when that one is gone', async () => {
    await pods.want([pod('cart')])
    await host.ready('cart')
    const { promise, resolve } = Promise.withResolvers<void>()
    host.stopping = promise
    await pods.want([])
    const wanted = pods.want([pod('cart')])
    await host.ready('nobody')
    host.events.push('gone')
    resolve()
    await wanted
    expect(host.events.slice(2)).toEqual([
      'served',
      'stop sidecar cart',
      'gone',
      'stop cart',
      'start sidecar cart',
      'start cart',
    ])
  })

  it('keeps the pods of before while their successor does not come up', async () => {
    await pods.want([pod('cart')])
    await host.ready('cart')
    await pods.want([pod('cart-2')])
    host.crash.get('cart-2')!()
    expect(pods.isReady(pod('cart'))).toBe(true)
    // Taken back: what never worked goes.
    await pods.want([pod('cart')])
    await pods.settled()
    expect(host.events.slice(-3)).toEqual(['served', 'stop sidecar cart-2', 'stop cart-2'])
  })

  it('ends the pods of a Deployment that is gone at once', async () => {
    await pods.want([pod('cart'), pod('web', 'web')])
    await host.ready('web')
    await pods.want([pod('web', 'web')])
    await pods.settled()
    expect(pods.pods.map(({ name }) => name)).toEqual(['web'])
  })

  it('takes a pod out of service while one of its processes is down', async () => {
    await pods.want([pod('cart')])
    await host.ready('cart')
    host.crash.get('sidecar cart')!()
    expect([pods.isReady(pod('cart')), pods.late]).toEqual([false, [pod('cart')]])
    await host.ready('cart')
    expect([pods.isReady(pod('cart')), pods.late]).toEqual([true, []])
    expect(host.cameUpPods).toEqual(['cart', 'cart'])
  })

  it('starts a process again whose command is another one', async () => {
    await pods.want([pod('cart')])
    await host.ready('cart')
    host.program = 'two'
    await pods.want([pod('cart')])
    expect(host.events.slice(2)).toEqual(['stop cart', 'start cart'])
  })
})

describe('podTitle', () => {
  it.each([
    ['default', 'cart'],
    ['shop', 'cart.shop'],
  ])('names a pod of %s %s', (namespace, title) => {
    expect(podTitle({ namespace, name: 'cart' })).toBe(title)
  })
})
