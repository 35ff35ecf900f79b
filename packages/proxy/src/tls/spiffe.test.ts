import { describe, expect, it } from 'vitest'
import { parseSpiffeId, parseWorkloadIdentity, workloadSpiffeId } from './spiffe.ts'

describe('a SPIFFE ID', () => {
  it.each([
    [
      'spiffe://cluster.local/ns/default/sa/reviews',
      { trustDomain: 'cluster.local', path: '/ns/default/sa/reviews' },
    ],
    ['spiffe://td', { trustDomain: 'td', path: '' }],
    ['spiffe://td/', undefined],
    ['spiffe://TD/a', undefined],
    ['spiffe:///a', undefined],
    ['spiffe://td:80/a', undefined],
    ['spiffe://user@td/a', undefined],
    ['spiffe://td/a//b', undefined],
    ['spiffe://td/a/../b', undefined],
    ['spiffe://td/a?q', undefined],
    ['spiffe://td/a%2fb', undefined],
    ['https://td/a', undefined],
    [`spiffe://td/${'a'.repeat(2100)}`, undefined],
  ])('%s', (uri, expected) => {
    expect(parseSpiffeId(uri)).toEqual(expected)
  })

  it('of a workload names trust domain, namespace and service account, and nothing else', () => {
    const uri = 'spiffe://cluster.local/ns/default/sa/reviews'
    const identity = { trustDomain: 'cluster.local', namespace: 'default', serviceAccount: 'reviews' }
    expect(parseWorkloadIdentity(uri)).toEqual(identity)
    expect(workloadSpiffeId(identity)).toBe(uri)
    for (const other of [
      '/ns/default',
      '/ns/default/sa/reviews/x',
      '/sa/reviews/ns/default',
      '/ns/default/sa',
    ])
      expect(parseWorkloadIdentity(`spiffe://cluster.local${other}`)).toBeUndefined()
  })
})
