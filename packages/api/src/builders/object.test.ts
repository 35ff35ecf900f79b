import { expect, it } from 'vitest'
import * as builders from '../groups/builders.ts'
import * as gatewayApi from '../groups/gateway-api.ts'
import { kinds } from '../k8s.ts'
import { validate } from '../validate/validate.ts'

/** An object of every kind, with as many options left undefined as a caller in JavaScript may leave. */
const undefinedMetadata = { namespace: undefined, labels: undefined, annotations: undefined } as object
const options = { name: 'a', ...undefinedMetadata }
const every = [
  builders.authorizationPolicy({ ...options, rules: [{ when: undefined as never }] }),
  builders.destinationRule({ ...options, host: 'a', subsets: [builders.subset('v1', undefined, undefined)] }),
  builders.envoyFilter({ ...options, configPatches: undefined as never }),
  builders.gateway({ ...options, servers: [builders.httpServer(80, '*')] }),
  builders.peerAuthentication({ ...options, selector: undefined as never }),
  builders.proxyConfig({ ...options, concurrency: undefined as never }),
  builders.requestAuthentication({ ...options, jwtRules: [{ issuer: 'a', audiences: undefined as never }] }),
  builders.serviceEntry({
    ...options,
    hosts: ['a.example.com'],
    ports: undefined as never,
    resolution: 'DNS',
  }),
  builders.sidecar({ ...options, egress: [{ hosts: ['./*'], port: undefined as never }] }),
  builders.telemetry({ ...options, tracing: [{ providers: undefined as never }] }),
  builders.trafficExtension({ ...options, lua: { inlineCode: 'x = 1' }, match: undefined as never }),
  builders.virtualService({
    ...options,
    hosts: ['a'],
    http: [builders.route(builders.to('a', { port: undefined as never })).timeout(undefined as never)],
  }),
  builders.wasmPlugin({ ...options, url: 'oci://a/b', phase: undefined as never }),
  builders.workloadEntry({ ...options, address: '10.0.0.1', labels: { app: undefined as never } }),
  builders.workloadGroup({ ...options, template: { serviceAccount: undefined as never } }),
  builders.namespace(options),
  builders.serviceAccount(options),
  builders.service({ ...options, ports: [{ port: 80, name: undefined as never }] }),
  builders.pod({ ...options, containers: [{ name: 'a', image: undefined as never }] }),
  builders.deployment({ ...options, podLabels: { app: 'a' }, pod: { containers: [{ name: 'a' }] } }),
  builders.configMap({ ...options, data: undefined as never }),
  builders.secret({ ...options, type: undefined as never, stringData: { a: 'b' } }),
  builders.endpointSlice({
    ...options,
    service: 'a',
    endpoints: [{ addresses: ['10.0.0.1'], hostname: undefined as never }],
    ports: [{ port: 80, name: undefined as never }],
  }),
  gatewayApi.backendTlsPolicy({
    ...options,
    targetRefs: [{ group: '', kind: 'Service', name: 'a', sectionName: undefined as never }],
    validation: { hostname: 'a.b', wellKnownCACertificates: 'System' },
  }),
  gatewayApi.gateway({
    ...options,
    gatewayClassName: 'istio',
    listeners: [{ name: 'a', port: 80, protocol: 'HTTP' }],
  }),
  gatewayApi.gatewayClass({ name: 'a', controllerName: 'istio.io/a', description: undefined as never }),
  gatewayApi.grpcRoute({ ...options, rules: [{ filters: undefined as never }] }),
  gatewayApi.httpRoute({ ...options, rules: [{ backendRefs: [gatewayApi.backend('a', 80)] }] }),
  gatewayApi.referenceGrant({
    ...options,
    from: [{ group: '', kind: 'Service', namespace: 'b' }],
    to: [{ group: '', kind: 'Secret', name: undefined as never }],
  }),
  gatewayApi.tcpRoute({
    ...options,
    rules: [{ backendRefs: [{ name: 'a', port: 1, weight: undefined as never }] }],
  }),
  gatewayApi.tlsRoute({
    ...options,
    hostnames: ['a.b'],
    rules: [{ backendRefs: [{ name: 'a', port: 443 }] }],
  }),
]

/** Every value that is reached from another. */
function reached(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [value]
  return [value, ...Object.values(value).flatMap(reached)]
}

it('there is a builder for every kind', () => {
  const built = every.map(({ apiVersion, kind }) => `${apiVersion.replace(/\/?v\d\w*$/, '')}/${kind}`)
  const known = kinds
    .filter(({ origin }) => origin !== 'document')
    .map(({ group, kind }) => `${group}/${kind}`)
  expect([...built].sort()).toEqual([...known].sort())
})

it.each(every.map((object) => [object.kind, object] as const))(
  'builds a %s that is plain JSON without undefined members, and accepted',
  (_kind, object) => {
    const all = reached(object)
    expect(all).not.toContain(undefined)
    for (const one of all.filter((value) => typeof value === 'object' && value !== null))
      expect([Object.prototype, Array.prototype]).toContain(Object.getPrototypeOf(one))
    expect(JSON.parse(JSON.stringify(object))).toStrictEqual(object)
    expect(validate(object).filter(({ severity }) => severity === 'error')).toEqual([])
  },
)

it('writes the version that is asked for, else the newest', () => {
  const rule = builders.destinationRule({ name: 'a', host: 'a' })
  expect(rule.apiVersion).toBe('networking.istio.io/v1')
  expect(
    builders.destinationRule({ name: 'a', host: 'a', apiVersion: 'networking.istio.io/v1beta1' }),
  ).toStrictEqual({ ...rule, apiVersion: 'networking.istio.io/v1beta1' })
})

it('shares nothing with its options', () => {
  const hosts = ['a']
  const labels = { app: 'a' }
  const object = builders.virtualService({
    name: 'a',
    labels,
    hosts,
    http: [{ headers: { request: { remove: hosts } } }],
  })
  hosts.push('b')
  labels.app = 'b'
  expect(object).toStrictEqual({
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'a', labels: { app: 'a' } },
    spec: { hosts: ['a'], http: [{ headers: { request: { remove: ['a'] } } }] },
  })
})
