/**
 * What the compiler says about each kind: a right object, and next to it a wrong one with the error where it is.
 * `npm run typecheck` reads this file; nothing runs it.
 */
import * as gatewayApi from '../src/groups/gateway-api.ts'
import * as api from '../src/index.ts'

// VirtualService
api.virtualService({
  name: 'a',
  hosts: ['a'],
  http: [{ match: [{ uri: { prefix: '/a' } }], route: [{ destination: { host: 'a' } }] }],
})
api.virtualService({
  name: 'a',
  // @ts-expect-error one path comparison only
  http: [{ match: [{ uri: { prefix: '/a', exact: '/a' } }] }],
})
// @ts-expect-error a destination has a host
api.virtualService({ name: 'a', http: [{ route: [{ destination: {} }] }] })
// @ts-expect-error no such field
api.virtualService({ name: 'a', htp: [] })
api.virtualService({
  name: 'a',
  http: [api.route(api.to('a', api.split({ v1: 90, v2: 10 }))).timeout('1s')],
})
api.virtualService({
  name: 'a',
  http: [
    {
      // @ts-expect-error a timeout is text
      timeout: 5,
    },
    {
      route: [
        {
          // @ts-expect-error no such field
          destination: { hst: 'a' },
        },
      ],
    },
  ],
})
api.split({
  // @ts-expect-error the shares sum to 99
  v1: 90,
  // @ts-expect-error the shares sum to 99
  v2: 9,
})
// @ts-expect-error no fractions
api.split({ v1: 90.5, v2: 9.5 })
// @ts-expect-error no negative shares
api.split({ v1: 110, v2: -10 })
// @ts-expect-error no shares at all
api.split({})
api.split({ v1: 100 })
api.split({ v1: 100, v2: 0 })
// Shares that the compiler does not know are checked when they are there.
const canary = Number(process.env['CANARY'] ?? 10)
api.split({ v1: 100 - canary, v2: canary })
// @ts-expect-error no such option
api.to('a', { weigth: 1 })
// @ts-expect-error a `when` has conditions
api.route(api.to('a')).when()
api
  .route(api.to('a'))
  // @ts-expect-error a comparison of a header is no text
  .when({ headers: { a: 'b' } })
// @ts-expect-error a timeout is text
api.route(api.to('a')).timeout(1)

// DestinationRule
api.destinationRule({ name: 'a', host: 'a', trafficPolicy: { loadBalancer: { simple: 'LEAST_REQUEST' } } })
api.destinationRule({
  name: 'a',
  host: 'a',
  // @ts-expect-error not a load balancer
  trafficPolicy: { loadBalancer: { simple: 'LEAST_REQUESTS' } },
})
api.destinationRule({
  name: 'a',
  host: 'a',
  trafficPolicy: {
    // @ts-expect-error a simple load balancer has no consistent hash
    loadBalancer: { simple: 'RANDOM', consistentHash: { useSourceIp: true } },
  },
})
// @ts-expect-error a rule has a host
api.destinationRule({ name: 'a' })

