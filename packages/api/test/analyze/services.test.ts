import { findingsOf } from '../analysis-table.ts'

findingsOf('service.PortNameAnalyzer', [
  [
    'names of ports begin with the protocol',
    `
Service a/web: {spec: {ports: [{port: 80}, {port: 81, name: web, targetPort: 8081}, {port: 82, name: alpha-grpc, targetPort: grpc}]}}
`,
    [
      "IST0118 Service a/web spec.ports[0].name: Port name  (port: 80, targetPort: 0) doesn't follow the naming convention of Istio port.",
      "IST0118 Service a/web spec.ports[2].name: Port name alpha-grpc (port: 82, targetPort: grpc) doesn't follow the naming convention of Istio port.",
      "IST0118 Service a/web spec.ports[1].name: Port name web (port: 81, targetPort: 8081) doesn't follow the naming convention of Istio port.",
    ],
  ],
  [
    'protocols by name, by appProtocol, for well-known ports and UDP',
    `
Service a/web: {spec: {ports: [{port: 80, name: http}, {port: 81, name: HTTP2-web}, {port: 82, name: grpc-web-x}, {port: 83, name: x, appProtocol: http}, {port: 84, name: x, appProtocol: kubernetes.io/h2c}, {port: 3306, name: x}, {port: 85, name: x, protocol: UDP}, {port: 86, name: tls-db}]}}
`,
    [],
  ],
  [
    'system namespaces and Istio itself are left alone',
    `
Service kube-system/dns: {spec: {ports: [{port: 9153, name: metrics}]}}
Service istio-system/istiod: {metadata: {labels: {istio: pilot}}, spec: {ports: [{port: 15017, name: webhook}]}}
Service istio-system/base: {metadata: {labels: {release: istio}}, spec: {ports: [{port: 15017, name: webhook}]}}
`,
    [],
  ],
  [
    'ports of external names',
    `
Service a/one: {spec: {type: ExternalName, externalName: example.com, ports: [{port: 443, name: tcp}, {port: 444, name: web}, {port: 445, name: tls}, {port: 446, name: tcp-x}]}}
`,
    [
      'IST0150 Service a/one spec.ports[0].name: Port name for ExternalName service is invalid. Proxy may prevent tcp named ports and unmatched traffic for ports serving TCP protocol from being forwarded correctly',
      'IST0150 Service a/one spec.ports[1].name: Port name for ExternalName service is invalid. Proxy may prevent tcp named ports and unmatched traffic for ports serving TCP protocol from being forwarded correctly',
    ],
  ],
])

findingsOf('service.TargetPortAnalyzer', [
  [
    'ports must lead to containers',
    `
Service a/web: {spec: {selector: {app: web}, ports: [{port: 80, targetPort: http}, {port: 81, targetPort: gone}, {port: 82, targetPort: 8080}, {port: 83, targetPort: 9090}, {port: 8080}]}}
Pod a/web-1: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, ports: [{name: http, containerPort: 8080}]}]}}
`,
    [
      'BAT0501 Service a/web spec.ports[1].targetPort: No container of web-1 has a port with the name "gone".',
    ],
  ],
  [
    'a Service of which containers list no port at all',
    `
Service a/web: {spec: {selector: {app: web}, ports: [{port: 80, targetPort: 9090}, {port: 81}]}}
Pod a/web-1: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, ports: [{name: http, containerPort: 8080}]}]}}
`,
    [
      'BAT0502 Service a/web spec.ports[1].port: The containers of web-1 do not list port 81.',
      'BAT0502 Service a/web spec.ports[0].targetPort: The containers of web-1 do not list port 9090.',
    ],
  ],
  [
    'containers that list no ports may have any, and services without pods are not looked at',
    `
Service a/web: {spec: {selector: {app: web}, ports: [{port: 80, targetPort: 9090}]}}
Service a/gone: {spec: {selector: {app: gone}, ports: [{port: 80, targetPort: http}]}}
Pod a/web-1: {metadata: {labels: {app: web}}, spec: {containers: [{name: web}]}}
`,
    [],
  ],
  [
    'protocols must be known',
    `
Service a/web: {spec: {ports: [{port: 80, appProtocol: htpp}, {port: 81, appProtocol: grpc}]}}
`,
    [
      'BAT0503 Service a/web spec.ports[0].appProtocol: appProtocol "htpp" is no protocol that the mesh knows: the protocol is detected.',
    ],
  ],
])

