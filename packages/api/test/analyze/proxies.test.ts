import { findingsOf } from '../analysis-table.ts'

findingsOf('sidecar.SelectorAnalyzer', [
  [
    'a Sidecar must select pods, and no pod may have two',
    `
Pod a/web: {metadata: {labels: {app: web, v: "1"}}}
Sidecar a/one: {spec: {workloadSelector: {labels: {app: web}}}}
Sidecar a/two: {spec: {workloadSelector: {labels: {v: "1"}}}}
Sidecar a/gone: {spec: {workloadSelector: {labels: {app: gone}}}}
Sidecar b/elsewhere: {spec: {workloadSelector: {labels: {app: web}}}}
`,
    [
      'IST0101 Sidecar a/gone spec.workloadSelector.labels: Referenced selector not found: "app=gone"',
      'IST0101 Sidecar b/elsewhere spec.workloadSelector.labels: Referenced selector not found: "app=web"',
      'IST0110 Sidecar a/one spec.workloadSelector.labels: The Sidecars [one two] in namespace "a" select the same workload pod "web", which can lead to undefined behavior.',
      'IST0110 Sidecar a/two spec.workloadSelector.labels: The Sidecars [one two] in namespace "a" select the same workload pod "web", which can lead to undefined behavior.',
    ],
  ],
  [
    'selectors of different pods, and the default beside them',
    `
Pod a/web: {metadata: {labels: {app: web}}}
Pod a/api: {metadata: {labels: {app: api}}}
Sidecar a/one: {spec: {workloadSelector: {labels: {app: web}}}}
Sidecar a/two: {spec: {workloadSelector: {labels: {app: api}}}}
Sidecar a/three: {spec: {}}
`,
    [],
  ],
  [
    'workloads in ambient mode have no sidecar',
    `
Pod a/web: {metadata: {labels: {app: web}, annotations: {ambient.istio.io/redirection: enabled}}}
Sidecar a/one: {spec: {workloadSelector: {labels: {app: web}}}}
`,
    [
      'IST0167 Sidecar a/one spec.workloadSelector: The policy has no impact: selected workload is in ambient mode, the policy has no impact.',
    ],
  ],
  [
    'a namespace has one default',
    `
Sidecar a/one: {spec: {}}
Sidecar a/two: {spec: {workloadSelector: {labels: {}}}}
Sidecar a/three: {spec: {workloadSelector: {labels: {app: web}}}}
Pod a/web: {metadata: {labels: {app: web}}}
Sidecar b/four: {spec: {}}
`,
    [
      'IST0111 Sidecar a/one metadata.name: The Sidecars [one two] in namespace "a" have no workload selector, which can lead to undefined behavior.',
      'IST0111 Sidecar a/two metadata.name: The Sidecars [one two] in namespace "a" have no workload selector, which can lead to undefined behavior.',
    ],
  ],
  [
    'namespaces in ambient mode need none',
    `
Namespace a: {metadata: {labels: {istio.io/dataplane-mode: ambient}}}
Namespace b: {metadata: {labels: {istio.io/dataplane-mode: ambient, istio-injection: enabled}}}
Sidecar a/one: {spec: {}}
Sidecar b/one: {spec: {}}
`,
    [
      'IST0167 Sidecar a/one metadata.name: The policy has no impact: namespace is in ambient mode, the policy has no impact.',
    ],
  ],
])

findingsOf('sidecar.EgressHostAnalyzer', [
  [
    'egress hosts must exist',
    `
Service a/web: {}
Service b/api: {}
Service c/hidden: {metadata: {annotations: {networking.istio.io/exportTo: .}}}
ServiceEntry b/ext: {spec: {hosts: ["*.example.com"]}}
VirtualService b/vs: {spec: {hosts: [virtual.example.org]}}
Sidecar a/one: {spec: {egress: [{hosts: [./*, "*/*", "~/*", ./web.a.svc.cluster.local, b/api.b.svc.cluster.local, "*/www.example.com", b/virtual.example.org]}, {hosts: [./api.b.svc.cluster.local, "*/gone.example.org", c/hidden.c.svc.cluster.local]}]}}
`,
    [
      'BAT0601 Sidecar a/one spec.egress[1].hosts[1]: The egress host */gone.example.org is not known to the mesh.',
      'BAT0601 Sidecar a/one spec.egress[1].hosts[0]: The egress host ./api.b.svc.cluster.local is not known to the mesh.',
      'BAT0601 Sidecar a/one spec.egress[1].hosts[2]: The egress host c/hidden.c.svc.cluster.local is not known to the mesh.',
    ],
  ],
  [
    'a Sidecar of the root namespace with a selector is no default',
    `
Sidecar istio-system/one: {spec: {workloadSelector: {labels: {app: x}}}}
Sidecar istio-system/two: {spec: {}}
`,
    [
      'BAT0602 Sidecar istio-system/one spec.workloadSelector: The Sidecar of the root namespace has a workloadSelector: it is no default for the mesh.',
    ],
  ],
])

