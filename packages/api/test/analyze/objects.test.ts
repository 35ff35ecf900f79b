import { findingsOf } from '../analysis-table.ts'

findingsOf('annotations.K8sAnalyzer', [
  [
    'annotations must exist, stand where they belong and have good values',
    `
Service a/one: {metadata: {annotations: {networking.istio.io/exportThree: x, networking.istio.io/exportTo: b, example.com/x: y}}}
Deployment a/two: {metadata: {annotations: {sidecar.istio.io/proxyCPU: 100m}}}
Pod a/three: {metadata: {annotations: {readiness.status.sidecar.istio.io/periodSeconds: soon, traffic.sidecar.istio.io/excludeOutboundIPRanges: "10.0.0.0/8,x", sidecar.istio.io/interceptionMode: "NO", sidecar.istio.io/inject: "true"}}}
Namespace four: {metadata: {annotations: {kubernetes.io/ingress.class: istio, topology.istio.io/controlPlaneClusters: "*"}}}
Gateway a/five: {metadata: {annotations: {unknown.istio.io/x: y}}}
`,
    [
      'IST0107 Deployment a/two metadata.annotations.sidecar.istio.io/proxyCPU: Misplaced annotation: sidecar.istio.io/proxyCPU can only be applied to Pod',
      'IST0107 Namespace four metadata.annotations.kubernetes.io/ingress.class: Misplaced annotation: kubernetes.io/ingress.class can only be applied to Ingress',
      'IST0108 Service a/one metadata.annotations.networking.istio.io/exportThree: Unknown annotation: networking.istio.io/exportThree',
      'IST0125 Pod a/three metadata.annotations.readiness.status.sidecar.istio.io/periodSeconds: Invalid annotation readiness.status.sidecar.istio.io/periodSeconds: "soon" is no whole number',
      'IST0125 Pod a/three metadata.annotations.sidecar.istio.io/interceptionMode: Invalid annotation sidecar.istio.io/interceptionMode: "NO" is none of REDIRECT, TPROXY and NONE',
      'IST0125 Pod a/three metadata.annotations.traffic.sidecar.istio.io/excludeOutboundIPRanges: Invalid annotation traffic.sidecar.istio.io/excludeOutboundIPRanges: "x" is no CIDR range',
      'IST0135 Pod a/three metadata.annotations.sidecar.istio.io/inject: Annotation "sidecar.istio.io/inject" has been deprecated in favor of the "sidecar.istio.io/inject" label and may not work in future Istio versions.',
    ],
  ],
  [
    'good values',
    `
Pod a/one: {metadata: {annotations: {readiness.status.sidecar.istio.io/periodSeconds: "10", traffic.sidecar.istio.io/includeInboundPorts: "*", traffic.sidecar.istio.io/excludeInboundPorts: "80,443", traffic.sidecar.istio.io/includeOutboundIPRanges: 10.0.0.0/8, proxy.istio.io/config: "concurrency: 2", sidecar.istio.io/interceptionMode: TPROXY, prometheus.istio.io/merge-metrics: "false", galley.istio.io/analyze-suppress: IST0001}}}
`,
    [],
  ],
])

findingsOf('maturity.AlphaAnalyzer', [
  [
    'annotations that may change',
    `
Pod a/one: {metadata: {annotations: {sidecar.istio.io/proxyCPU: 100m, sidecar.istio.io/status: "{}", istio.io/rev: x, proxy.istio.io/config: ""}}}
Pod a/cni: {metadata: {annotations: {sidecar.istio.io/interceptionMode: REDIRECT}}, spec: {initContainers: [{name: istio-validation}]}}
Pod a/init: {metadata: {annotations: {sidecar.istio.io/interceptionMode: REDIRECT}}, spec: {initContainers: [{name: istio-init}]}}
`,
    [
      'IST0136 Pod a/init metadata.annotations.sidecar.istio.io/interceptionMode: Annotation "sidecar.istio.io/interceptionMode" is part of an alpha-phase feature and may be incompletely supported.',
      'IST0136 Pod a/one metadata.annotations.sidecar.istio.io/proxyCPU: Annotation "sidecar.istio.io/proxyCPU" is part of an alpha-phase feature and may be incompletely supported.',
    ],
  ],
])

