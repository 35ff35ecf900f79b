import { describe, expect, it } from 'vitest'
import { matchesClient, type RouteClient } from './match-source.ts'

const sidecar: RouteClient = {
  namespace: 'shop',
  labels: { app: 'cart' },
  gateways: new Set(['mesh']),
  port: 9080,
}
const gateway: RouteClient = { ...sidecar, gateways: new Set(['shop/front']) }

describe('matchesClient', () => {
  it.each<[string, boolean, Parameters<typeof matchesClient>[0], RouteClient]>([
    ['no match takes every client', true, undefined, sidecar],
    ['the port of the listener', true, { port: 9080 }, sidecar],
    ['another port', false, { port: 80 }, sidecar],
    ['any port for the HTTP proxy listener', true, { port: 80 }, { ...sidecar, port: 0 }],
    ['labels of the client', true, { sourceLabels: { app: 'cart' } }, sidecar],
    ['labels of others', false, { sourceLabels: { app: 'cart', version: 'v1' } }, sidecar],
    ['the namespace of the client', true, { sourceNamespace: 'shop' }, sidecar],
    ['another namespace', false, { sourceNamespace: 'other' }, sidecar],
    ['gateways of others', false, { gateways: ['front'] }, sidecar],
    ['the mesh by name', true, { gateways: ['front', 'mesh'] }, sidecar],
    ['a gateway by its short name', true, { gateways: ['front'] }, gateway],
    ['a gateway by its full name', true, { gateways: ['shop/front'] }, gateway],
    [
      'labels and namespace do not count beside gateways',
      true,
      { gateways: ['mesh'], sourceLabels: { app: 'other' }, sourceNamespace: 'other' },
      sidecar,
    ],
    ['labels do not count on a gateway', true, { sourceLabels: { app: 'other' } }, gateway],
  ])('%s: %s', (_title, expected, match, client) => {
    expect(matchesClient(match, 'shop', client)).toBe(expected)
  })
})