findingsOf('telemetry.SelectorAnalyzer', [
  [
    'a Telemetry must select pods, and no pod may have two',
    `
Pod a/web: {metadata: {labels: {app: web, v: "1"}}}
Telemetry a/one: {spec: {selector: {matchLabels: {app: web}}}}
Telemetry a/two: {spec: {selector: {matchLabels: {v: "1"}}}}
Telemetry a/gone: {spec: {selector: {matchLabels: {app: gone}}}}
Telemetry istio-system/elsewhere: {spec: {selector: {matchLabels: {app: web}}}}
`,
    [
      'IST0101 Telemetry a/gone spec.selector.matchLabels: Referenced selector not found: "app=gone"',
      'IST0101 Telemetry istio-system/elsewhere spec.selector.matchLabels: Referenced selector not found: "app=web"',
      'IST0159 Telemetry a/one spec.selector.matchLabels: The Telemetries [one two] in namespace "a" select the same workload pod "web", which can lead to undefined behavior.',
      'IST0159 Telemetry a/two spec.selector.matchLabels: The Telemetries [one two] in namespace "a" select the same workload pod "web", which can lead to undefined behavior.',
    ],
  ],
])

findingsOf('telemetry.DefaultSelectorAnalyzer', [
  [
    'a namespace has one default',
    `
Telemetry a/one: {spec: {}}
Telemetry a/two: {spec: {}}
Telemetry a/three: {spec: {selector: {matchLabels: {app: web}}}}
Telemetry a/four: {spec: {targetRefs: [{kind: Gateway, name: x}]}}
Telemetry b/five: {spec: {}}
`,
    [
      'IST0160 Telemetry a/one metadata.name: The Telemetries [one two] in namespace "a" have no workload selector, which can lead to undefined behavior.',
      'IST0160 Telemetry a/two metadata.name: The Telemetries [one two] in namespace "a" have no workload selector, which can lead to undefined behavior.',
    ],
  ],
])

findingsOf('telemetry.ProviderAnalyzer', [
  [
    'access logging without providers has no effect',
    `
Telemetry a/one: {spec: {accessLogging: [{providers: [{name: envoy}]}, {disabled: false}, {}]}}
Telemetry a/two: {spec: {accessLogging: [{providers: [{name: envoy}]}, {disabled: true}]}}
Telemetry a/three: {spec: {tracing: [{}]}}
`,
    [
      'IST0157 Telemetry a/one spec.accessLogging[1]: The Telemetry one in namespace "a" with empty providers will be ignored.',
    ],
  ],
])