// Gateway
api.gateway({ name: 'a', servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'] }] })
// @ts-expect-error a server has a port
api.gateway({ name: 'a', servers: [{ hosts: ['*'] }] })
api.gateway({
  name: 'a',
  servers: [
    {
      port: { number: 443, name: 'https', protocol: 'HTTPS' },
      hosts: ['*'],
      // @ts-expect-error not a mode
      tls: { mode: 'simple' },
    },
  ],
})

// ServiceEntry
api.serviceEntry({ name: 'a', hosts: ['a'], resolution: 'DNS', location: 'MESH_EXTERNAL' })
// @ts-expect-error not a resolution
api.serviceEntry({ name: 'a', hosts: ['a'], resolution: 'dns' })

// Sidecar
api.sidecar({ name: 'a', egress: [{ hosts: ['./*'] }] })
// @ts-expect-error a listener has hosts
api.sidecar({ name: 'a', egress: [{}] })

// WorkloadEntry, WorkloadGroup
api.workloadEntry({ name: 'a', address: '10.0.0.1' })
// @ts-expect-error an address is text
api.workloadEntry({ name: 'a', address: 10 })
api.workloadGroup({ name: 'a', template: { serviceAccount: 'a' } })
// @ts-expect-error a group has a template
api.workloadGroup({ name: 'a' })

// EnvoyFilter, ProxyConfig
api.envoyFilter({
  name: 'a',
  configPatches: [{ applyTo: 'HTTP_FILTER', patch: { operation: 'INSERT_FIRST', value: { name: 'a' } } }],
})
// @ts-expect-error nothing of that name can be patched
api.envoyFilter({ name: 'a', configPatches: [{ applyTo: 'FILTER' }] })
api.proxyConfig({ name: 'a', concurrency: 2 })
// @ts-expect-error a number of threads is a number
api.proxyConfig({ name: 'a', concurrency: '2' })

// Security
api.authorizationPolicy({ name: 'a', action: 'DENY', rules: [{ from: [{ source: { namespaces: ['a'] } }] }] })
// @ts-expect-error not an action
api.authorizationPolicy({ name: 'a', action: 'Deny' })
api.peerAuthentication({ name: 'a', mtls: { mode: 'STRICT' }, portLevelMtls: { 80: { mode: 'DISABLE' } } })
// @ts-expect-error not a mode
api.peerAuthentication({ name: 'a', mtls: { mode: 'MUTUAL' } })
api.requestAuthentication({ name: 'a', jwtRules: [{ issuer: 'https://a', jwksUri: 'https://a/keys' }] })
// @ts-expect-error an issuer is text
api.requestAuthentication({ name: 'a', jwtRules: [{ issuer: 1 }] })

// Telemetry
api.telemetry({ name: 'a', accessLogging: [{ providers: [{ name: 'envoy' }] }] })
// @ts-expect-error a provider has a name
api.telemetry({ name: 'a', accessLogging: [{ providers: [{}] }] })

// WasmPlugin, TrafficExtension
api.wasmPlugin({ name: 'a', url: 'file:///a.wasm', phase: 'AUTHN' })
// @ts-expect-error not a phase
api.wasmPlugin({ name: 'a', url: 'file:///a.wasm', phase: 'FIRST' })
api.trafficExtension({ name: 'a', lua: { inlineCode: 'x = 1' } })
// @ts-expect-error Lua or Wasm
api.trafficExtension({ name: 'a', lua: { inlineCode: 'x = 1' }, wasm: { url: 'file:///a.wasm' } })

// Gateway API
gatewayApi.httpRoute({ name: 'a', rules: [{ backendRefs: [gatewayApi.backend('a', 80)] }] })
// @ts-expect-error a backend has a name
gatewayApi.httpRoute({ name: 'a', rules: [{ backendRefs: [{ port: 80 }] }] })
gatewayApi.gateway({
  name: 'a',
  gatewayClassName: 'istio',
  listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }],
})
// @ts-expect-error a Gateway has a class
gatewayApi.gateway({ name: 'a', listeners: [] })
gatewayApi.grpcRoute({ name: 'a', rules: [{ matches: [{ method: { type: 'Exact', service: 'a' } }] }] })
// @ts-expect-error not a way to compare
gatewayApi.grpcRoute({ name: 'a', rules: [{ matches: [{ method: { type: 'Prefix', service: 'a' } }] }] })
gatewayApi.tcpRoute({ name: 'a', rules: [{ backendRefs: [{ name: 'a', port: 1 }] }] })
// @ts-expect-error a TCPRoute has rules
gatewayApi.tcpRoute({ name: 'a' })
gatewayApi.tlsRoute({ name: 'a', hostnames: ['a.b'], rules: [{ backendRefs: [{ name: 'a', port: 1 }] }] })
// @ts-expect-error a TLSRoute has host names
gatewayApi.tlsRoute({ name: 'a', rules: [] })
gatewayApi.referenceGrant({
  name: 'a',
  from: [{ group: '', kind: 'Service', namespace: 'b' }],
  to: [{ group: '', kind: 'Secret' }],
})
// @ts-expect-error who may refer is named
gatewayApi.referenceGrant({ name: 'a', to: [{ group: '', kind: 'Secret' }] })
gatewayApi.gatewayClass({ name: 'a', controllerName: 'a.b/c' })
// @ts-expect-error a class is of no namespace
gatewayApi.gatewayClass({ name: 'a', namespace: 'b', controllerName: 'a.b/c' })
gatewayApi.backendTlsPolicy({
  name: 'a',
  targetRefs: [{ group: '', kind: 'Service', name: 'a' }],
  validation: { hostname: 'a.b', wellKnownCACertificates: 'System' },
})
gatewayApi.backendTlsPolicy({
  name: 'a',
  targetRefs: [],
  // @ts-expect-error not known
  validation: { hostname: 'a.b', wellKnownCACertificates: 'Everyone' },
})

