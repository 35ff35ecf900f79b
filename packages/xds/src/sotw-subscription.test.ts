import { describe, expect, it } from 'vitest'
import { DeltaClientSubscription, SotwClientSubscription } from './client-subscription.ts'
import { SotwSubscription } from './sotw-subscription.ts'

const snapshot = (versions: Record<string, string>) =>
  new Map(Object.entries(versions).map(([name, version]) => [name, { version }]))

describe('SotwSubscription', () => {
  it('sends all listeners whenever one of them changes', () => {
    const listeners = new SotwSubscription({ legacyWildcard: true, fullState: true })
    listeners.request({})
    expect(listeners.next(snapshot({ a: '1', b: '1' }), 'v1', 'n1')).toEqual({
      version: 'v1',
      nonce: 'n1',
      resources: ['a', 'b'],
    })
    expect(listeners.next(snapshot({ a: '1', b: '1' }), 'v2', 'n2')).toBeUndefined()
    expect(listeners.next(snapshot({ a: '1', b: '2' }), 'v3', 'n3')?.resources).toEqual(['a', 'b'])
    expect(listeners.next(snapshot({ b: '2' }), 'v4', 'n4')?.resources).toEqual(['b'])
  })

  it('sends only what changed of a type whose responses may be partial', () => {
    const routes = new SotwSubscription()
    routes.request({ resourceNames: ['a', 'b'] })
    expect(routes.next(snapshot({ a: '1', b: '1' }), 'v1', 'n1')?.resources).toEqual(['a', 'b'])
    expect(routes.next(snapshot({ a: '2', b: '1' }), 'v2', 'n2')?.resources).toEqual(['a'])
    expect(routes.next(snapshot({ a: '2' }), 'v3', 'n3')).toBeUndefined()
  })

  it('answers a first request even if nothing is there', () => {
    const routes = new SotwSubscription()
    routes.request({ resourceNames: ['a'] })
    expect(routes.next(snapshot({}), 'v1', 'n1')).toEqual({ version: 'v1', nonce: 'n1', resources: [] })
  })

  it('answers added names with just those, and fewer names not at all', () => {
    const routes = new SotwSubscription()
    routes.request({ resourceNames: ['a'] })
    routes.next(snapshot({ a: '1', b: '1' }), 'v1', 'n1')
    expect(routes.request({ responseNonce: 'n1', resourceNames: ['a', 'b'] }).subscriptionChanged).toBe(true)
    expect(routes.next(snapshot({ a: '1', b: '1' }), 'v1', 'n2')?.resources).toEqual(['b'])
    routes.request({ responseNonce: 'n2', resourceNames: ['b'] })
    expect(routes.next(snapshot({ a: '1', b: '1' }), 'v1', 'n3')).toBeUndefined()
  })

  it('ignores requests with a stale nonce altogether', () => {
    const routes = new SotwSubscription()
    routes.request({ resourceNames: ['a'] })
    routes.next(snapshot({ a: '1' }), 'v1', 'n1')
    expect(routes.request({ responseNonce: 'n0', resourceNames: ['b'] })).toEqual({
      acknowledgement: 'stale',
      error: undefined,
      subscriptionChanged: false,
    })
    expect([...routes.names]).toEqual(['a'])
  })

  it('knows a NACK by its error only and keeps the version that was accepted', () => {
    const clusters = new SotwSubscription({ legacyWildcard: true, fullState: true })
    clusters.request({})
    clusters.next(snapshot({ a: '1' }), 'v1', 'n1')
    expect(clusters.request({ responseNonce: 'n1', versionInfo: 'v1' }).acknowledgement).toBe('ack')
    clusters.next(snapshot({ a: '2' }), 'v2', 'n2')
    expect(
      clusters.request({ responseNonce: 'n2', versionInfo: 'v1', errorDetail: { message: 'no' } }),
    ).toMatchObject({
      acknowledgement: 'nack',
      error: 'no',
    })
    expect([clusters.acceptedVersion, clusters.lastError]).toEqual(['v1', 'no'])
  })

  it('ends the wildcard of an empty request for good once a name was sent', () => {
    const clusters = new SotwSubscription({ legacyWildcard: true, fullState: true })
    clusters.request({})
    clusters.next(snapshot({ a: '1', b: '1' }), 'v1', 'n1')
    clusters.request({ responseNonce: 'n1', resourceNames: ['a'] })
    expect(clusters.isWildcard).toBe(false)
    expect(clusters.next(snapshot({ a: '1', b: '1' }), 'v1', 'n2')?.resources).toEqual(['a'])
    clusters.request({ responseNonce: 'n2', resourceNames: [] })
    expect(clusters.next(snapshot({ a: '1', b: '1' }), 'v1', 'n3')?.resources).toEqual([])
    clusters.request({ responseNonce: 'n3', resourceNames: ['*'] })
    expect(clusters.next(snapshot({ a: '1', b: '1' }), 'v1', 'n4')?.resources).toEqual(['a', 'b'])
  })
})

