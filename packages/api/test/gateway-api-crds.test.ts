import { describe, expect, it } from 'vitest'
import * as builders from '../src/groups/gateway-api.ts'
import { type KubernetesObject, kinds } from '../src/k8s.ts'
import * as backendTlsPolicy from '../src/schema/gateway-api/backend-tls-policy.ts'
import * as gateway from '../src/schema/gateway-api/gateway.ts'
import * as gatewayClass from '../src/schema/gateway-api/gateway-class.ts'
import * as grpcRoute from '../src/schema/gateway-api/grpc-route.ts'
import * as httpRoute from '../src/schema/gateway-api/http-route.ts'
import * as referenceGrant from '../src/schema/gateway-api/reference-grant.ts'
import * as tcpRoute from '../src/schema/gateway-api/tcp-route.ts'
import * as tlsRoute from '../src/schema/gateway-api/tls-route.ts'
import { validate } from '../src/validate/validate.ts'
import { fromYaml } from '../src/yaml/parse.ts'
import { toYaml } from '../src/yaml/print.ts'
import { GATEWAY_REPEATED, GATEWAY_ROWS, POLICY_ROWS } from './gateway-api-gateway-rows.ts'
import { GRPC_ROWS, HTTP_ROWS, type Row, TCP_ROWS, TLS_REPEATED, TLS_ROWS } from './gateway-api-route-rows.ts'

/**
 * Facts of the CRDs of the Gateway API 1.6, experimental channel, with which the schemas were compared node by node.
 * That channel serves every version and every field of the standard one. It is stricter in one thing: values of headers
 * are printable ASCII.
 *
 * What the schemas leave out, because no verdict depends on it: `x-kubernetes-list-type: atomic` and map types (they
 * matter to server-side apply only), printer columns and categories (no CRDs of these kinds are printed), the warnings
 * of versions that are deprecated. What they say in other words is tested below as a difference.
 */
const FACTS = [
  ['GatewayClass', 'gatewayclasses', ['gc'], 'Cluster', ['v1', 'v1beta1'], 'v1'],
  ['Gateway', 'gateways', ['gtw'], 'Namespaced', ['v1', 'v1beta1'], 'v1'],
  ['HTTPRoute', 'httproutes', [], 'Namespaced', ['v1', 'v1beta1'], 'v1'],
  ['GRPCRoute', 'grpcroutes', [], 'Namespaced', ['v1'], 'v1'],
  ['TCPRoute', 'tcproutes', [], 'Namespaced', ['v1', 'v1alpha2'], 'v1'],
  ['TLSRoute', 'tlsroutes', [], 'Namespaced', ['v1', 'v1alpha3', 'v1alpha2'], 'v1'],
  ['ReferenceGrant', 'referencegrants', ['refgrant'], 'Namespaced', ['v1', 'v1beta1'], 'v1beta1'],
  ['BackendTLSPolicy', 'backendtlspolicies', ['btlspolicy'], 'Namespaced', ['v1', 'v1alpha3'], 'v1'],
] as const

const SCHEMAS = new Map(
  [
    backendTlsPolicy.BackendTLSPolicy,
    gateway.Gateway,
    gatewayClass.GatewayClass,
    grpcRoute.GRPCRoute,
    httpRoute.HTTPRoute,
    referenceGrant.ReferenceGrant,
    tcpRoute.TCPRoute,
    tlsRoute.TLSRoute,
  ].map((schema) => [schema.kind, schema]),
)

function object(kind: string, spec: unknown, version = 'v1'): KubernetesObject {
  return {
    apiVersion: `gateway.networking.k8s.io/${version}`,
    kind,
    metadata: { name: 'a' },
    spec,
  } as KubernetesObject
}

function said(kind: string, spec: unknown, version?: string): string[] {
  return validate(object(kind, spec, version)).map(({ message }) => message)
}