// Kinds of Kubernetes
api.namespace({ name: 'a', labels: { 'istio-injection': 'enabled' } })
// @ts-expect-error a Namespace is of no namespace
api.namespace({ name: 'a', namespace: 'b' })
api.serviceAccount({ name: 'a', namespace: 'b' })
// @ts-expect-error it has a name
api.serviceAccount({ namespace: 'b' })
api.service({ name: 'a', ports: [{ port: 80, name: 'http' }] })
// @ts-expect-error a port has a number
api.service({ name: 'a', ports: [{ name: 'http' }] })
api.pod({ name: 'a', containers: [{ name: 'a', image: 'a' }] })
// @ts-expect-error a container has a name
api.pod({ name: 'a', containers: [{ image: 'a' }] })
api.deployment({ name: 'a', replicas: 2, podLabels: { app: 'a' }, pod: { containers: [{ name: 'a' }] } })
// @ts-expect-error a number of pods is a number
api.deployment({ name: 'a', replicas: '2', podLabels: {}, pod: { containers: [] } })
// @ts-expect-error pods have labels
api.deployment({ name: 'a', pod: { containers: [] } })
api.configMap({ name: 'a', data: { a: '1' } })
// @ts-expect-error data is text
api.configMap({ name: 'a', data: { a: 1 } })
api.secret({ name: 'a', type: 'Opaque', stringData: { a: '1' } })
// @ts-expect-error data is text
api.secret({ name: 'a', stringData: { a: 1 } })
api.endpointSlice({
  name: 'a',
  service: 'a',
  endpoints: [{ addresses: ['10.0.0.1'] }],
  ports: [{ port: 80 }],
})
// @ts-expect-error it is of a service
api.endpointSlice({ name: 'a', endpoints: [], ports: [] })

// Versions
api.destinationRule({ name: 'a', host: 'a', apiVersion: 'networking.istio.io/v1beta1' })
// @ts-expect-error not a version of the kind
api.destinationRule({ name: 'a', host: 'a', apiVersion: 'networking.istio.io/v2' })

/** The shape of @kubernetes/client-node, kubernetes-fluent-client and pepr, in short. */
interface ClientObject {
  apiVersion?: string
  kind?: string
  metadata?: {
    name?: string
    namespace?: string
    labels?: { [key: string]: string }
    creationTimestamp?: Date
    deletionTimestamp?: Date
    managedFields?: { time?: Date }[]
    ownerReferences?: { apiVersion: string; kind: string; name: string; uid: string; controller?: boolean }[]
  }
}
/** The shape of the properties of cdk8s' ApiObject, in short. */
interface CdkProps {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata?: {
    readonly name?: string
    readonly labels?: { [key: string]: string }
    readonly [key: string]: unknown
  }
  readonly [key: string]: unknown
}
/** The shape of the arguments of Pulumi's CustomResource, in short. */
interface PulumiArgs {
  apiVersion: string | Promise<string>
  kind: string | Promise<string>
  metadata?:
    | { name?: string | Promise<string>; labels?: { [key: string]: string | Promise<string> } }
    | Promise<object>
  // biome-ignore lint/suspicious/noExplicitAny: so it is there
  [others: string]: any
}
const made = api.virtualService({ name: 'a', hosts: ['a'] })
export const ofClients: ClientObject[] = [
  made,
  api.service({ name: 'a' }),
  gatewayApi.httpRoute({ name: 'a', rules: [] }),
]
export const ofCdk: CdkProps = { ...made, metadata: { ...made.metadata } }
export const ofPulumi: PulumiArgs[] = [made, api.namespace({ name: 'a' })]
export const nameOfIt: string = made.metadata.name

// Objects of other tools can be given where an object of Kubernetes is wanted.
const plain: api.KubernetesObject = api.service({ name: 'a', ports: [{ port: 80 }], selector: { app: 'a' } })
const typed: api.VirtualService = api.virtualService({ name: 'a', hosts: ['a'] })
export const objects: api.KubernetesObject[] = [plain, typed]
