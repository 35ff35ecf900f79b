import { describe, expect, it } from 'vitest'
import { clusterConfig, hostConfig } from '../../test/support/cluster-configs.ts'
import { UpstreamFixture } from '../../test/support/upstream-fixture.ts'
import type { UpstreamConnectFailure, UpstreamConnection } from '../network/filter.ts'
import type { ClusterConfig, TransportConfig } from './cluster-config.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'
const eds: Partial<ClusterConfig> = { discovery: { kind: 'eds', serviceName: 's' }, hosts: [] }
const addresses = (fixture: UpstreamFixture, name = 'c') =>
  fixture.clusters.get(name)!.hosts.map((host) => host.address)
const tick = () => new Promise((resolve) => setImmediate(resolve))

describe('hosts', () => {
  it('that stay in an update keep their connections; one that leaves finishes its request', () => {
    const fixture = new UpstreamFixture()
    fixture.clusters.apply(clusterConfig('c', [], eds))
    fixture.clusters.applyHosts('c', [hostConfig('10.0.0.1:80'), hostConfig('10.0.0.2:80')])
    const [first, second] = [fixture.acquire('c'), fixture.acquire('c')]
    const [one, two] = fixture.attempts.splice(0).map((attempt) => attempt.accept())
    first.send()
    second.send()
    fixture.clusters.applyHosts('c', [hostConfig('10.0.0.1:80', { weight: 3 }), hostConfig('10.0.0.3:80')])
    expect([one!.destroyed, two!.destroyed]).toEqual([false, false])
    one!.receive(OK)
    two!.receive(OK)
    expect([first.sink.status, second.sink.status]).toEqual([200, 200])
    // The connection of the host that stayed is idle, the other one closed after its response.
    expect([one!.destroyed, two!.destroyed]).toEqual([false, true])
    expect([fixture.stat('cluster.c.membership_total'), fixture.stat('cluster.c.membership_change')]).toEqual(
      [2, 2],
    )
  })

  it('that leave close their idle connections at once', () => {
    const fixture = new UpstreamFixture()
    fixture.clusters.apply(clusterConfig('c', ['10.0.0.1:80']))
    const waiter = fixture.acquire('c')
    const transport = fixture.attempts.shift()!.accept()
    waiter.send()
    transport.receive(OK)
    fixture.clusters.applyHosts('c', [])
    expect(transport.destroyed).toBe(true)
  })

  it('count by their health', () => {
    const fixture = new UpstreamFixture()
    fixture.clusters.apply(clusterConfig('c', [], eds))
    fixture.clusters.applyHosts('c', [
      hostConfig('10.0.0.1:80'),
      hostConfig('10.0.0.2:80', { health: 'degraded' }),
      hostConfig('10.0.0.3:80', { health: 'unhealthy' }),
    ])
    const names = ['membership_total', 'membership_healthy', 'membership_degraded']
    expect(names.map((name) => fixture.stat(`cluster.c.${name}`))).toEqual([3, 1, 1])
  })

  it('of one address count once', () => {
    const fixture = new UpstreamFixture()
    fixture.clusters.apply(clusterConfig('c', ['10.0.0.1:80', '10.0.0.1:80']))
    expect(addresses(fixture)).toEqual(['10.0.0.1:80'])
  })
})

