import { findingsOf } from '../analysis-table.ts'

findingsOf('auth.AuthorizationPoliciesAnalyzer', [
  [
    'a policy needs workloads of the mesh',
    `
Namespace a: {metadata: {labels: {istio-injection: enabled}}}
Pod a/web: {metadata: {labels: {app: web}}}
Pod b/bare: {metadata: {labels: {app: bare}}}
AuthorizationPolicy a/good: {spec: {selector: {matchLabels: {app: web}}}}
AuthorizationPolicy a/all: {spec: {}}
AuthorizationPolicy a/gone: {spec: {selector: {matchLabels: {app: gone, v: "1"}}}}
AuthorizationPolicy b/bare: {spec: {selector: {matchLabels: {app: bare}}}}
AuthorizationPolicy b/all: {spec: {}}
AuthorizationPolicy c/attached: {spec: {targetRefs: [{kind: Gateway, name: edge}]}}
`,
    [
      'IST0127 AuthorizationPolicy a/gone spec.selector.matchLabels: No matching workloads for this resource with the following labels: app=gone,v=1',
      'IST0127 AuthorizationPolicy b/all metadata.name: No matching workloads for this resource with the following labels: ',
      'IST0127 AuthorizationPolicy b/bare spec.selector.matchLabels: No matching workloads for this resource with the following labels: app=bare',
    ],
  ],
  [
    'policies of the root namespace are for all namespaces',
    `
Pod a/web: {metadata: {labels: {app: web}}, spec: {containers: [{name: istio-proxy, image: proxy}]}}
AuthorizationPolicy istio-system/all: {spec: {}}
AuthorizationPolicy istio-system/web: {spec: {selector: {matchLabels: {app: web}}}}
AuthorizationPolicy istio-system/gone: {spec: {selector: {matchLabels: {app: gone}}}}
`,
    [
      'IST0127 AuthorizationPolicy istio-system/gone spec.selector.matchLabels: No matching workloads for this resource with the following labels: app=gone',
    ],
  ],
  [
    'workloads in ambient mode are in the mesh',
    `
Namespace a: {metadata: {labels: {istio.io/dataplane-mode: ambient}}}
Pod a/web: {metadata: {labels: {app: web}, annotations: {ambient.istio.io/redirection: enabled}}}
Pod a/api: {metadata: {labels: {app: api}}}
Deployment a/batch: {spec: {template: {metadata: {labels: {app: batch}}}}}
AuthorizationPolicy a/web: {spec: {selector: {matchLabels: {app: web}}}}
AuthorizationPolicy a/api: {spec: {selector: {matchLabels: {app: api}}}}
AuthorizationPolicy a/batch: {spec: {selector: {matchLabels: {app: batch}}}}
`,
    [
      'IST0127 AuthorizationPolicy a/api spec.selector.matchLabels: No matching workloads for this resource with the following labels: app=api',
    ],
  ],
  [
    'namespaces of sources must exist',
    `
Namespace shop-eu: {}
AuthorizationPolicy istio-system/one: {spec: {rules: [{from: [{source: {namespaces: [shop-eu, "shop-*", "*-eu", "*", gone], notNamespaces: ["gone-*", SHOP-EU]}}]}]}}
`,
    [
      'IST0101 AuthorizationPolicy istio-system/one spec.rules[0].from[0].source.namespaces[4]: Referenced namespace not found: "gone"',
      'IST0101 AuthorizationPolicy istio-system/one spec.rules[0].from[0].source.notNamespaces[0]: Referenced namespace not found: "gone-*"',
    ],
  ],
])

