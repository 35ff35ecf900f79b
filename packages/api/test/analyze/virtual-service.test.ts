import { findingsOf } from '../analysis-table.ts'

findingsOf('virtualservice.ConflictingMeshGatewayHostsAnalyzer', [
  [
    'two VirtualServices of sidecars with one host conflict',
    `
VirtualService a/one: {spec: {hosts: [web.a.svc.cluster.local]}}
VirtualService b/two: {spec: {hosts: [web.a.svc.cluster.local], gateways: [mesh, edge]}}
`,
    [
      'IST0109 VirtualService a/one spec.hosts[0]: The VirtualServices a/one,b/two associated with mesh gateway define the same host */web.a.svc.cluster.local which can lead to undefined behavior. This can be fixed by merging the conflicting VirtualServices into a single resource.',
      'IST0109 VirtualService b/two spec.hosts[0]: The VirtualServices a/one,b/two associated with mesh gateway define the same host */web.a.svc.cluster.local which can lead to undefined behavior. This can be fixed by merging the conflicting VirtualServices into a single resource.',
    ],
  ],
  [
    'a short name is a host of its own namespace',
    `
VirtualService a/one: {spec: {hosts: [web]}}
VirtualService b/two: {spec: {hosts: [web]}}
`,
    [],
  ],
  [
    'a short name and the full name are the same host',
    `
VirtualService a/one: {spec: {hosts: [web]}}
VirtualService a/two: {spec: {hosts: [web.a.svc.cluster.local]}}
`,
    [
      'IST0109 VirtualService a/one spec.hosts[0]: The VirtualServices a/one,a/two associated with mesh gateway define the same host */web.a.svc.cluster.local which can lead to undefined behavior. This can be fixed by merging the conflicting VirtualServices into a single resource.',
      'IST0109 VirtualService a/two spec.hosts[0]: The VirtualServices a/one,a/two associated with mesh gateway define the same host */web.a.svc.cluster.local which can lead to undefined behavior. This can be fixed by merging the conflicting VirtualServices into a single resource.',
    ],
  ],
  [
    'a VirtualService does not conflict with itself',
    `
VirtualService a/one: {spec: {hosts: [web, web.a.svc.cluster.local]}}
`,
    [],
  ],
  [
    'VirtualServices of gateways are merged',
    `
VirtualService a/one: {spec: {hosts: [example.com], gateways: [edge]}}
VirtualService b/two: {spec: {hosts: [example.com], gateways: [edge]}}
`,
    [],
  ],
  [
    'what no namespace sees together does not conflict',
    `
VirtualService a/one: {spec: {hosts: [example.com], exportTo: [.]}}
VirtualService b/two: {spec: {hosts: [example.com], exportTo: [b, c]}}
`,
    [],
  ],
  [
    'everybody sees these, and no two hosts are the same',
    `
VirtualService a/one: {spec: {hosts: ["*.example.com"]}}
VirtualService a/two: {spec: {hosts: ["*.shop.example.com"]}}
VirtualService a/three: {spec: {hosts: [www.example.com]}}
`,
    [],
  ],
  [
    'hosts for some namespaces conflict with wildcards that everybody sees',
    `
VirtualService a/one: {spec: {hosts: ["*.example.com"]}}
VirtualService a/two: {spec: {hosts: [www.example.com], exportTo: [.]}}
VirtualService b/three: {spec: {hosts: [api.example.org], exportTo: [.]}}
VirtualService c/four: {spec: {hosts: [api.example.org], exportTo: [b]}}
VirtualService c/five: {spec: {hosts: [api.example.org], exportTo: [d]}}
`,
    [
      'IST0109 VirtualService a/one spec.hosts[0]: The VirtualServices a/one,a/two associated with mesh gateway define the same host a/www.example.com which can lead to undefined behavior. This can be fixed by merging the conflicting VirtualServices into a single resource.',
      'IST0109 VirtualService a/two spec.hosts[0]: The VirtualServices a/one,a/two associated with mesh gateway define the same host a/www.example.com which can lead to undefined behavior. This can be fixed by merging the conflicting VirtualServices into a single resource.',
      'IST0109 VirtualService b/three spec.hosts[0]: The VirtualServices b/three,c/four associated with mesh gateway define the same host b/api.example.org which can lead to undefined behavior. This can be fixed by merging the conflicting VirtualServices into a single resource.',
      'IST0109 VirtualService c/four spec.hosts[0]: The VirtualServices b/three,c/four associated with mesh gateway define the same host b/api.example.org which can lead to undefined behavior. This can be fixed by merging the conflicting VirtualServices into a single resource.',
    ],
  ],
  [
    'delegates have no hosts',
    `
VirtualService a/one: {spec: {http: []}}
VirtualService a/two: {spec: {http: []}}
`,
    [],
  ],
])

