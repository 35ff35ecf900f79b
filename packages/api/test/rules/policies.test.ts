import { rulesOf } from '../rules-table.ts'

rulesOf('AuthorizationPolicy', [
  [
    'custom',
    '{action: CUSTOM}',
    [
      'error spec.rules: CUSTOM action without `rules` is meaningless as it will never be triggered, add an empty rule `{}` if you want it be triggered for every request',
    ],
  ],
  [
    'custom rules',
    '{action: CUSTOM, rules: [{from: [{source: {namespaces: [a]}}], when: [{key: source.principal, values: [a]}]}]}',
    [
      'error spec.provider.name: `provider.name` must not be empty',
      'error spec.rules[0].from[0].source.namespaces: From.Namespaces is currently not supported with CUSTOM action',
      'error spec.rules[0].when[0].key: source.principal is currently not supported with CUSTOM action',
    ],
  ],
  [
    'deny without rules',
    '{action: DENY, rules: []}',
    [
      'error spec.rules: DENY action without `rules` is meaningless as it will never be triggered, add an empty rule `{}` if you want it be triggered for every request',
    ],
  ],
  [
    'provider without custom',
    '{provider: {name: a}}',
    ['error spec.provider: `provider` must not be with non CUSTOM action, found ALLOW'],
  ],
  [
    'rules',
    '{rules: [{from: [{}, {source: {}}, {source: {ipBlocks: [10.0.0.0/33, x], principals: [""]}}], to: [{}, {operation: {}}, {operation: {ports: ["70000", "x"], paths: ["/{*}/{a}", "/{**}", "/a/{*}"], methods: [""]}}], when: [{key: ""}, {key: foo, values: [a]}, {key: source.ip}, {key: "request.headers", values: [a]}, {key: "request.headers[x]", values: [""]}, {key: destination.port, notValues: ["99999"]}, {key: destination.labels, values: [a]}]}]}',
    [
      'error spec.rules[0].from[0].source: `from.source` must not be nil, found at rule 0',
      'error spec.rules[0].from[1].source: `from.source` must not be empty, found at rule 0',
      'error spec.rules[0].from[2].source.principals[0]: empty value not allowed, found in Principals',
      'error spec.rules[0].from[2].source.ipBlocks[0]: bad CIDR range (10.0.0.0/33)',
      'error spec.rules[0].from[2].source.ipBlocks[1]: bad IP address (x)',
      'error spec.rules[0].to[0].operation: `to.operation` must not be nil, found at rule 0',
      'error spec.rules[0].to[1].operation: `to.operation` must not be empty, found at rule 0',
      'error spec.rules[0].to[2].operation.methods[0]: empty value not allowed, found in Methods',
      'error spec.rules[0].to[2].operation.ports[0]: bad port (70000)',
      'error spec.rules[0].to[2].operation.ports[1]: bad port (x)',
      "error spec.rules[0].to[2].operation.paths[0]: invalid or unsupported path {*}/{a}, found in Paths. Contains '{' or '}' beyond a supported path template",
      'error spec.rules[0].when[0].key: `key` must not be empty',
      'error spec.rules[0].when[1].key: invalid `value` for `key` foo: unknown attribute: foo',
      'error spec.rules[0].when[2]: at least one of `values` or `notValues` must be set for key source.ip',
      'error spec.rules[0].when[3].key: invalid `value` for `key` request.headers: bad key (request.headers): should have format a[b]',
      'error spec.rules[0].when[4].values[0]: invalid `value` for `key` request.headers[x]: empty value not allowed, found in request.headers[x]',
      'error spec.rules[0].when[5].notValues[0]: invalid `notValue` for `key` destination.port: bad port (99999)',
      'error spec.rules[0].when[6].key: invalid `value` for `key` destination.labels: attribute destination.labels is replaced by the workload selector',
    ],
  ],
  [
    'deny with http only',
    '{action: DENY, rules: [{to: [{operation: {methods: [GET]}}]}, {from: [{source: {requestPrincipals: ["*"]}}]}, {from: [{source: {namespaces: [a]}}]}]}',
    [
      'warning spec.rules[0]: configured AuthorizationPolicy will deny all traffic to TCP ports under its scope due to the use of only HTTP attributes in a DENY rule; it is recommended to explicitly specify the port',
      'warning spec.rules[1]: configured AuthorizationPolicy will deny all traffic to TCP ports under its scope due to the use of only HTTP attributes in a DENY rule; it is recommended to explicitly specify the port',
    ],
  ],
  [
    'targets',
    '{targetRefs: [{kind: Pod, name: a}, {kind: Service, name: a}, {group: gateway.networking.k8s.io, kind: Gateway, name: x}]}',
    [
      'error spec.targetRefs[0]: targetRef must be to one of Service, networking.istio.io/ServiceEntry, gateway.networking.k8s.io/Gateway or gateway.networking.k8s.io/GatewayClass but was /Pod',
    ],
  ],
  [
    'dry run',
    '{action: ALLOW}',
    [
      'error metadata.annotations.istio.io/dry-run: default/a has annotation istio.io/dry-run with invalid value (maybe)',
    ],
    'istio.io/dry-run: maybe',
  ],
])

rulesOf('PeerAuthentication', [
  [
    'ports',
    '{selector: {matchLabels: {}}, mtls: {mode: STRICT}}',
    ['warning spec.selector: workload selector specified without labels'],
  ],
])

rulesOf('RequestAuthentication', [
  [
    'rules',
    '{jwtRules: [{jwks: "x"}, {issuer: a, jwks: \'{"keys": [{"kty": "FOO"}]}\', timeout: 1.5ms}, {issuer: a, jwks: \'{"keys":[{"kty":"RSA","n":"abc","e":"AQAB"}]}\', outputClaimToHeaders: [{header: a, claim: b}]}]}',
    [
      'error spec.jwtRules[0].issuer: issuer or jwksUri must be non-empty string',
      'error spec.jwtRules[0].jwks: jwks parse error: Unexpected token \'x\', "x" is not valid JSON',
      'error spec.jwtRules[1].jwks: jwks parse error: unknown key type "FOO"',
      'error spec.jwtRules[1].timeout: only durations to ms precision are supported',
    ],
  ],
])

rulesOf('Telemetry', [
  [
    'rules',
    '{tracing: [{providers: [{name: a}, {name: b}]}, {customTags: {"": {literal: {value: x}}}}], metrics: [{overrides: [{tagOverrides: {a: {}}}]}], accessLogging: [{filter: {expression: "response.code >="}}]}',
    [
      'warning spec.tracing: multiple tracing is not currently supported',
      'warning spec.tracing[0].providers: multiple providers is not currently supported',
      'error spec.tracing[1].customTags.: tag name may not be empty',
      'error spec.metrics[0].overrides[0].tagOverrides.a.value: tagOverrides.value must be set when operation is UPSERT',
      "error spec.accessLogging[0].filter.expression: must be a valid CEL expression, Syntax error: mismatched input '<EOF>'",
    ],
  ],
])

rulesOf('WasmPlugin', [
  [
    'targets',
    '{url: a, targetRef: {kind: Foo, name: a}}',
    [
      'error spec.targetRef: targetRef must be to one of Service, networking.istio.io/ServiceEntry, gateway.networking.k8s.io/Gateway or gateway.networking.k8s.io/GatewayClass but was /Foo',
    ],
  ],
])
