import { describe, expect, it } from 'vitest'
import { parseDocuments } from '../yaml/parse.ts'
import { validateMeshConfig, validateMeshNetworks } from './mesh.ts'

function said(text: string, check: typeof validateMeshConfig | typeof validateMeshNetworks): string[] {
  const [document] = parseDocuments(text, { file: 'mesh.yaml' })
  return check(document!).map(
    ({ severity, range, path, message }) => `${range?.line}: ${severity} ${path}: ${message}`,
  )
}

describe('a MeshConfig', () => {
  it('is accepted as it is usually written', () => {
    const text = `accessLogFile: /dev/stdout
defaultConfig:
  discoveryAddress: istiod.istio-system.svc:15012
  proxyMetadata: { ISTIO_META_DNS_CAPTURE: "true" }
  tracing: { sampling: 100, zipkin: { address: "zipkin:9411" } }
enablePrometheusMerge: true
extensionProviders:
- name: otel
  opentelemetry: { service: collector.observability.svc.cluster.local, port: 4317 }
- name: authz
  envoyExtAuthzGrpc: { service: auth/authz.auth.svc.cluster.local, port: 9000, timeout: 0.5s, failOpen: true }
defaultProviders: { tracing: [otel], metrics: [prometheus] }
outboundTrafficPolicy: { mode: REGISTRY_ONLY }
rootNamespace: istio-system
trustDomain: cluster.local
`
    expect(said(text, validateMeshConfig)).toEqual([])
  })

  it('has findings with their lines', () => {
    const text = `accessLogFil: /dev/stdout
connectTimeout: 1m
defaultConfig: { statusPort: 70000, discoveryAddress: istiod }
defaultHttpRetryPolicy: { attempts: 2, perTryTimeout: 2s }
defaultProviders: { tracing: [zipkin] }
extensionProviders:
- { name: a, prometheus: {} }
- { name: a }
- { name: b, zipkin: { service: a/b/c, port: 0 }, datadog: { service: a.b, port: 1 } }
`
    expect(said(text, validateMeshConfig)).toEqual([
      '1: warning accessLogFil: unknown field "accessLogFil"',
      `2: error connectTimeout: connectTimeout: Invalid value: "1m": connectTimeout in body should match '^-?[0-9]{1,12}(\\.[0-9]{1,9})?s$'`,
      '9: error extensionProviders[2]: extensionProviders[2]: Invalid value: "object": "zipkin" and "datadog" exclude each other: "extensionProviders[2]" must validate one and only one schema (oneOf). Found 2 valid alternatives',
      '3: error defaultConfig.statusPort: port number 70000 must be in the range 1..65535',
      '3: error defaultConfig.discoveryAddress: unable to split "istiod" into a host and a port',
      '4: error defaultHttpRetryPolicy.perTryTimeout: the mesh wide retry policy cannot have a timeout for each try',
      '8: error extensionProviders[1].name: duplicate extension provider name a',
      '8: error extensionProviders[1]: extension provider "a" has no kind',
      '9: error extensionProviders[2].zipkin.service: service "a/b/c" must be a host, or a namespace and a host with "/" between',
      '9: error extensionProviders[2].zipkin.port: port number 0 must be in the range 1..65535',
      '5: error defaultProviders.tracing[0]: there is no extension provider "zipkin"',
    ])
  })

  it('must be a map', () => {
    expect(said('- a', validateMeshConfig)).toEqual([
      '1: error : the document must be a map of settings, found array',
    ])
  })
})

describe('a MeshNetworks', () => {
  it('names endpoints and gateways', () => {
    const text = `networks:
  east:
    endpoints: [{ fromRegistry: cluster1 }, { fromCidr: 10.0.0.0/8 }]
    gateways: [{ address: 1.1.1.1, port: 15443 }]
  west:
    endpoints: [{ fromCidr: 10.0.0.0/40 }, {}]
    gateways: [{ registryServiceName: "a b", port: 0 }]
`
    expect(said(text, validateMeshNetworks)).toEqual([
      '6: error networks.west.endpoints[0].fromCidr: 10.0.0.0/40 is not a valid CIDR block',
      '6: error networks.west.endpoints[1]: endpoints need `fromCidr` or `fromRegistry`',
      '7: error networks.west.gateways[0].port: port number 0 must be in the range 1..65535',
      '7: error networks.west.gateways[0].registryServiceName: domain name "a b" invalid (label "a b" invalid)',
    ])
  })
})
