import { describe, expect, it } from 'vitest'
import { gateway, httpRoute, onService, referenceGrant } from '../src/groups/gateway-api.ts'
import { validate } from '../src/validate/validate.ts'
import { fromYaml } from '../src/yaml/parse.ts'
import { corpusFiles, corpusText, hasCorpus } from './corpus.ts'

function said(kind: string, spec: string): string[] {
  const text = `apiVersion: gateway.networking.k8s.io/v1\nkind: ${kind}\nmetadata: {name: a}\nspec: ${spec}\n`
  return validate(fromYaml(text).documents).map(({ message }) => message)
}

const PATH = (match: string) => `{rules: [{matches: [{path: ${match}}]}]}`

const CASES: readonly (readonly [title: string, kind: string, spec: string, expected: readonly string[]])[] =
  [
    ['an empty route', 'HTTPRoute', '{}', []],
    [
      'a Service needs a port, which the defaults make a backend to be',
      'HTTPRoute',
      '{rules: [{backendRefs: [{name: a}, {name: b, kind: Hostname, group: networking.istio.io}]}]}',
      ['spec.rules[0].backendRefs[0]: Invalid value: Must have port for Service reference'],
    ],
    [
      'paths',
      'HTTPRoute',
      PATH('{value: "a//b"}'),
      [
        "spec.rules[0].matches[0].path: Invalid value: value must be an absolute path and start with '/' when type one of ['Exact', 'PathPrefix']",
        "spec.rules[0].matches[0].path: Invalid value: must not contain '//' when type one of ['Exact', 'PathPrefix']",
      ],
    ],
    ['a regular expression is no path', 'HTTPRoute', PATH('{type: RegularExpression, value: "a//b"}'), []],
    [
      'a filter and its type',
      'HTTPRoute',
      '{rules: [{filters: [{type: CORS, urlRewrite: {hostname: a.b}}, {type: Nothing}]}]}',
      [
        'spec.rules[0].filters[1].type: Unsupported value: "Nothing": supported values: "RequestHeaderModifier", "ResponseHeaderModifier", "RequestMirror", "RequestRedirect", "URLRewrite", "ExtensionRef", "CORS", "ExternalAuth"',
        'spec.rules[0].filters[0]: Invalid value: filter.urlRewrite must be nil if the filter.type is not URLRewrite',
        'spec.rules[0].filters[0]: Invalid value: filter.cors must be specified for CORS filter.type',
      ],
    ],
    [
      'a redirect with backends',
      'HTTPRoute',
      '{rules: [{filters: [{type: RequestRedirect, requestRedirect: {statusCode: 301}}], backendRefs: [{name: a, port: 1}]}]}',
      ['spec.rules[0]: Invalid value: RequestRedirect filter must not be used together with backendRefs'],
    ],
    [
      'the status of a redirect',
      'HTTPRoute',
      '{rules: [{filters: [{type: RequestRedirect, requestRedirect: {statusCode: 300}}]}]}',
      [
        'spec.rules[0].filters[0].requestRedirect.statusCode: Unsupported value: 300: supported values: "301", "302", "303", "307", "308"',
      ],
    ],
    [
      'a prefix that is replaced needs one match of a prefix; the default is one',
      'HTTPRoute',
      `{rules: [
        {filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}]},
        {matches: [{path: {type: Exact, value: /a}}], filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}]}]}`,
      [
        'spec.rules[1]: Invalid value: When using URLRewrite filter with path.replacePrefixMatch, exactly one PathPrefix match must be specified',
      ],
    ],
    [
      'timeouts',
      'HTTPRoute',
      '{rules: [{timeouts: {request: 1s, backendRequest: 2s}}, {timeouts: {request: 0s, backendRequest: 2s}}, {timeouts: {request: 1.5s}}]}',
      [
        'spec.rules[2].timeouts.request: Invalid value: "1.5s": spec.rules[2].timeouts.request in body should match \'^([0-9]{1,5}(h|m|s|ms)){1,4}$\'',
        'spec.rules[0].timeouts: Invalid value: backendRequest timeout cannot be longer than request timeout',
      ],
    ],
    [
      'parents must be told apart',
      'HTTPRoute',
      '{parentRefs: [{name: a}, {name: a, sectionName: b}, {name: c, kind: Service, group: ""}]}',
      [
        'spec.parentRefs: Invalid value: sectionName or port must be specified when parentRefs includes 2 or more references to the same parent',
      ],
    ],
    [
      'an origin twice',
      'HTTPRoute',
      '{rules: [{filters: [{type: CORS, cors: {allowMethods: [GET, GET]}}]}]}',
      ['spec.rules[0].filters[0].cors.allowMethods[1]: Duplicate value: "GET"'],
    ],
    [
      'listeners',
      'Gateway',
      `{gatewayClassName: istio, listeners: [
        {name: a, port: 80, protocol: HTTP, tls: {mode: Passthrough}},
        {name: b, port: 80, protocol: HTTP},
        {name: c, port: 443, protocol: HTTPS, tls: {}},
        {name: d, port: 9000, protocol: TCP, hostname: a.b}]}`,
      [
        "spec.listeners: Invalid value: tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']",
        "spec.listeners: Invalid value: hostname must not be specified for protocols ['TCP', 'UDP']",
        'spec.listeners: Invalid value: Combination of port, protocol and hostname must be unique for each listener',
        'spec.listeners[2].tls: Invalid value: certificateRefs or options must be specified when mode is Terminate',
      ],
    ],
    [
      'gRPC methods',
      'GRPCRoute',
      '{rules: [{matches: [{method: {}}, {method: {service: "a b"}}, {method: {method: Say}}]}]}',
      [
        "spec.rules[0].matches[0].method: Invalid value: One or both of 'service' or 'method' must be specified",
        'spec.rules[0].matches[1].method: Invalid value: service must only contain valid characters (matching ^(?i)\\.?[a-z_][a-z_0-9]*(\\.[a-z_][a-z_0-9]*)*$)',
      ],
    ],
    [
      'server names',
      'TLSRoute',
      '{hostnames: [10.0.0.1], rules: [{backendRefs: [{name: a, port: 1}]}]}',
      ['spec.hostnames: Invalid value: Hostnames cannot contain an IP'],
    ],
    ['a TCPRoute without rules', 'TCPRoute', '{}', ['spec.rules: Required value']],
    [
      'who signs the certificate of a backend',
      'BackendTLSPolicy',
      '{targetRefs: [{group: "", kind: Service, name: a}], validation: {hostname: a.b, subjectAltNames: [{type: URI, hostname: a.b}]}}',
      [
        'spec.validation: Invalid value: must specify either CACertificateRefs or WellKnownCACertificates',
        'spec.validation.subjectAltNames[0]: Invalid value: SubjectAltName element must not contain Hostname, if Type is not set to Hostname',
        'spec.validation.subjectAltNames[0]: Invalid value: SubjectAltName element must contain URI, if Type is set to URI',
      ],
    ],
    [
      'a class without a controller',
      'GatewayClass',
      '{controllerName: istio}',
      [
        "spec.controllerName: Invalid value: \"istio\": spec.controllerName in body should match '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\\/[A-Za-z0-9\\/\\-._~%!$&'()*+,;=:]+$'",
      ],
    ],
  ]

