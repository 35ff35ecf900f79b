import fc from 'fast-check'
import { it } from 'vitest'
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
      const objects: unknown[] = [...seeds]
      for (const [index, place, by] of changes) objects[index] = mutated(objects[index], { left: place }, by)
      const messages = analyze(objects as KubernetesObject[], { analyzers: all })
      // With an origin it is the validation of that object that failed, which has tests of its own.
      const failed = messages.filter(({ code, origin }) => code === 'IST0001' && origin === '')
      const failures = failed.map(({ message }) => message)
      if (failures.length > 0) throw new Error(failures.join('\n'))
    }),
    { numRuns: 400 },
  )
})
