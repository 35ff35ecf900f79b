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
// @ts-expect-error the shares sum to 99
api.split({ v1: 90, v2: 9 })
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

// Objects of other tools can be given where an object of Kubernetes is wanted.
const plain: api.KubernetesObject = api.service({ name: 'a', ports: [{ port: 80 }], selector: { app: 'a' } })
const typed: api.VirtualService = api.virtualService({ name: 'a', hosts: ['a'] })
export const objects: api.KubernetesObject[] = [plain, typed]
