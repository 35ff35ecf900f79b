import { findingsOf } from '../analysis-table.ts'

findingsOf('destinationrule.CaCertificateAnalyzer', [
  [
    'TLS without CA certificates, for the host and for a port',
    `
DestinationRule a/db: {spec: {host: db, trafficPolicy: {tls: {mode: SIMPLE}, portLevelSettings: [{port: {number: 443}, tls: {mode: MUTUAL}}, {port: {number: 444}, tls: {mode: ISTIO_MUTUAL}}]}}}
`,
    [
      'IST0128 DestinationRule a/db spec.trafficPolicy.tls.mode: DestinationRule a/db in namespace a has TLS mode set to SIMPLE but no caCertificates are set to validate server identity for host: db',
      'IST0129 DestinationRule a/db spec.trafficPolicy.portLevelSettings[0].tls.mode: DestinationRule a/db in namespace a has TLS mode set to MUTUAL but no caCertificates are set to validate server identity for host: db at port number:443',
    ],
  ],
  [
    'CA certificates and credentials of chosen workloads verify, the wish not to does not',
    `
DestinationRule a/one: {spec: {host: db, trafficPolicy: {tls: {mode: SIMPLE, caCertificates: /etc/ca.pem}}}}
DestinationRule a/two: {spec: {host: db, trafficPolicy: {tls: {mode: DISABLE}}}}
DestinationRule a/three: {spec: {host: db, trafficPolicy: {tls: {mode: SIMPLE, credentialName: db}}, workloadSelector: {matchLabels: {app: web}}}}
DestinationRule a/four: {spec: {host: db, trafficPolicy: {tls: {mode: SIMPLE, insecureSkipVerify: true}}}}
`,
    [
      'IST0128 DestinationRule a/four spec.trafficPolicy.tls.mode: DestinationRule a/four in namespace a has TLS mode set to SIMPLE but no caCertificates are set to validate server identity for host: db',
    ],
  ],
  [
    'a credential is not taken without a selector',
    `
DestinationRule a/one: {spec: {host: db, trafficPolicy: {tls: {mode: MUTUAL, credentialName: db}}}}
`,
    [
      'IST0128 DestinationRule a/one spec.trafficPolicy.tls.mode: DestinationRule a/one in namespace a has TLS mode set to MUTUAL but no caCertificates are set to validate server identity for host: db',
    ],
  ],
])

