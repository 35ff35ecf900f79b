import { describe, expect, it } from 'vitest'
import { slicesFromEndpoints } from './endpoints-object.ts'

const endpoints = (subsets: unknown) => ({
  apiVersion: 'v1',
  kind: 'Endpoints',
  metadata: { name: 'a' },
  subsets,
})

describe('slicesFromEndpoints', () => {
  it('gives a slice for each subset, with what is ready and what is not', () => {
    const pod = { kind: 'Pod', name: 'a-0', namespace: 'shop' }
    const slices = slicesFromEndpoints(
      endpoints([
        { addresses: [{ ip: '10.0.0.1', targetRef: pod }], ports: [{ name: 'http', port: 80 }] },
        { notReadyAddresses: [{ ip: '10.0.0.2' }], ports: [{ port: 81 }] },
      ]),
    )
    expect(slices.map((slice) => [slice.endpoints, slice.ports])).toEqual([
      [
        [{ addresses: ['10.0.0.1'], conditions: { ready: true }, targetRef: pod }],
        [{ name: 'http', port: 80 }],
      ],
      [[{ addresses: ['10.0.0.2'], conditions: { ready: false } }], [{ name: '', port: 81 }]],
    ])
  })

  it.each([
    [undefined, []],
    [null, []],
    ['text', []],
    [[null, 'text'], []],
    [[{ addresses: 'text', ports: 7 }], [[[], []]]],
    [[{ addresses: [{ ip: 7 }, null], ports: [{ port: 'http' }] }], [[[], []]]],
  ])('leaves out what is malformed in %j', (subsets, expected) => {
    const slices = slicesFromEndpoints(endpoints(subsets))
    expect(slices.map((slice) => [slice.endpoints, slice.ports])).toEqual(expected)
  })
})
