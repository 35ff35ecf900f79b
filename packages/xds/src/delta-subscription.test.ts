import { describe, expect, it } from 'vitest'
import { DeltaSubscription } from './delta-subscription.ts'

const snapshot = (versions: Record<string, string>) =>
  new Map(Object.entries(versions).map(([name, version]) => [name, { version }]))

describe('DeltaSubscription', () => {
  it('says nothing before the first request', () => {
    expect(new DeltaSubscription({ legacyWildcard: true }).next(snapshot({ a: '1' }), 'n1')).toBeUndefined()
  })

  it('answers an empty first request with everything, and with an empty response if there is nothing', () => {
    const clusters = new DeltaSubscription({ legacyWildcard: true })
    expect(clusters.request({})).toEqual({
      acknowledgement: 'none',
      error: undefined,
      subscriptionChanged: true,
    })
    expect(clusters.needsAnswer).toBe(true)
    expect(clusters.next(snapshot({}), 'n1')).toEqual({ nonce: 'n1', resources: [], removed: [] })
    expect(clusters.next(snapshot({ a: '1', b: '1' }), 'n2')).toEqual({
      nonce: 'n2',
      resources: ['a', 'b'],
      removed: [],
    })
    expect(clusters.next(snapshot({ a: '1', b: '2' }), 'n3')).toEqual({
      nonce: 'n3',
      resources: ['b'],
      removed: [],
    })
    expect(clusters.next(snapshot({ b: '2' }), 'n4')).toEqual({ nonce: 'n4', resources: [], removed: ['a'] })
    expect(clusters.next(snapshot({ b: '2' }), 'n5')).toBeUndefined()
  })

  it('keeps the wildcard of an empty first request when names follow, until * is unsubscribed', () => {
    const clusters = new DeltaSubscription({ legacyWildcard: true })
    clusters.request({})
    clusters.next(snapshot({ a: '1' }), 'n1')
    clusters.request({ resourceNamesSubscribe: ['x'] })
    expect(clusters.isWildcard).toBe(true)
    expect(clusters.next(snapshot({ a: '2' }), 'n2')).toEqual({
      nonce: 'n2',
      resources: ['a'],
      removed: ['x'],
    })
    clusters.request({ resourceNamesUnsubscribe: ['*'] })
    expect(clusters.isWildcard).toBe(false)
    expect(clusters.next(snapshot({ a: '3', x: '1' }), 'n3')).toEqual({
      nonce: 'n3',
      resources: ['x'],
      removed: [],
    })
  })

  it('gives nothing for an empty first request of a type that is not a wildcard type', () => {
    const endpoints = new DeltaSubscription()
    endpoints.request({})
    expect(endpoints.next(snapshot({ a: '1' }), 'n1')).toBeUndefined()
  })

  it('gives nothing when the first request subscribes to * and unsubscribes from it', () => {
    const clusters = new DeltaSubscription({ legacyWildcard: true })
    clusters.request({ resourceNamesSubscribe: ['*'], resourceNamesUnsubscribe: ['*'] })
    expect(clusters.next(snapshot({ a: '1' }), 'n1')).toBeUndefined()
  })

  it('lists a name that does not exist as removed, once, and sends it when it appears', () => {
    const endpoints = new DeltaSubscription()
    endpoints.request({ resourceNamesSubscribe: ['a'] })
    expect(endpoints.next(snapshot({}), 'n1')).toEqual({ nonce: 'n1', resources: [], removed: ['a'] })
    expect(endpoints.next(snapshot({ b: '1' }), 'n2')).toBeUndefined()
    expect(endpoints.next(snapshot({ a: '1' }), 'n3')).toEqual({ nonce: 'n3', resources: ['a'], removed: [] })
  })

  it('sends a resource again that is subscribed again, though it did not change', () => {
    const endpoints = new DeltaSubscription()
    endpoints.request({ resourceNamesSubscribe: ['a'] })
    endpoints.next(snapshot({ a: '1' }), 'n1')
    endpoints.request({ resourceNamesSubscribe: ['a'] })
    expect(endpoints.next(snapshot({ a: '1' }), 'n2')).toEqual({ nonce: 'n2', resources: ['a'], removed: [] })
  })

  it('sends everything again when * is subscribed again', () => {
    const clusters = new DeltaSubscription()
    clusters.request({ resourceNamesSubscribe: ['*'] })
    clusters.next(snapshot({ a: '1' }), 'n1')
    clusters.request({ resourceNamesSubscribe: ['*'] })
    expect(clusters.next(snapshot({ a: '1' }), 'n2', [])).toEqual({
      nonce: 'n2',
      resources: ['a'],
      removed: [],
    })
  })

  it('answers an unsubscription under a wildcard with the resource or its removal', () => {
    const clusters = new DeltaSubscription({ legacyWildcard: true })
    clusters.request({ resourceNamesSubscribe: ['*', 'a', 'gone'] })
    clusters.next(snapshot({ a: '1' }), 'n1')
    clusters.request({ resourceNamesUnsubscribe: ['a', 'gone'] })
    expect(clusters.next(snapshot({ a: '1' }), 'n2', [])).toEqual({
      nonce: 'n2',
      resources: ['a'],
      removed: ['gone'],
    })
  })

  it('sends a node that comes back only what differs from what it has', () => {
    const clusters = new DeltaSubscription({ legacyWildcard: true })
    clusters.request({ initialResourceVersions: { a: '1', b: '1', gone: '1' } })
    expect(clusters.next(snapshot({ a: '1', b: '2', c: '1' }), 'n1')).toEqual({
      nonce: 'n1',
      resources: ['b', 'c'],
      removed: ['gone'],
    })
    const endpoints = new DeltaSubscription()
    endpoints.request({ resourceNamesSubscribe: ['a', 'b'], initialResourceVersions: { a: '1', b: '1' } })
    expect(endpoints.next(snapshot({ a: '1', b: '1' }), 'n1')).toBeUndefined()
  })

  it('tells ACK, NACK and answers to old responses apart, and does not send a rejected version again', () => {
    const clusters = new DeltaSubscription({ legacyWildcard: true })
    clusters.request({})
    clusters.next(snapshot({ a: '1' }), 'n1')
    expect(clusters.awaitingAck).toBe(true)
    expect(clusters.request({ responseNonce: 'n0' }).acknowledgement).toBe('stale')
    expect(clusters.awaitingAck).toBe(true)
    expect(clusters.request({ responseNonce: 'n1', errorDetail: { code: 3, message: 'bad field' } })).toEqual(
      {
        acknowledgement: 'nack',
        error: 'bad field',
        subscriptionChanged: false,
      },
    )
    expect([clusters.awaitingAck, clusters.lastError]).toEqual([false, 'bad field'])
    expect(clusters.next(snapshot({ a: '1' }), 'n2')).toBeUndefined()
    clusters.next(snapshot({ a: '2' }), 'n3')
    expect(clusters.request({ responseNonce: 'n3' }).acknowledgement).toBe('ack')
    expect(clusters.lastError).toBeUndefined()
  })

  it('takes a change of the subscription from a request with a stale nonce', () => {
    const endpoints = new DeltaSubscription()
    endpoints.request({ resourceNamesSubscribe: ['a'] })
    endpoints.next(snapshot({ a: '1' }), 'n1')
    const outcome = endpoints.request({ responseNonce: 'old', resourceNamesSubscribe: ['b'] })
    expect(outcome).toEqual({ acknowledgement: 'stale', error: undefined, subscriptionChanged: true })
    expect(endpoints.next(snapshot({ a: '1', b: '1' }), 'n2')?.resources).toEqual(['b'])
  })

  it('sends forced resources again, and only those that are wanted', () => {
    const endpoints = new DeltaSubscription()
    endpoints.request({ resourceNamesSubscribe: ['a'] })
    endpoints.next(snapshot({ a: '1', b: '1' }), 'n1')
    endpoints.force(['a', 'b'])
    expect(endpoints.next(snapshot({ a: '1', b: '1' }), 'n2', [])?.resources).toEqual(['a'])
  })

  it('limits how many names a node may subscribe to', () => {
    const endpoints = new DeltaSubscription({ maxNames: 2 })
    expect(() => endpoints.request({ resourceNamesSubscribe: ['a', 'b', 'c'] })).toThrow(
      expect.objectContaining({ code: 'XDS_TOO_MANY_NAMES' }),
    )
  })
})