findingsOf('virtualservice.DestinationHostAnalyzer', [
  [
    'hosts of routes and mirrors must exist',
    `
VirtualService a/one: {spec: {hosts: [web], http: [{route: [{destination: {host: web}}, {destination: {host: gone}}], mirror: {host: lost}, mirrors: [{destination: {host: missing}}]}], tcp: [{route: [{destination: {host: none}}]}], tls: [{route: [{destination: {host: nil}}]}]}}
Service a/web: {spec: {ports: [{port: 80}]}}
`,
    [
      'IST0101 VirtualService a/one spec.http[0].route[1].destination.host: Referenced host not found: "gone"',
      'IST0101 VirtualService a/one spec.tls[0].route[0].destination.host: Referenced host not found: "nil"',
      'IST0101 VirtualService a/one spec.tcp[0].route[0].destination.host: Referenced host not found: "none"',
      'IST0101 VirtualService a/one spec.http[0].mirror.host: Referenced mirror host not found: "lost"',
      'IST0101 VirtualService a/one spec.http[0].mirrors[0].destination.host: Referenced mirror host not found: "missing"',
    ],
  ],
  [
    'a short name is a service of the namespace of the VirtualService',
    `
VirtualService a/one: {spec: {hosts: [web], http: [{route: [{destination: {host: web}}]}]}}
Service b/web: {spec: {ports: [{port: 80}]}}
`,
    ['IST0101 VirtualService a/one spec.http[0].route[0].destination.host: Referenced host not found: "web"'],
  ],
  [
    'full names, hosts of ServiceEntries and names under their wildcards exist',
    `
VirtualService a/one: {spec: {hosts: [web], http: [{route: [{destination: {host: web.b.svc.cluster.local}}, {destination: {host: api.example.com}}, {destination: {host: x.y.example.org}}, {destination: {host: "*.example.org"}}]}]}}
Service b/web: {spec: {ports: [{port: 80}]}}
ServiceEntry c/api: {spec: {hosts: [api.example.com]}}
ServiceEntry c/all: {spec: {hosts: ["*.example.org"]}}
`,
    [],
  ],
  [
    'services that are not exported to the VirtualService do not exist for it',
    `
VirtualService a/one: {spec: {hosts: [web], http: [{route: [{destination: {host: web.b.svc.cluster.local}}, {destination: {host: api.example.com}}]}]}}
Service b/web: {metadata: {annotations: {networking.istio.io/exportTo: "c, ."}}, spec: {ports: [{port: 80}]}}
ServiceEntry c/api: {spec: {hosts: [api.example.com], exportTo: [.]}}
`,
    [
      'IST0101 VirtualService a/one spec.http[0].route[1].destination.host: Referenced host not found: "api.example.com"',
      'IST0101 VirtualService a/one spec.http[0].route[0].destination.host: Referenced host not found: "web.b.svc.cluster.local"',
    ],
  ],
  [
    'what counts is who uses the VirtualService',
    `
VirtualService a/one: {spec: {hosts: [web], exportTo: [c], http: [{route: [{destination: {host: web.b.svc.cluster.local}}]}]}}
Service b/web: {metadata: {annotations: {networking.istio.io/exportTo: c}}, spec: {ports: [{port: 80}]}}
`,
    [],
  ],
  [
    'a service with several ports needs one to be named, and it must exist',
    `
VirtualService a/one: {spec: {hosts: [web], http: [{route: [{destination: {host: web}}, {destination: {host: web, port: {number: 443}}}, {destination: {host: web, port: {number: 8080}}}]}]}}
Service a/web: {spec: {ports: [{port: 80}, {port: 443}]}}
`,
    [
      'IST0101 VirtualService a/one spec.http[0].route[2].destination.port.number: Referenced host:port not found: "web:8080"',
      'IST0112 VirtualService a/one spec.http[0].route[0].destination.host: This VirtualService routes to a service "web" that exposes multiple ports [80 443]. Specifying a port in the destination is required to disambiguate.',
    ],
  ],
  [
    'a destination without a host is no host',
    `
VirtualService a/one: {spec: {hosts: [web], http: [{route: [{}]}]}}
`,
    ['IST0101 VirtualService a/one spec.http[0].route[0].destination.host: Referenced host not found: ""'],
  ],
  [
    'subsets of sidecars have no effect for requests through a gateway',
    `
VirtualService a/edge: {spec: {hosts: [example.com], gateways: [gw], http: [{route: [{destination: {host: web}}]}]}}
VirtualService a/web: {spec: {hosts: [web], http: [{route: [{destination: {host: web, subset: v1}}]}]}}
Service a/web: {spec: {ports: [{port: 80}]}}
`,
    [
      'IST0140 VirtualService a/edge spec.http[0].route[0].destination.host: Subset in virtual service a/web has no effect on ingress gateway a/edge requests',
    ],
  ],
  [
    'a subset in the route of the gateway is used',
    `
VirtualService a/edge: {spec: {hosts: [example.com], gateways: [gw], http: [{route: [{destination: {host: web, subset: v1}}]}]}}
VirtualService a/web: {spec: {hosts: [web], http: [{route: [{destination: {host: web, subset: v1}}]}]}}
Service a/web: {spec: {ports: [{port: 80}]}}
`,
    [],
  ],
  [
    'a service of the same name in another namespace is another service',
    `
VirtualService b/edge: {spec: {hosts: [example.com], gateways: [gw], http: [{route: [{destination: {host: web}}]}]}}
VirtualService a/web: {spec: {hosts: [web], http: [{route: [{destination: {host: web, subset: v1}}]}]}}
Service a/web: {spec: {ports: [{port: 80}]}}
Service b/web: {spec: {ports: [{port: 80}]}}
`,
    [],
  ],
])

