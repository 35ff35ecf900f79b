import type { KubernetesObject } from '@batten/api'
import { describe, expect, it, onTestFinished } from 'vitest'
import { objectsOf } from '../../test/support/translate-case.ts'
import { MemorySource } from '../ingest/memory/memory-source.ts'
import { unsupportedFields } from '../translate/unsupported.ts'
import type { Finding } from './finding.ts'
import { createModel } from './model.ts'
import { objectKey } from './object-key.ts'
import type { MeshSnapshot } from './snapshot.ts'

async function start(text: string) {
  const source = new MemorySource(objectsOf(text))
  const found: (readonly Finding[])[] = []
  const model = createModel({
    sources: [source],
    validators: [unsupportedFields],
    coalesceMs: 1e9,
    onFindings: (findings) => found.push(findings),
  })
  onTestFinished(() => model.close())
  await model.start()
  return { source, model, found }
}

const MESH = `
apiVersion: v1
kind: Service
metadata: { name: a }
spec: { selector: { app: a }, ports: [{ name: http, port: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: b }
spec: { selector: { app: b }, ports: [{ name: http, port: 80 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: a-0, labels: { app: a } }
spec: { containers: [{ name: app }] }
status: { podIP: 10.0.0.1, conditions: [{ type: Ready, status: "True" }] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: a }
spec: { hosts: [a], http: [{ route: [{ destination: { host: a } }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: c }
spec: { selector: { app: c }, ports: [{ name: http, port: 8080 }] }
`

/** Which fields of a snapshot are other ones than before. */
function changed(before: MeshSnapshot, after: MeshSnapshot): string[] {
  return (Object.keys(after) as (keyof MeshSnapshot)[])
    .filter((field) => before[field] !== after[field])
    .sort()
}