findingsOf('conditions.ConditionAnalyzer', [
  [
    'conditions that tell of a problem',
    `
Service a/one: {status: {conditions: [{type: istio.io/WaypointBound, status: "False", reason: R, message: M}, {type: Other, status: "False"}]}}
WorkloadEntry a/two: {status: {conditions: [{type: istio.io/WaypointBound, status: "False", reason: R, message: M}]}}
AuthorizationPolicy a/three: {status: {conditions: [{type: ZtunnelAccepted, status: "False", reason: R, message: M}, {type: WaypointAccepted, status: "True", reason: PartiallyInvalid, message: M}]}}
KubernetesGateway a/four: {status: {conditions: [{type: Accepted, status: "True"}, {type: Programmed, status: "False", reason: R, message: M}]}}
HTTPRoute a/five: {status: {parents: [{conditions: [{type: Accepted, status: "True"}]}, {conditions: [{type: ResolvedRefs, status: "False", reason: R, message: M}]}]}}
`,
    [
      'IST0171 AuthorizationPolicy a/three status.conditions[1]: A condition with a negative status is present: type=WaypointAccepted, reason=PartiallyInvalid, message=M.',
      'IST0171 AuthorizationPolicy a/three status.conditions[0]: A condition with a negative status is present: type=ZtunnelAccepted, reason=R, message=M.',
      'IST0171 Gateway a/four status.conditions[1]: A condition with a negative status is present: type=Programmed, reason=R, message=M.',
      'IST0171 HTTPRoute a/five status.parents[1].conditions[0]: A condition with a negative status is present: type=ResolvedRefs, reason=R, message=M.',
      'IST0171 Service a/one status.conditions[0]: A condition with a negative status is present: type=istio.io/WaypointBound, reason=R, message=M.',
    ],
  ],
  [
    'good ones, and those of others',
    `
Service a/one: {status: {conditions: [{type: istio.io/WaypointBound, status: "True"}, {type: argocd/Synced, status: "False"}]}}
AuthorizationPolicy a/two: {status: {conditions: [{type: WaypointAccepted, status: "True", reason: Accepted}]}}
KubernetesGateway a/three: {status: {conditions: [{type: Accepted, status: Unknown}]}}
`,
    [],
  ],
])

findingsOf('deprecation.DeprecationAnalyzer', [
  [
    'fields that are deprecated or ignored',
    `
VirtualService a/one: {spec: {http: [{fault: {delay: {percent: 50}}}, {fault: {delay: {percent: 0}}}]}}
Sidecar a/two: {spec: {outboundTrafficPolicy: {egressProxy: {host: x}}}}
CustomResourceDefinition serviceroles.rbac.istio.io: {spec: {group: rbac.istio.io, names: {kind: ServiceRole}}}
Sidecar a/three: {spec: {outboundTrafficPolicy: {mode: ALLOW_ANY}}}
`,
    [
      'IST0002 CustomResourceDefinition serviceroles.rbac.istio.io spec.names.kind: Deprecated: Custom resource type rbac.istio.io ServiceRole is removed',
      'IST0002 Sidecar a/two spec.outboundTrafficPolicy.egressProxy: Deprecated: OutboundTrafficPolicy.EgressProxy ignored',
      'IST0002 VirtualService a/one spec.http[0].fault.delay.percent: Deprecated: HTTPRoute.fault.delay.percent is deprecated; use HTTPRoute.fault.delay.percentage',
    ],
  ],
])

findingsOf('precheck.GatewayAPIVersionAnalyzer', [
  [
    'CRDs of the Gateway API that serve versions which Istio does not read, or will not',
    `
CustomResourceDefinition httproutes.gateway.networking.k8s.io: {spec: {versions: [{name: v1beta1, served: true}, {name: v1, served: false}]}}
CustomResourceDefinition gateways.gateway.networking.k8s.io: {spec: {versions: [{name: v1alpha2}]}}
CustomResourceDefinition grpcroutes.gateway.networking.k8s.io: {spec: {versions: [{name: v1}]}}
`,
    [
      'IST0156 CustomResourceDefinition gateways.gateway.networking.k8s.io spec.versions: The Gateway API CRD version v1alpha2 is lower than the minimum version: v1beta1',
      'IST0172 CustomResourceDefinition httproutes.gateway.networking.k8s.io spec.versions: The Gateway API CRD version v1beta1 is lower than the minimum version: v1',
    ],
  ],
])

