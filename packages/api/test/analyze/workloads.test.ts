import { findingsOf } from '../analysis-table.ts'

findingsOf('injection.Analyzer', [
  [
    'namespaces should say whether they are in the mesh',
    `
Namespace plain: {}
Namespace on: {metadata: {labels: {istio-injection: enabled}}}
Namespace off: {metadata: {labels: {istio-injection: disabled, istio.io/rev: canary}}}
Namespace revised: {metadata: {labels: {istio.io/rev: canary}}}
Namespace ambient: {metadata: {labels: {istio.io/dataplane-mode: ambient}}}
Namespace outside: {metadata: {labels: {istio.io/dataplane-mode: none}}}
Namespace kube-system: {}
Namespace istio-system: {}
`,
    [
      "IST0102 Namespace outside metadata.name: The namespace is not enabled for Istio injection. Run 'kubectl label namespace outside istio-injection=enabled' to enable it, or 'kubectl label namespace outside istio-injection=disabled' to explicitly mark it as not needing injection.",
      "IST0102 Namespace plain metadata.name: The namespace is not enabled for Istio injection. Run 'kubectl label namespace plain istio-injection=enabled' to enable it, or 'kubectl label namespace plain istio-injection=disabled' to explicitly mark it as not needing injection.",
    ],
  ],
  [
    'one label is enough',
    `
Namespace both: {metadata: {labels: {istio-injection: enabled, istio.io/rev: canary}}}
Namespace mixed: {metadata: {labels: {istio.io/dataplane-mode: ambient, istio.io/rev: canary}}}
`,
    [
      'IST0123 Namespace both metadata.labels: The namespace has more than one type of injection labels [istio-injection=enabled istio.io/rev=canary], which may lead to undefined behavior. Make sure only one injection label exists.',
      'IST0123 Namespace mixed metadata.labels: The namespace has more than one type of injection labels [istio.io/rev=canary istio.io/dataplane-mode=ambient], which may lead to undefined behavior. Make sure only one injection label exists.',
    ],
  ],
  [
    'pods of injected namespaces should have a sidecar',
    `
Namespace on: {metadata: {labels: {istio-injection: enabled}}}
Pod on/bare: {spec: {containers: [{name: web}]}}
Pod on/good: {spec: {containers: [{name: web}, {name: istio-proxy, image: proxy}]}}
Pod on/native: {spec: {containers: [{name: web}], initContainers: [{name: istio-proxy, image: proxy}]}}
Pod on/host: {spec: {hostNetwork: true, containers: [{name: web}]}}
Pod on/label: {metadata: {labels: {sidecar.istio.io/inject: "false"}}, spec: {containers: [{name: web}]}}
Pod on/annotation: {metadata: {annotations: {sidecar.istio.io/inject: "false"}}, spec: {containers: [{name: web}]}}
Pod plain/bare: {spec: {containers: [{name: web}]}}
`,
    [
      'IST0103 Pod on/bare metadata.name: The pod on/bare is missing the Istio proxy. This can often be resolved by restarting or redeploying the workload.',
    ],
  ],
  [
    'an injector that takes all namespaces says so',
    `
Namespace plain: {}
ConfigMap istio-system/istio-sidecar-injector: {data: {values: '{"sidecarInjectorWebhook":{"enableNamespacesByDefault":true}}'}}
`,
    [
      'IST0148 Namespace plain metadata.name: is enabled for Istio injection, as Istio is installed with enableNamespacesByDefault as true.',
    ],
  ],
])

