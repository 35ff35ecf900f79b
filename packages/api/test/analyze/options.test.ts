import { BattenError } from '@batten/core/errors'
import { describe, expect, it } from 'vitest'
import { analyze, atLeast, parseLevel, parseSuppression } from '../../src/analyze/index.ts'
import { fromYaml, parseDocuments } from '../../src/yaml/parse.ts'
import { findingsOf, linesOf, objectsOf } from '../analysis-table.ts'

const TCP_ENTRY =
  'ServiceEntry a/one: {spec: {hosts: [x.com], ports: [{number: 443, name: a, protocol: TCP}]}}'

findingsOf(
  'serviceentry.ProtocolAddressesAnalyzer',
  [['addresses are allocated for all that have none', TCP_ENTRY, []]],
  {
    meshConfig:
      'defaultConfig: {proxyMetadata: {ISTIO_META_DNS_CAPTURE: "true", ISTIO_META_DNS_AUTO_ALLOCATE: "true"}}',
  },
)

findingsOf(
  'telemetry.ProviderAnalyzer',
  [['the mesh has a provider', 'Telemetry a/one: {spec: {accessLogging: [{}]}}', []]],
  { meshConfig: { defaultProviders: { accessLogging: ['envoy'] } } },
)

const PROVIDERS =
  'extensionProviders: [{name: old, lightstep: {service: x, port: 1}}, {name: otel, opentelemetry: {}}]'
const TRACING =
  'Telemetry a/one: {spec: {tracing: [{providers: [{name: otel}]}, {providers: [{name: old}, {name: gone}]}]}}'

findingsOf(
  'telemetry.LightstepAnalyzer',
  [
    [
      'a provider on its way out',
      TRACING,
      [
        'IST0002 Telemetry a/one spec.tracing[1].providers[0].name: Deprecated: The Lightstep provider old is deprecated, please migrate to OpenTelemetry provider.',
      ],
    ],
  ],
  { meshConfig: PROVIDERS },
)

findingsOf(
  'mesh.ProviderAnalyzer',
  [
    [
      'a provider that nobody defines',
      `${TRACING}\nAuthorizationPolicy a/two: {spec: {action: CUSTOM, provider: {name: gone}}}\nAuthorizationPolicy a/three: {spec: {action: CUSTOM, provider: {name: otel}}}\nTelemetry a/four: {spec: {metrics: [{providers: [{name: prometheus}]}]}}`,
      [
        'BAT1101 AuthorizationPolicy a/two spec.provider.name: The mesh configuration has no extension provider "gone".',
        'BAT1101 Telemetry a/one spec.tracing[1].providers[1].name: The mesh configuration has no extension provider "gone".',
      ],
    ],
  ],
  { meshConfig: PROVIDERS },
)

findingsOf('mesh.ProviderAnalyzer', [['nothing is said of a mesh without providers', TRACING, []]])

findingsOf(
  'meshnetworks.MeshNetworksAnalyzer',
  [
    [
      'clusters must be known',
      'Secret istio-system/remote: {metadata: {labels: {istio/multiCluster: "true"}}, stringData: {west: x}}\nSecret istio-system/other: {stringData: {east: x}}',
      [
        'IST0126 MeshNetworks istio-system/meshnetworks networks.n1.endpoints[2].fromRegistry: Unknown service registry east in network n1',
      ],
    ],
  ],
  {
    meshNetworks:
      'networks: {n1: {endpoints: [{fromRegistry: Kubernetes}, {fromRegistry: west}, {fromRegistry: east}, {fromCidr: 10.0.0.0/8}]}}',
  },
)

findingsOf('meshnetworks.MeshNetworksAnalyzer', [['a mesh may have no networks', 'Namespace a: {}', []]])

findingsOf(
  'kubernetes.VersionAnalyzer',
  [
    [
      'an old cluster',
      'Namespace a: {}',
      [
        'IST0142 Cluster east metadata.name: The Kubernetes Version "v1.20.3" is lower than the minimum version: 1.31',
      ],
    ],
  ],
  { kubernetesVersion: 'v1.20.3', clusterName: 'east' },
)
findingsOf('kubernetes.VersionAnalyzer', [['a new cluster', 'Namespace a: {}', []]], {
  kubernetesVersion: '1.34.1',
})
findingsOf('kubernetes.VersionAnalyzer', [['a cluster that is not known', 'Namespace a: {}', []]])

findingsOf(
  'services.MultiClusterServicesAnalyzer',
  [
    [
      'services that differ between clusters',
      'Service a/web: {spec: {ports: [{port: 80, name: http}]}}\nService a/same: {spec: {ports: [{port: 80}]}}\nService a/here: {}',
      [
        'IST0170 Service a/web metadata.name: The service web in namespace "a" is inconsistent across clusters ["east" "west"], which can lead to undefined behaviors. The inconsistent behaviors are: headless and non-headless services are mixed; service ports are inconsistent.',
      ],
    ],
  ],
  {
    clusterName: 'east',
    remoteClusters: {
      west: objectsOf(
        'Service a/web: {spec: {clusterIP: None, ports: [{port: 81, name: http}]}}\nService a/same: {spec: {ports: [{port: 80, targetPort: 80, protocol: TCP}]}}',
      ),
      north: objectsOf('Service a/web: {spec: {ports: [{port: 80, name: http}]}}'),
    },
  },
)