findingsOf('k8sgateway.CRDVersionAnalyzer', [
  [
    'CRDs of the Gateway API that are too old',
    `
CustomResourceDefinition tlsroutes.gateway.networking.k8s.io: {metadata: {annotations: {gateway.networking.k8s.io/bundle-version: v1.4.1}}}
CustomResourceDefinition grpcroutes.gateway.networking.k8s.io: {metadata: {annotations: {gateway.networking.k8s.io/bundle-version: v1.1.0-rc1}}}
`,
    [
      'IST0176 CustomResourceDefinition tlsroutes.gateway.networking.k8s.io metadata.annotations.gateway.networking.k8s.io/bundle-version: Gateway API CRD "tlsroutes.gateway.networking.k8s.io" is at version "1.4.1" but Istio requires at least "1.5.0"; resources of this kind will not be processed. Upgrade the Gateway API CRDs to satisfy the minimum version.',
    ],
  ],
  [
    'new enough, or not theirs',
    `
CustomResourceDefinition tlsroutes.gateway.networking.k8s.io: {metadata: {annotations: {gateway.networking.k8s.io/bundle-version: v1.5.0}}}
CustomResourceDefinition gateways.gateway.networking.k8s.io: {spec: {versions: [{name: v1}, {name: v1beta1}]}}
CustomResourceDefinition things.example.com: {spec: {versions: [{name: v1alpha1}]}}
`,
    [],
  ],
])

findingsOf('k8sgateway.ListenerAnalyzer', [
  [
    'classes must exist, listeners must differ',
    `
KubernetesGateway a/one: {spec: {gatewayClassName: gone, listeners: [{name: a, port: 80, protocol: HTTP, hostname: x.com}, {name: b, port: 80, protocol: HTTP, hostname: x.com}, {name: c, port: 80, protocol: HTTP}]}}
KubernetesGateway a/two: {spec: {gatewayClassName: istio-waypoint, listeners: []}}
KubernetesGateway a/three: {spec: {gatewayClassName: mine, listeners: []}}
GatewayClass mine: {spec: {controllerName: x}}
`,
    [
      'BAT1005 Gateway a/one spec.listeners[1]: Another listener has port 80, the same protocol and the hostname "x.com".',
      'BAT1001 Gateway a/one spec.gatewayClassName: There is no GatewayClass "gone".',
    ],
  ],
])

findingsOf('k8sgateway.RouteAnalyzer', [
  [
    'parents and backends must exist',
    `
HTTPRoute a/one: {spec: {parentRefs: [{name: edge}, {name: edge, sectionName: gone}, {name: gone}, {kind: Service, group: "", name: web}, {kind: Mesh, group: example.com, name: x}], rules: [{backendRefs: [{name: web, port: 80}, {name: web, port: 81}, {name: gone, port: 80}, {kind: Thing, group: example.com, name: x}], filters: [{type: RequestMirror, requestMirror: {backendRef: {name: lost, port: 80}}}]}]}}
KubernetesGateway a/edge: {spec: {listeners: [{name: http}]}}
Service a/web: {spec: {ports: [{port: 80}]}}
`,
    [
      'BAT1002 HTTPRoute a/one spec.parentRefs[2].name: The route is attached to Gateway a/gone, which does not exist.',
      'BAT1002 HTTPRoute a/one spec.parentRefs[1].sectionName: The route is attached to listener gone of Gateway a/edge, which does not exist.',
      'BAT1003 HTTPRoute a/one spec.rules[0].backendRefs[2].name: The route sends requests to Service a/gone, which does not exist.',
      'BAT1003 HTTPRoute a/one spec.rules[0].filters[0].requestMirror.backendRef.name: The route sends requests to Service a/lost, which does not exist.',
      'BAT1003 HTTPRoute a/one spec.rules[0].backendRefs[1].port: The route sends requests to port 81 of Service a/web, which does not exist.',
    ],
  ],
  [
    'where no gateway and no service is known, none is missed',
    `
HTTPRoute a/one: {spec: {parentRefs: [{name: gone}, {group: "", kind: Service, name: gone}], rules: [{backendRefs: [{name: gone}]}]}}
KubernetesGateway b/edge: {spec: {listeners: []}}
Service b/web: {spec: {}}
`,
    [],
  ],
  [
    'references to other namespaces must be granted',
    `
HTTPRoute a/one: {spec: {rules: [{backendRefs: [{name: web, namespace: b}, {name: api, namespace: b}, {name: web, namespace: c}]}]}}
GRPCRoute a/two: {spec: {rules: [{backendRefs: [{name: web, namespace: b}]}]}}
ReferenceGrant b/web: {spec: {from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: a}], to: [{group: "", kind: Service, name: web}]}}
ReferenceGrant c/all: {spec: {from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: a}], to: [{group: "", kind: Service}]}}
Service b/web: {}
Service b/api: {}
Service c/web: {}
`,
    [
      'BAT1004 GRPCRoute a/two spec.rules[0].backendRefs[0].namespace: The reference to Service b/web in another namespace is not granted there.',
      'BAT1004 HTTPRoute a/one spec.rules[0].backendRefs[1].namespace: The reference to Service b/api in another namespace is not granted there.',
    ],
  ],
])

