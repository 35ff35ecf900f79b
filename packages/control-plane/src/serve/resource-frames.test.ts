import { codec, TYPE_URLS } from '@batten/xds'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { opaqueResource } from '../../test/support/test-resources.ts'
import {
  encodeControlPlane,
  encodeDeltaResponse,
  encodeSotwResponse,
  resourceSize,
} from './resource-frames.ts'

const delta = codec('envoy.service.discovery.v3.DeltaDiscoveryResponse')
const sotw = codec('envoy.service.discovery.v3.DiscoveryResponse')
const controlPlane = encodeControlPlane('{"Component":"test"}')

const resourcesArb = fc.array(
  fc
    .tuple(
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      fc.string({ minLength: 1, maxLength: 40_000, size: 'xlarge' }),
    )
    .map(([name, content]) => opaqueResource(TYPE_URLS.CDS, name, content)),
  { maxLength: 5 },
)

describe('responses put together by hand', () => {
  it('are what the codec reads as delta responses', () => {
    fc.assert(
      fc.property(resourcesArb, fc.array(fc.string()), fc.string(), (resources, removed, nonce) => {
        const frame = { typeUrl: TYPE_URLS.CDS, nonce, systemVersion: 'v', resources, removed }
        const response = delta.decode(encodeDeltaResponse(frame, controlPlane))
        expect({ nonce: '', removedResources: [], resources: [], ...response }).toEqual({
          systemVersionInfo: 'v',
          typeUrl: TYPE_URLS.CDS,
          nonce,
          controlPlane: { identifier: '{"Component":"test"}' },
          removedResources: removed.filter((name) => name !== ''),
          resources:
            delta.decode(
              delta.encode({
                resources: resources.map(({ typeUrl, name, version, value }) => ({
                  name,
                  version,
                  resource: { typeUrl, value },
                })),
              }),
            ).resources ?? [],
        })
      }),
    )
  })

  it('have the very bytes that the codec writes', () => {
    fc.assert(
      fc.property(resourcesArb, (resources) => {
        const frame = { typeUrl: TYPE_URLS.CDS, nonce: '1', systemVersion: '', resources, removed: ['gone'] }
        const message = {
          resources: resources.map(({ typeUrl, name, version, value }) => ({
            name,
            version,
            resource: { typeUrl, value },
          })),
          typeUrl: TYPE_URLS.CDS,
          nonce: '1',
          removedResources: ['gone'],
          controlPlane: { identifier: '{"Component":"test"}' },
        }
        const encoded = encodeDeltaResponse(frame, controlPlane)
        expect(delta.decode(encoded)).toEqual(delta.decode(delta.encode(message)))
        const full = sotw.decode(encodeSotwResponse({ ...frame, version: 'v' }, controlPlane))
        expect(full.resources ?? []).toEqual(
          resources.map(({ typeUrl, value }) => ({ typeUrl, value: Uint8Array.from(value) })),
        )
      }),
    )
  })

  it('take the space that was announced', () => {
    const one = opaqueResource(TYPE_URLS.CDS, 'a', 'x'.repeat(1000))
    const frame = { typeUrl: TYPE_URLS.CDS, nonce: '1', systemVersion: '', removed: [] }
    const empty = encodeDeltaResponse({ ...frame, resources: [] }, controlPlane).length
    expect(encodeDeltaResponse({ ...frame, resources: [one] }, controlPlane).length).toBe(
      empty + resourceSize(one),
    )
  })
})