describe('the kinds of the Gateway API', () => {
  it.each(FACTS)('%s has the names, versions and scope of its CRD', (...facts) => {
    const { kind, plural, shortNames = [], scope, versions, storedVersion } = SCHEMAS.get(facts[0])!
    expect([kind, plural, shortNames, scope, versions, storedVersion ?? versions[0]]).toEqual(facts)
  })

  it('are these', () => {
    const names = kinds.filter(({ origin }) => origin === 'gateway-api').map(({ kind }) => kind)
    expect(names.toSorted()).toEqual(FACTS.map(([kind]) => kind).toSorted())
  })

  it.each(FACTS)('%s needs a spec', (kind) => {
    expect(said(kind, undefined)).toEqual(['spec: Required value'])
  })
})

describe('limits of single fields', () => {
  const http = (rule: object) => ({ rules: [rule] })
  const header = (value: string) => http({ matches: [{ headers: [{ name: 'a', value }] }] })
  const LISTENERS = { gatewayClassName: 'a', listeners: [{ name: 'a', port: 80, protocol: 'HTTP' }] }
  it.each<[title: string, kind: string, spec: object, paths: string[]]>([
    ['a header with single spaces', 'HTTPRoute', header('a b\tc'), []],
    ['a header with two spaces', 'HTTPRoute', header('a  b'), ['spec.rules[0].matches[0].headers[0].value']],
    [
      'a header with letters beyond ASCII',
      'HTTPRoute',
      header('é'),
      ['spec.rules[0].matches[0].headers[0].value'],
    ],
    [
      'a long header that ends badly',
      'HTTPRoute',
      header(`${'a'.repeat(4000)}é`),
      ['spec.rules[0].matches[0].headers[0].value'],
    ],
    ['no retry', 'HTTPRoute', http({ retry: { attempts: 0 } }), ['spec.rules[0].retry.attempts']],
    ['a retry', 'HTTPRoute', http({ retry: { attempts: 1, codes: [400, 599] } }), []],
    [
      'a code that is no error',
      'HTTPRoute',
      http({ retry: { codes: [399] } }),
      ['spec.rules[0].retry.codes[0]'],
    ],
    ['a default Gateway', 'HTTPRoute', { useDefaultGateways: 'All' }, []],
    ['another default', 'GRPCRoute', { useDefaultGateways: 'Some' }, ['spec.useDefaultGateways']],
    ['a Gateway that is the default', 'Gateway', { ...LISTENERS, defaultScope: 'All' }, []],
    [
      'a label whose value is none',
      'Gateway',
      { ...LISTENERS, infrastructure: { labels: { a: 'b/c' } } },
      ['spec.infrastructure.labels.a'],
    ],
    ['no listener', 'Gateway', { gatewayClassName: 'a', listeners: [] }, ['spec.listeners']],
    [
      'a session',
      'GRPCRoute',
      { rules: [{ sessionPersistence: { sessionName: 'a', idleTimeout: '10m' } }] },
      [],
    ],
  ])('%s: %s', (_, kind, spec, paths) => {
    expect(validate(object(kind, spec)).map(({ path }) => path)).toEqual(paths)
  })
})

describe('the status that a controller writes', () => {
  const CONDITION = {
    type: 'Accepted',
    status: 'True',
    reason: 'Accepted',
    message: '',
    lastTransitionTime: '2026-01-02T03:04:05Z',
  }
  const PARENT = { parentRef: { name: 'a' }, controllerName: 'istio.io/gateway-controller' }
  const written = (status: object) =>
    validate({ ...object('HTTPRoute', {}), status } as KubernetesObject, { operation: 'status' }).map(
      ({ message }) => message,
    )

  it('is accepted with whole conditions', () => {
    expect(written({ parents: [{ ...PARENT, conditions: [CONDITION] }] })).toEqual([])
  })

  it('is refused without them', () => {
    expect(written({ parents: [PARENT] })).toEqual(['status.parents[0].conditions: Required value'])
  })

  it('is refused with the same condition twice', () => {
    expect(written({ parents: [{ ...PARENT, conditions: [CONDITION, CONDITION] }] })).toEqual([
      'status.parents[0].conditions[1]: Duplicate value: {"type":"Accepted"}',
    ])
  })

  it('is refused with a status that is none', () => {
    expect(written({ parents: [{ ...PARENT, conditions: [{ ...CONDITION, status: 'Maybe' }] }] })).toEqual([
      'status.parents[0].conditions[0].status: Unsupported value: "Maybe": supported values: "True", "False", "Unknown"',
    ])
  })
})

