import type { CodeGuide } from './guide.ts'

/** Guides to the codes that Istio does not have. */
export const battenGuides: Readonly<Record<string, CodeGuide>> = {
  BAT0001: {
    when: 'exportTo of a VirtualService, DestinationRule or ServiceEntry names a namespace that is not among the Namespaces that are analyzed and in which nothing else is. Nothing is said when no Namespace is analyzed.',
    fix: `
 apiVersion: v1
 kind: Namespace
 metadata: {name: shop, labels: {istio-injection: enabled}}
 ---
 apiVersion: networking.istio.io/v1
 kind: VirtualService
 metadata: {name: bank, namespace: shop}
 spec:
-  exportTo: [shpo]
+  exportTo: [shop]
   hosts: [bank.example.com]
   http:
   - directResponse: {status: 204}
`,
  },
  BAT0002: {
    when: 'The same kind, namespace and name stands twice in files, and not with the same content. Often a folder has variants of which only one is meant to be applied.',
    fix: `
 apiVersion: networking.istio.io/v1
 kind: Sidecar
 metadata: {name: default, namespace: shop}
 spec: {egress: [{hosts: ["./*"]}]}
----
-apiVersion: networking.istio.io/v1
-kind: Sidecar
-metadata: {name: default, namespace: shop}
-spec: {egress: [{hosts: ["*/*"]}]}
`,
  },
  BAT0101: {
    when: 'A route has one destination, and its weight is neither 0 nor 100.',
    fix: `
 apiVersion: networking.istio.io/v1
 kind: VirtualService
 metadata: {name: cart, namespace: shop}
 spec:
   hosts: [cart]
   http:
   - route:
     - destination: {host: cart}
-      weight: 90
 ---
 apiVersion: v1
 kind: Service
 metadata: {name: cart, namespace: shop}
 spec: {ports: [{name: http, port: 80}]}
`,
  },
  BAT0102: {
    when: 'A route splits traffic between destinations of which two have the same host, subset and port.',
    fix: `
 apiVersion: networking.istio.io/v1
 kind: VirtualService
 metadata: {name: cart, namespace: shop}
 spec:
   hosts: [cart]
   http:
   - route:
     - {destination: {host: cart, subset: v1}, weight: 90}
-    - {destination: {host: cart, subset: v1}, weight: 10}
+    - {destination: {host: cart, subset: v2}, weight: 10}
`,
  },
  BAT0103: {
    when: 'Two VirtualServices of the same gateway have a route without a match for the same host.',
    fix: `
 apiVersion: networking.istio.io/v1
 kind: VirtualService
 metadata: {name: shop, namespace: shop}
 spec:
   hosts: [shop.example.com]
   gateways: [istio-system/edge]
   http:
   - directResponse: {status: 204}
 ---
 apiVersion: networking.istio.io/v1
 kind: VirtualService
 metadata: {name: cart, namespace: shop}
 spec:
   hosts: [shop.example.com]
   gateways: [istio-system/edge]
   http:
-  - directResponse: {status: 404}
+  - match: [{uri: {prefix: /cart}}]
+    directResponse: {status: 404}
`,
  },
  BAT0104: {
    when: 'A route delegates to a VirtualService that is not among what is analyzed. Without a namespace the delegate is looked for in that of the root.',
    fix: `
 apiVersion: networking.istio.io/v1
 kind: VirtualService
 metadata: {name: edge, namespace: shop}
 spec:
   hosts: [shop.example.com]
   gateways: [istio-system/edge]
   http:
   - match: [{uri: {prefix: /cart}}]
-    delegate: {name: crat, namespace: shop}
+    delegate: {name: cart, namespace: shop}
 ---
 apiVersion: networking.istio.io/v1
 kind: VirtualService
 metadata: {name: cart, namespace: shop}
 spec:
   http:
   - directResponse: {status: 204}
`,
  },
  BAT0201: {
    when: 'Two DestinationRules that are visible in the same place define a subset of the same name for the same host.',
    fix: `
 apiVersion: networking.istio.io/v1
 kind: DestinationRule
 metadata: {name: cart, namespace: shop}
 spec:
   host: cart
   subsets: [{name: v1, labels: {version: v1}}]
 ---
 apiVersion: networking.istio.io/v1
 kind: DestinationRule
 metadata: {name: cart-canary, namespace: shop}
 spec:
   host: cart
-  subsets: [{name: v1, labels: {version: v1, track: stable}}]
+  subsets: [{name: v2, labels: {version: v2}}]
`,
  },
  BAT0202: {
    when: 'Two DestinationRules that are visible in the same place have a trafficPolicy for the same host.',
    fix: `
 apiVersion: networking.istio.io/v1
 kind: DestinationRule
 metadata: {name: cart, namespace: shop}
 spec:
   host: cart
-  trafficPolicy: {loadBalancer: {simple: LEAST_REQUEST}}
+  trafficPolicy: {loadBalancer: {simple: LEAST_REQUEST}, connectionPool: {tcp: {maxConnections: 100}}}
----
-apiVersion: networking.istio.io/v1
-kind: DestinationRule
-metadata: {name: cart-limits, namespace: shop}
-spec:
-  host: cart
-  trafficPolicy: {connectionPool: {tcp: {maxConnections: 100}}}
`,
  },
  BAT0203: {
    when: 'A subset has no labels.',
    fix: `
 apiVersion: networking.istio.io/v1
 kind: DestinationRule
 metadata: {name: cart, namespace: shop}
 spec:
   host: cart
   subsets:
   - name: v2
+    labels: {version: v2}
`,
  },
  BAT0204: {
    when: 'trafficPolicy.tls of a DestinationRule is ISTIO_MUTUAL where a PeerAuthentication disables mTLS, or anything else where one demands it (STRICT).',
    fix: `
 apiVersion: networking.istio.io/v1
 kind: DestinationRule
 metadata: {name: cart, namespace: shop}
 spec:
   host: cart
   trafficPolicy:
-    tls: {mode: DISABLE}
+    tls: {mode: ISTIO_MUTUAL}
 ---
 apiVersion: security.istio.io/v1
 kind: PeerAuthentication
 metadata: {name: default, namespace: shop}
 spec: {mtls: {mode: STRICT}}
 ---
 apiVersion: v1
 kind: Service
 metadata: {name: cart, namespace: shop}
 spec: {selector: {app: cart}, ports: [{name: http, port: 80}]}
 ---
 apiVersion: v1
 kind: Pod
 metadata: {name: cart, namespace: shop, labels: {app: cart}}
 spec: {containers: [{name: cart, image: cart}, {name: istio-proxy, image: proxyv2}]}
`,
  },
  BAT0205: {
    when: 'A DestinationRule without TLS settings is for a host that a rule with a wildcard and TLS settings covers as well.',
    fix: `
 apiVersion: networking.istio.io/v1
 kind: DestinationRule
 metadata: {name: partners, namespace: shop}
 spec:
   host: "*.example.com"
   trafficPolicy: {tls: {mode: SIMPLE, caCertificates: /etc/ssl/certs/ca.pem}}
 ---
 apiVersion: networking.istio.io/v1
 kind: DestinationRule
 metadata: {name: bank, namespace: shop}
 spec:
   host: bank.example.com
   trafficPolicy:
     loadBalancer: {simple: LEAST_REQUEST}
+    tls: {mode: SIMPLE, caCertificates: /etc/ssl/certs/ca.pem}
`,
  },
  BAT0301: {
    when: 'A server of a Gateway verifies clients (MUTUAL or OPTIONAL_MUTUAL), and neither its secret nor the one with -cacert after its name has CA certificates.',
    fix: `
 apiVersion: networking.istio.io/v1
 kind: Gateway
 metadata: {name: edge, namespace: istio-system}
 spec:
   selector: {istio: ingressgateway}
   servers:
   - port: {number: 443, name: https, protocol: HTTPS}
     tls: {mode: MUTUAL, credentialName: edge}
     hosts: [shop.example.com]
 ---
 apiVersion: v1
 kind: Secret
 metadata: {name: edge, namespace: istio-system}
-stringData: {tls.crt: "...", tls.key: "..."}
+stringData: {tls.crt: "...", tls.key: "...", ca.crt: "..."}
`,
  },
  BAT0401: {
    when: 'A namespace has two PeerAuthentications without selector.',
    fix: `
 apiVersion: security.istio.io/v1
 kind: PeerAuthentication
 metadata: {name: default, namespace: shop}
 spec: {mtls: {mode: STRICT}}
----
-apiVersion: security.istio.io/v1
-kind: PeerAuthentication
-metadata: {name: permissive, namespace: shop}
-spec: {mtls: {mode: PERMISSIVE}}
`,
  },
  BAT0402: {
    when: 'The selectors of two PeerAuthentications select the same workload.',
    fix: `
 apiVersion: security.istio.io/v1
 kind: PeerAuthentication
 metadata: {name: cart, namespace: shop}
 spec: {selector: {matchLabels: {app: cart}}, mtls: {mode: STRICT}}
 ---
 apiVersion: security.istio.io/v1
 kind: PeerAuthentication
 metadata: {name: v2, namespace: shop}
-spec: {selector: {matchLabels: {version: v2}}, mtls: {mode: PERMISSIVE}}
+spec: {selector: {matchLabels: {app: orders}}, mtls: {mode: PERMISSIVE}}
 ---
 apiVersion: v1
 kind: Pod
 metadata: {name: cart, namespace: shop, labels: {app: cart, version: v2}}
 spec: {containers: [{name: cart, image: cart}]}
`,
  },
  BAT0403: {
    when: 'A selector of a PeerAuthentication, RequestAuthentication, WasmPlugin, TrafficExtension, ProxyConfig, DestinationRule or EnvoyFilter selects no workload. Nothing is said when no workloads are analyzed.',
    fix: `
 apiVersion: security.istio.io/v1
 kind: PeerAuthentication
 metadata: {name: cart, namespace: shop}
 spec:
   selector:
     matchLabels:
-      app: crat
+      app: cart
   mtls: {mode: STRICT}
 ---
 apiVersion: v1
 kind: Pod
 metadata: {name: cart, namespace: shop, labels: {app: cart}}
 spec: {containers: [{name: cart, image: cart}]}
`,
  },
  BAT0501: {
    when: 'targetPort of a Service is a name that no container of the pods it selects has.',
    fix: `
 apiVersion: v1
 kind: Service
 metadata: {name: cart, namespace: shop}
 spec:
   selector: {app: cart}
   ports:
-  - {name: http, port: 80, targetPort: web}
+  - {name: http, port: 80, targetPort: http}
 ---
 apiVersion: v1
 kind: Pod
 metadata: {name: cart, namespace: shop, labels: {app: cart}}
 spec: {containers: [{name: cart, image: cart, ports: [{name: http, containerPort: 8080}]}]}
`,
  },
  BAT0502: {
    when: 'targetPort of a Service is a number that the containers of its pods do not list, although they list others.',
    fix: `
 apiVersion: v1
 kind: Service
 metadata: {name: cart, namespace: shop}
 spec:
   selector: {app: cart}
   ports:
-  - {name: http, port: 80, targetPort: 8081}
+  - {name: http, port: 80, targetPort: 8080}
 ---
 apiVersion: v1
 kind: Pod
 metadata: {name: cart, namespace: shop, labels: {app: cart}}
 spec: {containers: [{name: cart, image: cart, ports: [{name: http, containerPort: 8080}]}]}
`,
  },
  BAT0503: {
    when: 'appProtocol of a port has a value that the mesh does not know.',
    fix: `
 apiVersion: v1
 kind: Service
 metadata: {name: cart, namespace: shop}
 spec:
   ports:
-  - {name: http, port: 80, appProtocol: h2}
+  - {name: http, port: 80, appProtocol: http2}
`,
  },
  BAT0601: {
    when: 'A host in egress of a Sidecar is no Service, ServiceEntry or VirtualService of the namespace that it names.',
    fix: `
 apiVersion: networking.istio.io/v1
 kind: Sidecar
 metadata: {name: default, namespace: shop}
 spec:
   egress:
   - hosts:
-    - ./crat.shop.svc.cluster.local
+    - ./cart.shop.svc.cluster.local
 ---
 apiVersion: v1
 kind: Service
 metadata: {name: cart, namespace: shop}
 spec: {ports: [{name: http, port: 80}]}
`,
  },
  BAT0602: {
    when: 'A Sidecar of the root namespace (istio-system) has a workloadSelector.',
    fix: `
 apiVersion: networking.istio.io/v1
 kind: Sidecar
 metadata: {name: default, namespace: istio-system}
 spec:
-  workloadSelector: {labels: {app: cart}}
   egress: [{hosts: ["./*", "istio-system/*"]}]
`,
  },
  BAT0701: {
    when: 'workloadSelector of a ServiceEntry selects no WorkloadEntry, WorkloadGroup or pod of its namespace.',
    fix: `
 apiVersion: networking.istio.io/v1
 kind: ServiceEntry
 metadata: {name: db, namespace: shop}
 spec:
   hosts: [db.shop.internal]
   ports: [{number: 80, name: http, protocol: HTTP}]
   resolution: STATIC
   workloadSelector:
     labels:
-      app: database
+      app: db
 ---
 apiVersion: networking.istio.io/v1
 kind: WorkloadEntry
 metadata: {name: db-1, namespace: shop}
 spec: {address: 10.0.0.7, labels: {app: db}}
`,
  },
  BAT0801: {
    when: 'methods or notMethods of an AuthorizationPolicy has something that is no HTTP method.',
    fix: `
 apiVersion: security.istio.io/v1
 kind: AuthorizationPolicy
 metadata: {name: cart, namespace: shop}
 spec:
   rules:
   - to:
     - operation:
-        methods: [get]
+        methods: [GET]
`,
  },
  BAT0802: {
    when: 'hosts or notHosts of an AuthorizationPolicy has a host without wildcard that no Service, ServiceEntry, Gateway or VirtualService has.',
    fix: `
 apiVersion: security.istio.io/v1
 kind: AuthorizationPolicy
 metadata: {name: cart, namespace: shop}
 spec:
   rules:
   - to:
     - operation:
-        hosts: [crat.shop.svc.cluster.local]
+        hosts: [cart.shop.svc.cluster.local]
 ---
 apiVersion: v1
 kind: Service
 metadata: {name: cart, namespace: shop}
 spec: {ports: [{name: http, port: 80}]}
`,
  },
  BAT0803: {
    when: 'A rule compares principals, namespaces or service accounts of callers, and a PeerAuthentication disables mTLS for a workload of the policy.',
    fix: `
 apiVersion: security.istio.io/v1
 kind: AuthorizationPolicy
 metadata: {name: cart, namespace: shop}
 spec:
   selector: {matchLabels: {app: cart}}
   rules: [{from: [{source: {namespaces: [shop]}}]}]
 ---
 apiVersion: security.istio.io/v1
 kind: PeerAuthentication
 metadata: {name: default, namespace: shop}
-spec: {mtls: {mode: DISABLE}}
+spec: {mtls: {mode: STRICT}}
 ---
 apiVersion: v1
 kind: Pod
 metadata: {name: cart, namespace: shop, labels: {app: cart}}
 spec: {containers: [{name: cart, image: cart}, {name: istio-proxy, image: proxyv2}]}
`,
  },
  BAT0804: {
    when: 'A principal is written in full, and its namespace is known but has no such service account.',
    fix: `
 apiVersion: security.istio.io/v1
 kind: AuthorizationPolicy
 metadata: {name: cart, namespace: shop}
 spec:
   rules:
   - from:
     - source:
-        principals: [cluster.local/ns/shop/sa/wbe]
+        principals: [cluster.local/ns/shop/sa/web]
 ---
 apiVersion: v1
 kind: ServiceAccount
 metadata: {name: web, namespace: shop}
`,
  },
  BAT0805: {
    when: 'A rule compares request principals or claims, and no RequestAuthentication applies to the workloads of the policy.',
    fix: `
 apiVersion: security.istio.io/v1
 kind: AuthorizationPolicy
 metadata: {name: cart, namespace: shop}
 spec:
   selector: {matchLabels: {app: cart}}
   rules: [{from: [{source: {requestPrincipals: ["*"]}}]}]
 ---
 apiVersion: v1
 kind: Pod
 metadata: {name: cart, namespace: shop, labels: {app: cart}}
 spec: {containers: [{name: cart, image: cart}, {name: istio-proxy, image: proxyv2}]}
+---
+apiVersion: security.istio.io/v1
+kind: RequestAuthentication
+metadata: {name: cart, namespace: shop}
+spec:
+  selector: {matchLabels: {app: cart}}
+  jwtRules: [{issuer: https://id.example.com, jwksUri: https://id.example.com/keys}]
`,
  },
  BAT0806: {
    when: 'There are AuthorizationPolicies, but none applies to this workload of the mesh.',
    fix: `
 apiVersion: security.istio.io/v1
 kind: AuthorizationPolicy
 metadata: {name: web, namespace: shop}
 spec:
-  selector: {matchLabels: {app: web}}
   rules: [{from: [{source: {namespaces: [shop]}}]}]
 ---
 apiVersion: v1
 kind: Pod
 metadata: {name: cart, namespace: shop, labels: {app: cart}}
 spec: {containers: [{name: cart, image: cart}, {name: istio-proxy, image: proxyv2}]}
`,
  },
  BAT0901: {
    when: 'A WorkloadGroup names a service account that its namespace does not have. Nothing is said about namespaces of which no service account is known.',
    fix: `
 apiVersion: networking.istio.io/v1
 kind: WorkloadGroup
 metadata: {name: vms, namespace: shop}
 spec:
   template:
-    serviceAccount: vm
+    serviceAccount: vms
 ---
 apiVersion: v1
 kind: ServiceAccount
 metadata: {name: vms, namespace: shop}
`,
  },
  BAT1001: {
    when: 'gatewayClassName of a Gateway of the Gateway API is neither one of Istio nor a GatewayClass that is analyzed.',
    fix: `
 apiVersion: gateway.networking.k8s.io/v1
 kind: Gateway
 metadata: {name: edge, namespace: shop}
 spec:
-  gatewayClassName: isto
+  gatewayClassName: istio
   listeners: [{name: http, port: 80, protocol: HTTP}]
`,
  },
  BAT1002: {
    when: 'parentRefs of a route names a Gateway, a listener of it (sectionName), a Service or a ServiceEntry that does not exist.',
    fix: `
 apiVersion: gateway.networking.k8s.io/v1
 kind: HTTPRoute
 metadata: {name: cart, namespace: shop}
 spec:
   parentRefs:
-  - name: egde
+  - name: edge
   rules: [{backendRefs: [{name: cart, port: 80}]}]
 ---
 apiVersion: gateway.networking.k8s.io/v1
 kind: Gateway
 metadata: {name: edge, namespace: shop}
 spec:
   gatewayClassName: istio
   listeners: [{name: http, port: 80, protocol: HTTP}]
 ---
 apiVersion: v1
 kind: Service
 metadata: {name: cart, namespace: shop}
 spec: {ports: [{name: http, port: 80}]}
`,
  },
  BAT1003: {
    when: 'A backend of a route, or of a mirror, names a Service or a port of it that does not exist.',
    fix: `
 apiVersion: gateway.networking.k8s.io/v1
 kind: HTTPRoute
 metadata: {name: cart, namespace: shop}
 spec:
   parentRefs: [{kind: Service, group: "", name: cart}]
   rules:
   - backendRefs:
-    - {name: cart, port: 8080}
+    - {name: cart, port: 80}
 ---
 apiVersion: v1
 kind: Service
 metadata: {name: cart, namespace: shop}
 spec: {ports: [{name: http, port: 80}]}
`,
  },
  BAT1004: {
    when: 'A route sends requests to a Service of another namespace, and no ReferenceGrant there allows it.',
    fix: `
 apiVersion: gateway.networking.k8s.io/v1
 kind: HTTPRoute
 metadata: {name: cart, namespace: web}
 spec:
   parentRefs: [{kind: Service, group: "", name: cart, namespace: shop}]
   rules: [{backendRefs: [{name: cart, namespace: shop, port: 80}]}]
 ---
 apiVersion: v1
 kind: Service
 metadata: {name: cart, namespace: shop}
 spec: {ports: [{name: http, port: 80}]}
+---
+apiVersion: gateway.networking.k8s.io/v1beta1
+kind: ReferenceGrant
+metadata: {name: web, namespace: shop}
+spec:
+  from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: web}]
+  to: [{group: "", kind: Service}]
`,
  },
  BAT1005: {
    when: 'Two listeners of a Gateway of the Gateway API have the same port, protocol and hostname.',
    fix: `
 apiVersion: gateway.networking.k8s.io/v1
 kind: Gateway
 metadata: {name: edge, namespace: shop}
 spec:
   gatewayClassName: istio
   listeners:
   - {name: shop, port: 80, protocol: HTTP, hostname: shop.example.com}
-  - {name: blog, port: 80, protocol: HTTP, hostname: shop.example.com}
+  - {name: blog, port: 80, protocol: HTTP, hostname: blog.example.com}
`,
  },
  BAT1101: {
    when: 'A Telemetry, or an AuthorizationPolicy with action CUSTOM, names a provider that extensionProviders of the mesh configuration do not have. Nothing is said when they have none at all.',
    fix: `
 apiVersion: v1
 kind: ConfigMap
 metadata: {name: istio, namespace: istio-system}
 data:
   mesh: |
     extensionProviders:
     - name: sso
       envoyExtAuthzHttp: {service: sso.auth.svc.cluster.local, port: 80}
 ---
 apiVersion: security.istio.io/v1
 kind: AuthorizationPolicy
 metadata: {name: cart, namespace: shop}
 spec:
   action: CUSTOM
   provider:
-    name: ssl
+    name: sso
   rules: [{}]
`,
  },
}
