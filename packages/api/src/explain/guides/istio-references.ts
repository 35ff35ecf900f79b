import type { CodeGuide } from './guide.ts'

/** Guides to `IST0001` to `IST0139`. */
export const istioReferenceGuides: Readonly<Record<string, CodeGuide>> = {
  IST0001: {
    when: 'An analyzer failed. What other analyzers found is complete.',
  },
  IST0002: {
    when: 'A field or a kind is used that has a replacement: a fault with percent instead of percentage, kinds of rbac.istio.io, egressProxy of a Sidecar, a Lightstep provider.',
    fix: `
 apiVersion: networking.istio.io/v1
 kind: VirtualService
 metadata: {name: cart, namespace: shop}
 spec:
   hosts: [cart]
   http:
   - fault:
       delay:
         fixedDelay: 2s
-        percent: 10
+        percentage: {value: 10}
     route:
     - destination: {host: cart}
 ---
 apiVersion: v1
 kind: Service
 metadata: {name: cart, namespace: shop}
 spec: {ports: [{name: http, port: 80}]}
`,
  },
  IST0101: {
    when: 'Something is named that is not among what is analyzed: a host, a port or a subset of a destination, a gateway, a secret, a namespace of a policy, the workloads of a selector. When files are analyzed, everything that they refer to must be among them.',
    fix: `
 apiVersion: networking.istio.io/v1
 kind: VirtualService
 metadata: {name: cart, namespace: shop}
 spec:
   hosts: [cart]
   http:
   - route:
-    - destination: {host: crat}
+    - destination: {host: cart}
 ---
 apiVersion: v1
 kind: Service
 metadata: {name: cart, namespace: shop}
 spec: {ports: [{name: http, port: 80}]}
`,
  },
  IST0102: {
    when: 'A Namespace has none of the labels that say whether its pods belong to the mesh.',
    fix: `
 apiVersion: v1
 kind: Namespace
 metadata:
   name: shop
+  labels: {istio-injection: enabled}
`,
  },
  IST0103: {
    when: 'A pod has no container istio-proxy although its namespace has the label istio-injection=enabled. Most often it is older than the label.',
    fix: `
 apiVersion: v1
 kind: Namespace
 metadata: {name: shop, labels: {istio-injection: enabled}}
 ---
 apiVersion: v1
 kind: Pod
-metadata: {name: job, namespace: shop}
+metadata: {name: job, namespace: shop, labels: {sidecar.istio.io/inject: "false"}}
 spec: {containers: [{name: job, image: job}]}
`,
  },
  IST0106: {
    when: 'The API server, a CEL rule of the CRD or the webhook would refuse the object, or a document cannot be read. `batten validate` says more.',
    fix: `
 apiVersion: networking.istio.io/v1
 kind: Gateway
 metadata: {name: edge, namespace: istio-system}
 spec:
   selector: {istio: ingressgateway}
   servers:
-  - port: {number: 80000, name: http, protocol: HTTP}
+  - port: {number: 80, name: http, protocol: HTTP}
     hosts: [shop.example.com]
`,
  },
  IST0107: {
    when: 'An annotation of Istio stands on an object of a kind that it is not for; often on a Deployment instead of its pod template.',
    fix: `
 apiVersion: v1
 kind: Service
 metadata:
   name: cart
   namespace: shop
   annotations:
-    sidecar.istio.io/proxyCPU: 100m
+    networking.istio.io/exportTo: "."
 spec: {ports: [{name: http, port: 80}]}
`,
  },
  IST0108: {
    when: 'An annotation has the prefix of Istio and a name that Istio does not know.',
    fix: `
 apiVersion: v1
 kind: Service
 metadata:
   name: cart
   namespace: shop
   annotations:
-    networking.istio.io/exportto: "."
+    networking.istio.io/exportTo: "."
 spec: {ports: [{name: http, port: 80}]}
`,
  },
  IST0109: {
    when: 'Two VirtualServices for sidecars (gateway mesh, which is the default) have the same host and are visible in the same namespace. Sidecars use one of them.',
    fix: `
 apiVersion: networking.istio.io/v1
 kind: VirtualService
 metadata: {name: cart, namespace: shop}
 spec:
   hosts: [cart]
   http:
+  - match: [{uri: {prefix: /v2}}]
+    directResponse: {status: 404}
   - directResponse: {status: 204}
----
-apiVersion: networking.istio.io/v1
-kind: VirtualService
-metadata: {name: cart-v2, namespace: shop}
-spec:
-  hosts: [cart]
-  http:
-  - match: [{uri: {prefix: /v2}}]
-    directResponse: {status: 404}
`,
  },
  IST0110: {
    when: 'The workloadSelectors of two Sidecars of a namespace select the same pod.',
    fix: `
 apiVersion: networking.istio.io/v1
 kind: Sidecar
 metadata: {name: one, namespace: shop}
 spec: {workloadSelector: {labels: {app: cart}}, egress: [{hosts: ["./*"]}]}
----
-apiVersion: networking.istio.io/v1
-kind: Sidecar
-metadata: {name: two, namespace: shop}
-spec: {workloadSelector: {labels: {app: cart}}, egress: [{hosts: ["./*"]}]}
 ---
 apiVersion: v1
 kind: Pod
 metadata: {name: cart, namespace: shop, labels: {app: cart}}
 spec: {containers: [{name: cart, image: cart}, {name: istio-proxy, image: proxyv2}]}
`,
  },
  IST0111: {
    when: 'A namespace has two Sidecars without workloadSelector. It is not defined which of them holds.',
    fix: `
 apiVersion: networking.istio.io/v1
 kind: Sidecar
 metadata: {name: default, namespace: shop}
 spec: {egress: [{hosts: ["./*"]}]}
----
-apiVersion: networking.istio.io/v1
-kind: Sidecar
-metadata: {name: more, namespace: shop}
-spec: {egress: [{hosts: ["istio-system/*"]}]}
`,
  },
  IST0112: {
    when: 'A route leads to a service with several ports and does not say which one.',
    fix: `
 apiVersion: networking.istio.io/v1
 kind: VirtualService
 metadata: {name: cart, namespace: shop}
 spec:
   hosts: [cart]
   http:
   - route:
-    - destination: {host: cart}
+    - destination: {host: cart, port: {number: 80}}
 ---
 apiVersion: v1
 kind: Service
 metadata: {name: cart, namespace: shop}
 spec: {ports: [{name: http, port: 80}, {name: grpc, port: 7070}]}
`,
  },
  IST0116: {
    when: 'Two Services select the pods of a Deployment in the mesh and declare the same port with different transport protocols.',
    fix: `
 apiVersion: apps/v1
 kind: Deployment
 metadata: {name: cart, namespace: shop}
 spec:
   selector: {matchLabels: {app: cart}}
   template:
     metadata: {labels: {app: cart, sidecar.istio.io/inject: "true"}}
     spec: {containers: [{name: cart, image: cart}, {name: istio-proxy, image: auto}]}
 ---
 apiVersion: v1
 kind: Service
 metadata: {name: cart, namespace: shop}
 spec: {selector: {app: cart}, ports: [{name: http, port: 80, protocol: TCP}]}
 ---
 apiVersion: v1
 kind: Service
 metadata: {name: cart-udp, namespace: shop}
-spec: {selector: {app: cart}, ports: [{name: http, port: 80, protocol: UDP}]}
+spec: {selector: {app: cart}, ports: [{name: http, port: 80, protocol: TCP}]}
`,
  },
  IST0118: {
    when: 'A port of a Service has no appProtocol, and its name does not begin with a protocol. The protocol is then guessed from what clients send.',
    fix: `
 apiVersion: v1
 kind: Service
 metadata: {name: cart, namespace: shop}
 spec:
   ports:
-  - name: web-http
+  - name: http-web
     port: 80
`,
  },
  IST0123: {
    when: 'A Namespace has more than one of the labels istio-injection, istio.io/rev and istio.io/dataplane-mode.',
    fix: `
 apiVersion: v1
 kind: Namespace
 metadata:
   name: shop
   labels:
-    istio-injection: enabled
     istio.io/rev: canary
`,
  },
  IST0125: {
    when: 'An annotation of Istio has a value that Istio cannot use.',
    fix: `
 apiVersion: v1
 kind: Pod
 metadata:
   name: cart
   namespace: shop
   annotations:
-    traffic.sidecar.istio.io/excludeOutboundPorts: postgres
+    traffic.sidecar.istio.io/excludeOutboundPorts: "5432"
 spec: {containers: [{name: cart, image: cart}, {name: istio-proxy, image: proxyv2}]}
`,
  },
  IST0126: {
    when: 'MeshNetworks name a registry that is neither Kubernetes nor a cluster with a remote secret.',
    fix: `
 apiVersion: v1
 kind: ConfigMap
 metadata: {name: istio, namespace: istio-system}
 data:
   meshNetworks: |
     networks:
       east:
         endpoints:
-        - fromRegistry: Kubernets
+        - fromRegistry: Kubernetes
         gateways: []
`,
  },
  IST0127: {
    when: 'An AuthorizationPolicy applies to no workload of the mesh: its selector selects none, or its namespace has none.',
    fix: `
 apiVersion: security.istio.io/v1
 kind: AuthorizationPolicy
 metadata: {name: cart, namespace: shop}
 spec:
   selector:
     matchLabels:
-      app: crat
+      app: cart
 ---
 apiVersion: v1
 kind: Pod
 metadata: {name: cart, namespace: shop, labels: {app: cart}}
 spec: {containers: [{name: cart, image: cart}, {name: istio-proxy, image: proxyv2}]}
`,
  },
  IST0128: {
    when: 'A DestinationRule starts TLS (SIMPLE or MUTUAL) and does not say with which certificates the server is verified.',
    fix: `
 apiVersion: networking.istio.io/v1
 kind: DestinationRule
 metadata: {name: bank, namespace: shop}
 spec:
   host: bank.example.com
   trafficPolicy:
     tls:
       mode: SIMPLE
+      caCertificates: /etc/ssl/certs/ca-certificates.crt
`,
  },
  IST0129: {
    when: 'As IST0128, for one port of a DestinationRule.',
    fix: `
 apiVersion: networking.istio.io/v1
 kind: DestinationRule
 metadata: {name: bank, namespace: shop}
 spec:
   host: bank.example.com
   trafficPolicy:
     portLevelSettings:
     - port: {number: 443}
       tls:
         mode: SIMPLE
+        caCertificates: /etc/ssl/certs/ca-certificates.crt
`,
  },
  IST0130: {
    when: 'A route never gets a request, as every match of it is covered by routes before it, or as there is another route without a match before it.',
    fix: `
 apiVersion: networking.istio.io/v1
 kind: VirtualService
 metadata: {name: cart, namespace: shop}
 spec:
   hosts: [cart]
   http:
   - match: [{uri: {prefix: /v2}}]
     directResponse: {status: 404}
-  - match: [{uri: {prefix: /v2}}]
+  - match: [{uri: {prefix: /v3}}]
     directResponse: {status: 204}
`,
  },
  IST0131: {
    when: 'One of the matches of a route is covered by an earlier one, so that it never counts.',
    fix: `
 apiVersion: networking.istio.io/v1
 kind: VirtualService
 metadata: {name: cart, namespace: shop}
 spec:
   hosts: [cart]
   http:
   - match: [{uri: {prefix: /}}]
     directResponse: {status: 204}
   - match:
-    - uri: {prefix: /v2}
     - headers: {x-user: {exact: jason}}
     directResponse: {status: 404}
`,
  },
  IST0132: {
    when: 'No host of a VirtualService is served by the gateway that it names.',
    fix: `
 apiVersion: networking.istio.io/v1
 kind: Gateway
 metadata: {name: edge, namespace: shop}
 spec:
   selector: {istio: ingressgateway}
   servers:
   - port: {number: 80, name: http, protocol: HTTP}
     hosts: [shop.example.com]
 ---
 apiVersion: networking.istio.io/v1
 kind: VirtualService
 metadata: {name: cart, namespace: shop}
 spec:
-  hosts: [cart.example.com]
+  hosts: [shop.example.com]
   gateways: [edge]
   http:
   - directResponse: {status: 204}
`,
  },
  IST0133: {
    when: 'The webhook accepts the object with a warning.',
    fix: `
 apiVersion: networking.istio.io/v1
 kind: DestinationRule
 metadata: {name: cart, namespace: shop}
 spec:
   host: cart.shop.svc.cluster.local
   trafficPolicy:
     outlierDetection:
-      consecutiveErrors: 5
+      consecutive5xxErrors: 5
 ---
 apiVersion: v1
 kind: Service
 metadata: {name: cart, namespace: shop}
 spec: {ports: [{name: http, port: 80}]}
`,
  },
  IST0134: {
    when: 'A ServiceEntry has a TCP port and no addresses, so that proxies cannot tell its connections from others.',
    fix: `
 apiVersion: networking.istio.io/v1
 kind: ServiceEntry
 metadata: {name: db, namespace: shop}
 spec:
   hosts: [db.example.com]
+  addresses: [10.0.0.7]
   ports: [{number: 5432, name: tcp, protocol: TCP}]
   resolution: STATIC
   endpoints: [{address: 10.0.0.7}]
`,
  },
  IST0135: {
    when: 'An annotation is used that a newer setting has replaced.',
    fix: `
 apiVersion: v1
 kind: Pod
 metadata:
   name: cart
   namespace: shop
-  annotations: {sidecar.istio.io/inject: "true"}
+  labels: {sidecar.istio.io/inject: "true"}
 spec: {containers: [{name: cart, image: cart}, {name: istio-proxy, image: proxyv2}]}
`,
  },
  IST0136: {
    when: 'An annotation belongs to a feature in its alpha phase. The analyzer annotations.AlphaAnalyzer runs only when it is asked for by name.',
    fix: `
 apiVersion: v1
 kind: Pod
 metadata:
   name: cart
   namespace: shop
-  annotations: {sidecar.istio.io/proxyCPU: 100m}
 spec: {containers: [{name: cart, image: cart}, {name: istio-proxy, image: proxyv2}]}
`,
  },
  IST0137: {
    when: 'Two Services lead to the same port of the pods of a Deployment from different ports.',
    fix: `
 apiVersion: apps/v1
 kind: Deployment
 metadata: {name: cart, namespace: shop}
 spec:
   selector: {matchLabels: {app: cart}}
   template:
     metadata: {labels: {app: cart, sidecar.istio.io/inject: "true"}}
     spec: {containers: [{name: cart, image: cart}, {name: istio-proxy, image: auto}]}
 ---
 apiVersion: v1
 kind: Service
 metadata: {name: cart, namespace: shop}
 spec: {selector: {app: cart}, ports: [{name: http, port: 80, targetPort: 8080}]}
 ---
 apiVersion: v1
 kind: Service
 metadata: {name: cart-admin, namespace: shop}
-spec: {selector: {app: cart}, ports: [{name: http, port: 81, targetPort: 8080}]}
+spec: {selector: {app: cart}, ports: [{name: http, port: 81, targetPort: 8081}]}
`,
  },
  IST0138: {
    when: 'Two Gateways of the same pods have the same certificate. A browser that keeps one HTTP/2 connection for both hosts gets 404 for one of them.',
    fix: `
 apiVersion: networking.istio.io/v1
 kind: Gateway
 metadata: {name: shop, namespace: istio-system}
 spec:
   selector: {istio: ingressgateway}
   servers:
   - port: {number: 443, name: https, protocol: HTTPS}
     tls: {mode: SIMPLE, credentialName: shop}
-    hosts: [shop.example.com]
----
-apiVersion: networking.istio.io/v1
-kind: Gateway
-metadata: {name: blog, namespace: istio-system}
-spec:
-  selector: {istio: ingressgateway}
-  servers:
-  - port: {number: 443, name: https, protocol: HTTPS}
-    tls: {mode: SIMPLE, credentialName: shop}
-    hosts: [blog.example.com]
+    hosts: [shop.example.com, blog.example.com]
`,
  },
  IST0139: {
    when: 'A webhook of the injector asks a Service that does not exist, or two of them select the same pods.',
    fix: `
 apiVersion: admissionregistration.k8s.io/v1
 kind: MutatingWebhookConfiguration
 metadata: {name: istio-sidecar-injector}
 webhooks:
 - name: namespace.sidecar-injector.istio.io
   clientConfig:
-    service: {name: istiod-old, namespace: istio-system}
+    service: {name: istiod, namespace: istio-system}
   namespaceSelector: {matchLabels: {istio-injection: enabled}}
 ---
 apiVersion: v1
 kind: Service
 metadata: {name: istiod, namespace: istio-system}
 spec: {ports: [{name: https-webhook, port: 443}]}
`,
  },
}