describe('client subscriptions', () => {
  it('send nothing before anything is wanted', () => {
    expect(new DeltaClientSubscription('t').nextRequest()).toBeUndefined()
    expect(
      new SotwClientSubscription('t', { fullState: true, legacyWildcard: true }).nextRequest(),
    ).toBeUndefined()
  })

  it('repeat names and versions on a new delta stream, and only changes on a running one', () => {
    const client = new DeltaClientSubscription('t')
    client.subscribe(['a', 'b'])
    expect(client.nextRequest()).toEqual({
      typeUrl: 't',
      resourceNamesSubscribe: ['a', 'b'],
      initialResourceVersions: {},
    })
    client.settle(
      'n1',
      [
        { name: 'a', version: '1' },
        { name: 'stranger', version: '1' },
      ],
      ['b'],
    )
    client.subscribe(['c'])
    client.unsubscribe(['b'])
    expect(client.nextRequest()).toEqual({
      typeUrl: 't',
      resourceNamesSubscribe: ['c'],
      resourceNamesUnsubscribe: ['b'],
    })
    expect(client.nextRequest()).toBeUndefined()
    client.reconnect()
    expect(client.nextRequest()).toEqual({
      typeUrl: 't',
      resourceNamesSubscribe: ['a', 'c'],
      initialResourceVersions: { a: '1' },
    })
  })

  it('reject a response without taking over its versions, wholly or by name', () => {
    const client = new DeltaClientSubscription('t')
    client.subscribeAll()
    client.nextRequest()
    const resources = [
      { name: 'a', version: '1' },
      { name: 'b', version: '1' },
    ]
    expect(client.settle('n1', resources, [], { message: 'all bad' })).toEqual({
      typeUrl: 't',
      responseNonce: 'n1',
      errorDetail: { code: 3, message: 'all bad' },
    })
    expect(client.versions.size).toBe(0)
    client.settle('n2', resources, [], { names: new Set(['b']), message: 'b: bad' })
    expect([...client.versions]).toEqual([['a', '1']])
  })

  it('repeat the accepted version in a state-of-the-world NACK', () => {
    const client = new SotwClientSubscription('t', { fullState: true, legacyWildcard: true })
    client.subscribeAll()
    expect(client.nextRequest()).toEqual({
      typeUrl: 't',
      versionInfo: '',
      resourceNames: [],
      responseNonce: '',
    })
    client.settle('n1', 'v1', [{ name: 'a', version: '1' }])
    expect(client.settle('n2', 'v2', [{ name: 'a', version: '2' }], { message: 'bad' })).toEqual({
      typeUrl: 't',
      versionInfo: 'v1',
      resourceNames: [],
      responseNonce: 'n2',
      errorDetail: { code: 3, message: 'bad' },
    })
    client.settle('n3', 'v3', [])
    expect(client.versions.size).toBe(0)
  })
})
