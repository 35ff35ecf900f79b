import { describe, expect, it } from 'vitest'
import type { HostConfig } from './cluster-config.ts'
import { UpstreamHost } from './host.ts'
import { HostSet } from './host-set.ts'

function host(key: string, health: HostConfig['health'] = 'healthy', priority = 0): UpstreamHost {
  return new UpstreamHost({
    key,
    address: { host: key, port: 80 },
    weight: 1,
    priority,
    locality: { region: '', zone: '', subZone: '' },
    health,
    transportLabels: {},
    metadata: {},
    hostname: '',
  })
}

/** Counts over evenly spread "random" numbers. */
function shares(hosts: readonly UpstreamHost[], panicPercent = 50): Record<string, number> {
  let i = 0
  const set = new HostSet(hosts, 'round-robin', panicPercent, {
    random: () => (i++ * 0.61803398875) % 1,
    choiceCount: 2,
  })
  const counts: Record<string, number> = {}
  for (let n = 0; n < 1000; n++) {
    const chosen = set.choose()?.address ?? 'none'
    counts[chosen] = (counts[chosen] ?? 0) + 1
  }
  return counts
}

describe('HostSet', () => {
  it('has no host to choose when it is empty', () => {
    expect(shares([])).toEqual({ none: 1000 })
  })

  it('leaves out unhealthy hosts while enough are healthy', () => {
    expect(Object.keys(shares([host('a'), host('b'), host('c', 'unhealthy')])).sort()).toEqual(['a', 'b'])
  })

  it('ignores health when too few hosts are healthy', () => {
    expect(Object.keys(shares([host('a'), host('b', 'unhealthy'), host('c', 'unhealthy')])).sort()).toEqual([
      'a',
      'b',
      'c',
    ])
  })

  it('never panics at a threshold of zero', () => {
    expect(shares([host('a'), host('b', 'unhealthy'), host('c', 'unhealthy')], 0)).toEqual({ a: 1000 })
    expect(shares([host('a', 'unhealthy')], 0)).toEqual({ none: 1000 })
  })

  it('takes a draining host for none that is missing, and gives it requests in panic only', () => {
    expect(shares([host('a', 'draining'), host('b', 'healthy')])).toEqual({ b: 1000 })
    expect(shares([host('a', 'draining'), host('b', 'unhealthy')])).toEqual({ a: 500, b: 500 })
    expect(shares([host('a', 'draining')])).toEqual({ a: 1000 })
  })

  it('spills over by the factor of the assignment', () => {
    const of = (name: string, health: 'healthy' | 'unhealthy', priority: number) => {
      const made = host(name, health, priority)
      made.config = { ...made.config, overprovisioningPercent: 100 }
      return made
    }
    expect(shares([of('a', 'healthy', 0), of('b', 'unhealthy', 0), of('c', 'healthy', 1)])).toEqual({
      a: 500,
      c: 500,
    })
  })

  it('stays at the first priority while 72 percent of it are healthy', () => {
    const first = [host('a'), host('b'), host('c'), host('d', 'unhealthy')]
    expect(Object.keys(shares([...first, host('z', 'healthy', 1)])).sort()).toEqual(['a', 'b', 'c'])
  })

  it('spills over to the next priority what the first cannot take', () => {
    const counts = shares([host('a'), host('b', 'unhealthy'), host('z', 'healthy', 1)])
    // 50 % healthy counts as 70 %.
    expect(counts.a).toBeGreaterThan(680)
    expect(counts.a).toBeLessThan(720)
    expect(counts.z).toBe(1000 - counts.a!)
  })

  it('gives degraded hosts what healthy ones cannot take', () => {
    const counts = shares([host('a'), host('b', 'degraded'), host('c', 'degraded'), host('d', 'degraded')])
    // 25 % healthy counts as 35 %.
    expect(counts.a).toBeGreaterThan(330)
    expect(counts.a).toBeLessThan(370)
  })

  it('goes to every host of every priority when nobody is healthy', () => {
    const counts = shares([host('a', 'unhealthy'), host('b', 'unhealthy'), host('z', 'unhealthy', 1)])
    expect(Object.keys(counts).sort()).toEqual(['a', 'b', 'z'])
  })
})
