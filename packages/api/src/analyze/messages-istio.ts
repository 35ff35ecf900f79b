/**
 * The messages of Istio's analysis: codes, levels and texts that users look for, from istio/istio's
 * `messages.yaml` (Apache-2.0).
 */
export const istioMessages = {
  IST0001: {
    name: 'InternalError',
    level: 'Error',
    args: ['detail'],
    template: 'Internal error: %v',
    meaning:
      'There was an internal error in the toolchain. This is almost always a bug in the implementation.',
  },
  IST0002: {
    name: 'Deprecated',
    level: 'Warning',
    args: ['detail'],
    template: 'Deprecated: %s',
    meaning: 'A feature that the configuration is depending on is now deprecated.',
  },
  IST0101: {
    name: 'ReferencedResourceNotFound',
    level: 'Error',
    args: ['reftype', 'refval'],
    template: 'Referenced %s not found: %q',
    meaning: 'A resource being referenced does not exist.',
  },
  IST0102: {
    name: 'NamespaceNotInjected',
    level: 'Info',
    args: ['namespace', 'namespace2'],
    template:
      "The namespace is not enabled for Istio injection. Run 'kubectl label namespace %s istio-injection=enabled' to enable it, or 'kubectl label namespace %s istio-injection=disabled' to explicitly mark it as not needing injection.",
    meaning: 'A namespace is not enabled for Istio injection.',
  },
  IST0103: {
    name: 'PodMissingProxy',
    level: 'Warning',
    args: ['podName'],
    template:
      'The pod %s is missing the Istio proxy. This can often be resolved by restarting or redeploying the workload.',
    meaning: 'A pod is missing the Istio proxy.',
  },
  IST0106: {
    name: 'SchemaValidationError',
    level: 'Error',
    args: ['err'],
    template: 'Schema validation error: %v',
    meaning: 'The resource has a schema validation error.',
  },
  IST0107: {
    name: 'MisplacedAnnotation',
    level: 'Warning',
    args: ['annotation', 'kind'],
    template: 'Misplaced annotation: %s can only be applied to %s',
    meaning: 'An Istio annotation is applied to the wrong kind of resource.',
  },
  IST0108: {
    name: 'UnknownAnnotation',
    level: 'Warning',
    args: ['annotation'],
    template: 'Unknown annotation: %s',
    meaning: 'An Istio annotation is not recognized for any kind of resource',
  },
  IST0109: {
    name: 'ConflictingMeshGatewayVirtualServiceHosts',
    level: 'Error',
    args: ['virtualServices', 'host'],
    template:
      'The VirtualServices %s associated with mesh gateway define the same host %s which can lead to undefined behavior. This can be fixed by merging the conflicting VirtualServices into a single resource.',
    meaning: 'Conflicting hosts on VirtualServices associated with mesh gateway',
  },
  IST0110: {
    name: 'ConflictingSidecarWorkloadSelectors',
    level: 'Error',
    args: ['conflictingSidecars', 'namespace', 'workloadPod'],
    template:
      'The Sidecars %v in namespace %q select the same workload pod %q, which can lead to undefined behavior.',
    meaning: 'A Sidecar resource selects the same workloads as another Sidecar resource',
  },
  IST0111: {
    name: 'MultipleSidecarsWithoutWorkloadSelectors',
    level: 'Error',
    args: ['conflictingSidecars', 'namespace'],
    template:
      'The Sidecars %v in namespace %q have no workload selector, which can lead to undefined behavior.',
    meaning: 'More than one sidecar resource in a namespace has no workload selector',
  },
  IST0112: {
    name: 'VirtualServiceDestinationPortSelectorRequired',
    level: 'Error',
    args: ['destHost', 'destPorts'],
    template:
      'This VirtualService routes to a service %q that exposes multiple ports %v. Specifying a port in the destination is required to disambiguate.',
    meaning:
      'A VirtualService routes to a service with more than one port exposed, but does not specify which to use.',
  },
  IST0116: {
    name: 'DeploymentAssociatedToMultipleServices',
    level: 'Warning',
    args: ['deployment', 'port', 'services'],
    template:
      'This deployment %s is associated with multiple services using port %d but different protocols: %v',
    meaning:
      "The resulting pods of a service mesh deployment can't be associated with multiple services using the same port but different protocols.",
  },
  IST0118: {
    name: 'PortNameIsNotUnderNamingConvention',
    level: 'Info',
    args: ['portName', 'port', 'targetPort'],
    template: "Port name %s (port: %d, targetPort: %s) doesn't follow the naming convention of Istio port.",
    meaning: 'Port name is not under naming convention. Protocol detection is applied to the port.',
  },
  IST0123: {
    name: 'NamespaceMultipleInjectionLabels',
    level: 'Warning',
    args: ['labels'],
    template:
      'The namespace has more than one type of injection labels %v, which may lead to undefined behavior. Make sure only one injection label exists.',
    meaning: 'A namespace has more than one type of injection labels',
  },
  IST0125: {
    name: 'InvalidAnnotation',
    level: 'Warning',
    args: ['annotation', 'problem'],
    template: 'Invalid annotation %s: %s',
    meaning: 'An Istio annotation that is not valid',
  },
  IST0126: {
    name: 'UnknownMeshNetworksServiceRegistry',
    level: 'Error',
    args: ['serviceregistry', 'network'],
    template: 'Unknown service registry %s in network %s',
    meaning: 'A service registry in Mesh Networks is unknown',
  },
  IST0127: {
    name: 'NoMatchingWorkloadsFound',
    level: 'Warning',
    args: ['labels'],
    template: 'No matching workloads for this resource with the following labels: %s',
    meaning: "There aren't workloads matching the resource labels",
  },
  IST0128: {
    name: 'NoServerCertificateVerificationDestinationLevel',
    level: 'Warning',
    args: ['destinationrule', 'namespace', 'mode', 'host'],
    template:
      'DestinationRule %s in namespace %s has TLS mode set to %s but no caCertificates are set to validate server identity for host: %s',
    meaning:
      'No caCertificates are set in DestinationRule, this results in no verification of presented server certificate.',
  },
  IST0129: {
    name: 'NoServerCertificateVerificationPortLevel',
    level: 'Warning',
    args: ['destinationrule', 'namespace', 'mode', 'host', 'port'],
    template:
      'DestinationRule %s in namespace %s has TLS mode set to %s but no caCertificates are set to validate server identity for host: %s at port %s',
    meaning:
      'No caCertificates are set in DestinationRule, this results in no verification of presented server certificate for traffic to a given port.',
  },
  IST0130: {
    name: 'VirtualServiceUnreachableRule',
    level: 'Warning',
    args: ['ruleno', 'reason'],
    template: 'VirtualService rule %v not used (%s).',
    meaning: 'A VirtualService rule will never be used because a previous rule uses the same match.',
  },
  IST0131: {
    name: 'VirtualServiceIneffectiveMatch',
    level: 'Info',
    args: ['ruleno', 'matchno', 'dupno'],
    template: 'VirtualService rule %v match %v is not used (duplicate/overlapping match in rule %v).',
    meaning: 'A VirtualService rule match duplicates a match in a previous rule.',
  },
  IST0132: {
    name: 'VirtualServiceHostNotFoundInGateway',
    level: 'Warning',
    args: ['host', 'virtualservice', 'gateway'],
    template: 'one or more host %v defined in VirtualService %s not found in Gateway %s.',
    meaning: 'Host defined in VirtualService not found in Gateway.',
  },
  IST0133: {
    name: 'SchemaWarning',
    level: 'Warning',
    args: ['err'],
    template: 'Schema validation warning: %v',
    meaning: 'The resource has a schema validation warning.',
  },
  IST0134: {
    name: 'ServiceEntryAddressesRequired',
    level: 'Warning',
    args: [],
    template: 'ServiceEntry addresses are required for this protocol.',
    meaning:
      'Virtual IP addresses are required for ports serving TCP (or unset) protocol when PILOT_ENABLE_IP_AUTOALLOCATE is not set on a proxy',
  },
  IST0135: {
    name: 'DeprecatedAnnotation',
    level: 'Info',
    args: ['annotation', 'extra'],
    template: 'Annotation %q has been deprecated%s and may not work in future Istio versions.',
    meaning: 'A resource is using a deprecated Istio annotation.',
  },
  IST0136: {
    name: 'AlphaAnnotation',
    level: 'Info',
    args: ['annotation'],
    template: 'Annotation %q is part of an alpha-phase feature and may be incompletely supported.',
    meaning: 'An Istio annotation may not be suitable for production.',
  },
  IST0137: {
    name: 'DeploymentConflictingPorts',
    level: 'Warning',
    args: ['deployment', 'services', 'targetPort', 'ports'],
    template:
      'This deployment %s is associated with multiple services %v using targetPort %q but different ports: %v.',
    meaning: 'Two services selecting the same workload with the same targetPort MUST refer to the same port.',
  },
  IST0138: {
    name: 'GatewayDuplicateCertificate',
    level: 'Warning',
    args: ['gateways'],
    template:
      'Duplicate certificate in multiple gateways %v may cause 404s if clients re-use HTTP2 connections.',
    meaning: 'Duplicate certificate in multiple gateways may cause 404s if clients re-use HTTP2 connections.',
  },
  IST0139: {
    name: 'InvalidWebhook',
    level: 'Error',
    args: ['error'],
    template: '%v',
    meaning: 'Webhook is invalid or references a control plane service that does not exist.',
  },
  IST0140: {
    name: 'IngressRouteRulesNotAffected',
    level: 'Warning',
    args: ['virtualservicesubset', 'virtualservice'],
    template: 'Subset in virtual service %s has no effect on ingress gateway %s requests',
    meaning: 'Route rules have no effect on ingress gateway requests',
  },
  IST0141: {
    name: 'InsufficientPermissions',
    level: 'Error',
    args: ['resource', 'error'],
    template: 'Missing required permission to create resource %v (%v)',
    meaning: 'Required permissions to install Istio are missing.',
  },
  IST0142: {
    name: 'UnsupportedKubernetesVersion',
    level: 'Error',
    args: ['version', 'minimumVersion'],
    template: 'The Kubernetes Version %q is lower than the minimum version: %v',
    meaning: 'The Kubernetes version is not supported',
  },
  IST0143: {
    name: 'LocalhostListener',
    level: 'Error',
    args: ['port'],
    template:
      'Port %v is exposed in a Service but listens on localhost. It will not be exposed to other pods.',
    meaning: 'A port exposed in a Service is bound to a localhost address',
  },
  IST0144: {
    name: 'InvalidApplicationUID',
    level: 'Warning',
    args: [],
    template: 'User ID (UID) 1337 is reserved for the sidecar proxy.',
    meaning: 'Application pods should not run as user ID (UID) 1337',
  },
  IST0145: {
    name: 'ConflictingGateways',
    level: 'Error',
    args: ['gateway', 'selector', 'portnumber', 'hosts'],
    template: 'Conflict with gateways %s (workload selector %s, port %s, hosts %v).',
    meaning: 'Gateway should not have the same selector, port and matched hosts of server',
  },
  IST0146: {
    name: 'ImageAutoWithoutInjectionWarning',
    level: 'Warning',
    args: ['resourceType', 'resourceName'],
    template: '%s %s contains `image: auto` but does not match any Istio injection webhook selectors.',
    meaning: 'Deployments with `image: auto` should be targeted for injection.',
  },
  IST0147: {
    name: 'ImageAutoWithoutInjectionError',
    level: 'Error',
    args: ['resourceType', 'resourceName'],
    template: '%s %s contains `image: auto` but does not match any Istio injection webhook selectors.',
    meaning: 'Pods with `image: auto` should be targeted for injection.',
  },
  IST0148: {
    name: 'NamespaceInjectionEnabledByDefault',
    level: 'Info',
    args: [],
    template: 'is enabled for Istio injection, as Istio is installed with enableNamespacesByDefault as true.',
    meaning:
      'user namespace should be injectable if Istio is installed with enableNamespacesByDefault enabled and neither injection label is set.',
  },
  IST0149: {
    name: 'JwtClaimBasedRoutingWithoutRequestAuthN',
    level: 'Error',
    args: ['key', 'gateway', 'pod'],
    template:
      'The virtual service uses the JWT claim based routing (key: %s) but found no request authentication for the gateway (%s) pod (%s). The request authentication must first be applied for the gateway pods to validate the JWT token and make the claims available for routing.',
    meaning: 'Virtual service using JWT claim based routing without request authentication.',
  },
  IST0150: {
    name: 'ExternalNameServiceTypeInvalidPortName',
    level: 'Warning',
    args: [],
    template:
      'Port name for ExternalName service is invalid. Proxy may prevent tcp named ports and unmatched traffic for ports serving TCP protocol from being forwarded correctly',
    meaning:
      'Proxy may prevent tcp named ports and unmatched traffic for ports serving TCP protocol from being forwarded correctly for ExternalName services.',
  },
  IST0151: {
    name: 'EnvoyFilterUsesRelativeOperation',
    level: 'Warning',
    args: [],
    template:
      'This EnvoyFilter does not have a priority and has a relative patch operation set which can cause the EnvoyFilter not to be applied. Using the INSERT_FIRST of ADD option or setting the priority may help in ensuring the EnvoyFilter is applied correctly.',
    meaning:
      'This EnvoyFilter does not have a priority and has a relative patch operation set which can cause the EnvoyFilter not to be applied. Using the INSERT_FIRST or ADD option or setting the priority may help in ensuring the EnvoyFilter is applied correctly.',
  },
  IST0152: {
    name: 'EnvoyFilterUsesReplaceOperationIncorrectly',
    level: 'Error',
    args: [],
    template: 'The REPLACE operation is only valid for HTTP_FILTER and NETWORK_FILTER.',
    meaning: 'The REPLACE operation is only valid for HTTP_FILTER and NETWORK_FILTER.',
  },
  IST0153: {
    name: 'EnvoyFilterUsesAddOperationIncorrectly',
    level: 'Error',
    args: [],
    template: 'The ADD operation will be ignored when applyTo is set to ROUTE_CONFIGURATION, or HTTP_ROUTE.',
    meaning: 'The ADD operation will be ignored when applyTo is set to ROUTE_CONFIGURATION, or HTTP_ROUTE.',
  },
  IST0154: {
    name: 'EnvoyFilterUsesRemoveOperationIncorrectly',
    level: 'Error',
    args: [],
    template:
      'The REMOVE operation will be ignored when applyTo is set to ROUTE_CONFIGURATION, or HTTP_ROUTE.',
    meaning:
      'The REMOVE operation will be ignored when applyTo is set to ROUTE_CONFIGURATION, or HTTP_ROUTE.',
  },
  IST0155: {
    name: 'EnvoyFilterUsesRelativeOperationWithProxyVersion',
    level: 'Warning',
    args: [],
    template:
      'This EnvoyFilter does not have a priority and has a relative patch operation (NSTERT_BEFORE/AFTER, REPLACE, MERGE, DELETE) and proxyVersion set which can cause the EnvoyFilter not to be applied during an upgrade. Using the INSERT_FIRST or ADD option or setting the priority may help in ensuring the EnvoyFilter is applied correctly.',
    meaning:
      'This EnvoyFilter does not have a priority and has a relative patch operation (NSTERT_BEFORE/AFTER, REPLACE, MERGE, DELETE) and proxyVersion set which can cause the EnvoyFilter not to be applied during an upgrade. Using the INSERT_FIRST or ADD option or setting the priority may help in ensuring the EnvoyFilter is applied correctly.',
  },
  IST0156: {
    name: 'UnsupportedGatewayAPIVersion',
    level: 'Error',
    args: ['version', 'minimumVersion'],
    template: 'The Gateway API CRD version %v is lower than the minimum version: %v',
    meaning: 'The Gateway API CRD version is not supported',
  },
  IST0157: {
    name: 'InvalidTelemetryProvider',
    level: 'Warning',
    args: ['name', 'namespace'],
    template: 'The Telemetry %v in namespace %q with empty providers will be ignored.',
    meaning: 'The Telemetry with empty providers will be ignored',
  },
  IST0158: {
    name: 'PodsIstioProxyImageMismatchInNamespace',
    level: 'Warning',
    args: ['podNames'],
    template:
      'The Istio proxy images of the pods running in the namespace do not match the image defined in the injection configuration (pod names: %v). This often happens after upgrading the Istio control-plane and can be fixed by redeploying the pods.',
    meaning:
      'The Istio proxy image of the pods running in the namespace do not match the image defined in the injection configuration.',
  },
  IST0159: {
    name: 'ConflictingTelemetryWorkloadSelectors',
    level: 'Error',
    args: ['conflictingTelemetries', 'namespace', 'workloadPod'],
    template:
      'The Telemetries %v in namespace %q select the same workload pod %q, which can lead to undefined behavior.',
    meaning: 'A Telemetry resource selects the same workloads as another Telemetry resource',
  },
  IST0160: {
    name: 'MultipleTelemetriesWithoutWorkloadSelectors',
    level: 'Error',
    args: ['conflictingTelemetries', 'namespace'],
    template:
      'The Telemetries %v in namespace %q have no workload selector, which can lead to undefined behavior.',
    meaning: 'More than one telemetry resource in a namespace has no workload selector',
  },
  IST0161: {
    name: 'InvalidGatewayCredential',
    level: 'Error',
    args: ['gatewayName', 'gatewayNamespace'],
    template:
      'The credential referenced by the Gateway %s in namespace %s is invalid, which can cause the traffic not to work as expected.',
    meaning: 'The credential provided for the Gateway resource is invalid',
  },
  IST0162: {
    name: 'GatewayPortNotDefinedOnService',
    level: 'Warning',
    args: ['port', 'selector'],
    template:
      'The gateway is listening on a target port (port %d) that is not defined in the Service associated with its workload instances (Pod selector %s). If you need to access the gateway port through the gateway Service, it will not be available.',
    meaning: 'Gateway port not exposed by service',
  },
  IST0163: {
    name: 'InvalidExternalControlPlaneConfig',
    level: 'Warning',
    args: ['hostname', 'webhook', 'msg'],
    template:
      'The hostname (%s) that was provided for the webhook (%s) to reach the ingress gateway on the external control plane cluster %s. Traffic may not flow properly.',
    meaning: 'Address for the ingress gateway on the external control plane is not valid',
  },
  IST0164: {
    name: 'ExternalControlPlaneAddressIsNotAHostname',
    level: 'Info',
    args: ['hostname', 'webhook'],
    template:
      'The address (%s) that was provided for the webhook (%s) to reach the ingress gateway on the external control plane cluster is an IP address. This is not recommended for a production environment.',
    meaning:
      'Address for the ingress gateway on the external control plane is an IP address and not a hostname',
  },
  IST0165: {
    name: 'ReferencedInternalGateway',
    level: 'Warning',
    args: ['virtualservice', 'gateway'],
    template:
      'Gateway reference in VirtualService %s is to an implementation-generated internal Gateway: %s.',
    meaning: 'VirtualServices should not reference internal Gateways.',
  },
  IST0166: {
    name: 'IneffectiveSelector',
    level: 'Warning',
    args: ['gateway'],
    template: 'Ineffective selector on Kubernetes Gateway %s. Use the TargetRef field instead.',
    meaning: 'Selector has no effect when applied to Kubernetes Gateways.',
  },
  IST0167: {
    name: 'IneffectivePolicy',
    level: 'Warning',
    args: ['reason'],
    template: 'The policy has no impact: %s.',
    meaning: 'The policy applied has no impact.',
  },
  IST0168: {
    name: 'UnknownUpgradeCompatibility',
    level: 'Warning',
    args: ['field', 'release', 'info', 'compatVersion'],
    template:
      'The configuration %q changed in release %s, but compatibility cannot be automatically detected: %s. Or, install with `--set compatibilityVersion=%s` to retain the old default.',
    meaning: 'We cannot automatically detect whether a change is fully compatible or not',
  },
  IST0169: {
    name: 'UpdateIncompatibility',
    level: 'Warning',
    args: ['field', 'release', 'info', 'compatVersion'],
    template:
      'The configuration %q changed in release %s: %s. Or, install with `--set compatibilityVersion=%s` to retain the old default.',
    meaning: 'The provided configuration object may be incompatible due to an upgrade',
  },
  IST0170: {
    name: 'MultiClusterInconsistentService',
    level: 'Warning',
    args: ['serviceName', 'namespace', 'clusters', 'error'],
    template:
      'The service %v in namespace %q is inconsistent across clusters %q, which can lead to undefined behaviors. The inconsistent behaviors are: %v.',
    meaning: 'The services live in different clusters under multi-cluster deployment model are inconsistent',
  },
  IST0171: {
    name: 'NegativeConditionStatus',
    level: 'Warning',
    args: ['conditionType', 'reason', 'message'],
    template: 'A condition with a negative status is present: type=%s, reason=%s, message=%s.',
    meaning: 'A condition with a negative status is present',
  },
  IST0172: {
    name: 'FutureUnsupportedGatewayAPIVersion',
    level: 'Warning',
    args: ['version', 'minimumVersion'],
    template: 'The Gateway API CRD version %v is lower than the minimum version: %v',
    meaning: 'The Gateway API CRD version will not be supported in the future',
  },
  IST0173: {
    name: 'DestinationRuleSubsetNotSelectPods',
    level: 'Error',
    args: ['subset'],
    template:
      'The Subset %s defined in the DestinationRule does not select any pods. Which may lead to 503 UH (NoHealthyUpstream).',
    meaning: 'Subsets defined in destination does not select any pods.',
  },
  IST0174: {
    name: 'UnknownDestinationRuleHost',
    level: 'Warning',
    args: ['host'],
    template: 'The host %s defined in the DestinationRule does not match any services in the mesh.',
    meaning: 'Host defined in destination rule does not match any services in the mesh.',
  },
  IST0175: {
    name: 'JwksUriFetchUnrestricted',
    level: 'Warning',
    args: ['count', 'names'],
    template:
      'BLOCKED_CIDRS_IN_JWKS_URIS is not configured but %d RequestAuthentication resource(s) exist (%s). Consider configuring it to restrict JWKS URI fetches to trusted networks.',
    meaning:
      'RequestAuthentication resources exist but BLOCKED_CIDRS_IN_JWKS_URIS is not configured on istiod.',
  },
  IST0176: {
    name: 'GatewayAPICRDVersionBelowMinimum',
    level: 'Warning',
    args: ['crd', 'installedVersion', 'minimumVersion'],
    template:
      'Gateway API CRD %q is at version %q but Istio requires at least %q; resources of this kind will not be processed. Upgrade the Gateway API CRDs to satisfy the minimum version.',
    meaning:
      'A Gateway API CRD is installed at a version below the minimum required by this Istio version. Resources of this kind will not be processed.',
  },
  IST0177: {
    name: 'ConflictingServiceEntryProtocol',
    level: 'Warning',
    args: ['serviceEntryNames', 'host', 'port', 'protocols'],
    template:
      'Multiple ServiceEntries (%s) define the same host %q and port %d with conflicting protocols (%s).',
    meaning: 'Multiple ServiceEntries define the same host and port with conflicting protocols.',
  },
} as const
