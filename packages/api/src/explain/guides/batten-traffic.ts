import type { CodeGuide } from './guide.ts'

/** Guides to `BAT0001` to `BAT0503`: routes, rules, gateways, services. */
export const battenTrafficGuides: Readonly<Record<string, CodeGuide>> = {
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
  BAT0302: {
    when: 'The secret of a gateway has a certificate and a key, but the key cannot be read or is that of another certificate. `openssl pkey -pubout` and `openssl x509 -pubkey -noout` print the same for a key and a certificate that belong together.',
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
    when: 'No targetPort of a Service is among the ports that the containers of its pods list. Nothing is said of containers that list none.',
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
}
