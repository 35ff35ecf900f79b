import '@batten/testing/vitest'
import { isKindOf, type VirtualService } from '@batten/api'
import { describe, expect, it } from 'vitest'
import cluster from '../cluster/ingress-gateway.yaml?raw'
import { mesh as meshOf } from '../src/mesh.ts'
import production from '../src/production.ts'
import staging from '../src/staging.ts'

const isVirtualService = isKindOf<VirtualService>('networking.istio.io', 'VirtualService')

describe.each([
  ['staging', staging],
  ['production', production],
])('the mesh in %s', (_name, mesh) => {
  const routes = mesh
    .filter(isVirtualService)
    .flatMap(({ metadata, spec }) =>
      (spec.http ?? []).map((route) => [`${metadata.name}/${route.name}`, route] as const),
    )

  it('is accepted by the API server and the webhook', () => {
    expect(mesh).toBeValid()
  })

  it('fits together, and to what runs in the cluster', () => {
    expect([...mesh, cluster]).toHaveNoFindings()
  })

  it.each(routes)('route %s has a time limit', (_title, route) => {
    expect(route.timeout).toMatch(/^\d+m?s$/)
  })

  it.each(routes)('route %s shares out all of its requests', (_title, { route = [] }) => {
    const weights = route.map(({ weight = 100 }) => weight)
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBe(100)
  })

  it('never sends a change of a cart twice', () => {
    const write = routes.find(([title]) => title === 'cart/write')
    expect(write?.[1].retries).toEqual({ attempts: 0 })
  })
})

it.each([0, 1, 50, 100])('fits together with %i percent for the canary', (canary) => {
  expect([...meshOf({ host: 'shop.example.com', certificate: 'shop', canary }), cluster]).toHaveNoFindings()
})

it('refuses a canary of more than everything', () => {
  expect(() => meshOf({ host: 'shop.example.com', certificate: 'shop', canary: 110 })).toThrow(
    'whole numbers from 0 to 100',
  )
})
