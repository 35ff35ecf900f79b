import { rulesOf } from '../rules-table.ts'

/** What is easily got wrong: the webhook is stricter or laxer there than the documentation. */

rulesOf('VirtualService', [
  [
    'header names of a match may have any character of a token, and the names of HTTP/2',
    '{hosts: [a], http: [{match: [{headers: {"x.y!": {exact: a}, ":path": {exact: /}, ":x": {exact: a}, "a/b": {exact: a}}}], route: [{destination: {host: a}}]}]}',
    [
      'error spec.http[0].match[0].headers.:x: header name :x is not a valid header name',
      'error spec.http[0].match[0].headers.a/b: header name a/b is not a valid header name',
    ],
  ],
  [
    'every method may be allowed to other origins by a star, in upper case only',
    '{hosts: [a], http: [{corsPolicy: {allowMethods: ["*", GET, get], allowHeaders: ["*", "x.y"]}, route: [{destination: {host: a}}]}]}',
    ['error spec.http[0].corsPolicy.allowMethods[2]: "get" is not a supported HTTP method'],
  ],
  [
    'a quote in a plain argument ends it, and brackets without anything never do',
    `{hosts: [a], http: [{headers: {request: {set: {a: '%REQ("X")%', b: '%X()%', c: '%A(["a)b"])%', d: '%A( x )%', e: '%A(\\)', f: '%A("x",)%'}}}, route: [{destination: {host: a}}]}]}`,
    [
      "error spec.http[0].headers.request.set.a: header value configuration: invalid header configuration. Expecting ',', ']', or whitespace",
      "error spec.http[0].headers.request.set.b: header value configuration: invalid header configuration. Un-terminated variable expression '%X()%'",
      "error spec.http[0].headers.request.set.c: header value configuration: invalid header configuration. Expecting '%' or whitespace after the arguments",
      "error spec.http[0].headers.request.set.e: header value configuration: invalid header configuration. Un-terminated variable expression '%A(\\)'",
      `error spec.http[0].headers.request.set.f: header value configuration: invalid header configuration. Expecting '"'`,
    ],
  ],
  [
    'hosts of east-west clusters have a port and a host, and are only for gateways with SNI routes',
    '{hosts: [outbound_.80_._.a.b, outbound_.x_._.a, outbound_.80, outbound_.80_._.9], gateways: [g], tls: [{match: [{sniHosts: [outbound_.80_._.a.b]}], route: [{destination: {host: a}}]}]}',
    [
      'error spec.hosts[1]: domain name "outbound_.x_._.a" invalid (label ".x" invalid). should follow outbound_.<port>_.<subset>_.<host> format',
      'error spec.hosts[2]: domain name "outbound_.80" invalid (label "outbound_.80" invalid). should follow outbound_.<port>_.<subset>_.<host> format',
      'error spec.hosts[3]: domain name "outbound_.80_._.9" invalid (label ".9" invalid). should follow outbound_.<port>_.<subset>_.<host> format',
    ],
  ],
  [
    'a host may be an address with a zone, or end in a number of more than 64 bits',
    '{hosts: ["fe80::1%eth0", "fe80::1%", "a.99999999999999999999", a.1], http: [{route: [{destination: {host: a}}]}]}',
    [
      'error spec.hosts[1]: domain name "fe80::1%" invalid (label "fe80::1%" invalid)',
      'error spec.hosts[3]: domain name "1" invalid (top level domain "1" cannot be all-numeric)',
    ],
  ],
])

