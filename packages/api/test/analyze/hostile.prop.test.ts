import fc from 'fast-check'
import { expect, it } from 'vitest'
import { analyze, analyzers } from '../../src/analyze/index.ts'
import type { KubernetesObject } from '../../src/k8s.ts'
import { objectsOf } from '../analysis-table.ts'

/** Good objects of the kinds that analyzers read; what stands in them is replaced by anything. */
const seeds = objectsOf(`
VirtualService a/one: {spec: {hosts: [web], gateways: [edge, mesh], exportTo: [a], http: [{name: x, match: [{uri: {prefix: /}, headers: {"@request.auth.claims.x": {exact: y}}}], route: [{destination: {host: web, subset: v1, port: {number: 80}}, weight: 1}], mirror: {host: web}, mirrors: [{destination: {host: web}}], delegate: {name: d}, fault: {delay: {percent: 1}}}], tcp: [{match: [{port: 1}], route: [{destination: {host: web}}]}], tls: [{match: [{sniHosts: [web]}], route: [{destination: {host: web}}]}]}}
DestinationRule a/one: {spec: {host: web, subsets: [{name: v1, labels: {v: "1"}}], trafficPolicy: {tls: {mode: SIMPLE}, portLevelSettings: [{port: {number: 1}, tls: {mode: SIMPLE}}]}, workloadSelector: {matchLabels: {app: web}}}}
Gateway a/edge: {spec: {selector: {app: web}, servers: [{port: {number: 80, name: x, protocol: HTTP}, hosts: [a/web], tls: {mode: MUTUAL, credentialName: c, credentialNames: [d]}}]}}
ServiceEntry a/ext: {spec: {hosts: [x.com], ports: [{number: 1, name: a, protocol: TCP}], endpoints: [{address: x, labels: {v: "1"}}], workloadSelector: {labels: {app: web}}, exportTo: [.]}}
Sidecar a/one: {spec: {workloadSelector: {labels: {app: web}}, egress: [{hosts: [./web]}], outboundTrafficPolicy: {egressProxy: {host: x}}}}
EnvoyFilter a/one: {spec: {priority: 0, workloadSelector: {labels: {app: web}}, configPatches: [{applyTo: HTTP_FILTER, match: {proxy: {proxyVersion: x}}, patch: {operation: REPLACE}}]}}
AuthorizationPolicy a/one: {spec: {selector: {matchLabels: {app: web}}, rules: [{from: [{source: {namespaces: [a], principals: [x/ns/a/sa/b], requestPrincipals: [x]}}], to: [{operation: {methods: [GET], hosts: [web]}}], when: [{key: request.auth.x, values: [a]}]}]}, status: {conditions: [{type: WaypointAccepted, status: "False"}]}}
PeerAuthentication a/one: {spec: {selector: {matchLabels: {app: web}}, mtls: {mode: DISABLE}}}
RequestAuthentication a/one: {spec: {selector: {matchLabels: {app: web}}, targetRefs: [{kind: Gateway, name: x}]}}
Telemetry a/one: {spec: {selector: {matchLabels: {app: web}}, accessLogging: [{providers: [{name: x}]}], tracing: [{providers: [{name: x}]}]}}
ProxyConfig a/one: {spec: {selector: {matchLabels: {app: web}}, image: {imageType: debug}}}
WorkloadEntry a/one: {spec: {address: x, labels: {app: web}}}
WorkloadGroup a/one: {spec: {metadata: {labels: {app: web}}, template: {serviceAccount: x}}}
Service a/web: {metadata: {annotations: {networking.istio.io/exportTo: "a,b"}}, spec: {type: ClusterIP, selector: {app: web}, ports: [{port: 80, name: x, targetPort: http, appProtocol: y}]}}
Pod a/web: {metadata: {labels: {app: web}, annotations: {proxy.istio.io/config: "{}"}}, spec: {securityContext: {runAsUser: 1337}, nodeName: n, containers: [{name: istio-proxy, image: auto, ports: [{name: http, containerPort: 80}], env: [{name: x, value: y}]}], initContainers: [{name: istio-validation}]}}
Deployment istio-system/istiod: {spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: x, env: [{name: x, value: y}]}]}}}}
CronJob a/job: {spec: {jobTemplate: {spec: {template: {metadata: {labels: {app: x}}, spec: {containers: [{name: x}]}}}}}}
Namespace a: {metadata: {labels: {istio-injection: enabled}}}
Secret a/c: {metadata: {labels: {istio/multiCluster: "true"}}, data: {tls.crt: eA==, tls.key: eA==}}
ConfigMap istio-system/istio-sidecar-injector: {data: {values: "{}"}}
Node n: {metadata: {labels: {x: y}}}
MutatingWebhookConfiguration w: {webhooks: [{name: x.istio.io, clientConfig: {url: "https://x", service: {name: x, namespace: y}}, namespaceSelector: {matchExpressions: [{key: istio.io/rev, operator: In, values: [x]}]}, objectSelector: {matchLabels: {istio.io/rev: x}}}]}
CustomResourceDefinition tlsroutes.gateway.networking.k8s.io: {metadata: {annotations: {gateway.networking.k8s.io/bundle-version: v1}}, spec: {versions: [{name: v1, served: true}]}}
KubernetesGateway a/kube: {spec: {gatewayClassName: x, listeners: [{name: a, port: 1, protocol: HTTP, hostname: x}]}, status: {conditions: [{type: Programmed, status: "False"}]}}
HTTPRoute a/route: {spec: {parentRefs: [{name: kube, sectionName: a}], rules: [{backendRefs: [{name: web, namespace: b, port: 1}], filters: [{requestMirror: {backendRef: {name: x}}}]}]}, status: {parents: [{conditions: [{type: Accepted, status: "False"}]}]}}
ReferenceGrant b/grant: {spec: {from: [{group: x, kind: y, namespace: z}], to: [{group: x, kind: y, name: z}]}}
`)