findingsOf('auth.ConditionAnalyzer', [
  [
    'methods must exist',
    `
AuthorizationPolicy a/one: {spec: {rules: [{to: [{operation: {methods: [GET, get, "*", FETCH], notMethods: [POST]}}]}]}}
`,
    [
      'BAT0801 AuthorizationPolicy a/one spec.rules[0].to[0].operation.methods[3]: "FETCH" is no HTTP method, and no full name of a gRPC method.',
      'BAT0801 AuthorizationPolicy a/one spec.rules[0].to[0].operation.methods[1]: "get" is no HTTP method, and no full name of a gRPC method.',
    ],
  ],
  [
    'hosts must be known',
    `
AuthorizationPolicy a/one: {spec: {rules: [{to: [{operation: {hosts: [web.a.svc.cluster.local, example.com, "example.com:*", gone.example.com, "*.gone.com"]}}]}]}}
Service a/web: {}
Gateway a/edge: {spec: {servers: [{hosts: [a/example.com]}]}}
`,
    [
      'BAT0802 AuthorizationPolicy a/one spec.rules[0].to[0].operation.hosts[3]: The host gone.example.com is not known to the mesh.',
    ],
  ],
  [
    'identities need mTLS',
    `
Pod a/web: {metadata: {labels: {app: web}}}
PeerAuthentication a/default: {spec: {mtls: {mode: DISABLE}}}
AuthorizationPolicy a/one: {spec: {rules: [{from: [{source: {ipBlocks: [10.0.0.0/8]}}, {source: {namespaces: [b]}}]}]}}
AuthorizationPolicy a/two: {spec: {rules: [{from: [{source: {ipBlocks: [10.0.0.0/8]}}]}]}}
`,
    [
      'BAT0803 AuthorizationPolicy a/one spec.rules[0].from[1].source.namespaces: namespaces needs mTLS, but PeerAuthentication a/default turns it off for a/web: no request has an identity.',
    ],
  ],
  [
    'service accounts of principals must exist',
    `
ServiceAccount a/web: {}
Pod b/x: {spec: {serviceAccountName: api}}
AuthorizationPolicy a/one: {spec: {rules: [{from: [{source: {principals: [cluster.local/ns/a/sa/web, cluster.local/ns/a/sa/gone, cluster.local/ns/b/sa/api, cluster.local/ns/b/sa/default, cluster.local/ns/unknown/sa/x, "cluster.local/ns/a/sa/*"]}}]}]}}
`,
    [
      'BAT0804 AuthorizationPolicy a/one spec.rules[0].from[0].source.principals[1]: The principal cluster.local/ns/a/sa/gone belongs to a service account that does not exist.',
    ],
  ],
  [
    'claims need a RequestAuthentication',
    `
Pod a/web: {metadata: {labels: {app: web}}}
Pod b/api: {metadata: {labels: {app: api}}}
RequestAuthentication b/jwt: {spec: {selector: {matchLabels: {app: api}}}}
AuthorizationPolicy a/one: {spec: {rules: [{from: [{source: {requestPrincipals: ["*"]}}]}]}}
AuthorizationPolicy a/two: {spec: {rules: [{when: [{key: source.ip}, {key: "request.auth.claims[iss]"}]}]}}
AuthorizationPolicy b/three: {spec: {rules: [{from: [{source: {requestPrincipals: ["*"]}}]}]}}
AuthorizationPolicy c/four: {spec: {rules: [{from: [{source: {requestPrincipals: ["*"]}}]}]}}
`,
    [
      'BAT0805 AuthorizationPolicy a/one spec.rules[0].from[0].source.requestPrincipals: requestPrincipals needs a validated token, but no RequestAuthentication applies to these workloads.',
      'BAT0805 AuthorizationPolicy a/two spec.rules[0].when[1].key: request.auth.claims[iss] needs a validated token, but no RequestAuthentication applies to these workloads.',
    ],
  ],
])

findingsOf('auth.CoverageAnalyzer', [
  [
    'workloads without a policy, where others have one',
    `
Namespace a: {metadata: {labels: {istio-injection: enabled}}}
Namespace b: {metadata: {labels: {istio-injection: enabled}}}
Pod a/web: {metadata: {labels: {app: web}}}
Pod a/api: {metadata: {labels: {app: api}}}
Pod b/db: {}
Pod c/outside: {}
AuthorizationPolicy a/web: {spec: {selector: {matchLabels: {app: web}}}}
`,
    [
      'BAT0806 Pod a/api metadata.name: No AuthorizationPolicy applies to a/api: everybody may call it.',
      'BAT0806 Pod b/db metadata.name: No AuthorizationPolicy applies to b/db: everybody may call it.',
    ],
  ],
  [
    'a policy of the root namespace covers all',
    `
Pod a/web: {spec: {containers: [{name: istio-proxy}]}}
AuthorizationPolicy istio-system/deny: {spec: {}}
`,
    [],
  ],
  [
    'nothing is said where nobody has policies',
    `
Pod a/web: {spec: {containers: [{name: istio-proxy}]}}
`,
    [],
  ],
])