describe('a new configuration', () => {
  const tls = (sni: string): TransportConfig => ({
    kind: 'tls',
    tls: {
      sni,
      certificate: 'default',
      validation: 'ROOTCA',
      alpn: [],
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.3',
      ciphers: '',
      groups: [],
      signatureAlgorithms: [],
      subjectAltNames: [],
    },
  })

  const connected = (over: Partial<ClusterConfig>) => {
    const fixture = new UpstreamFixture()
    fixture.clusters.apply(clusterConfig('c', ['10.0.0.1:80'], over))
    const waiter = fixture.acquire('c')
    const transport = fixture.attempts.shift()!.accept()
    waiter.send()
    return { fixture, waiter, transport }
  }

  it('keeps connections when it connects in the same way', () => {
    const { fixture, transport } = connected({ transport: tls('a') })
    fixture.clusters.apply(
      clusterConfig('c', ['10.0.0.1:80'], { transport: tls('a'), loadBalancer: 'random' }),
    )
    transport.receive(OK)
    expect([transport.destroyed, fixture.acquire('c').connection !== undefined]).toEqual([false, true])
  })

  it('makes new connections when they would be different; the old one finishes its exchange', () => {
    const { fixture, waiter, transport } = connected({ transport: tls('a') })
    fixture.clusters.apply(clusterConfig('c', ['10.0.0.1:80'], { transport: tls('b') }))
    fixture.acquire('c')
    expect(fixture.attempts[0]!.transport).toEqual(tls('b'))
    expect(fixture.openFactories).toBe(2)
    transport.receive(OK)
    expect([waiter.sink.status, transport.destroyed]).toEqual([200, true])
    transport.receiveClose()
    expect(fixture.openFactories).toBe(1)
  })

  it('keeps the hosts of an EDS cluster until new ones come', () => {
    const fixture = new UpstreamFixture()
    fixture.clusters.apply(clusterConfig('c', [], eds))
    fixture.clusters.applyHosts('c', [hostConfig('10.0.0.1:80')])
    fixture.clusters.apply(clusterConfig('c', [], { ...eds, connectTimeoutMs: 1 }))
    expect(addresses(fixture)).toEqual(['10.0.0.1:80'])
  })

  it('chooses the transport of a host by its labels', () => {
    const fixture = new UpstreamFixture()
    const transportMatches = [{ name: 'tls', match: { tlsMode: 'istio' }, transport: tls('x') }]
    fixture.clusters.apply(clusterConfig('c', [], { ...eds, transportMatches }))
    const transportOf = (labels: Record<string, string>) => {
      fixture.clusters.applyHosts('c', [hostConfig('10.0.0.1:80', { transportLabels: labels })])
      fixture.acquire('c')
      return fixture.attempts.pop()!.transport.kind
    }
    expect([
      transportOf({}),
      transportOf({ tlsMode: 'istio', more: '1' }),
      transportOf({ tlsMode: 'disabled' }),
    ]).toEqual(['plain', 'tls', 'plain'])
  })
})

it('lets requests of a removed cluster finish, and forgets its stats', () => {
  const fixture = new UpstreamFixture()
  fixture.clusters.apply(clusterConfig('c', ['10.0.0.1:80']))
  const waiter = fixture.acquire('c')
  const transport = fixture.attempts.shift()!.accept()
  waiter.send()
  fixture.clusters.remove('c')
  expect([fixture.clusters.get('c'), fixture.stats.find('cluster.c.upstream_cx_total')]).toEqual([
    undefined,
    undefined,
  ])
  transport.receive(OK)
  transport.receiveClose()
  expect([waiter.sink.status, transport.destroyed, fixture.openFactories]).toEqual([200, true, 0])
  expect(fixture.stat('cluster_manager.active_clusters')).toBe(0)
})

it('closes everything at once when the proxy ends', async () => {
  const fixture = new UpstreamFixture()
  fixture.clusters.apply(clusterConfig('c', ['10.0.0.1:80', '10.0.0.2:80']))
  const [connected, waiting] = [fixture.acquire('c'), fixture.acquire('c')]
  const transport = fixture.attempts.shift()!.accept()
  await fixture.clusters.close()
  expect([
    connected.connection !== undefined,
    transport.destroyed,
    fixture.attempts[0]!.cancelled,
    waiting.failure,
  ]).toEqual([true, true, true, 'local_reset'])
  expect(fixture.wheel.size).toBe(0)
})