findingsOf('exportto.NamespaceAnalyzer', [
  [
    'namespaces of exportTo must exist',
    `
Namespace a: {}
Service b/web: {}
VirtualService a/one: {spec: {exportTo: ["*", ., a, b, gone]}}
DestinationRule a/two: {spec: {exportTo: [gone]}}
ServiceEntry a/three: {spec: {exportTo: ["~"]}}
`,
    [
      'BAT0001 DestinationRule a/two spec.exportTo[0]: exportTo names the namespace "gone", which does not exist.',
      'BAT0001 VirtualService a/one spec.exportTo[4]: exportTo names the namespace "gone", which does not exist.',
    ],
  ],
  [
    'nothing is said when no namespaces are known',
    `
VirtualService a/one: {spec: {exportTo: [gone]}}
`,
    [],
  ],
])

findingsOf('schema.ValidationAnalyzer.VirtualService', [
  [
    'what the webhook refuses, and warns of',
    `
VirtualService a/one: {spec: {hosts: [web], http: [{route: [{destination: {host: web}, weight: -1}], timeout: soon}]}}
VirtualService a/two: {spec: {hosts: [web], unknown: 1, http: [{route: [{destination: {host: web}}]}]}}
VirtualService a/three: {spec: {hosts: [web], gateways: [edge.a], http: [{route: [{destination: {host: web}}]}]}}
VirtualService a/good: {spec: {hosts: [web], http: [{route: [{destination: {host: web}}]}]}}
`,
    [
      'IST0106 VirtualService a/one spec.http[0].timeout: Schema validation error: spec.http[0].timeout: Invalid value: "string": time: invalid duration "soon" evaluating rule: must be a valid duration greater than 1ms',
      'IST0106 VirtualService a/one spec.http[0].route[0].weight: Schema validation error: weight -1 < 0',
      'IST0106 VirtualService a/two spec.unknown: Schema validation error: unknown field "spec.unknown"',
      'IST0133 VirtualService a/three spec.gateways[0]: Schema validation warning: using legacy gatewayName format "edge.a"; prefer the <namespace>/<name> format: "a/edge"',
    ],
  ],
  [
    'routes that come too late',
    `
VirtualService a/one: {spec: {hosts: [web], http: [{name: all, route: [{destination: {host: web}}]}, {route: [{destination: {host: web}}]}]}}
VirtualService a/two: {spec: {hosts: [web], http: [{match: [{uri: {exact: /a}}], route: [{destination: {host: web}}]}, {match: [{uri: {exact: /a}}, {uri: {exact: /b}}], route: [{destination: {host: web}}]}]}}
`,
    [
      'IST0130 VirtualService a/one spec.http[1]: VirtualService rule #1 not used (only the last rule can have no matches).',
      'IST0131 VirtualService a/two spec.http[1].match[0]: VirtualService rule #1 match #0 is not used (duplicate/overlapping match in rule #0).',
    ],
  ],
])
