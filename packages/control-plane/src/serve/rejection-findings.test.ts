import { TYPE_URLS } from '@batten/xds'
import { describe, expect, it } from 'vitest'
import { objectsOf, snapshotOf, testNode } from '../../test/support/translate-case.ts'
import { createTranslator } from '../translate/translator.ts'
import type { Connection } from './ads-service.ts'
import { rejectionFindings } from './rejection-findings.ts'

const OBJECTS = `
apiVersion: v1
kind: Service
metadata: { name: cart }
spec: { selector: { app: cart }, ports: [{ name: http, port: 80 }] }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: cart-rule }
spec: { host: cart, trafficPolicy: { loadBalancer: { simple: RANDOM } } }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: cart-routes }
spec: { hosts: [cart], http: [{ route: [{ destination: { host: cart } }] }] }
---
apiVersion: extensions.istio.io/v1alpha1
kind: WasmPlugin
metadata: { name: counter }
spec: { url: 'https://example.com/counter.wasm' }
`
const { snapshot } = await snapshotOf(objectsOf(OBJECTS))
const translator = createTranslator()

/** A proxy that refuses one resource of its own view. */
function refusing(
  typeUrl: string,
  name: string,
  error: string,
  node = testNode({ name: 'a', interceptionMode: 'REDIRECT' }),
): Connection {
  const view = translator.view(snapshot, node)
  const version = view.resources(typeUrl).get(name)?.version ?? ''
  const rejected = new Map([
    [name, { version, error, at: 0 }],
    ['gone', { version: '1', error: 'never', at: 0 }],
  ])
  const stream = { node, snapshot: { view, revision: 1 }, describe: () => [{ typeUrl, rejected }] }
  return { id: node.name, stream } as unknown as Connection
}

const CLUSTER = 'outbound|80||cart.default.svc.cluster.local'

describe('rejectionFindings', () => {
  it.each([
    ['a cluster', TYPE_URLS.CDS, CLUSTER, `cluster "${CLUSTER}": no`, 'DestinationRule default/cart-rule'],
    [
      'a route',
      TYPE_URLS.RDS,
      '80',
      'route configuration "80": virtual_hosts[0].routes[0].match: no',
      'VirtualService default/cart-routes',
    ],
    [
      'a module',
      TYPE_URLS.ECDS,
      'extenstions.istio.io/wasmplugin/default.counter',
      'no',
      'WasmPlugin default/counter',
    ],
    ['a whole route configuration', TYPE_URLS.RDS, '80', 'no', undefined],
  ])('names the object that %s was made of', (_title, typeUrl, name, error, object) => {
    expect(rejectionFindings([refusing(typeUrl, name, error)], snapshot)).toMatchObject([
      { code: 'CP_PROXY_REJECTED', severity: 'error', ...(object && { object }) },
    ])
  })

  it('tells once what several proxies refuse for the same reason, and only what is about the resource', () => {
    const error = `cluster "other": never\ncluster "${CLUSTER}": no`
    const nodes = ['b', 'a', 'c'].map((name) => refusing(TYPE_URLS.CDS, CLUSTER, error, testNode({ name })))
    expect(rejectionFindings(nodes, snapshot).map(({ message }) => message)).toEqual([
      `3 proxies, a.default among them, refused the CDS resource "${CLUSTER}" and kept the one of before: cluster "${CLUSTER}": no`,
    ])
  })
})