rulesOf('DestinationRule', [
  ['a retry budget alone is a traffic policy', '{host: a, trafficPolicy: {retryBudget: {percent: 20}}}', []],
  [
    'the time to live of a cookie and short idle times of TCP may be anything',
    '{host: a, trafficPolicy: {connectionPool: {tcp: {idleTimeout: 500us}}, loadBalancer: {consistentHash: {httpCookie: {name: c, ttl: -1500us}}}}}',
    [],
  ],
  [
    'durations are read also where their length does not matter',
    '{host: a, trafficPolicy: {connectionPool: {tcp: {idleTimeout: 1d}}, loadBalancer: {consistentHash: {httpCookie: {name: c, ttl: 1d}}}}}',
    [
      'error spec.trafficPolicy.connectionPool.tcp.idleTimeout: bad Duration: time: invalid duration "1d"',
      'error spec.trafficPolicy.loadBalancer.consistentHash.httpCookie.ttl: bad Duration: time: invalid duration "1d"',
    ],
  ],
  [
    'a warm-up never starts slower than linearly',
    '{host: a, trafficPolicy: {loadBalancer: {simple: ROUND_ROBIN, warmup: {duration: 1s, aggression: 0.5}}}}',
    [
      'error spec.trafficPolicy.loadBalancer.warmup.aggression: aggression should be greater than or equal to 1',
    ],
  ],
  [
    'both ways to say how long a warm-up takes may be there',
    '{host: a, trafficPolicy: {loadBalancer: {simple: ROUND_ROBIN, warmupDurationSecs: 1s, warmup: {duration: 1s, aggression: null}}}}',
    [],
  ],
  [
    'a ConfigMap with authorities must be of the namespace of the rule',
    '{host: a, trafficPolicy: {tls: {mode: SIMPLE, credentialName: "configmap://other/ca"}}, subsets: [{name: b, trafficPolicy: {tls: {mode: SIMPLE, credentialName: "configmap://ca"}, portLevelSettings: [{port: {number: 1}, tls: {credentialName: "configmap://a/b/c"}}]}}]}',
    [
      'error spec.trafficPolicy.tls.credentialName: invalid configmap:// credentialName: namespace must match the configuration namespace "default"',
      'error spec.subsets[0].trafficPolicy.portLevelSettings[0].tls.credentialName: invalid configmap:// credentialName: invalid resource name "configmap://a/b/c"',
    ],
  ],
])

rulesOf('Gateway', [
  [
    'certificates come from one source',
    '{servers: [{port: {number: 1, name: a, protocol: HTTPS}, hosts: ["*"], tls: {mode: SIMPLE, credentialName: c, serverCertificate: s, privateKey: p}}, {port: {number: 2, name: b, protocol: HTTPS}, hosts: ["*"], tls: {mode: SIMPLE, credentialName: c, serverCertificate: s}}]}',
    [
      'error spec.servers[0].tls: only one of credential_name, credential_names, server_certificate/private_key, tls_certificates should be specified',
    ],
  ],
  [
    'clients are checked against one bundle of authorities, not against those beside the certificates',
    '{servers: [{port: {number: 1, name: a, protocol: HTTPS}, hosts: ["*"], tls: {mode: MUTUAL, tlsCertificates: [{serverCertificate: s, privateKey: p, caCertificates: c}]}}]}',
    ['error spec.servers[0].tls.caCertificates: MUTUAL TLS requires a client CA bundle'],
  ],
])

rulesOf('RequestAuthentication', [
  ['an address of keys may stand for the issuer', '{jwtRules: [{jwksUri: "https://a/b"}]}', []],
  [
    'keys in the text need an issuer, and there must be one at least',
    `{jwtRules: [{jwks: '{"keys":[{"kty":"oct","k":"YQ"}]}'}, {issuer: a, jwks: '{"keys":[]}'}]}`,
    [
      'error spec.jwtRules[0].issuer: issuer or jwksUri must be non-empty string',
      'error spec.jwtRules[1].jwks: jwks parse error: a key has no "kty"',
    ],
  ],
  [
    'headers for claims are made of letters, digits and dashes',
    '{jwtRules: [{issuer: a, outputClaimToHeaders: [{header: x_y, claim: b}, {header: x-y, claim: b}]}]}',
    ['error spec.jwtRules[0].outputClaimToHeaders[0].header: header name x_y is not a valid header name'],
  ],
])

rulesOf('WorkloadGroup', [
  [
    'headers of a probe are made of letters, digits and dashes',
    '{template: {}, probe: {httpGet: {port: 80, httpHeaders: [{name: x_y, value: a}, {name: x-y, value: a}]}}}',
    ['error spec.probe.httpGet.httpHeaders[0].name: header name x_y is not a valid header name'],
  ],
])