findingsOf('envoyfilter.EnvoyPatchAnalyzer', [
  [
    'operations that depend on the order',
    `
EnvoyFilter a/before: {spec: {configPatches: [{applyTo: HTTP_FILTER, patch: {operation: INSERT_BEFORE}}, {applyTo: HTTP_FILTER, patch: {operation: INSERT_AFTER}}]}}
EnvoyFilter a/version: {spec: {configPatches: [{applyTo: NETWORK_FILTER, match: {proxy: {proxyVersion: '^1\\.30'}}, patch: {operation: INSERT_FIRST, value: {name: lua}}}, {applyTo: HTTP_FILTER, patch: {operation: INSERT_AFTER, value: {name: lua}}}]}}
EnvoyFilter a/filter: {spec: {configPatches: [{applyTo: NETWORK_FILTER, match: {proxy: {proxyVersion: x}, listener: {filterChain: {filter: {name: tcp}}}}, patch: {operation: MERGE, value: {a: b}}}, {applyTo: NETWORK_FILTER, match: {listener: {filterChain: {filter: {name: tcp}}}}, patch: {operation: REPLACE, value: {a: c}}}, {applyTo: VIRTUAL_HOST, patch: {operation: REPLACE, value: {name: tcp}}}]}}
EnvoyFilter a/priority: {spec: {priority: 10, configPatches: [{applyTo: HTTP_FILTER, patch: {operation: INSERT_BEFORE}}]}}
EnvoyFilter a/absolute: {spec: {configPatches: [{applyTo: HTTP_FILTER, patch: {operation: INSERT_FIRST}}, {applyTo: CLUSTER, patch: {operation: ADD}}, {applyTo: CLUSTER, patch: {operation: MERGE}}]}}
`,
    [
      'IST0151 EnvoyFilter a/before spec.configPatches[0].patch.operation: This EnvoyFilter does not have a priority and has a relative patch operation set which can cause the EnvoyFilter not to be applied. Using the INSERT_FIRST of ADD option or setting the priority may help in ensuring the EnvoyFilter is applied correctly.',
      'IST0151 EnvoyFilter a/filter spec.configPatches[2].patch.operation: This EnvoyFilter does not have a priority and has a relative patch operation set which can cause the EnvoyFilter not to be applied. Using the INSERT_FIRST of ADD option or setting the priority may help in ensuring the EnvoyFilter is applied correctly.',
      'IST0155 EnvoyFilter a/filter spec.configPatches[1].patch.operation: This EnvoyFilter does not have a priority and has a relative patch operation (NSTERT_BEFORE/AFTER, REPLACE, MERGE, DELETE) and proxyVersion set which can cause the EnvoyFilter not to be applied during an upgrade. Using the INSERT_FIRST or ADD option or setting the priority may help in ensuring the EnvoyFilter is applied correctly.',
      'IST0155 EnvoyFilter a/version spec.configPatches[1].patch.operation: This EnvoyFilter does not have a priority and has a relative patch operation (NSTERT_BEFORE/AFTER, REPLACE, MERGE, DELETE) and proxyVersion set which can cause the EnvoyFilter not to be applied during an upgrade. Using the INSERT_FIRST or ADD option or setting the priority may help in ensuring the EnvoyFilter is applied correctly.',
    ],
  ],
  [
    'operations that are ignored',
    `
EnvoyFilter a/replace: {spec: {configPatches: [{applyTo: CLUSTER, patch: {operation: REPLACE}}, {applyTo: LISTENER_FILTER, patch: {operation: REPLACE}}, {applyTo: CLUSTER}, {applyTo: HTTP_ROUTE, patch: {operation: ADD}}]}}
EnvoyFilter a/add: {spec: {configPatches: [{applyTo: HTTP_ROUTE, patch: {operation: ADD}}, {applyTo: ROUTE_CONFIGURATION, patch: {operation: ADD}}]}}
EnvoyFilter a/remove: {spec: {configPatches: [{applyTo: HTTP_ROUTE, patch: {operation: REMOVE}}]}}
EnvoyFilter a/good: {spec: {priority: -1, configPatches: [{applyTo: VIRTUAL_HOST, patch: {operation: REPLACE}}, {applyTo: VIRTUAL_HOST, patch: {operation: ADD}}]}}
`,
    [
      'IST0152 EnvoyFilter a/replace spec.configPatches[0].patch.operation: The REPLACE operation is only valid for HTTP_FILTER and NETWORK_FILTER.',
      'IST0153 EnvoyFilter a/add spec.configPatches[0].patch.operation: The ADD operation will be ignored when applyTo is set to ROUTE_CONFIGURATION, or HTTP_ROUTE.',
      'IST0154 EnvoyFilter a/remove spec.configPatches[0].patch.operation: The REMOVE operation will be ignored when applyTo is set to ROUTE_CONFIGURATION, or HTTP_ROUTE.',
    ],
  ],
])

findingsOf('webhook.Analyzer', [
  [
    'webhooks that inject must not overlap, and ask services that exist',
    `
MutatingWebhookConfiguration one: {webhooks: [{name: sidecar-injector.istio.io, clientConfig: {service: {name: istiod, namespace: istio-system}}, namespaceSelector: {matchLabels: {istio-injection: enabled}}}]}
MutatingWebhookConfiguration two: {webhooks: [{name: sidecar-injector.istio.io, clientConfig: {service: {name: gone, namespace: istio-system}}, namespaceSelector: {matchExpressions: [{key: istio-injection, operator: Exists}]}}]}
Service istio-system/istiod: {}
`,
    [
      'IST0139 MutatingWebhookConfiguration one webhooks[0].name: Webhook overlaps with others: [two/sidecar-injector.istio.io]. This may cause injection to occur twice.',
      'IST0139 MutatingWebhookConfiguration two webhooks[0].clientConfig.service.name: Injector refers to a control plane service that does not exist: istio-system/gone.',
      'IST0139 MutatingWebhookConfiguration two webhooks[0].name: Webhook overlaps with others: [one/sidecar-injector.istio.io]. This may cause injection to occur twice.',
    ],
  ],
  [
    'revisions do not overlap, and other webhooks are not looked at',
    `
MutatingWebhookConfiguration default: {webhooks: [{name: sidecar-injector.istio.io, clientConfig: {url: "https://x"}, namespaceSelector: {matchLabels: {istio-injection: enabled}}}]}
MutatingWebhookConfiguration canary: {webhooks: [{name: rev.sidecar-injector.istio.io, clientConfig: {url: "https://x"}, namespaceSelector: {matchLabels: {istio.io/rev: canary}, matchExpressions: [{key: istio-injection, operator: DoesNotExist}]}}]}
MutatingWebhookConfiguration other: {webhooks: [{name: example.com, clientConfig: {service: {name: gone, namespace: x}}}]}
`,
    [],
  ],
])

