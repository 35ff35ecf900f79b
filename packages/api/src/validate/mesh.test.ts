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
connectTimeout: 1d
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
      `2: error connectTimeout: connectTimeout: Invalid value: "1d": connectTimeout in body should match '^[-+]?(0|(([0-9]+(\\.[0-9]*)?|\\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$'`,
      '9: error extensionProviders[2]: extensionProviders[2]: Invalid value: "object": "zipkin" and "datadog" exclude each other: "extensionProviders[2]" must validate one and only one schema (oneOf). Found 2 valid alternatives',
      '3: error defaultConfig.discoveryAddress: unable to split "istiod" into a host and a port',
      '3: error defaultConfig.statusPort: port number 70000 must be in the range 1..65535',
      '4: warning defaultHttpRetryPolicy.perTryTimeout: the mesh wide retry policy has no timeout for each try, this one is ignored',
      '8: warning extensionProviders[1].name: duplicate extension provider name a',
      '8: warning extensionProviders[1]: extension provider "a" has no kind',
      '9: warning extensionProviders[2].zipkin.service: service "a/b/c" must be a host, or a namespace and a host with "/" between',
      '9: warning extensionProviders[2].zipkin.port: port number 0 must be in the range 1..65535',
      '5: warning defaultProviders.tracing[0]: there is no extension provider "zipkin"',
    ])
  })

  it('is refused for what the control plane cannot use', () => {
    const text = `connectTimeout: 90m
protocolDetectionTimeout: 100us
trustDomain: a_b
trustDomainAliases: [A.b., ""]
serviceSettings: [{ hosts: ["*.a.b", "a.*.b"], settings: { clusterLocal: true } }]
meshMTLS: { ecdhCurves: [P-256] }
tlsDefaults: { ecdhCurves: [P-256, P-256, P-1] }
localityLbSetting: { distribute: [{ from: a, to: { b: 50 } }] }
defaultConfig:
  drainDuration: 1500ms
  discoveryAddress: "[::1]:15012"
  statsdUdpAddress: "a b:1"
  tracing: { zipkin: { address: "$(HOST_IP):9411" }, tlsSettings: { mode: MUTUAL } }
  proxyMetadata: { ISTIO_META_DNS_AUTO_ALLOCATE: "true" }
  privateKeyProvider: { cryptomb: { pollDelay: 0s } }
`
    expect(said(text, validateMeshConfig)).toEqual([
      '1: error connectTimeout: time 90m must be >1ms and <1h0m0s',
      '2: error protocolDetectionTimeout: only durations to ms precision are supported',
      '10: error defaultConfig.drainDuration: drain time only supports durations to seconds precision',
      '12: error defaultConfig.statsdUdpAddress: "a b" is not a valid hostname or an IP address',
      '13: error defaultConfig.tracing.tlsSettings.clientCertificate: client certificate required for mutual tls',
      '13: error defaultConfig.tracing.tlsSettings.privateKey: private key required for mutual tls',
      '15: error defaultConfig.privateKeyProvider.cryptomb.pollDelay: pollDelay must be non zero',
      "14: warning defaultConfig.proxyMetadata.ISTIO_META_DNS_AUTO_ALLOCATE: 'ISTIO_META_DNS_AUTO_ALLOCATE' is deprecated: the control plane gives addresses to names by itself",
      '3: error trustDomain: trust domain name "a_b" invalid',
      '4: error trustDomainAliases[1]: empty domain name not allowed',
      '5: error serviceSettings[0].hosts[1]: domain name "*.b" invalid (label "*" invalid)',
      '8: error localityLbSetting.distribute[0].to: total locality weight 50 != 100',
      '6: error meshMTLS.ecdhCurves: mesh TLS does not support ECDH curves configuration',
      '7: warning tlsDefaults.ecdhCurves[1]: detected duplicate ECDH curves: [P-256]',
      '7: warning tlsDefaults.ecdhCurves[2]: detected unrecognized ECDH curves: [P-1]',
    ])
  })

  it('takes the durations that Go reads, of any unit', () => {
    const refused = (duration: string): boolean =>
      said(`dnsRefreshRate: ${duration}`, validateMeshConfig).length > 0
    const right = [
      '5s',
      '1m',
      '1h30m',
      '100ms',
      '0.5s',
      '.5s',
      '5.s',
      '1us',
      '1µs',
      '1μs',
      '10ns',
      '+1s',
      '"0"',
      '0s',
    ]
    const wrong = ['1d', '5', '""', 's', '.s', '1 s', '1S', '1s ms', '"-"', '1.2.3s', '1e3s', 'PT5S']
    expect([right.filter(refused), wrong.filter((one) => !refused(one))]).toEqual([[], []])
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
      '6: warning networks.west.endpoints[1]: endpoints need `fromCidr` or `fromRegistry`',
      '7: error networks.west.gateways[0].registryServiceName: domain name "a b" invalid (label "a b" invalid)',
      '7: error networks.west.gateways[0].port: port number 0 must be in the range 1..65535',
    ])
  })
})