findingsOf('virtualservice.DestinationRuleAnalyzer', [
  [
    'subsets must be defined',
    `
VirtualService a/one: {spec: {hosts: [web], http: [{route: [{destination: {host: web, subset: v1}}, {destination: {host: web, subset: v3}}], mirror: {host: api, subset: v9}}]}}
DestinationRule a/web: {spec: {host: web.a.svc.cluster.local, subsets: [{name: v1}, {name: v2}]}}
`,
    [
      'IST0101 VirtualService a/one spec.http[0].route[1].destination.subset: Referenced host+subset in destinationrule not found: "web+v3"',
      'IST0101 VirtualService a/one spec.http[0].mirror.subset: Referenced mirror host+subset in destinationrule not found: "api+v9"',
    ],
  ],
  [
    'rules for wildcards and other namespaces define subsets as well',
    `
VirtualService a/one: {spec: {hosts: [web], http: [{route: [{destination: {host: www.example.com, subset: v1}}, {destination: {host: web.b.svc.cluster.local, subset: v2}}]}]}}
DestinationRule b/web: {spec: {host: web, subsets: [{name: v2}]}}
DestinationRule c/all: {spec: {host: "*.example.com", subsets: [{name: v1}]}}
`,
    [],
  ],
  [
    'a rule for another host does not define the subset',
    `
VirtualService a/one: {spec: {hosts: [web], http: [{route: [{destination: {host: web, subset: v1}}]}]}}
DestinationRule b/web: {spec: {host: web, subsets: [{name: v1}]}}
`,
    [
      'IST0101 VirtualService a/one spec.http[0].route[0].destination.subset: Referenced host+subset in destinationrule not found: "web+v1"',
    ],
  ],
])

