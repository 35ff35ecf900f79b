import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { HostConfig, LoadBalancerKind } from '../cluster-config.ts'
import { UpstreamHost } from '../host.ts'
import { loadBalancers } from './index.ts'

function host(name: string, weight = 1): UpstreamHost {
  const config: HostConfig = {
    key: name,
    address: { host: name, port: 80 },
    weight,
    priority: 0,
    locality: { region: '', zone: '', subZone: '' },
    health: 'healthy',
    transportLabels: {},
    metadata: {},
    hostname: '',
  }
  return new UpstreamHost(config)
}

/** A small generator with a seed, so that a failure can be repeated. */
function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

function shares(
  kind: LoadBalancerKind,
  hosts: readonly UpstreamHost[],
  total: number,
  seed = 1,
): Record<string, number> {
  const balancer = loadBalancers[kind](hosts, { random: seeded(seed), choiceCount: 2 })
  const counts = Object.fromEntries(hosts.map((h) => [h.address, 0]))
  for (let i = 0; i < total; i++) counts[balancer.choose()!.address]!++
  return counts
}

describe('round robin', () => {
  it('takes every host once a round', () => {
    expect(shares('round-robin', [host('a'), host('b'), host('c')], 300)).toEqual({ a: 100, b: 100, c: 100 })
  })

  it('follows the weights, evenly spread', () => {
    const balancer = loadBalancers['round-robin']([host('a', 4), host('b', 1)], {
      random: () => 0,
      choiceCount: 2,
    })
    const order = Array.from({ length: 11 }, () => balancer.choose()!.address).join('')
    expect(order).toBe('abaaabaaaab')
  })

  it('gives every host its share for any weights', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 8 }),
        fc.nat(),
        (weights, seed) => {
          const hosts = weights.map((weight, i) => host(`h${i}`, weight))
          const total = weights.reduce((a, b) => a + b, 0)
          const counts = shares('round-robin', hosts, total * 10, seed)
          for (const [i, weight] of weights.entries())
            expect(Math.abs(counts[`h${i}`]! - weight * 10)).toBeLessThanOrEqual(weights.length + 1)
        },
      ),
    )
  })
})

describe('least request', () => {
  it('prefers the host with fewer requests in flight', () => {
    const [busy, idle] = [host('busy'), host('idle')]
    busy.activeRequests = 10
    const counts = shares('least-request', [busy, idle], 1000)
    // Only when both choices are the busy one, a quarter of the time.
    expect(counts.busy).toBeGreaterThan(180)
    expect(counts.busy).toBeLessThan(320)
  })

  it('takes a weighted host less when it is busy', () => {
    const [heavy, light] = [host('heavy', 2), host('light', 1)]
    heavy.activeRequests = 3
    expect(shares('least-request', [heavy, light], 300).light).toBeGreaterThan(190)
  })
})

describe('random', () => {
  it('spreads evenly whatever the weights are', () => {
    const counts = shares('random', [host('a', 1), host('b', 3)], 4000)
    expect(counts.a).toBeGreaterThan(1850)
    expect(counts.a).toBeLessThan(2150)
  })
})

describe.each(['round-robin', 'least-request', 'random'] as const)('%s', (kind) => {
  it('chooses nothing where there is no host', () => {
    expect(loadBalancers[kind]([], { random: () => 0.5, choiceCount: 2 }).choose()).toBeUndefined()
  })

  it('chooses the only host', () => {
    expect(shares(kind, [host('a', 7)], 10)).toEqual({ a: 10 })
  })
})