describe('a raw connection', () => {
  const connect = (fixture: UpstreamFixture) => {
    const results: (UpstreamConnection | UpstreamConnectFailure)[] = []
    const handle = fixture.clusters.connect('c', undefined, (result) => results.push(result))
    return { results, handle }
  }

  it('is handed over with the address of its host, and counts until it is released', () => {
    const fixture = new UpstreamFixture()
    fixture.clusters.apply(clusterConfig('c', ['10.0.0.1:80']))
    const { results } = connect(fixture)
    const transport = fixture.attempts.shift()!.accept()
    const result = results[0] as UpstreamConnection
    expect([
      result.transport === transport,
      result.hostAddress,
      fixture.stat('cluster.c.upstream_cx_active'),
    ]).toEqual([true, '10.0.0.1:80', 1])
    result.release(true)
    result.release(true)
    expect(fixture.stat('cluster.c.upstream_cx_active')).toBe(0)
  })

  it('counts as a request of its host, which least request goes by', () => {
    const fixture = new UpstreamFixture()
    fixture.clusters.apply(clusterConfig('c', ['10.0.0.1:80']))
    const host = fixture.clusters.get('c')!.hosts[0]!
    const stats = () =>
      ['pending_active', 'pending_total', 'active', 'total']
        .map((name) => fixture.stat(`cluster.c.upstream_rq_${name}`))
        .concat(host.activeRequests, host.counts.rqTotal)
    const { results } = connect(fixture)
    expect(stats()).toEqual([1, 1, 0, 0, 0, 0])
    fixture.attempts.shift()!.accept()
    expect(stats()).toEqual([0, 1, 1, 1, 1, 1])
    ;(results[0] as UpstreamConnection).release(false)
    expect(stats()).toEqual([0, 1, 0, 1, 0, 1])
    expect(fixture.stat('cluster.c.upstream_cx_destroy_local_with_active_rq')).toBe(1)
  })

  it.each<[string, Partial<ClusterConfig> | undefined, UpstreamConnectFailure['failure']]>([
    ['there is no such cluster', undefined, 'unknown-cluster'],
    ['there is no host', { hosts: [] }, 'no-healthy-upstream'],
    [
      'as many wait as may',
      { circuitBreaker: { maxConnections: 1, maxPendingRequests: 0, maxRequests: 1, maxRetries: 1 } },
      'overflow',
    ],
    [
      'there are too many',
      { circuitBreaker: { maxConnections: 0, maxPendingRequests: 1, maxRequests: 1, maxRetries: 1 } },
      'overflow',
    ],
  ])('is refused when %s, but not before the call returned', async (_title, over, failure) => {
    const fixture = new UpstreamFixture()
    if (over !== undefined) fixture.clusters.apply(clusterConfig('c', ['10.0.0.1:80'], over))
    const { results } = connect(fixture)
    expect(results).toEqual([])
    await tick()
    expect(results).toEqual([expect.objectContaining({ failure })])
  })

  it('that fails says so; one that is not wanted any more says nothing', async () => {
    const fixture = new UpstreamFixture()
    fixture.clusters.apply(clusterConfig('c', ['10.0.0.1:80']))
    const failed = connect(fixture)
    fixture.attempts.shift()!.fail('timeout')
    expect(failed.results).toEqual([
      { failure: 'timeout', message: 'no', hostAddress: '10.0.0.1:80', transportFailure: '' },
    ])
    const cancelled = connect(fixture)
    cancelled.handle.cancel()
    expect([fixture.attempts[0]!.cancelled, fixture.stat('cluster.c.upstream_cx_active')]).toEqual([true, 0])
  })
})

describe('DNS', () => {
  const dns = (kind: 'strict-dns' | 'logical-dns', names: string[]): ClusterConfig =>
    clusterConfig('c', names, { discovery: { kind, refreshMs: 5000 } })

  it('strict: every address of every name is a host, asked for again and again', async () => {
    let addressesOfA = ['10.0.0.1', '10.0.0.2']
    const fixture = new UpstreamFixture(async (name) => (name === 'a.example' ? addressesOfA : ['fd00::1']))
    fixture.clusters.apply(dns('strict-dns', ['a.example:80', 'b.example:81']))
    await tick()
    expect(addresses(fixture)).toEqual(['10.0.0.1:80', '10.0.0.2:80', '[fd00::1]:81'])
    expect(fixture.clusters.get('c')!.hosts[0]!.config.hostname).toBe('a.example')
    addressesOfA = ['10.0.0.9']
    fixture.clock.advance(5000)
    await tick()
    expect(addresses(fixture)).toEqual(['10.0.0.9:80', '[fd00::1]:81'])
  })

  it('logical: the first address is the host', async () => {
    const fixture = new UpstreamFixture(async () => ['10.0.0.1', '10.0.0.2'])
    fixture.clusters.apply(dns('logical-dns', ['a.example:80']))
    await tick()
    expect(addresses(fixture)).toEqual(['10.0.0.1:80'])
  })

  it('that fails leaves the last hosts and is tried again', async () => {
    let fails = false
    const fixture = new UpstreamFixture(async () => {
      if (fails) throw new Error('SERVFAIL')
      return ['10.0.0.1']
    })
    fixture.clusters.apply(dns('strict-dns', ['a.example:80']))
    await tick()
    fails = true
    fixture.clock.advance(5000)
    await tick()
    expect([
      addresses(fixture),
      fixture.stat('cluster.c.update_failure'),
      fixture.clock.pendingTimers,
    ]).toEqual([['10.0.0.1:80'], 1, 1])
    fixture.clusters.remove('c')
    expect(fixture.clock.pendingTimers).toBe(0)
  })

  it('is not asked anew when the configuration says the same', async () => {
    let asked = 0
    const fixture = new UpstreamFixture(async () => {
      asked++
      return ['10.0.0.1']
    })
    fixture.clusters.apply(dns('strict-dns', ['a.example:80']))
    await tick()
    fixture.clusters.apply({ ...dns('strict-dns', ['a.example:80']), connectTimeoutMs: 1 })
    await tick()
    expect([asked, addresses(fixture)]).toEqual([1, ['10.0.0.1:80']])
  })
})