findingsOf('injection.ImageAnalyzer', [
  [
    'sidecars should have the image of the injector of their revision',
    `
Namespace on: {metadata: {labels: {istio-injection: enabled}}}
Namespace canary: {metadata: {labels: {istio.io/rev: canary}}}
Namespace unknown: {metadata: {labels: {istio.io/rev: gone}}}
ConfigMap istio-system/istio-sidecar-injector: {data: {values: '{"global":{"hub":"registry.istio.io","tag":"1.30.0","proxy":{"image":"proxyv2"}}}'}}
ConfigMap istio-system/istio-sidecar-injector-canary: {data: {values: '{"global":{"proxy":{"image":"registry.istio.io/proxyv2:1.31.0"}}}'}}
Pod on/old: {spec: {containers: [{name: istio-proxy, image: "registry.istio.io/proxyv2:1.29.0"}]}}
Pod on/older: {spec: {initContainers: [{name: istio-proxy, image: "registry.istio.io/proxyv2:1.28.0"}]}}
Pod on/new: {spec: {containers: [{name: istio-proxy, image: "registry.istio.io/proxyv2:1.30.0"}]}}
Pod on/own: {metadata: {annotations: {sidecar.istio.io/proxyImage: mine}}, spec: {containers: [{name: istio-proxy, image: mine}]}}
Pod canary/new: {spec: {containers: [{name: istio-proxy, image: "registry.istio.io/proxyv2:1.31.0"}]}}
Pod canary/old: {spec: {containers: [{name: istio-proxy, image: "registry.istio.io/proxyv2:1.30.0"}]}}
Pod unknown/old: {spec: {containers: [{name: istio-proxy, image: "registry.istio.io/proxyv2:1.30.0"}]}}
`,
    [
      'IST0158 Namespace canary metadata.name: The Istio proxy images of the pods running in the namespace do not match the image defined in the injection configuration (pod names: [old]). This often happens after upgrading the Istio control-plane and can be fixed by redeploying the pods.',
      'IST0158 Namespace on metadata.name: The Istio proxy images of the pods running in the namespace do not match the image defined in the injection configuration (pod names: [old older]). This often happens after upgrading the Istio control-plane and can be fixed by redeploying the pods.',
    ],
  ],
  [
    'types of images are asked for by annotation and ProxyConfig',
    `
Namespace on: {metadata: {labels: {istio-injection: enabled}}}
ConfigMap istio-system/istio-sidecar-injector: {data: {values: '{"global":{"hub":"h","tag":"1","proxy":{"image":"proxyv2"}}}'}}
ProxyConfig on/web: {spec: {selector: {matchLabels: {app: web}}, image: {imageType: distroless}}}
Pod on/web: {metadata: {labels: {app: web}}, spec: {containers: [{name: istio-proxy, image: "h/proxyv2:1-distroless"}]}}
Pod on/noted: {metadata: {annotations: {proxy.istio.io/config: "image: {imageType: debug}"}}, spec: {containers: [{name: istio-proxy, image: "h/proxyv2:1-debug"}]}}
Pod on/none: {spec: {containers: [{name: istio-proxy, image: "h/proxyv2:1-distroless"}]}}
`,
    [
      'IST0158 Namespace on metadata.name: The Istio proxy images of the pods running in the namespace do not match the image defined in the injection configuration (pod names: [none]). This often happens after upgrading the Istio control-plane and can be fixed by redeploying the pods.',
    ],
  ],
])

findingsOf('injection.ImageAutoAnalyzer', [
  [
    'image auto needs a webhook that selects the pods',
    `
MutatingWebhookConfiguration injector: {webhooks: [{name: namespace.sidecar-injector.istio.io, namespaceSelector: {matchLabels: {istio-injection: enabled}}}, {name: object.sidecar-injector.istio.io, objectSelector: {matchExpressions: [{key: sidecar.istio.io/inject, operator: In, values: ["true"]}]}}]}
Namespace on: {metadata: {labels: {istio-injection: enabled}}}
Deployment on/one: {spec: {template: {spec: {containers: [{name: istio-proxy, image: auto}]}}}}
Deployment off/two: {spec: {template: {metadata: {labels: {sidecar.istio.io/inject: "true"}}, spec: {containers: [{name: istio-proxy, image: auto}]}}}}
Deployment off/three: {spec: {template: {spec: {containers: [{name: istio-proxy, image: auto}]}}}}
Deployment off/four: {spec: {template: {spec: {containers: [{name: web, image: auto}]}}}}
Pod on/five: {spec: {containers: [{name: istio-proxy, image: auto}]}}
`,
    [
      'IST0147 Pod on/five spec.containers[0].image: Pod five contains `image: auto` but does not match any Istio injection webhook selectors.',
      'IST0146 Deployment off/three spec.template.spec.containers[0].image: Deployment three contains `image: auto` but does not match any Istio injection webhook selectors.',
    ],
  ],
])