findingsOf('externalcontrolplane.ExternalControlPlaneAnalyzer', [
  [
    'webhooks of an external control plane need an address, best a name',
    `
ValidatingWebhookConfiguration istio-validator-external: {webhooks: [{name: rev.validation.istio.io, clientConfig: {url: null}}, {name: validation.istio.io, clientConfig: {url: ""}}]}
MutatingWebhookConfiguration istio-sidecar-injector-ip: {webhooks: [{name: rev.sidecar-injector.istio.io, clientConfig: {url: "https://10.0.0.1:15017/inject"}}, {name: other.sidecar-injector.istio.io, clientConfig: {url: "https://10.0.0.1:15017/inject"}}]}
MutatingWebhookConfiguration istio-sidecar-injector-six: {webhooks: [{name: rev.sidecar-injector.istio.io, clientConfig: {url: "https://[2001:db8::1]/inject"}}]}
MutatingWebhookConfiguration istio-sidecar-injector-bad: {webhooks: [{name: rev.sidecar-injector.istio.io, clientConfig: {url: "ftp//x"}}]}
`,
    [
      'IST0163 MutatingWebhookConfiguration istio-sidecar-injector-bad webhooks[0].clientConfig.url: The hostname (ftp//x) that was provided for the webhook (rev.sidecar-injector.istio.io) to reach the ingress gateway on the external control plane cluster was provided in an invalid format. Traffic may not flow properly.',
      'IST0163 ValidatingWebhookConfiguration istio-validator-external webhooks[0].clientConfig.url: The hostname () that was provided for the webhook (rev.validation.istio.io) to reach the ingress gateway on the external control plane cluster is blank. Traffic may not flow properly.',
      'IST0163 ValidatingWebhookConfiguration istio-validator-external webhooks[1].clientConfig.url: The hostname () that was provided for the webhook (validation.istio.io) to reach the ingress gateway on the external control plane cluster was provided in an invalid format. Traffic may not flow properly.',
      'IST0164 MutatingWebhookConfiguration istio-sidecar-injector-ip webhooks[1].clientConfig.url: The address (https://10.0.0.1:15017/inject) that was provided for the webhook (other.sidecar-injector.istio.io) to reach the ingress gateway on the external control plane cluster is an IP address. This is not recommended for a production environment.',
      'IST0164 MutatingWebhookConfiguration istio-sidecar-injector-ip webhooks[0].clientConfig.url: The address (https://10.0.0.1:15017/inject) that was provided for the webhook (rev.sidecar-injector.istio.io) to reach the ingress gateway on the external control plane cluster is an IP address. This is not recommended for a production environment.',
      'IST0164 MutatingWebhookConfiguration istio-sidecar-injector-six webhooks[0].clientConfig.url: The address (https://[2001:db8::1]/inject) that was provided for the webhook (rev.sidecar-injector.istio.io) to reach the ingress gateway on the external control plane cluster is an IP address. This is not recommended for a production environment.',
    ],
  ],
  [
    'names and services of the cluster are fine',
    `
ValidatingWebhookConfiguration istio-validator: {webhooks: [{name: rev.validation.istio.io, clientConfig: {url: "https://istiod.example.com:15017/validate"}}]}
MutatingWebhookConfiguration istio-sidecar-injector: {webhooks: [{name: rev.sidecar-injector.istio.io, clientConfig: {service: {name: istiod, namespace: istio-system}}}]}
MutatingWebhookConfiguration other: {webhooks: [{name: example.com, clientConfig: {url: ""}}]}
`,
    [],
  ],
])