/** Values that may stand where something else is expected. */
const anything = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.constantFrom<unknown>(
    '',
    '*',
    '*.',
    '/',
    'a/b/c',
    '~',
    '.',
    '__proto__',
    'constructor',
    '\u0000',
    [],
    {},
    [null],
    [[]],
  ),
  fc.constantFrom<unknown>(JSON.parse('{"__proto__": 1}'), [{}], { x: null }),
  fc.jsonValue({ maxDepth: 2 }),
)

/** Replaces the value at a place; places are counted in the order in which they are met. */
function mutated(value: unknown, place: { left: number }, by: unknown): unknown {
  if (place.left-- === 0) return by
  if (Array.isArray(value)) return value.map((item) => mutated(item, place, by))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mutated(item, place, by)]))
}

it('no value in any field makes an analyzer fail', { timeout: 120_000 }, () => {
  const all = analyzers.map(({ name }) => name)
  const change = fc.tuple(fc.nat(seeds.length - 1), fc.integer({ min: 1, max: 60 }), anything)
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
      const objects: unknown[] = [...seeds, ...objectsOf('Namespace untouched: {}')]
      for (const [index, place, by] of changes) objects[index] = mutated(objects[index], { left: place }, by)
      const messages = analyze(objects as KubernetesObject[], { analyzers: all })
      const failed = messages.filter(({ code }) => code === 'IST0001')
      const failures = failed.map(({ message }) => message)
      if (failures.length > 0) throw new Error(failures.join('\n'))
      const isAnalyzed = messages.some(
        ({ code, origin }) => `${code} ${origin}` === 'IST0102 Namespace untouched',
      )
      if (!isAnalyzed) throw new Error('another object is not analyzed any more')
    }),
    { numRuns: 400 },
  )
})

const REST = 'IST0102 Namespace rest'
const NO_OBJECT = 'Schema validation error: object 1 is none of Kubernetes: it has no apiVersion and kind'

it.each<[title: string, value: unknown, message: string]>([
  ['null', null, NO_OBJECT],
  ['nothing', undefined, NO_OBJECT],
  ['a number', 1, NO_OBJECT],
  ['a text', 'x', NO_OBJECT],
  ['a symbol', Symbol('x'), NO_OBJECT],
  ['a big number', 10n, NO_OBJECT],
  ['a list', [null], NO_OBJECT],
  ['a function', () => 1, NO_OBJECT],
  ['a map', new Map(), NO_OBJECT],
  ['an object without a prototype', Object.create(null), NO_OBJECT],
  ['a kind that is no text', { apiVersion: 'v1', kind: 1 }, NO_OBJECT],
  ['an object that ends in itself', endless(), 'object 1 cannot be read: Maximum call stack size exceeded'],
  ['a field that throws', thrower(), 'object 1 cannot be read: not today'],
  [
    'an object that throws',
    new Proxy({}, { get: throws, ownKeys: throws }),
    'object 1 cannot be read: not today',
  ],
])('%s gives a finding, and the rest is analyzed', (_, value, message) => {
  const messages = analyze([value, ...objectsOf('Namespace rest: {}')] as KubernetesObject[])
  expect(messages.map(({ code, origin }) => `${code} ${origin}`)).toEqual(['IST0106 ', REST])
  expect(messages[0]?.message).toContain(message)
  expect(analyze([value] as KubernetesObject[], { ignoreUnknown: true })).toEqual([])
})

it('a mesh configuration among the objects that is no YAML gives a finding', () => {
  const objects = objectsOf(`
ConfigMap istio-system/istio: {data: {mesh: "a: [", meshNetworks: "networks: {}"}}
Namespace rest: {}
`)
  const messages = analyze(objects)
  expect(messages.map(({ code, origin, path }) => `${code} ${origin} ${path}`)).toEqual([
    'IST0106 ConfigMap istio-system/istio data.mesh',
    `${REST} metadata.name`,
  ])
})

function endless(): unknown {
  const object: Record<string, unknown> = { apiVersion: 'v1', kind: 'Pod' }
  object['spec'] = { self: object }
  return object
}

function thrower(): unknown {
  return Object.defineProperty({ apiVersion: 'v1', kind: 'Pod' }, 'spec', { enumerable: true, get: throws })
}

function throws(): never {
  throw new Error('not today')
}