describe('differences from the CRDs that are kept', () => {
  const addresses = (value: string) => ({
    gatewayClassName: 'a',
    listeners: [{ name: 'a', port: 80, protocol: 'HTTP' }],
    addresses: [{ value }],
  })

  it('an IPv4 address in IPv6 is refused, because addresses are judged by a rule and not by formats', () => {
    expect(said('Gateway', addresses('::ffff:1.2.3.4'))).toEqual([
      'spec.addresses[0]: Invalid value: IPAddress value must be a valid IP address',
    ])
  })

  it('TLS without certificates is told in the words of the rule, where the API server tells that the rule failed', () => {
    const listeners = [{ name: 'a', port: 443, protocol: 'HTTPS', tls: {} }]
    expect(said('Gateway', { gatewayClassName: 'a', listeners })).toEqual([
      'spec.listeners[0].tls: Invalid value: certificateRefs or options must be specified when mode is Terminate',
    ])
  })

  it('routes of v1alpha2 are judged like those of v1, because all versions of a kind have one schema', () => {
    const rule = { backendRefs: [{ name: 'a', port: 1 }] }
    // v1alpha2 takes a TLSRoute without hostnames, and 16 rules, of which implementations use one.
    expect(said('TLSRoute', { rules: [rule] }, 'v1alpha2')).toEqual(['spec.hostnames: Required value'])
    expect(said('TCPRoute', { rules: [rule, rule] }, 'v1alpha2')).toEqual([
      'spec.rules: Too many: 2: must have at most 1 items',
    ])
  })

  it('the pattern of the value of a header is written without a way to read it twice', () => {
    const filters = [
      { type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'a', value: ' ' }] } },
    ]
    const path = 'spec.rules[0].filters[0].requestHeaderModifier.set[0].value'
    expect(said('HTTPRoute', { rules: [{ filters }] })).toEqual([
      `${path}: Invalid value: " ": ${path} in body should match '^[!-~]+([\\t ][!-~]+)*$'`,
    ])
  })
})

describe('builders of the Gateway API', () => {
  type Builder = (options: { readonly name: string }) => KubernetesObject
  const BUILT: readonly (readonly [
    kind: string,
    builder: Builder,
    specs: readonly object[],
    version?: string,
  ])[] = [
    ['HTTPRoute', builders.httpRoute as Builder, specsOf(HTTP_ROWS)],
    ['GRPCRoute', builders.grpcRoute as Builder, specsOf(GRPC_ROWS)],
    ['TCPRoute', builders.tcpRoute as Builder, specsOf(TCP_ROWS)],
    ['TLSRoute', builders.tlsRoute as Builder, specsOf([...TLS_ROWS, ...TLS_REPEATED])],
    ['Gateway', builders.gateway as Builder, specsOf([...GATEWAY_ROWS, ...GATEWAY_REPEATED])],
    ['BackendTLSPolicy', builders.backendTlsPolicy as Builder, specsOf(POLICY_ROWS)],
    [
      'GatewayClass',
      builders.gatewayClass as Builder,
      [
        {
          controllerName: 'istio.io/gateway-controller',
          description: 'Gateways of the shop',
          parametersRef: { group: '', kind: 'ConfigMap', name: 'a', namespace: 'b' },
        },
      ],
    ],
    [
      'ReferenceGrant',
      builders.referenceGrant as Builder,
      [
        {
          from: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: 'a' }],
          to: [
            { group: '', kind: 'Service' },
            { group: '', kind: 'Secret', name: 'a' },
          ],
        },
      ],
      // The version that is stored, and that releases before 1.5 serve as well.
      'v1beta1',
    ],
  ]

  function specsOf(rows: readonly Row[]): object[] {
    return rows.map(([, , keeps]) => keeps)
  }

  for (const [kind, builder, specs, version] of BUILT) {
    it(`${kind}: what is given stands in the spec, and comes back from YAML`, () => {
      for (const spec of specs) {
        const built = builder({ name: 'a', ...spec })
        expect(built).toEqual(object(kind, spec, version))
        expect(fromYaml(toYaml(built)).objects.map((parsed) => parsed.object)).toEqual([built])
      }
      expect(specs.length).toBeGreaterThan(0)
    })
  }
})
