/** Messages of checks that Istio's analysis does not have. A code never changes its meaning. */
export const battenMessages = {
  BAT0001: {
    name: 'ExportToNamespaceNotFound',
    level: 'Warning',
    args: ['namespace'],
    template: 'exportTo names the namespace %q, which does not exist.',
    meaning:
      'An object is exported to a namespace that is not among those that are analyzed, so that nobody sees it there.',
    hint: 'Correct the name, create the namespace, or export to * (all).',
  },
  BAT0002: {
    name: 'DuplicateObject',
    level: 'Warning',
    args: ['place'],
    template: 'The object is defined again (%s), and the last definition counts.',
    meaning:
      'The same kind, namespace and name is defined more than once in what is analyzed. Applied one after the other, only the last one stays.',
    hint: 'Remove one of the definitions, or give it another name.',
  },
  BAT0101: {
    name: 'SingleDestinationWeight',
    level: 'Info',
    args: ['weight'],
    template: 'The weight %d has no effect: the route has one destination, which gets everything.',
    meaning: 'A route with one destination sends all requests there, whatever the weight.',
    hint: 'Remove the weight, or add the destination that gets the rest.',
  },
  BAT0102: {
    name: 'RepeatedDestination',
    level: 'Warning',
    args: ['destination'],
    template: 'The destination %s stands in this route more than once.',
    meaning:
      'A route splits its traffic between the same destination and itself. Most often a subset was copied and not changed.',
    hint: 'Merge the entries, or correct the host, subset or port of one.',
  },
  BAT0103: {
    name: 'ConflictingGatewayHosts',
    level: 'Warning',
    args: ['virtualServices', 'gateway', 'host'],
    template:
      'The VirtualServices %s of gateway %s both take every request for %s; which one wins depends on their age.',
    meaning:
      'VirtualServices of one gateway and host are merged, but the order of their routes is not defined. When two of them take everything, one of them has no effect.',
    hint: 'Keep one route without a match for the host, and give the others matches.',
  },
  BAT0104: {
    name: 'DelegateNotFound',
    level: 'Error',
    args: ['delegate'],
    template: 'The route delegates to VirtualService %s, which does not exist.',
    meaning:
      'A route hands its requests to another VirtualService. Without it, requests are answered with 404.',
    hint: 'Create the delegate, or correct its name and namespace.',
  },
  BAT0201: {
    name: 'DuplicateSubset',
    level: 'Warning',
    args: ['rules', 'subset', 'host'],
    template: 'The DestinationRules %s all define the subset %q of host %s; the oldest one wins.',
    meaning:
      'DestinationRules of one host are merged. A subset that several of them define is taken from the oldest.',
    hint: 'Define the subset in one DestinationRule.',
  },
  BAT0202: {
    name: 'ConflictingTrafficPolicies',
    level: 'Warning',
    args: ['rules', 'host'],
    template:
      'The DestinationRules %s all have a trafficPolicy for host %s; only that of the oldest is used.',
    meaning:
      'DestinationRules of one host are merged, but the traffic policy for the host as a whole is taken from the oldest.',
    hint: 'Put the trafficPolicy into one DestinationRule.',
  },
  BAT0203: {
    name: 'SubsetWithoutLabels',
    level: 'Warning',
    args: ['subset'],
    template: 'The subset %q has no labels: it is the whole service.',
    meaning:
      'A subset selects pods by labels. Without labels it selects all of them, which is seldom what a subset is for.',
    hint: 'Add the labels of the pods, or remove the subset.',
  },
  BAT0204: {
    name: 'TlsContradictsPeerAuthentication',
    level: 'Error',
    args: ['mode', 'host', 'workload', 'peerAuthentication', 'required'],
    template: 'Clients use TLS mode %s for %s, but %s does not take that: PeerAuthentication %s says %s.',
    meaning:
      'A DestinationRule makes clients connect in a way that the PeerAuthentication of the server does not accept: every connection fails.',
    hint: 'Remove trafficPolicy.tls, so that clients do what the server needs, or change the PeerAuthentication.',
  },
  BAT0205: {
    name: 'TlsSettingsLost',
    level: 'Warning',
    args: ['rule', 'mode'],
    template: 'The rule takes the place of %s for this host, and with it goes TLS mode %s.',
    meaning:
      'DestinationRules are not inherited: the rule for a host replaces the one for a wildcard as a whole, also its TLS settings.',
    hint: 'Repeat trafficPolicy.tls in this rule, if it is still wanted.',
  },
  BAT0301: {
    name: 'MutualTlsWithoutCa',
    level: 'Error',
    args: ['credential'],
    template:
      'TLS mode MUTUAL needs CA certificates, but neither the secret %s has ca.crt nor is there a secret with -cacert after its name.',
    meaning:
      'A server that verifies clients needs certificates to verify them with. Without them the listener is not made.',
    hint: 'Add ca.crt to the secret, create the -cacert secret, or set caCertificates.',
  },
  BAT0302: {
    name: 'GatewayKeyUnusable',
    level: 'Error',
    args: ['secret', 'problem'],
    template: 'The secret %s cannot be used by the gateway: %s.',
    meaning:
      'The private key of a secret cannot be read, or belongs to another certificate. The gateway refuses the secret, and the listener is not made.',
    hint: 'Put the key that the certificate was made for into the secret.',
  },
  BAT0401: {
    name: 'MultiplePeerAuthentications',
    level: 'Error',
    args: ['names', 'namespace'],
    template: 'The PeerAuthentications %v of namespace %q have no selector; only the oldest is used.',
    meaning: 'A namespace has one PeerAuthentication without a selector. Others are ignored.',
    hint: 'Keep one, or give the others a selector.',
  },
  BAT0402: {
    name: 'ConflictingPeerAuthentications',
    level: 'Warning',
    args: ['names', 'workload'],
    template: 'The PeerAuthentications %v select the same workload %q; only the oldest is used.',
    meaning: 'A workload takes its settings from one PeerAuthentication with a selector.',
    hint: 'Make the selectors select different workloads.',
  },
  BAT0403: {
    name: 'SelectorWithoutWorkloads',
    level: 'Warning',
    args: ['labels'],
    template: 'No workload has the labels %s, so that this has no effect.',
    meaning: 'The selector of an object does not select any pod of the namespaces that it applies to.',
    hint: 'Correct the selector, or deploy the workload that it is meant for.',
  },
  BAT0501: {
    name: 'TargetPortNotFound',
    level: 'Warning',
    args: ['workloads', 'targetPort'],
    template: 'No container of %s has a port with the name %q.',
    meaning:
      'A Service leads to a port by name, and the pods that it selects have no such port. Connections fail.',
    hint: 'Name the port of the container, or use its number.',
  },
  BAT0502: {
    name: 'TargetPortNotDeclared',
    level: 'Info',
    args: ['workloads', 'targetPort'],
    template: 'The containers of %s do not list port %s.',
    meaning:
      'A Service leads to ports of which the containers of its pods list none. That works when the application listens there; most often the number is wrong.',
    hint: 'Correct targetPort, or list the port in the container.',
  },
  BAT0503: {
    name: 'UnknownAppProtocol',
    level: 'Info',
    args: ['appProtocol'],
    template: 'appProtocol %q is no protocol that the mesh knows: the protocol is detected.',
    meaning:
      'appProtocol takes precedence over the name of the port. A value that is not known turns protocol detection on.',
    hint: 'Use http, http2, https, grpc, grpc-web, tcp, tls, mongo, mysql, redis or a kubernetes.io/ value.',
  },
  BAT0601: {
    name: 'EgressHostNotFound',
    level: 'Warning',
    args: ['host'],
    template: 'The egress host %s is not known to the mesh.',
    meaning:
      'A Sidecar restricts which hosts its workloads see. A host that does not exist is most often misspelt, and the real one is not reachable.',
    hint: 'Correct the host: namespace/host, with the full name of the service.',
  },
  BAT0602: {
    name: 'RootSidecarWithSelector',
    level: 'Warning',
    args: [],
    template: 'The Sidecar of the root namespace has a workloadSelector: it is no default for the mesh.',
    meaning:
      'In the root namespace, a Sidecar without a selector is the default for all namespaces. One with a selector applies to workloads of the root namespace only.',
    hint: 'Remove the workloadSelector, or move the Sidecar to the namespace of the workloads.',
  },
  BAT0701: {
    name: 'ServiceEntryWithoutWorkloads',
    level: 'Warning',
    args: ['labels'],
    template: 'No WorkloadEntry and no pod of the namespace has the labels %s: the service has no endpoints.',
    meaning:
      'The endpoints of a ServiceEntry with a workloadSelector are the WorkloadEntries and pods that it selects. Without any, requests are answered with 503.',
    hint: 'Correct the selector, or create the WorkloadEntry.',
  },
  BAT0801: {
    name: 'UnknownMethod',
    level: 'Warning',
    args: ['method'],
    template: '%q is no HTTP method, and no full name of a gRPC method.',
    meaning:
      'Methods of an AuthorizationPolicy are compared letter by letter. One that does not exist never matches.',
    hint: 'Write the method in upper case; for gRPC use paths with /package.service/method.',
  },
  BAT0802: {
    name: 'PolicyHostNotFound',
    level: 'Warning',
    args: ['host'],
    template: 'The host %s is not known to the mesh.',
    meaning: 'A rule compares the host of requests with one that no service, gateway or VirtualService has.',
    hint: 'Correct the host: the full name of the service, or one that a gateway serves.',
  },
  BAT0803: {
    name: 'IdentityWithoutMtls',
    level: 'Error',
    args: ['field', 'peerAuthentication', 'workload'],
    template: '%s needs mTLS, but PeerAuthentication %s turns it off for %s: no request has an identity.',
    meaning:
      'The identity of a client comes from its certificate. Where mTLS is off there is none, and the rule never matches.',
    hint: 'Use STRICT or PERMISSIVE, or remove the condition.',
  },
  BAT0804: {
    name: 'ServiceAccountNotFound',
    level: 'Warning',
    args: ['principal'],
    template: 'The principal %s belongs to a service account that does not exist.',
    meaning: 'A rule compares identities with one that no workload can have.',
    hint: 'Correct namespace and name: <trust domain>/ns/<namespace>/sa/<service account>.',
  },
  BAT0805: {
    name: 'TokenWithoutAuthentication',
    level: 'Warning',
    args: ['field'],
    template: '%s needs a validated token, but no RequestAuthentication applies to these workloads.',
    meaning:
      'Claims and principals of requests come from tokens that a RequestAuthentication validates. Without one they are never there.',
    hint: 'Apply a RequestAuthentication to the same workloads.',
  },
  BAT0806: {
    name: 'WorkloadWithoutPolicy',
    level: 'Info',
    args: ['workload'],
    template: 'No AuthorizationPolicy applies to %s: everybody may call it.',
    meaning: 'Other workloads are protected by policies, this one is not.',
    hint: 'Add a policy, or one for the whole namespace that denies by default.',
  },
  BAT0901: {
    name: 'GroupServiceAccountNotFound',
    level: 'Warning',
    args: ['serviceAccount'],
    template: 'The service account %q does not exist in the namespace.',
    meaning:
      'Workloads of a WorkloadGroup get the identity of a service account, which must exist before they can join.',
    hint: 'Create the service account, or correct its name.',
  },
  BAT1001: {
    name: 'GatewayClassNotFound',
    level: 'Warning',
    args: ['class'],
    template: 'There is no GatewayClass %q.',
    meaning: 'A Gateway is served by the controller of its class. Without the class nothing serves it.',
    hint: 'Use istio, or create the GatewayClass.',
  },
  BAT1002: {
    name: 'RouteParentNotFound',
    level: 'Error',
    args: ['parent'],
    template: 'The route is attached to %s, which does not exist.',
    meaning: 'A route has an effect through the gateway, or the service, that it is attached to.',
    hint: 'Correct parentRefs: kind, name, namespace and sectionName.',
  },
  BAT1003: {
    name: 'RouteBackendNotFound',
    level: 'Error',
    args: ['backend'],
    template: 'The route sends requests to %s, which does not exist.',
    meaning: 'Requests for a backend that does not exist are answered with 500.',
    hint: 'Correct the name, namespace and port of the backend.',
  },
  BAT1004: {
    name: 'ReferenceNotGranted',
    level: 'Error',
    args: ['reference'],
    template: 'The reference to %s in another namespace is not granted there.',
    meaning: 'References to other namespaces need a ReferenceGrant in the namespace that they lead to.',
    hint: 'Create a ReferenceGrant in that namespace.',
  },
  BAT1005: {
    name: 'DuplicateListener',
    level: 'Error',
    args: ['port', 'hostname'],
    template: 'Another listener has port %d, the same protocol and the hostname %q.',
    meaning:
      'Listeners of a Gateway must differ in port, protocol or hostname. None of those that do not is served.',
    hint: 'Give the listeners different hostnames or ports.',
  },
  BAT1101: {
    name: 'ProviderNotFound',
    level: 'Warning',
    args: ['provider'],
    template: 'The mesh configuration has no extension provider %q.',
    meaning:
      'Telemetry and AuthorizationPolicy use providers that the mesh configuration defines. One that is not defined is ignored, or denies.',
    hint: 'Add it to extensionProviders, or correct the name.',
  },
} as const
