import type { KubernetesObject } from '@batten/api'
import { TYPE_URLS } from '@batten/xds'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { objectsOf, routesOf, snapshotOf, testNode } from '../../test/support/translate-case.ts'
import { MemorySource } from '../ingest/memory/memory-source.ts'
import { createModel } from '../model/model.ts'
import type { XdsNode } from '../model/node.ts'
import { objectKey } from '../model/object-key.ts'
import type { ResourceView } from '../model/resource.ts'
import type { MeshSnapshot } from '../model/snapshot.ts'
import { createTranslator } from './translator.ts'

const APPS = ['a', 'b', 'c']

function service(app: string, port = 80, extra = ''): KubernetesObject {
  return one(`
apiVersion: v1
kind: Service
metadata: { name: ${app} }
spec: { clusterIP: 10.0.1.${APPS.indexOf(app) + 1}, selector: { app: ${app} }, ports: [{ name: http, port: ${port} }${extra}] }`)
}

function pod(app: string, i: number, options: { ready?: boolean; sidecar?: boolean } = {}): KubernetesObject {
  const { ready = true, sidecar = true } = options
  return one(`
apiVersion: v1
kind: Pod
metadata: { name: ${app}-${i}, labels: { app: ${app}, version: v${i}${sidecar ? ', security.istio.io/tlsMode: istio' : ''} } }
spec: { serviceAccountName: ${app}, containers: [{ name: app }] }
status: { podIP: 10.0.2.${APPS.indexOf(app) * 10 + i}, conditions: [{ type: Ready, status: "${ready ? 'True' : 'False'}" }] }`)
}

function virtualService(app: string, subset: string, source = ''): KubernetesObject {
  return one(`
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ${app} }
spec:
  hosts: [${app}]
  http:
    - { match: [{ headers: { x: { exact: blue } }${source} }], route: [{ destination: { host: ${app}, subset: ${subset} } }] }
    - { route: [{ destination: { host: ${app} } }] }`)
}

function destinationRule(app: string, loadBalancer: string): KubernetesObject {
  return one(`
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: ${app} }
spec:
  host: ${app}
  trafficPolicy: { loadBalancer: { simple: ${loadBalancer} } }
  subsets: [{ name: v1, labels: { version: v1 } }, { name: v2, labels: { version: v2 } }]`)
}

function peerAuthentication(app: string | undefined, mode: string): KubernetesObject {
  return one(`
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: ${app ?? 'default'} }
spec: { ${app === undefined ? '' : `selector: { matchLabels: { app: ${app} } }, `}mtls: { mode: ${mode} } }`)
}

function sidecar(app: string, hosts: string): KubernetesObject {
  return one(`
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: ${app} }
spec:
  workloadSelector: { labels: { app: ${app} } }
  ingress: [{ port: { number: 80, protocol: HTTP, name: http }, defaultEndpoint: "127.0.0.1:8080" }]
  egress: [{ hosts: ["${hosts}"] }]`)
}

const GATEWAY = objectsOf(`
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: front }
spec: { selector: { app: gateway }, servers: [{ port: { number: 8080, name: http, protocol: HTTP }, hosts: ["*"] }] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: front }
spec: { hosts: ["*"], gateways: [front], http: [{ route: [{ destination: { host: a } }] }] }
`)

function one(text: string): KubernetesObject {
  return objectsOf(text)[0]!
}

const nodes: readonly XdsNode[] = [
  testNode({ name: 'a-1', labels: { app: 'a', version: 'v1' }, httpProxyPort: 15080 }),
  testNode({ name: 'b-1', labels: { app: 'b', version: 'v1' }, interceptionMode: 'REDIRECT' }),
  testNode({ type: 'router', name: 'gateway', labels: { app: 'gateway' } }),
]

/** Names and versions of everything in a view: equal versions are equal bytes. */
function contentOf(view: ResourceView): Record<string, Record<string, string>> {
  return Object.fromEntries(
    Object.entries(TYPE_URLS).map(([type, url]) => [
      type,
      Object.fromEntries(
        [...view.resources(url).values()].map(({ name, version }) => [name, version]).sort(),
      ),
    ]),
  )
}

const mesh = [
  ...APPS.map((app) => service(app)),
  ...APPS.flatMap((app) => [pod(app, 1), pod(app, 2)]),
  ...GATEWAY,
  destinationRule('b', 'ROUND_ROBIN'),
  virtualService('b', 'v1'),
]

/** A model over memory whose changes take effect at once. */
async function start(objects: readonly KubernetesObject[]) {
  const source = new MemorySource(objects)
  const model = createModel({ sources: [source], coalesceMs: 1e9 })
  await model.start()
  return { source, model }
}