describe('the model', () => {
  it('keeps the identity of everything that a change does not touch', async () => {
    const { source, model } = await start(MESH)
    const before = model.snapshot
    const [, , pod] = objectsOf(MESH) as [KubernetesObject, KubernetesObject, KubernetesObject]
    const other = { ...pod, metadata: { name: 'b-0', labels: { app: 'b' } } }
    source.apply([other])
    const after = model.flush()
    expect(changed(before, after)).toEqual([
      'endpoints',
      'endpointsByWorkload',
      'objects',
      'revision',
      'workloads',
      'workloadsByAddress',
    ])
    expect(after.endpoints.get('default/a.default.svc.cluster.local')).toBe(
      before.endpoints.get('default/a.default.svc.cluster.local'),
    )
    expect(after.revision).toBe(before.revision + 1)
  })

  it('gives the same snapshot when an equal object arrives', async () => {
    const { source, model } = await start(MESH)
    const before = model.snapshot
    source.apply(objectsOf(MESH).map((object) => structuredClone(object)))
    expect(model.flush().services).toBe(before.services)
    expect(changed(before, model.snapshot)).toEqual(['objects', 'revision'])
  })

  it('takes a batch at once', async () => {
    const { source, model } = await start(MESH)
    const seen: number[] = []
    model.subscribe((snapshot) => seen.push(snapshot.services.size))
    source.replace([])
    source.replace(objectsOf(MESH).slice(0, 1))
    model.flush()
    expect(seen).toEqual([1])
  })

  it('leaves a bad object out, keeps its last good version, and goes on with the rest', async () => {
    const { source, model } = await start(MESH)
    const bad = objectsOf(`
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: a }
spec: { hosts: [a], http: [{ route: [{ destination: { hots: a } }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: c }
spec: { ports: [{ port: 80 }] }`)
    source.apply(bad)
    const snapshot = model.flush()
    expect(snapshot.services.has('default/c.default.svc.cluster.local')).toBe(true)
    expect(
      snapshot.virtualServices.get('networking.istio.io/VirtualService/default/a')?.spec.http?.[0]?.route,
    ).toEqual([{ destination: { host: 'a' } }])
    expect(model.findings.map(({ code, object, path }) => [code, object, path])).toContainEqual([
      'SCHEMA_UNKNOWN_FIELD',
      'VirtualService default/a',
      'spec.http[0].route[0].destination.hots',
    ])
    source.remove([objectKey(bad[0]!)])
    expect(model.flush().virtualServices.size).toBe(0)
    expect(model.findings).toEqual([])
  })

  it('reads the mesh configuration, and says what of it is wrong or not supported', async () => {
    const { source, model } = await start(MESH)
    source.apply(
      objectsOf(`
apiVersion: v1
kind: ConfigMap
metadata: { name: istio, namespace: istio-system }
data:
  mesh: |
    accessLogFile: /dev/stdout
    connectTimeout: 3s
    outboundTrafficPolicy: { mode: REGISTRY_ONLY }
    proxyHttpPort: 99999
    ingressService: foo`),
    )
    const { mesh } = model.flush()
    expect([
      mesh.accessLogFile,
      mesh.connectTimeoutMs,
      mesh.outboundTrafficPolicy,
      mesh.proxyHttpPort,
    ]).toEqual(['/dev/stdout', 3000, 'REGISTRY_ONLY', 0])
    expect(model.findings.map(({ code, message }) => [code, message])).toEqual([
      ['CP_MESH_CONFIG_INVALID', 'mesh.ingressService is not supported yet and has no effect'],
      ['CP_MESH_CONFIG_INVALID', 'mesh.proxyHttpPort must be a port number, not 99999'],
    ])
  })

  it('tells the findings whenever they change, and only then', async () => {
    const { source, found } = await start(MESH)
    expect(found).toEqual([[]])
    source.apply([])
    expect(found).toHaveLength(1)
  })

  it.each([
    [
      'a subset that nobody defines',
      'spec: { hosts: [a], http: [{ route: [{ destination: { host: a, subset: v9 } }] }] }',
      'CP_SUBSET_UNDEFINED',
      'spec.http[0].route[0].destination.subset',
      'no DestinationRule defines subset "v9" of a.default.svc.cluster.local, so requests for it fail',
    ],
    [
      'a host that nobody has',
      'spec: { hosts: [a], http: [{ route: [{ destination: { host: nobody } }] }] }',
      'CP_HOST_UNKNOWN',
      'spec.http[0].route[0].destination.host',
      'there is no service nobody.default.svc.cluster.local, so requests for it fail',
    ],
    [
      'a port that the service does not have',
      'spec: { hosts: [a], http: [{ mirror: { host: b, port: { number: 81 } }, route: [{ destination: { host: a } }] }] }',
      'CP_PORT_UNKNOWN',
      'spec.http[0].mirror.port.number',
      'b.default.svc.cluster.local has no port 81; it has 80',
    ],
    [
      'a destination that lacks the port of the request',
      'spec: { hosts: [old.example.com], http: [{ route: [{ destination: { host: c } }] }] }',
      'CP_PORT_UNKNOWN',
      'spec.http[0].route[0].destination',
      'sidecars keep the port of the request, 80, and c.default.svc.cluster.local has only 8080, so their requests fail',
    ],
    [
      'a gateway that is not there',
      'spec: { hosts: [a], gateways: [mesh, other/front], http: [{ route: [{ destination: { host: a } }] }] }',
      'CP_GATEWAY_UNKNOWN',
      'spec.gateways[1]',
      'there is no Gateway other/front',
    ],
    [
      'a field that is not supported',
      'spec: { hosts: [a], http: [{ delegate: { name: other } }] }',
      'CP_UNSUPPORTED_FIELD',
      'spec.http[0].delegate',
      'spec.http[0].delegate is not supported yet: a route with a delegate answers 500; write its routes into this VirtualService',
    ],
  ])('finds %s', async (_title, spec, code, path, message) => {
    const { source, model } = await start(MESH)
    source.apply(
      objectsOf(`apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: { name: a }\n${spec}`),
    )
    model.flush()
    expect(model.findings.map((one) => [one.code, one.object, one.path, one.message])).toEqual([
      [code, 'VirtualService default/a', path, message],
    ])
  })

  it('says which ports of a ServiceEntry have no effect, since another object has its host', async () => {
    const entry = (name: string, resolution: string, ports: readonly number[]) =>
      `---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: ${name} }
spec:
  hosts: [api.example.com, a.default.svc.cluster.local]
  resolution: ${resolution}
  location: MESH_INTERNAL
  ports: [${ports.map((number) => `{ number: ${number}, name: http-${number}, protocol: HTTP }`).join(', ')}]
`
    const { source, model } = await start(MESH)
    source.apply(
      objectsOf(entry('one', 'DNS', [80]) + entry('two', 'DNS', [80, 81]) + entry('three', 'STATIC', [82])),
    )
    model.flush()
    expect(
      model.findings.map(({ code, object, path, message }) => [code, object, path, message]).sort(),
    ).toEqual(
      [
        ['one', 1, 'Service default/a', 'a.default.svc.cluster.local', '80'],
        ['two', 0, 'older ServiceEntry default/one', 'api.example.com', '80'],
        ['two', 1, 'Service default/a', 'a.default.svc.cluster.local', '80, 81'],
        ['three', 0, 'older ServiceEntry default/one', 'api.example.com', '82'],
        ['three', 1, 'Service default/a', 'a.default.svc.cluster.local', '82'],
      ]
        .map(([name, i, other, host, ports]) => [
          'CP_SERVICE_ENTRY_CONFLICT',
          `ServiceEntry default/${name}`,
          `spec.hosts[${i}]`,
          `the ${other} has the host ${host} as well, so ${ports} of this one has no effect`,
        ])
        .sort(),
    )
  })

  it.each([
    ['["*"]', '["*"]', true],
    ['["."]', '["."]', false],
    ['["."]', '["default"]', true],
    ['["shop"]', '["*"]', true],
    ['["~"]', '["*"]', false],
  ])(
    'calls VirtualServices of one host for %s and for %s a conflict: %s',
    async (first, second, isConflict) => {
      const { source, model } = await start(MESH)
      const other = (namespace: string, name: string, exportTo: string) =>
        `---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: { name: ${name}, namespace: ${namespace} }\nspec: { hosts: [b.default.svc.cluster.local], exportTo: ${exportTo}, http: [{ route: [{ destination: { host: b.default.svc.cluster.local } }] }] }\n`
      source.apply(objectsOf(other('default', 'one', first) + other('shop', 'two', second)))
      model.flush()
      const conflict = model.findings.filter(({ code }) => code === 'CP_VIRTUAL_SERVICE_CONFLICT')
      expect(conflict.map(({ object }) => object)).toEqual(
        isConflict ? ['VirtualService default/one', 'VirtualService shop/two'] : [],
      )
    },
  )

  it.each([
    ['security.istio.io/v1', 'AuthorizationPolicy', 'spec: {}', 'nothing is refused because of it'],
    ['security.istio.io/v1', 'RequestAuthentication', 'spec: {}', 'tokens are not verified'],
    [
      'gateway.networking.k8s.io/v1',
      'Gateway',
      'spec: { gatewayClassName: istio, listeners: [{ name: http, port: 80, protocol: HTTP }] }',
      'use the kinds of networking.istio.io',
    ],
  ])('says of a kind of %s that it is not supported: %s', async (apiVersion, kind, spec, reason) => {
    const { source, model } = await start(MESH)
    source.apply(objectsOf(`apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: a }\n${spec}`))
    model.flush()
    expect(model.findings.map((one) => [one.code, one.object, one.path, one.message])).toEqual([
      ['CP_UNSUPPORTED_KIND', `${kind} default/a`, 'kind', `${kind} is not supported yet: ${reason}`],
    ])
  })

  it('finds VirtualServices that fight for a host', async () => {
    const { source, model } = await start(MESH)
    source.apply(
      objectsOf(`
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: second }
spec: { hosts: [a.default.svc.cluster.local], http: [{ route: [{ destination: { host: a } }] }] }`),
    )
    model.flush()
    expect(model.findings.map(({ code, object }) => [code, object])).toEqual([
      ['CP_VIRTUAL_SERVICE_CONFLICT', 'VirtualService default/a'],
      ['CP_VIRTUAL_SERVICE_CONFLICT', 'VirtualService default/second'],
    ])
  })
})