describe('options of an analysis', () => {
  const two =
    'VirtualService a/one: {spec: {gateways: [gone]}}\nVirtualService b/two: {spec: {gateways: [gone]}}'
  const analyzers = ['virtualservice.GatewayAnalyzer']

  it('the mesh configuration can be in a ConfigMap among the objects', () => {
    const map = "ConfigMap istio-system/istio: {data: {mesh: 'rootNamespace: root'}}"
    const policy = 'AuthorizationPolicy root/all: {spec: {}}'
    const only = { analyzers: ['auth.AuthorizationPoliciesAnalyzer'] }
    expect(linesOf(`${policy}\n${map}`, only)).toEqual([])
    expect(linesOf(policy, only)).toHaveLength(1)
  })

  it('the mesh configuration can be a document, an object, or inside an IstioOperator', () => {
    const text = 'defaultConfig: {proxyMetadata: {PILOT_ENABLE_IP_AUTOALLOCATE: "true"}}'
    const [document] = parseDocuments(text)
    const operator = `apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nspec: {meshConfig: {${text}}}`
    const only = { analyzers: ['serviceentry.ProtocolAddressesAnalyzer'] }
    expect(linesOf(TCP_ENTRY, only)).toHaveLength(1)
    for (const meshConfig of [text, document!, document!.value as Record<string, unknown>, operator])
      expect(linesOf(TCP_ENTRY, { ...only, meshConfig })).toEqual([])
  })

  it('a mesh configuration that is no YAML is refused', () => {
    expect(() => analyze([], { meshConfig: 'a: [' })).toThrow(BattenError)
    expect(() => analyze([], { meshConfig: 'a: [' })).toThrow(/^the mesh configuration cannot be read: /)
  })

  it('an analyzer that does not exist is refused', () => {
    expect(() => analyze([], { analyzers: ['gone'] })).toThrow('there is no analyzer "gone"')
  })

  it('only objects of the namespaces that are asked for are reported, and those of the cluster', () => {
    const objects = `${two}\nNamespace a: {}\nNamespace b: {}`
    const all = { analyzers: [...analyzers, 'injection.Analyzer'], namespaces: ['b'] }
    expect(analyze(objectsOf(objects), all).map(({ code, origin }) => `${code} ${origin}`)).toEqual([
      'IST0101 VirtualService b/two',
      'IST0102 Namespace b',
    ])
  })

  it('objects without a namespace are taken for those of the default one', () => {
    const objects =
      'VirtualService one: {spec: {hosts: [web], http: [{route: [{destination: {host: web}}]}]}}'
    const only = { analyzers: ['virtualservice.DestinationHostAnalyzer'] }
    expect(linesOf(`${objects}\nService default/web: {}`, only)).toEqual([])
    expect(linesOf(`${objects}\nService shop/web: {}`, only)).toEqual([
      'IST0101 VirtualService one spec.http[0].route[0].destination.host: Referenced host not found: "web"',
    ])
    expect(linesOf(`${objects}\nService default/web: {}`, { ...only, defaultNamespace: 'shop' })).toEqual([
      'IST0101 VirtualService shop/one spec.http[0].route[0].destination.host: Referenced host not found: "web"',
    ])
  })

  it.each([
    ['IST0101=VirtualService a/one', ['b/two']],
    ['IST0101=VirtualService one.a', ['b/two']],
    ['IST0101=VirtualService a/*', ['b/two']],
    ['IST0101=*.b', ['a/one']],
    ['IST0101=VirtualService *', []],
    ['IST01*=*', []],
    ['*=VirtualService b/two', ['a/one']],
    ['IST0102=VirtualService a/one', ['a/one', 'b/two']],
    ['IST0101=Gateway a/one', ['a/one', 'b/two']],
    ['IST0101=VirtualService a/o.e', ['a/one', 'b/two']],
  ])('%s suppresses', (text, left) => {
    const messages = analyze(objectsOf(two), { analyzers, suppress: [parseSuppression(text)!] })
    expect(messages.map(({ origin }) => origin)).toEqual(left.map((name) => `VirtualService ${name}`))
  })

  it.each([
    ['IST0101', []],
    ['IST0132, IST0101', []],
    ['*', []],
    ['IST01*', []],
    ['IST0132', ['IST0101']],
    ['', ['IST0101']],
  ])('the annotation analyze-suppress with %j leaves', (annotation, codes) => {
    const object = `VirtualService a/one: {metadata: {annotations: {galley.istio.io/analyze-suppress: "${annotation}"}}, spec: {gateways: [gone]}}`
    expect(analyze(objectsOf(object), { analyzers }).map(({ code }) => code)).toEqual(codes)
  })

  it('a suppression needs a code', () => {
    expect(parseSuppression('IST0101=Pod a/b')).toEqual({ code: 'IST0101', resource: 'Pod a/b' })
    expect(parseSuppression('IST0101')).toBeUndefined()
    expect(parseSuppression('=Pod')).toBeUndefined()
  })

  it('thresholds take what is as bad or worse', () => {
    const objects = `${two}\nNamespace plain: {}\nSidecar a/s: {spec: {outboundTrafficPolicy: {egressProxy: {host: x}}}}`
    const messages = analyze(objectsOf(objects), {
      analyzers: [...analyzers, 'injection.Analyzer', 'deprecation.DeprecationAnalyzer'],
    })
    const codes = (level: 'Error' | 'Warning' | 'Info'): string[] =>
      atLeast(messages, level).map(({ code }) => code)
    expect(codes('Info')).toEqual(['IST0101', 'IST0101', 'IST0002', 'IST0102'])
    expect(codes('Warning')).toEqual(['IST0101', 'IST0101', 'IST0002'])
    expect(codes('Error')).toEqual(['IST0101', 'IST0101'])
    expect(parseLevel('warning')).toBe('Warning')
    expect(parseLevel('bad')).toBeUndefined()
  })

  it('the ingress gateway of an installation is not taken for there in a cluster', () => {
    const gateway =
      'Gateway a/edge: {spec: {selector: {istio: ingressgateway}, servers: [{port: {number: 80}}]}}'
    const only = { analyzers: ['gateway.IngressGatewayPortAnalyzer'] }
    expect(linesOf(gateway, only)).toEqual([])
    expect(linesOf(gateway, { ...only, builtIns: false })).toEqual([
      'IST0101 Gateway a/edge spec.selector.istio: Referenced selector not found: "istio=ingressgateway"',
    ])
  })

  it('of objects with one name the last one counts', () => {
    const first = 'Gateway a/edge: {spec: {servers: [{hosts: [one.com]}]}}'
    const last = 'Gateway a/edge: {spec: {servers: [{hosts: [two.com]}]}}'
    const route = 'VirtualService a/one: {spec: {hosts: [two.com], gateways: [edge]}}'
    expect(linesOf(`${first}\n${last}\n${route}`, { analyzers })).toEqual([])
    expect(linesOf(`${last}\n${first}\n${route}`, { analyzers })).toHaveLength(1)
  })

  it('files that define an object twice are told', () => {
    const file = (name: string, host: string): string =>
      `apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata:\n  name: ${name}\nspec: {servers: [{hosts: [${host}]}]}\n`
    const one = fromYaml(`${file('edge', 'a.com')}---\n${file('same', 'a.com')}`, {
      file: 'one.yaml',
    }).documents
    const two = fromYaml(`${file('edge', 'b.com')}---\n${file('same', 'a.com')}`, {
      file: 'two.yaml',
    }).documents
    expect(
      analyze([...one, ...two], { analyzers: ['object.DuplicateAnalyzer'] }).map(
        ({ origin, reference, message }) => `${origin} ${reference} ${message}`,
      ),
    ).toEqual([
      'Gateway edge one.yaml:4 The object is defined again (two.yaml:4), and the last definition counts.',
    ])
  })
})