describe('the translator', () => {
  it('gives the same view while nothing changes, and shares it between nodes that see the same', async () => {
    const { snapshot } = await snapshotOf(mesh)
    const translator = createTranslator()
    const view = translator.view(snapshot, nodes[0]!)
    const twin = testNode({
      ...nodes[0]!,
      name: 'a-2',
      id: 'sidecar~10.0.0.2~a-2.default~default.svc.cluster.local',
    })
    expect(translator.view(snapshot, nodes[0]!)).toBe(view)
    expect(translator.view({ ...snapshot, revision: snapshot.revision + 1 }, nodes[0]!)).toBe(view)
    expect(translator.view(snapshot, twin)).toBe(view)
  })

  it('encodes one endpoint assignment when an endpoint changes, and nothing else', async () => {
    const { source, model } = await start(mesh)
    const translator = createTranslator()
    const before = nodes.map((node) => translator.view(model.snapshot, node))
    const computed = new Map(translator.computed)
    source.apply([pod('c', 3)])
    model.flush()
    const after = nodes.map((node) => translator.view(model.snapshot, node))
    const counts = Object.fromEntries(
      [...translator.computed].flatMap(([name, count]) => {
        const times = count - (computed.get(name) ?? 0)
        return times === 0 ? [] : [[name, times]]
      }),
    )
    expect(counts).toEqual({
      // The endpoints themselves, once for the whole mesh.
      'load-assignment': 1,
      'endpoint-resource': 1,
      // Asked whether anything else follows from them; it does not.
      'service-identities': 1,
      // Who sees them: a client class each of a sidecar without interception, one with it, and a gateway.
      'outbound-endpoints': 3,
      'sidecar-view': 2,
      'gateway-view': 1,
      'node-view': 3,
      // Policies of a workload that was not there before.
      mtls: 1,
    })
    for (const [i, view] of after.entries()) {
      for (const type of ['CDS', 'LDS', 'RDS', 'ECDS'] as const)
        expect(view.resources(TYPE_URLS[type])).toBe(before[i]!.resources(TYPE_URLS[type]))
      const changed = [...view.resources(TYPE_URLS.EDS)].filter(
        ([name, resource]) => before[i]!.resources(TYPE_URLS.EDS).get(name) !== resource,
      )
      expect(changed.map(([name]) => name)).toEqual(['outbound|80||c.default.svc.cluster.local'])
    }
    await model.close()
  })

  it('changes nothing when an object changes in a way that means nothing', async () => {
    const { source, model } = await start(mesh)
    const translator = createTranslator()
    const before = nodes.map((node) => translator.view(model.snapshot, node))
    const changed = virtualService('b', 'v1') as { metadata: { annotations?: Record<string, string> } }
    changed.metadata.annotations = { note: 'for people' }
    source.apply([changed as KubernetesObject])
    model.flush()
    expect(nodes.map((node) => translator.view(model.snapshot, node))).toEqual(before)
    await model.close()
  })

  it('leaves out what cannot be made, says so, and goes on with the rest', async () => {
    const { snapshot } = await snapshotOf(mesh)
    const translator = createTranslator()
    const node = nodes[0]!
    const before = translator.view(snapshot, node)
    expect(translator.problems).toEqual([])
    // What validation would refuse: the model may have other sources one day.
    const [key, rule] = [...snapshot.virtualServices].find(([name]) => name.endsWith('/b'))!
    const http = [
      {
        route: [
          { destination: { host: 'b' }, weight: 1 },
          { destination: { host: 'c' }, weight: 1.5 },
        ],
      },
    ]
    const broken = {
      ...snapshot,
      revision: 99,
      virtualServices: new Map(snapshot.virtualServices).set(key, { ...rule, spec: { ...rule.spec, http } }),
    }
    const [routes] = routesOf(translator.view(broken, node))
    const statuses = routes!.virtualHosts!.map(({ name, routes: [first] = [] }) => [
      name,
      first?.directResponse?.status,
    ])
    expect(statuses).toEqual([
      ['a.default.svc.cluster.local:80', undefined],
      ['b.default.svc.cluster.local:80', 500],
      ['c.default.svc.cluster.local:80', undefined],
      ['block_all', 502],
    ])
    expect(translator.problems.map(({ subject }) => subject)).toEqual([
      'virtual host b.default.svc.cluster.local:80',
    ])
    expect(contentOf(translator.view(snapshot, node))).toEqual(contentOf(before))
    expect(translator.problems).toEqual([])
  })

  it('is the same after any sequence of changes as if it were made from scratch', async () => {
    const app = fc.constantFrom(...APPS)
    const object: fc.Arbitrary<KubernetesObject> = fc.oneof(
      fc
        .tuple(
          app,
          fc.constantFrom(80, 81),
          fc.constantFrom('', ', { name: tcp, port: 90 }', ', { port: 91 }'),
        )
        .map((args) => service(...args)),
      fc
        .tuple(app, fc.integer({ min: 1, max: 3 }), fc.record({ ready: fc.boolean(), sidecar: fc.boolean() }))
        .map((args) => pod(...args)),
      fc
        .tuple(app, fc.constantFrom('v1', 'v2', 'v9'), fc.constantFrom('', ', sourceLabels: { app: a }'))
        .map((args) => virtualService(...args)),
      fc.tuple(app, fc.constantFrom('RANDOM', 'ROUND_ROBIN')).map((args) => destinationRule(...args)),
      fc
        .tuple(fc.constantFrom(undefined, ...APPS), fc.constantFrom('STRICT', 'DISABLE', 'PERMISSIVE'))
        .map((args) => peerAuthentication(...args)),
      fc
        .tuple(app, fc.constantFrom('*/*', './b.default.svc.cluster.local', '~/*'))
        .map((args) => sidecar(...args)),
      fc.constantFrom(...GATEWAY),
    )
    const change = fc.record({ object, remove: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 12 }), async (changes) => {
        const { source, model } = await start(mesh)
        const translator = createTranslator()
        const objects = new Map(mesh.map((object) => [objectKey(object), object]))
        for (const { object, remove } of changes) {
          const key = objectKey(object)
          if (remove) {
            objects.delete(key)
            source.remove([key])
          } else {
            objects.set(key, object)
            source.apply([object])
          }
          const snapshot: MeshSnapshot = model.flush()
          // Every object counts: a refused one would make the comparison easy.
          expect(model.findings.filter(({ code }) => !code.startsWith('CP_'))).toEqual([])
          const { snapshot: fresh } = await snapshotOf([...objects.values()])
          for (const node of nodes)
            expect(contentOf(translator.view(snapshot, node))).toEqual(
              contentOf(createTranslator().view(fresh, node)),
            )
        }
        await model.close()
      }),
      { numRuns: 40 },
    )
  }, 60_000)
})