rulesOf('AuthorizationPolicy', [
  [
    'braces of a path are operators only, the one for many segments is the last',
    '{rules: [{to: [{operation: {paths: ["/a/{*}/b/{**}", "/{**}/a/{*}", "/{a}", "/a{*}", "/{*}/a*", "/a*", "/{*}//b", "{**}"], notPaths: ["/}"]}}]}]}',
    [
      'error spec.rules[0].to[0].operation.paths[1]: invalid or unsupported path {**}/a/{*}, found in Paths. {**} is not the last operator',
      "error spec.rules[0].to[0].operation.paths[2]: invalid or unsupported path {a}, found in Paths. Contains '{' or '}' beyond a supported path template",
      "error spec.rules[0].to[0].operation.paths[3]: invalid or unsupported path a{*}, found in Paths. Contains '{' or '}' beyond a supported path template",
      'error spec.rules[0].to[0].operation.paths[4]: invalid or unsupported path {*}/a*, found in Paths. Contains segment a* with invalid string literal',
      'error spec.rules[0].to[0].operation.paths[6]: invalid or unsupported path {*}//b, found in Paths. Contains segment  with invalid string literal',
      "error spec.rules[0].to[0].operation.notPaths[0]: invalid or unsupported path }, found in NotPaths. Contains '{' or '}' beyond a supported path template",
    ],
  ],
  [
    'service accounts are names, with a namespace or without, and no patterns',
    '{rules: [{from: [{source: {serviceAccounts: [a, b/c, "d/*", e/f/g, "/h", i/]}}], when: [{key: source.serviceAccount, notValues: ["*"]}, {key: "request.experimental.inline.headers[x]", values: [a]}]}]}',
    [
      'error spec.rules[0].from[0].source.serviceAccounts[2]: wildcard not allowed, found in ServiceAccounts',
      `error spec.rules[0].from[0].source.serviceAccounts[3]: expected format 'serviceAccount' or 'namespace/serviceAccount', found "e/f/g" in ServiceAccounts`,
      `error spec.rules[0].from[0].source.serviceAccounts[4]: expected format 'serviceAccount' or 'namespace/serviceAccount', found empty namespace "/h" in ServiceAccounts`,
      `error spec.rules[0].from[0].source.serviceAccounts[5]: expected format 'serviceAccount' or 'namespace/serviceAccount', found empty serviceAccount "i/" in ServiceAccounts`,
      'error spec.rules[0].when[0].notValues[0]: invalid `notValue` for `key` source.serviceAccount: wildcard not allowed, found in source.serviceAccount',
    ],
  ],
  [
    'the annotation of another object is for the control plane only',
    '{}',
    [
      'error metadata.annotations.internal.istio.io/parents: "internal.istio.io/parents" annotation found, this may not be set by users',
    ],
    'internal.istio.io/parents: a',
  ],
])

rulesOf('Telemetry', [
  [
    'a filter is read, but its names and types are not looked at',
    '{accessLogging: [{filter: {expression: "no_such_name + 1 == other(2)"}}, {filter: {}}, {filter: {expression: "a &"}}], metrics: [{reportingInterval: 1500us}]}',
    [
      "error spec.accessLogging[1].filter.expression: must be a valid CEL expression, Syntax error: mismatched input '<EOF>'",
      "error spec.accessLogging[2].filter.expression: must be a valid CEL expression, Syntax error: token recognition error at: '&'",
    ],
  ],
])

const patch = (value: string): string =>
  `{configPatches: [{applyTo: HTTP_FILTER, patch: {operation: MERGE, value: ${value}}}]}`

const EXPERIMENTAL =
  'warning spec: EnvoyFilter exposes internal implementation details that may change at any time. Prefer other APIs if possible, and exercise extreme caution, especially around upgrades.'

rulesOf('EnvoyFilter', [
  [
    'types are those of Envoy and its relatives, with an address before them or without',
    patch(
      '{a: [{typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua}}, {typedConfig: {"@type": xds.type.v3.TypedStruct, value: {typed_config: {b: 1}}}}, {typed_config: {"@type": type.googleapis.com/shop.Filter}}, {typed_config: {"@type": Lua}}]}',
    ),
    [
      EXPERIMENTAL,
      'error spec.configPatches[0].patch.value.a[2].typed_config.@type: referenced type unknown: could not resolve Any message type type.googleapis.com/shop.Filter',
      'error spec.configPatches[0].patch.value.a[3].typed_config.@type: referenced type unknown: could not resolve Any message type Lua',
    ],
  ],
  [
    'typed configurations by name need their types as well',
    patch('{typed_per_filter_config: {a: {b: 1}, c: {}}, typedExtensionProtocolOptions: {d: {e: 1}}}'),
    [
      EXPERIMENTAL,
      'error spec.configPatches[0].patch.value.typed_per_filter_config.a: Any JSON does not have "@type"',
      'error spec.configPatches[0].patch.value.typedExtensionProtocolOptions.d: Any JSON does not have "@type"',
    ],
  ],
])