findingsOf('destinationrule.PodNotSelectedAnalyzer', [
  [
    'subsets must select pods of the service',
    `
DestinationRule a/web: {spec: {host: web, subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}, {name: all}]}}
Service a/web: {spec: {selector: {app: web}}}
Pod a/web-1: {metadata: {labels: {app: web, version: v1}}}
Pod a/other: {metadata: {labels: {app: other, version: v2}}}
Pod b/web-2: {metadata: {labels: {app: web, version: v2}}}
`,
    [
      'IST0173 DestinationRule a/web spec.subsets[1].labels: The Subset v2 defined in the DestinationRule does not select any pods. Which may lead to 503 UH (NoHealthyUpstream).',
    ],
  ],
  [
    'templates of pods that are still to come count',
    `
DestinationRule a/web: {spec: {host: web, subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}, {name: v3, labels: {version: v3}}]}}
Service a/web: {spec: {selector: {app: web}}}
Deployment a/web-v1: {spec: {template: {metadata: {labels: {app: web, version: v1}}}}}
StatefulSet a/web-v2: {spec: {template: {metadata: {labels: {app: web, version: v2}}}}}
`,
    [
      'IST0173 DestinationRule a/web spec.subsets[2].labels: The Subset v3 defined in the DestinationRule does not select any pods. Which may lead to 503 UH (NoHealthyUpstream).',
    ],
  ],
  [
    'labels of nodes select pods by where they run',
    `
DestinationRule a/web: {spec: {host: web, subsets: [{name: east, labels: {topology.kubernetes.io/region: east}}, {name: west, labels: {topology.kubernetes.io/region: west}}, {name: net, labels: {topology.istio.io/network: n1}}]}}
Service a/web: {spec: {selector: {app: web}}}
Pod a/web-1: {metadata: {labels: {app: web}}, spec: {nodeName: n1}}
Node n1: {metadata: {labels: {topology.kubernetes.io/region: east}}}
`,
    [
      'IST0173 DestinationRule a/web spec.subsets[1].labels: The Subset west defined in the DestinationRule does not select any pods. Which may lead to 503 UH (NoHealthyUpstream).',
    ],
  ],
  [
    'hosts must be known to the namespace of the rule',
    `
DestinationRule a/one: {spec: {host: web}}
DestinationRule a/two: {spec: {host: web.b.svc.cluster.local}}
DestinationRule a/three: {spec: {host: api.example.com}}
DestinationRule a/four: {spec: {host: "*.example.com"}}
DestinationRule a/five: {spec: {host: "*.example.org"}}
Service b/web: {spec: {selector: {app: web}}}
ServiceEntry c/api: {spec: {hosts: [api.example.com], exportTo: ["*"]}}
`,
    [
      'IST0174 DestinationRule a/five spec.host: The host *.example.org defined in the DestinationRule does not match any services in the mesh.',
      'IST0174 DestinationRule a/one spec.host: The host web defined in the DestinationRule does not match any services in the mesh.',
    ],
  ],
  [
    'a service that is not exported is not known',
    `
DestinationRule a/one: {spec: {host: web.b.svc.cluster.local}}
Service b/web: {metadata: {annotations: {networking.istio.io/exportTo: .}}}
`,
    [
      'IST0174 DestinationRule a/one spec.host: The host web.b.svc.cluster.local defined in the DestinationRule does not match any services in the mesh.',
    ],
  ],
  [
    'subsets of a ServiceEntry select endpoints, WorkloadEntries or pods',
    `
DestinationRule a/one: {spec: {host: one.example.com, subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]}}
DestinationRule a/two: {spec: {host: two.example.com, subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}, {name: v3, labels: {version: v3}}]}}
DestinationRule a/three: {spec: {host: three.example.com, subsets: [{name: v1, labels: {version: v1}}]}}
ServiceEntry a/one: {spec: {hosts: [one.example.com], endpoints: [{address: 10.0.0.1, labels: {version: v1}}]}}
ServiceEntry a/two: {spec: {hosts: [two.example.com], workloadSelector: {labels: {app: two}}}}
ServiceEntry a/three: {spec: {hosts: [three.example.com], resolution: DNS}}
WorkloadEntry a/two-1: {spec: {address: 10.0.0.2, labels: {app: two, version: v1}}}
Pod a/two-2: {metadata: {labels: {app: two, version: v2}}}
`,
    [
      'IST0173 DestinationRule a/one spec.subsets[1].labels: The Subset v2 defined in the DestinationRule does not select any pods. Which may lead to 503 UH (NoHealthyUpstream).',
      'IST0173 DestinationRule a/two spec.subsets[2].labels: The Subset v3 defined in the DestinationRule does not select any pods. Which may lead to 503 UH (NoHealthyUpstream).',
    ],
  ],
])

