import type { CodeGuide } from './guide.ts'

/** Guides to `BAT0601` and later: visibility, security, the Gateway API. */
export const battenPolicyGuides: Readonly<Record<string, CodeGuide>> = {
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
    when: 'parentRefs of a route names a Gateway, a listener of it (sectionName), a Service or a ServiceEntry that does not exist. Nothing is said of namespaces of which no object of that kind is analyzed.',
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
    when: 'A backend of a route, or of a mirror, names a Service or a port of it that does not exist. Nothing is said of namespaces of which no Service is analyzed.',
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
