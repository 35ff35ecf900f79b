import type { CodeGuide } from './guide.ts'

/** Guides to `IST0140` to `IST0177`. */
export const istioTrafficGuides: Readonly<Record<string, CodeGuide>> = {
  IST0140: {
    when: 'A VirtualService for sidecars routes a host to a subset, and the one at the gateway routes the same host without a subset: what comes through the gateway goes to all pods.',
    fix: `
 apiVersion: networking.istio.io/v1
 kind: VirtualService
 metadata: {name: cart, namespace: shop}
 spec:
   hosts: [cart]
   http:
   - route:
     - destination: {host: cart, subset: v1}
 ---
 apiVersion: networking.istio.io/v1
 kind: VirtualService
 metadata: {name: edge, namespace: shop}
 spec:
   hosts: [shop.example.com]
   gateways: [edge]
   http:
   - route:
-    - destination: {host: cart}
+    - destination: {host: cart, subset: v1}
 ---
 apiVersion: v1
 kind: Service
 metadata: {name: cart, namespace: shop}
 spec: {ports: [{name: http, port: 80}]}
`,
  },
  IST0141: {
    when: 'A check of a cluster needs a permission that the user does not have. Files never give this message.',
  },
  IST0142: {
    when: 'The version of Kubernetes is older than the oldest that Istio runs on. Files do not say a version; `analyze(objects, { kubernetesVersion })` does.',
  },
  IST0143: {
    when: 'A container listens on localhost for a port that a Service exposes. It takes a look into running pods; files never give this message.',
  },
  IST0144: {
    when: 'A pod or container runs as user 1337, whose traffic is not sent through the sidecar.',
    fix: `
 apiVersion: v1
 kind: Pod
 metadata: {name: cart, namespace: shop}
 spec:
   securityContext:
-    runAsUser: 1337
+    runAsUser: 1000
   containers: [{name: cart, image: cart}, {name: istio-proxy, image: proxyv2}]
`,
  },
  IST0145: {
    when: 'Gateways of the same pods have servers with the same port and host. One of them has no effect.',
    fix: `
 apiVersion: networking.istio.io/v1
 kind: Gateway
 metadata: {name: one, namespace: istio-system}
 spec:
   selector: {istio: ingressgateway}
   servers:
   - port: {number: 80, name: http, protocol: HTTP}
     hosts: [shop.example.com]
 ---
 apiVersion: networking.istio.io/v1
 kind: Gateway
 metadata: {name: two, namespace: istio-system}
 spec:
   selector: {istio: ingressgateway}
   servers:
   - port: {number: 80, name: http, protocol: HTTP}
-    hosts: [shop.example.com]
+    hosts: [blog.example.com]
`,
  },
  IST0146: {
    when: 'A Deployment asks the injector for the image of the sidecar (image: auto), and no webhook of the injector selects its pods.',
    fix: `
 apiVersion: v1
 kind: Namespace
-metadata: {name: shop, labels: {istio-injection: disabled}}
+metadata: {name: shop, labels: {istio-injection: enabled}}
 ---
 apiVersion: apps/v1
 kind: Deployment
 metadata: {name: edge, namespace: shop}
 spec:
   selector: {matchLabels: {app: edge}}
   template:
     metadata: {labels: {app: edge}}
     spec: {containers: [{name: istio-proxy, image: auto}]}
 ---
 apiVersion: admissionregistration.k8s.io/v1
 kind: MutatingWebhookConfiguration
 metadata: {name: istio-sidecar-injector}
 webhooks:
 - name: namespace.sidecar-injector.istio.io
   namespaceSelector: {matchLabels: {istio-injection: enabled}}
`,
  },
  IST0147: {
    when: 'A pod still has image: auto: it was created where no webhook of the injector selects it.',
    fix: `
 apiVersion: v1
 kind: Pod
 metadata: {name: edge, namespace: shop}
 spec:
   containers:
   - name: istio-proxy
-    image: auto
+    image: docker.io/istio/proxyv2:1.27.0
`,
  },
  IST0148: {
    when: 'The injector is set up to inject namespaces without labels, and this is one.',
    fix: `
 apiVersion: v1
 kind: ConfigMap
 metadata: {name: istio-sidecar-injector, namespace: istio-system}
 data:
   values: '{"sidecarInjectorWebhook": {"enableNamespacesByDefault": true}}'
 ---
 apiVersion: v1
 kind: Namespace
 metadata:
   name: tools
+  labels: {istio-injection: disabled}
`,
  },
  IST0149: {
    when: 'A route compares a claim of a token (@request.auth.claims) at a gateway where no RequestAuthentication validates tokens.',
    fix: `
 apiVersion: networking.istio.io/v1
 kind: Gateway
 metadata: {name: edge, namespace: istio-system}
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
   hosts: [shop.example.com]
   gateways: [istio-system/edge]
   http:
   - match: [{headers: {"@request.auth.claims.group": {exact: testers}}}]
     directResponse: {status: 204}
+---
+apiVersion: security.istio.io/v1
+kind: RequestAuthentication
+metadata: {name: edge, namespace: istio-system}
+spec:
+  selector: {matchLabels: {istio: ingressgateway}}
+  jwtRules: [{issuer: https://id.example.com, jwksUri: https://id.example.com/keys}]
`,
  },
  IST0150: {
    when: 'A Service of type ExternalName has a port without a protocol in its name, or with tcp: proxies may then not tell its traffic from other traffic of the port.',
    fix: `
 apiVersion: v1
 kind: Service
 metadata: {name: bank, namespace: shop}
 spec:
   type: ExternalName
   externalName: bank.example.com
   ports:
-  - {name: tcp, port: 443}
+  - {name: tls-bank, port: 443}
`,
  },
  IST0151: {
    when: 'A patch of an EnvoyFilter is relative to something (INSERT_BEFORE, INSERT_AFTER, REPLACE, REMOVE) that another EnvoyFilter may bring later, and the filter has no priority.',
    fix: `
 apiVersion: networking.istio.io/v1alpha3
 kind: EnvoyFilter
 metadata: {name: lua, namespace: shop}
 spec:
+  priority: 10
   configPatches:
   - applyTo: HTTP_FILTER
     match:
       listener: {filterChain: {filter: {name: envoy.filters.network.http_connection_manager, subFilter: {name: envoy.filters.http.router}}}}
     patch: {operation: INSERT_BEFORE, value: {name: lua}}
`,
  },
  IST0152: {
    when: 'A patch replaces something that is no filter and no virtual host; it is ignored.',
    fix: `
 apiVersion: networking.istio.io/v1alpha3
 kind: EnvoyFilter
 metadata: {name: timeout, namespace: shop}
 spec:
   configPatches:
   - applyTo: CLUSTER
     match: {cluster: {service: cart.shop.svc.cluster.local}}
-    patch: {operation: REPLACE, value: {connect_timeout: 2s}}
+    patch: {operation: MERGE, value: {connect_timeout: 2s}}
`,
  },
  IST0153: {
    when: 'A patch adds to a route configuration or to a route; it is ignored.',
    fix: `
 apiVersion: networking.istio.io/v1alpha3
 kind: EnvoyFilter
 metadata: {name: routes, namespace: shop}
 spec:
   configPatches:
-  - applyTo: ROUTE_CONFIGURATION
+  - applyTo: VIRTUAL_HOST
     match: {context: GATEWAY}
     patch: {operation: ADD, value: {name: extra, domains: [extra.example.com]}}
`,
  },
  IST0154: {
    when: 'A patch removes a route configuration or a route; it is ignored.',
    fix: `
 apiVersion: networking.istio.io/v1alpha3
 kind: EnvoyFilter
 metadata: {name: routes, namespace: shop}
 spec:
+  priority: 10
   configPatches:
-  - applyTo: ROUTE_CONFIGURATION
+  - applyTo: VIRTUAL_HOST
     match: {context: GATEWAY}
     patch: {operation: REMOVE}
`,
  },
  IST0155: {
    when: 'As IST0151, for something that an earlier patch, of this EnvoyFilter or another, changes for one proxy version only: after an upgrade the earlier patch no longer applies.',
    fix: `
 apiVersion: networking.istio.io/v1alpha3
 kind: EnvoyFilter
 metadata: {name: lua, namespace: shop}
 spec:
+  priority: 10
   configPatches:
   - applyTo: HTTP_FILTER
     match: {proxy: {proxyVersion: "^1\\\\.27.*"}}
     patch: {operation: INSERT_FIRST, value: {name: lua}}
   - applyTo: HTTP_FILTER
     match: {context: GATEWAY}
     patch: {operation: INSERT_BEFORE, value: {name: lua}}
`,
  },
  IST0156: {
    when: 'A CRD of the Gateway API does not serve a version that Istio reads.',
    fix: `
 apiVersion: apiextensions.k8s.io/v1
 kind: CustomResourceDefinition
 metadata: {name: httproutes.gateway.networking.k8s.io}
 spec:
   versions:
-  - {name: v1alpha2, served: true, storage: true}
+  - {name: v1, served: true, storage: true}
`,
  },
  IST0157: {
    when: 'A Telemetry configures access logging and names no provider, and the mesh configuration has no default provider for it.',
    fix: `
 apiVersion: telemetry.istio.io/v1
 kind: Telemetry
 metadata: {name: logs, namespace: shop}
 spec:
   accessLogging:
-  - disabled: false
+  - providers: [{name: envoy}]
`,
  },
  IST0158: {
    when: 'Sidecars of a namespace have another image than the injector gives to new pods, as after an upgrade.',
    fix: `
 apiVersion: v1
 kind: ConfigMap
 metadata: {name: istio-sidecar-injector, namespace: istio-system}
 data:
   values: '{"global": {"hub": "docker.io/istio", "tag": "1.27.0", "proxy": {"image": "proxyv2"}}}'
 ---
 apiVersion: v1
 kind: Namespace
 metadata: {name: shop, labels: {istio-injection: enabled}}
 ---
 apiVersion: v1
 kind: Pod
 metadata: {name: cart, namespace: shop}
 spec:
   containers:
-  - {name: istio-proxy, image: "docker.io/istio/proxyv2:1.26.0"}
+  - {name: istio-proxy, image: "docker.io/istio/proxyv2:1.27.0"}
`,
  },
  IST0159: {
    when: 'Two Telemetries of a namespace select the same pod.',
    fix: `
 apiVersion: telemetry.istio.io/v1
 kind: Telemetry
 metadata: {name: traces, namespace: shop}
 spec:
   selector: {matchLabels: {app: cart}}
   tracing: [{randomSamplingPercentage: 10}]
----
-apiVersion: telemetry.istio.io/v1
-kind: Telemetry
-metadata: {name: logs, namespace: shop}
-spec:
-  selector: {matchLabels: {app: cart}}
   accessLogging: [{providers: [{name: envoy}]}]
 ---
 apiVersion: v1
 kind: Pod
 metadata: {name: cart, namespace: shop, labels: {app: cart}}
 spec: {containers: [{name: cart, image: cart}, {name: istio-proxy, image: proxyv2}]}
`,
  },
  IST0160: {
    when: 'A namespace has two Telemetries without selector.',
    fix: `
 apiVersion: telemetry.istio.io/v1
 kind: Telemetry
 metadata: {name: traces, namespace: shop}
 spec:
   tracing: [{randomSamplingPercentage: 10}]
----
-apiVersion: telemetry.istio.io/v1
-kind: Telemetry
-metadata: {name: logs, namespace: shop}
-spec:
   accessLogging: [{providers: [{name: envoy}]}]
`,
  },
  IST0161: {
    when: 'The secret of a gateway has no certificate and key, or the certificate is not valid yet, or not any more.',
    fix: `
 apiVersion: networking.istio.io/v1
 kind: Gateway
 metadata: {name: edge, namespace: istio-system}
 spec:
   selector: {istio: ingressgateway}
   servers:
   - port: {number: 443, name: https, protocol: HTTPS}
-    tls: {mode: SIMPLE, credentialName: edge}
+    tls: {mode: SIMPLE, serverCertificate: /etc/certs/tls.crt, privateKey: /etc/certs/tls.key}
     hosts: [shop.example.com]
 ---
 apiVersion: v1
 kind: Secret
 metadata: {name: edge, namespace: istio-system}
 type: kubernetes.io/tls
 data: {tls.crt: "", tls.key: ""}
`,
  },
  IST0162: {
    when: 'A server of a Gateway has a port that the Service in front of its pods does not lead to.',
    fix: `
 apiVersion: networking.istio.io/v1
 kind: Gateway
 metadata: {name: edge, namespace: istio-system}
 spec:
   selector: {istio: ingressgateway}
   servers:
-  - port: {number: 8081, name: http, protocol: HTTP}
+  - port: {number: 80, name: http, protocol: HTTP}
     hosts: [shop.example.com]
`,
  },
  IST0163: {
    when: 'A webhook of an external control plane has no URL, or one that is not well formed.',
    fix: `
 apiVersion: admissionregistration.k8s.io/v1
 kind: ValidatingWebhookConfiguration
 metadata: {name: istio-validator-external-istiod}
 webhooks:
 - name: rev.validation.istio.io
   clientConfig:
-    url: istiod.example.com:15017/validate
+    url: https://istiod.example.com:15017/validate
`,
  },
  IST0164: {
    when: 'The URL of an external control plane has an IP address, for which a certificate is hard to get.',
    fix: `
 apiVersion: admissionregistration.k8s.io/v1
 kind: ValidatingWebhookConfiguration
 metadata: {name: istio-validator-external-istiod}
 webhooks:
 - name: rev.validation.istio.io
   clientConfig:
-    url: https://203.0.113.7:15017/validate
+    url: https://istiod.example.com:15017/validate
`,
  },
  IST0165: {
    when: 'A VirtualService names the Gateway that Istio makes of a Gateway of the Gateway API.',
    fix: `
 apiVersion: networking.istio.io/v1
 kind: VirtualService
 metadata: {name: cart, namespace: shop}
 spec:
   hosts: [shop.example.com]
-  gateways: [edge-istio-autogenerated-k8s-gateway-http]
+  gateways: [edge]
   http:
   - directResponse: {status: 204}
 ---
 apiVersion: networking.istio.io/v1
 kind: Gateway
 metadata: {name: edge, namespace: shop}
 spec:
   selector: {istio: ingressgateway}
   servers:
   - port: {number: 80, name: http, protocol: HTTP}
     hosts: [shop.example.com]
`,
  },
  IST0166: {
    when: 'A policy selects the pods of a Gateway of the Gateway API by labels. Policies are attached to such gateways by targetRefs.',
    fix: `
 apiVersion: security.istio.io/v1
 kind: AuthorizationPolicy
 metadata: {name: edge, namespace: shop}
 spec:
-  selector: {matchLabels: {gateway.networking.k8s.io/gateway-name: edge}}
+  targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: edge}]
 ---
 apiVersion: v1
 kind: Pod
 metadata: {name: edge, namespace: shop, labels: {gateway.networking.k8s.io/gateway-name: edge}}
 spec: {containers: [{name: istio-proxy, image: proxyv2}]}
`,
  },
  IST0167: {
    when: 'An object has no effect where it is applied, as a Sidecar in a namespace in ambient mode, whose pods have no sidecars.',
    fix: `
 apiVersion: v1
 kind: Namespace
 metadata: {name: shop, labels: {istio.io/dataplane-mode: ambient}}
----
-apiVersion: networking.istio.io/v1
-kind: Sidecar
-metadata: {name: default, namespace: shop}
-spec: {egress: [{hosts: ["./*"]}]}
`,
  },
  IST0168: {
    when: 'A default changes with an upgrade, and whether that matters cannot be found out. It belongs to the check before an upgrade; files never give this message.',
  },
  IST0169: {
    when: 'A default changes with an upgrade, and the configuration depends on the old one. Reported when it is said which release is upgraded from: `batten analyze --from-version 1.20`, or with `upgradeFrom` among the options of `analyze`.',
  },
  IST0170: {
    when: 'A Service of the same name differs between clusters of the mesh: in its type, its ports, or whether it is headless. It needs the objects of several clusters: `analyze(objects, { remoteClusters })`.',
  },
  IST0171: {
    when: 'The status of an object has a condition that says that something failed.',
    fix: `
 apiVersion: networking.istio.io/v1
 kind: ServiceEntry
 metadata: {name: bank, namespace: shop}
 spec:
   hosts: [bank.example.com]
   ports: [{number: 443, name: tls, protocol: TLS}]
   resolution: DNS
 status:
   conditions:
-  - {type: istio.io/WaypointBound, status: "False", reason: WaypointIsMissing, message: there is no waypoint}
+  - {type: istio.io/WaypointBound, status: "True", reason: WaypointAccepted}
`,
  },
  IST0172: {
    when: 'A CRD of the Gateway API does not serve v1, which the next release of Istio needs.',
    fix: `
 apiVersion: apiextensions.k8s.io/v1
 kind: CustomResourceDefinition
 metadata: {name: httproutes.gateway.networking.k8s.io}
 spec:
   versions:
   - {name: v1beta1, served: true, storage: true}
+  - {name: v1, served: true, storage: false}
`,
  },
  IST0173: {
    when: 'The labels of a subset, together with the selector of the service, select no pod. Requests for the subset are answered with 503.',
    fix: `
 apiVersion: networking.istio.io/v1
 kind: DestinationRule
 metadata: {name: cart, namespace: shop}
 spec:
   host: cart
   subsets:
-  - {name: v2, labels: {version: V2}}
+  - {name: v2, labels: {version: v2}}
 ---
 apiVersion: v1
 kind: Service
 metadata: {name: cart, namespace: shop}
 spec: {selector: {app: cart}, ports: [{name: http, port: 80}]}
 ---
 apiVersion: v1
 kind: Pod
 metadata: {name: cart, namespace: shop, labels: {app: cart, version: v2}}
 spec: {containers: [{name: cart, image: cart}]}
`,
  },
  IST0174: {
    when: 'The host of a DestinationRule is no Service and no ServiceEntry that is known.',
    fix: `
 apiVersion: networking.istio.io/v1
 kind: DestinationRule
 metadata: {name: cart, namespace: shop}
 spec:
-  host: crat
+  host: cart
   trafficPolicy: {loadBalancer: {simple: LEAST_REQUEST}}
 ---
 apiVersion: v1
 kind: Service
 metadata: {name: cart, namespace: shop}
 spec: {ports: [{name: http, port: 80}]}
`,
  },
  IST0175: {
    when: 'There are RequestAuthentications, whose keys istiod fetches, and nothing keeps it from fetching them from addresses inside.',
    fix: `
 apiVersion: security.istio.io/v1
 kind: RequestAuthentication
 metadata: {name: users, namespace: shop}
 spec: {jwtRules: [{issuer: https://id.example.com, jwksUri: https://id.example.com/keys}]}
 ---
 apiVersion: apps/v1
 kind: Deployment
 metadata: {name: istiod, namespace: istio-system, labels: {app: istiod}}
 spec:
   selector: {matchLabels: {app: istiod}}
   template:
     metadata: {labels: {app: istiod}}
     spec:
       containers:
       - name: discovery
         image: pilot
+        env: [{name: BLOCKED_CIDRS_IN_JWKS_URIS, value: "10.0.0.0/8,169.254.0.0/16"}]
`,
  },
  IST0176: {
    when: 'A CRD of the Gateway API comes from a release that is too old for Istio to read the kind.',
    fix: `
 apiVersion: apiextensions.k8s.io/v1
 kind: CustomResourceDefinition
 metadata:
   name: grpcroutes.gateway.networking.k8s.io
   annotations:
-    gateway.networking.k8s.io/bundle-version: v1.0.0
+    gateway.networking.k8s.io/bundle-version: v1.4.0
 spec: {versions: [{name: v1, served: true, storage: true}]}
`,
  },
  IST0177: {
    when: 'ServiceEntries that are visible in the same place give a port of a host different protocols.',
    fix: `
 apiVersion: networking.istio.io/v1
 kind: ServiceEntry
 metadata: {name: bank, namespace: shop}
 spec:
   hosts: [bank.example.com]
   ports: [{number: 443, name: tls, protocol: TLS}]
   resolution: DNS
 ---
 apiVersion: networking.istio.io/v1
 kind: ServiceEntry
 metadata: {name: bank, namespace: blog}
 spec:
   hosts: [bank.example.com]
-  ports: [{number: 443, name: https, protocol: HTTPS}]
+  ports: [{number: 443, name: tls, protocol: TLS}]
   resolution: DNS
`,
  },
}