findingsOf('authn.BlockedCIDRsAnalyzer', [
  [
    'istiod should not connect to everything',
    `
RequestAuthentication a/one: {spec: {jwtRules: [{issuer: x, jwksUri: "https://x"}]}}
RequestAuthentication b/two: {spec: {}}
Deployment istio-system/istiod: {metadata: {labels: {app: istiod}}, spec: {template: {spec: {containers: [{name: discovery, env: [{name: OTHER, value: x}]}]}}}}
Deployment a/web: {spec: {template: {spec: {containers: [{name: web}]}}}}
`,
    [
      'IST0175 Deployment istio-system/istiod spec.template.spec.containers: BLOCKED_CIDRS_IN_JWKS_URIS is not configured but 2 RequestAuthentication resource(s) exist (a/one, b/two). Consider configuring it to restrict JWKS URI fetches to trusted networks.',
    ],
  ],
  [
    'it is told where not to',
    `
RequestAuthentication a/one: {spec: {}}
Deployment istio-system/istiod: {spec: {template: {spec: {containers: [{name: discovery, env: [{name: BLOCKED_CIDRS_IN_JWKS_URIS, value: 10.0.0.0/8}]}]}}}}
`,
    [],
  ],
  [
    'no istiod is known',
    `
RequestAuthentication a/one: {spec: {}}
`,
    [],
  ],
])

findingsOf('peerauthentication.SelectorAnalyzer', [
  [
    'one for a namespace, and one for a workload',
    `
Pod a/web: {metadata: {labels: {app: web, v: "1"}}}
PeerAuthentication a/one: {spec: {}}
PeerAuthentication a/two: {spec: {selector: {matchLabels: {}}}}
PeerAuthentication b/three: {spec: {}}
PeerAuthentication a/four: {spec: {selector: {matchLabels: {app: web}}}}
PeerAuthentication a/five: {spec: {selector: {matchLabels: {v: "1"}}}}
PeerAuthentication a/six: {spec: {selector: {matchLabels: {app: other}}}}
`,
    [
      'BAT0401 PeerAuthentication a/one metadata.name: The PeerAuthentications [one two] of namespace "a" have no selector; only the oldest is used.',
      'BAT0401 PeerAuthentication a/two metadata.name: The PeerAuthentications [one two] of namespace "a" have no selector; only the oldest is used.',
      'BAT0402 PeerAuthentication a/five spec.selector.matchLabels: The PeerAuthentications [four five] select the same workload "web"; only the oldest is used.',
      'BAT0402 PeerAuthentication a/four spec.selector.matchLabels: The PeerAuthentications [four five] select the same workload "web"; only the oldest is used.',
    ],
  ],
])

findingsOf('k8sgateway.SelectorAnalyzer', [
  [
    'selectors have no effect at Kubernetes gateways',
    `
Pod a/edge-1: {metadata: {labels: {gateway.networking.k8s.io/gateway-name: edge, app: edge}}}
Pod a/edge-2: {metadata: {labels: {gateway.networking.k8s.io/gateway-name: edge, app: edge}}}
Pod a/web: {metadata: {labels: {app: web}}}
AuthorizationPolicy a/one: {spec: {selector: {matchLabels: {app: edge}}}}
RequestAuthentication istio-system/two: {spec: {selector: {matchLabels: {app: edge}}}}
Telemetry a/three: {spec: {selector: {matchLabels: {app: web}}}}
WasmPlugin b/four: {spec: {selector: {matchLabels: {app: edge}}}}
Telemetry a/five: {spec: {selector: {matchLabels: {app: edge}}, targetRef: {kind: Gateway, name: edge}}}
AuthorizationPolicy a/six: {spec: {}}
`,
    [
      'IST0166 AuthorizationPolicy a/one spec.selector.matchLabels: Ineffective selector on Kubernetes Gateway edge. Use the TargetRef field instead.',
    ],
  ],
])