describe('documents', () => {
  const text = `# a comment
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: cart
  namespace: shop
spec:
  hosts: [cart]
  http:
  - route:
    - destination:
        host: crat
---
just: text
---
a: [
`

  it('give messages the file, the line and the field', () => {
    const { documents } = fromYaml(text, { file: 'cart.yaml' })
    expect(analyze(documents)).toEqual([
      {
        code: 'IST0101',
        name: 'ReferencedResourceNotFound',
        level: 'Error',
        message: 'Referenced host not found: "crat"',
        origin: 'VirtualService shop/cart',
        reference: 'cart.yaml:12',
        documentationUrl: 'https://istio.io/latest/docs/reference/config/analysis/ist0101/',
        path: 'spec.http[0].route[0].destination.host',
        range: { line: 12, column: 15, endLine: 12, endColumn: 19 },
        file: 'cart.yaml',
        hint: 'Create what is referenced, or correct its name and namespace.',
      },
      expect.objectContaining({
        code: 'IST0106',
        message:
          'Schema validation error: the document is no object of Kubernetes: "apiVersion" and "kind" missing',
        origin: '',
        reference: 'cart.yaml:14',
      }),
      expect.objectContaining({ code: 'IST0106', origin: '', reference: 'cart.yaml:16' }),
    ])
  })

  it('that cannot be read can be passed over', () => {
    const { documents } = fromYaml(text, { file: 'cart.yaml' })
    expect(analyze(documents, { ignoreUnknown: true }).map(({ code }) => code)).toEqual(['IST0101'])
  })

  it('can be passed one by one, as objects and without a list', () => {
    const { documents, objects } = fromYaml(text, { file: 'cart.yaml' })
    expect(analyze(documents[0]!)).toEqual(analyze(objects))
    expect(analyze(objects[0]!.object)[0]).toMatchObject({ reference: '', range: undefined, file: undefined })
  })
})