findingsOf('serviceentry.ProtocolAddressesAnalyzer', [
  [
    'plain TCP needs addresses',
    `
ServiceEntry a/one: {spec: {hosts: [x], ports: [{number: 443, name: a, protocol: TCP}, {number: 444, name: b}, {number: 445, name: c, protocol: tls}]}}
ServiceEntry a/two: {spec: {hosts: [x], addresses: [10.0.0.1], ports: [{number: 443, name: a, protocol: TCP}]}}
ServiceEntry a/three: {spec: {hosts: [x], ports: [{number: 443, name: a, protocol: TCP}]}, status: {addresses: [{value: 240.240.0.1}]}}
`,
    [
      'IST0134 ServiceEntry a/one spec.ports[0].protocol: ServiceEntry addresses are required for this protocol.',
      'IST0134 ServiceEntry a/one spec.ports[1].protocol: ServiceEntry addresses are required for this protocol.',
    ],
  ],
])

findingsOf('serviceentry.ConflictingServiceEntryProtocolAnalyzer', [
  [
    'one host and port with two protocols',
    `
ServiceEntry a/one: {spec: {hosts: [api.example.com], ports: [{number: 443, name: http, protocol: HTTP}]}}
ServiceEntry b/two: {spec: {hosts: [api.example.com, www.example.com], ports: [{number: 443, name: tls, protocol: TLS}]}}
ServiceEntry c/three: {spec: {hosts: [api.example.com], ports: [{number: 443, name: tls, protocol: tls}]}}
`,
    [
      'IST0177 ServiceEntry a/one spec.ports[0].protocol: Multiple ServiceEntries (a/one, b/two, c/three) define the same host "api.example.com" and port 443 with conflicting protocols (HTTP, TLS).',
      'IST0177 ServiceEntry b/two spec.ports[0].protocol: Multiple ServiceEntries (a/one, b/two, c/three) define the same host "api.example.com" and port 443 with conflicting protocols (HTTP, TLS).',
      'IST0177 ServiceEntry c/three spec.ports[0].protocol: Multiple ServiceEntries (a/one, b/two, c/three) define the same host "api.example.com" and port 443 with conflicting protocols (HTTP, TLS).',
    ],
  ],
  [
    'other ports, hosts and namespaces',
    `
ServiceEntry a/one: {spec: {hosts: [api.example.com], exportTo: [.], ports: [{number: 443, name: http, protocol: HTTP}]}}
ServiceEntry b/two: {spec: {hosts: [api.example.com], exportTo: [b, c], ports: [{number: 443, name: tls, protocol: TLS}]}}
ServiceEntry a/three: {spec: {hosts: [www.example.com], ports: [{number: 443, name: tls, protocol: TLS}]}}
ServiceEntry a/four: {spec: {hosts: [api.example.com], ports: [{number: 444, name: tls, protocol: TLS}]}}
`,
    [],
  ],
])

findingsOf('serviceentry.WorkloadAnalyzer', [
  [
    'a selector needs something that it selects',
    `
ServiceEntry a/one: {spec: {hosts: [one], workloadSelector: {labels: {app: one}}}}
ServiceEntry a/two: {spec: {hosts: [two], workloadSelector: {labels: {app: two}}}}
ServiceEntry a/three: {spec: {hosts: [three], workloadSelector: {labels: {app: three}}}}
ServiceEntry a/four: {spec: {hosts: [four], workloadSelector: {labels: {app: four}}}}
WorkloadEntry a/one: {spec: {labels: {app: one}}}
WorkloadEntry b/four: {spec: {labels: {app: four}}}
Pod a/two: {metadata: {labels: {app: two}}}
WorkloadGroup a/three: {spec: {metadata: {labels: {app: three}}}}
`,
    [
      'BAT0701 ServiceEntry a/four spec.workloadSelector.labels: No WorkloadEntry and no pod of the namespace has the labels app=four: the service has no endpoints.',
    ],
  ],
])