findingsOf('destinationrule.MergeAnalyzer', [
  [
    'rules of one host must not define the same',
    `
DestinationRule a/one: {spec: {host: web, trafficPolicy: {}, subsets: [{name: v1, labels: {v: "1"}}]}}
DestinationRule a/two: {spec: {host: web.a.svc.cluster.local, trafficPolicy: {}, subsets: [{name: v1, labels: {v: "1"}}, {name: v2, labels: {v: "2"}}]}}
`,
    [
      'BAT0201 DestinationRule a/one spec.subsets[0].name: The DestinationRules a/one, a/two all define the subset "v1" of host web.a.svc.cluster.local; the oldest one wins.',
      'BAT0201 DestinationRule a/two spec.subsets[0].name: The DestinationRules a/one, a/two all define the subset "v1" of host web.a.svc.cluster.local; the oldest one wins.',
      'BAT0202 DestinationRule a/one spec.trafficPolicy: The DestinationRules a/one, a/two all have a trafficPolicy for host web.a.svc.cluster.local; only that of the oldest is used.',
      'BAT0202 DestinationRule a/two spec.trafficPolicy: The DestinationRules a/one, a/two all have a trafficPolicy for host web.a.svc.cluster.local; only that of the oldest is used.',
    ],
  ],
  [
    'rules that nobody sees together, or that are for other workloads, do not meet',
    `
DestinationRule a/one: {spec: {host: api.example.com, trafficPolicy: {}, exportTo: [.]}}
DestinationRule b/two: {spec: {host: api.example.com, trafficPolicy: {}, exportTo: [.]}}
DestinationRule a/three: {spec: {host: api.example.com, trafficPolicy: {}, workloadSelector: {matchLabels: {app: web}}}}
`,
    [],
  ],
  [
    'a subset without labels is everything',
    `
DestinationRule a/one: {spec: {host: web, subsets: [{name: v1}, {name: v2, labels: {version: v2}}]}}
`,
    [
      'BAT0203 DestinationRule a/one spec.subsets[0]: The subset "v1" has no labels: it is the whole service.',
    ],
  ],
])

findingsOf('destinationrule.MtlsAnalyzer', [
  [
    'clients must do what servers ask for',
    `
DestinationRule a/plain: {spec: {host: web, trafficPolicy: {tls: {mode: DISABLE}}}}
DestinationRule a/mutual: {spec: {host: api, trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}}}
Service a/web: {spec: {selector: {app: web}}}
Service a/api: {spec: {selector: {app: api}}}
Pod a/web-1: {metadata: {labels: {app: web}}, spec: {containers: [{name: istio-proxy}]}}
Pod a/api-1: {metadata: {labels: {app: api}}, spec: {containers: [{name: istio-proxy}]}}
PeerAuthentication istio-system/default: {spec: {mtls: {mode: STRICT}}}
PeerAuthentication a/api: {spec: {selector: {matchLabels: {app: api}}, mtls: {mode: DISABLE}}}
`,
    [
      'BAT0204 DestinationRule a/mutual spec.trafficPolicy.tls.mode: Clients use TLS mode ISTIO_MUTUAL for api, but a/api-1 does not take that: PeerAuthentication a/api says DISABLE.',
      'BAT0204 DestinationRule a/plain spec.trafficPolicy.tls.mode: Clients use TLS mode DISABLE for web, but a/web-1 does not take that: PeerAuthentication istio-system/default says STRICT.',
    ],
  ],
  [
    'permissive servers take both, and those without a sidecar do not care',
    `
DestinationRule a/plain: {spec: {host: web, trafficPolicy: {tls: {mode: DISABLE}}}}
DestinationRule a/bare: {spec: {host: api, trafficPolicy: {tls: {mode: DISABLE}}}}
Service a/web: {spec: {selector: {app: web}}}
Service a/api: {spec: {selector: {app: api}}}
Pod a/web-1: {metadata: {labels: {app: web}}, spec: {containers: [{name: istio-proxy}]}}
Pod a/api-1: {metadata: {labels: {app: api}}}
PeerAuthentication istio-system/default: {spec: {mtls: {mode: STRICT}}}
PeerAuthentication a/default: {spec: {mtls: {mode: PERMISSIVE}}}
`,
    [],
  ],
  [
    'a rule for a host replaces the TLS settings of a wider rule',
    `
DestinationRule a/all: {spec: {host: "*.example.com", trafficPolicy: {tls: {mode: SIMPLE}}}}
DestinationRule a/one: {spec: {host: api.example.com, trafficPolicy: {loadBalancer: {simple: RANDOM}}}}
DestinationRule a/two: {spec: {host: www.example.com, trafficPolicy: {tls: {mode: SIMPLE}}}}
DestinationRule b/three: {spec: {host: api.example.com}}
`,
    [
      'BAT0205 DestinationRule a/one spec.host: The rule takes the place of a/all for this host, and with it goes TLS mode SIMPLE.',
    ],
  ],
])