describe('kinds of the Gateway API', () => {
  for (const [title, kind, spec, expected] of CASES) {
    it(`${kind}: ${title}`, () => {
      expect(said(kind, spec)).toEqual(expected)
    })
  }

  it('refuses another controller of a class', () => {
    const at = (controllerName: string) => ({
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'GatewayClass',
      metadata: { name: 'a' },
      spec: { controllerName },
    })
    const findings = validate(at('a.b/c'), { operation: 'update', old: at('a.b/d') })
    expect(findings.map(({ message }) => message)).toEqual([
      'spec.controllerName: Invalid value: "a.b/c": Value is immutable',
    ])
  })

  it('are built', () => {
    const objects = [
      gateway({
        name: 'edge',
        gatewayClassName: 'istio',
        listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }],
      }),
      httpRoute({ name: 'reviews', namespace: 'shop', parentRefs: [onService('reviews', 9080)] }),
      referenceGrant({
        name: 'routes',
        from: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: 'web' }],
        to: [{ group: '', kind: 'Service' }],
      }),
    ]
    expect(validate(objects)).toEqual([])
    expect(objects[1]).toEqual({
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { name: 'reviews', namespace: 'shop' },
      spec: { parentRefs: [{ group: '', kind: 'Service', name: 'reviews', port: 9080 }] },
    })
  })

  it.skipIf(!hasCorpus)(
    "are accepted as Istio's tests write them, but for what an API server refuses",
    () => {
      const findings = corpusFiles('gateway-api')
        .flatMap((file) => validate(fromYaml(corpusText(file), { file }).documents))
        .filter(({ object }) => !/ (default\/)?invalid-[a-zA-Z-]+$/.test(object ?? ''))
      expect(findings.map(({ object, message }) => `${object}: ${message}`)).toEqual([
        'BackendTLSPolicy default/tls-upstream-echo-https-merged-rules: spec.targetRefs: Invalid value: sectionName must be specified when targetRefs includes 2 or more references to the same target',
        'Gateway istio-system/parent-gateway: spec.listeners: Invalid value: 0: spec.listeners in body should have at least 1 items',
      ])
    },
  )
})