findingsOf('virtualservice.GatewayAnalyzer', [
  [
    'gateways must exist',
    `
VirtualService a/one: {spec: {hosts: [example.com], gateways: [mesh, gone, b/gone]}}
`,
    [
      'IST0101 VirtualService a/one spec.gateways[2]: Referenced gateway not found: "b/gone"',
      'IST0101 VirtualService a/one spec.gateways[1]: Referenced gateway not found: "gone"',
      'IST0132 VirtualService a/one spec.hosts[0]: one or more host [example.com] defined in VirtualService a/one not found in Gateway a/gone.',
      'IST0132 VirtualService a/one spec.hosts[0]: one or more host [example.com] defined in VirtualService a/one not found in Gateway b/gone.',
    ],
  ],
  [
    'a gateway must have one of the hosts',
    `
VirtualService a/one: {spec: {hosts: [example.com, example.org], gateways: [edge]}}
VirtualService a/two: {spec: {hosts: [example.net], gateways: [a/edge]}}
Gateway a/edge: {spec: {servers: [{hosts: [example.org]}, {hosts: ["*.example.com"]}]}}
`,
    [
      'IST0132 VirtualService a/two spec.hosts[0]: one or more host [example.net] defined in VirtualService a/two not found in Gateway a/edge.',
    ],
  ],
  [
    'hosts with a namespace are for VirtualServices of that namespace',
    `
VirtualService a/one: {spec: {hosts: [example.com], gateways: [b/edge]}}
VirtualService b/two: {spec: {hosts: [example.com], gateways: [edge]}}
VirtualService c/three: {spec: {hosts: [example.com], gateways: [b/edge]}}
Gateway b/edge: {spec: {servers: [{hosts: [./example.com, c/example.com]}]}}
`,
    [
      'IST0132 VirtualService a/one spec.hosts[0]: one or more host [example.com] defined in VirtualService a/one not found in Gateway b/edge.',
    ],
  ],
  [
    'a wildcard on either side is enough',
    `
VirtualService a/one: {spec: {hosts: ["*"], gateways: [edge]}}
VirtualService a/two: {spec: {hosts: [www.example.com], gateways: [wide]}}
Gateway a/edge: {spec: {servers: [{hosts: [example.com]}]}}
Gateway a/wide: {spec: {servers: [{hosts: ["*/*.example.com"]}]}}
`,
    [],
  ],
  [
    'a Gateway of the Gateway API counts, with the hosts of its listeners',
    `
VirtualService a/one: {spec: {hosts: [example.com], gateways: [edge]}}
VirtualService a/two: {spec: {hosts: [example.org], gateways: [edge]}}
KubernetesGateway a/edge: {spec: {gatewayClassName: istio, listeners: [{name: http, hostname: example.com, port: 80, protocol: HTTP}]}}
`,
    [
      'IST0132 VirtualService a/two spec.hosts[0]: one or more host [example.org] defined in VirtualService a/two not found in Gateway a/edge.',
    ],
  ],
  [
    'gateways that the control plane makes are not for users',
    `
VirtualService a/one: {spec: {hosts: [example.com], gateways: [a/edge-istio-autogenerated-k8s-gateway-http]}}
`,
    [
      'IST0165 VirtualService a/one spec.gateways[0]: Gateway reference in VirtualService a/one is to an implementation-generated internal Gateway: a/edge-istio-autogenerated-k8s-gateway-http.',
    ],
  ],
])

findingsOf('virtualservice.JWTClaimRouteAnalyzer', [
  [
    'routes by claims need a RequestAuthentication at the gateway',
    `
VirtualService a/one: {spec: {hosts: [example.com], gateways: [edge], http: [{match: [{headers: {"@request.auth.claims.group": {exact: admin}}}]}]}}
Gateway a/edge: {spec: {selector: {app: gw}}}
Pod gateways/gw-1: {metadata: {labels: {app: gw}}}
`,
    [
      'IST0149 VirtualService a/one spec.http[0].match[0].headers.@request.auth.claims.group: The virtual service uses the JWT claim based routing (key: @request.auth.claims.group) but found no request authentication for the gateway (a/edge) pod (gw-1). The request authentication must first be applied for the gateway pods to validate the JWT token and make the claims available for routing.',
    ],
  ],
  [
    'a RequestAuthentication for the pods of the gateway is enough',
    `
VirtualService a/one: {spec: {hosts: [example.com], gateways: [edge], http: [{match: [{withoutHeaders: {"@request.auth.claims.group": {exact: admin}}}]}]}}
Gateway a/edge: {spec: {selector: {app: gw}}}
Pod gateways/gw-1: {metadata: {labels: {app: gw}}}
RequestAuthentication gateways/jwt: {spec: {selector: {matchLabels: {app: gw}}}}
`,
    [],
  ],
  [
    'one of the root namespace holds for all gateways',
    `
VirtualService a/one: {spec: {hosts: [example.com], gateways: [edge], http: [{match: [{headers: {"@request.auth.claims.group": {exact: admin}}}]}]}}
Gateway a/edge: {spec: {selector: {app: gw}}}
Pod gateways/gw-1: {metadata: {labels: {app: gw}}}
RequestAuthentication istio-system/jwt: {spec: {}}
`,
    [],
  ],
  [
    'one for other pods is not',
    `
VirtualService a/one: {spec: {hosts: [example.com], gateways: [edge], http: [{match: [{headers: {"@request.auth.claims.group": {exact: admin}}}]}]}}
Gateway a/edge: {spec: {selector: {app: gw}}}
Pod gateways/gw-1: {metadata: {labels: {app: gw}}}
RequestAuthentication gateways/jwt: {spec: {selector: {matchLabels: {app: other}}}}
RequestAuthentication a/jwt: {spec: {}}
`,
    [
      'IST0149 VirtualService a/one spec.http[0].match[0].headers.@request.auth.claims.group: The virtual service uses the JWT claim based routing (key: @request.auth.claims.group) but found no request authentication for the gateway (a/edge) pod (gw-1). The request authentication must first be applied for the gateway pods to validate the JWT token and make the claims available for routing.',
    ],
  ],
])