findingsOf('deployment.MultiServiceAnalyzer', [
  [
    'services of the same pods must agree about ports',
    `
Namespace a: {metadata: {labels: {istio-injection: enabled}}}
Deployment a/web: {spec: {template: {metadata: {labels: {app: web}}}}}
Service a/one: {spec: {selector: {app: web}, ports: [{port: 80, protocol: TCP, targetPort: 8080}]}}
Service a/two: {spec: {selector: {app: web}, ports: [{port: 80, protocol: UDP, targetPort: 8080}]}}
Service a/three: {spec: {selector: {app: web}, ports: [{port: 81, targetPort: 8080}]}}
`,
    [
      'IST0116 Deployment a/web metadata.name: This deployment web is associated with multiple services using port 80 but different protocols: [a/one a/two]',
      'IST0137 Deployment a/web metadata.name: This deployment web is associated with multiple services [a/three a/two] using targetPort "8080" but different ports: [80 81].',
    ],
  ],
  [
    'other namespaces, other pods and Services without a selector do not count',
    `
Namespace a: {metadata: {labels: {istio-injection: enabled}}}
Deployment a/web: {spec: {template: {metadata: {labels: {app: web}}}}}
Service a/one: {spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}}
Service b/two: {spec: {selector: {app: web}, ports: [{port: 81, targetPort: 8080}]}}
Service a/three: {spec: {selector: {app: other}, ports: [{port: 81, targetPort: 8080}]}}
Service a/four: {spec: {ports: [{port: 81, targetPort: 8080}]}}
`,
    [],
  ],
  [
    'pods outside the mesh may do as they like',
    `
Deployment a/web: {spec: {template: {metadata: {labels: {app: web}}}}}
Service a/one: {spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}}
Service a/three: {spec: {selector: {app: web}, ports: [{port: 81, targetPort: 8080}]}}
`,
    [],
  ],
])

findingsOf('applicationUID.Analyzer', [
  [
    'applications must not run as the user of the sidecar',
    `
Pod a/one: {spec: {securityContext: {runAsUser: 1337}, containers: [{name: web}]}}
Pod a/two: {spec: {containers: [{name: web, securityContext: {runAsUser: 1337}}, {name: istio-proxy, securityContext: {runAsUser: 1337}}]}}
Pod a/three: {spec: {securityContext: {runAsUser: 1000}, containers: [{name: istio-proxy, securityContext: {runAsUser: 1337}}]}}
Pod a/pilot: {metadata: {labels: {istio: pilot}}, spec: {securityContext: {runAsUser: 1337}}}
Deployment a/four: {spec: {template: {spec: {securityContext: {runAsUser: 1337}}}}}
`,
    [
      'IST0144 Deployment a/four spec.template.spec.securityContext.runAsUser: User ID (UID) 1337 is reserved for the sidecar proxy.',
      'IST0144 Pod a/one spec.securityContext.runAsUser: User ID (UID) 1337 is reserved for the sidecar proxy.',
      'IST0144 Pod a/two spec.containers[0].securityContext.runAsUser: User ID (UID) 1337 is reserved for the sidecar proxy.',
    ],
  ],
])

findingsOf('workload.SelectorAnalyzer', [
  [
    'selectors should select something',
    `
Pod a/web: {metadata: {labels: {app: web}}}
PeerAuthentication a/good: {spec: {selector: {matchLabels: {app: web}}}}
PeerAuthentication b/other-namespace: {spec: {selector: {matchLabels: {app: web}}}}
RequestAuthentication istio-system/everywhere: {spec: {selector: {matchLabels: {app: web}}}}
WasmPlugin a/bad: {spec: {selector: {matchLabels: {app: gone}}}}
EnvoyFilter a/bad: {spec: {workloadSelector: {labels: {app: gone}}}}
DestinationRule a/bad: {spec: {host: web, workloadSelector: {matchLabels: {app: gone}}}}
ProxyConfig a/all: {spec: {}}
`,
    [
      'BAT0403 DestinationRule a/bad spec.workloadSelector.matchLabels: No workload has the labels app=gone, so that this has no effect.',
      'BAT0403 EnvoyFilter a/bad spec.workloadSelector.labels: No workload has the labels app=gone, so that this has no effect.',
      'BAT0403 PeerAuthentication b/other-namespace spec.selector.matchLabels: No workload has the labels app=web, so that this has no effect.',
      'BAT0403 WasmPlugin a/bad spec.selector.matchLabels: No workload has the labels app=gone, so that this has no effect.',
    ],
  ],
  [
    'nothing is said without workloads',
    `
WasmPlugin a/bad: {spec: {selector: {matchLabels: {app: gone}}}}
`,
    [],
  ],
])

findingsOf('workloadgroup.ServiceAccountAnalyzer', [
  [
    'service accounts of groups must exist',
    `
ServiceAccount a/vm: {}
WorkloadGroup a/good: {spec: {template: {serviceAccount: vm}}}
WorkloadGroup a/bad: {spec: {template: {serviceAccount: gone}}}
WorkloadGroup b/unknown: {spec: {template: {serviceAccount: gone}}}
`,
    [
      'BAT0901 WorkloadGroup a/bad spec.template.serviceAccount: The service account "gone" does not exist in the namespace.',
    ],
  ],
])