findingsOf('virtualservice.WeightAnalyzer', [
  [
    'a weight of the only destination has no effect',
    `
VirtualService a/one: {spec: {hosts: [web], http: [{route: [{destination: {host: web}, weight: 50}]}, {route: [{destination: {host: web}, weight: 100}]}]}}
`,
    [
      'BAT0101 VirtualService a/one spec.http[0].route[0].weight: The weight 50 has no effect: the route has one destination, which gets everything.',
    ],
  ],
  [
    'a destination stands in a route once',
    `
VirtualService a/one: {spec: {hosts: [web], http: [{route: [{destination: {host: web, subset: v1}, weight: 50}, {destination: {host: web.a.svc.cluster.local, subset: v1}, weight: 50}]}, {route: [{destination: {host: web, subset: v1}, weight: 50}, {destination: {host: web, subset: v2}, weight: 50}]}]}}
`,
    [
      'BAT0102 VirtualService a/one spec.http[0].route[1]: The destination web.a.svc.cluster.local (subset v1) stands in this route more than once.',
    ],
  ],
])

findingsOf('virtualservice.ConflictingGatewayHostsAnalyzer', [
  [
    'two VirtualServices that take everything for a host of a gateway',
    `
VirtualService a/one: {spec: {hosts: [example.com], gateways: [edge], http: [{route: [{destination: {host: web}}]}]}}
VirtualService b/two: {spec: {hosts: [example.com], gateways: [a/edge], http: [{match: [{uri: {prefix: /}}], route: [{destination: {host: web}}]}]}}
`,
    [
      'BAT0103 VirtualService a/one spec.hosts[0]: The VirtualServices a/one, b/two of gateway a/edge both take every request for example.com; which one wins depends on their age.',
      'BAT0103 VirtualService b/two spec.hosts[0]: The VirtualServices a/one, b/two of gateway a/edge both take every request for example.com; which one wins depends on their age.',
    ],
  ],
  [
    'routes with matches are merged',
    `
VirtualService a/one: {spec: {hosts: [example.com], gateways: [edge], http: [{route: [{destination: {host: web}}]}]}}
VirtualService b/two: {spec: {hosts: [example.com], gateways: [a/edge], http: [{match: [{uri: {prefix: /api}}], route: [{destination: {host: web}}]}]}}
`,
    [],
  ],
])

findingsOf('virtualservice.DelegateAnalyzer', [
  [
    'delegates must exist',
    `
VirtualService a/one: {spec: {hosts: [web], http: [{delegate: {name: there}}, {delegate: {name: there, namespace: b}}, {delegate: {name: gone}}]}}
VirtualService a/there: {spec: {}}
`,
    [
      'BAT0104 VirtualService a/one spec.http[2].delegate.name: The route delegates to VirtualService a/gone, which does not exist.',
      'BAT0104 VirtualService a/one spec.http[1].delegate.name: The route delegates to VirtualService b/there, which does not exist.',
    ],
  ],
])
