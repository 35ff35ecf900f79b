/** What is known about an annotation of Istio. */
export interface AnnotationType {
  readonly name: string
  /** Kinds that it is for; `Any` for all. */
  readonly kinds: readonly string[]
  readonly stage: 'Alpha' | 'Beta' | 'Stable'
  readonly isDeprecated: boolean
}

function annotation(
  name: string,
  kinds: string,
  stage: AnnotationType['stage'],
  isDeprecated = false,
): [string, AnnotationType] {
  return [name, { name, kinds: kinds.split(' '), stage, isDeprecated }]
}

/**
 * Istio's annotations.
 *
 * @see https://istio.io/latest/docs/reference/config/annotations/
 */
export const annotationTypes: ReadonlyMap<string, AnnotationType> = new Map([
  annotation('alpha.istio.io/canonical-serviceaccounts', 'Service', 'Alpha', true),
  annotation('alpha.istio.io/kubernetes-serviceaccounts', 'Service', 'Alpha', true),
  annotation('ambient.istio.io/bypass-inbound-capture', 'Pod', 'Alpha'),
  annotation('ambient.istio.io/dns-capture', 'Pod', 'Alpha'),
  annotation('ambient.istio.io/redirection', 'Pod', 'Beta'),
  annotation('ambient.istio.io/waypoint-inbound-binding', 'GatewayClass Gateway', 'Alpha'),
  annotation('galley.istio.io/analyze-suppress', 'Any', 'Alpha'),
  annotation('gateway.istio.io/controller-version', 'Any', 'Alpha'),
  annotation('gateway.istio.io/name-override', 'Gateway', 'Alpha'),
  annotation('gateway.istio.io/service-account', 'Gateway', 'Alpha'),
  annotation('inject.istio.io/templates', 'Pod', 'Alpha'),
  annotation('istio.io/autoRegistrationGroup', 'WorkloadEntry', 'Alpha'),
  annotation('istio.io/connectedAt', 'WorkloadEntry', 'Alpha'),
  annotation('istio.io/disconnectedAt', 'WorkloadEntry', 'Alpha'),
  annotation('istio.io/dry-run', 'AuthorizationPolicy', 'Alpha'),
  annotation('istio.io/reroute-virtual-interfaces', 'Pod', 'Alpha'),
  annotation('istio.io/rev', 'Pod', 'Alpha'),
  annotation('istio.io/use-waypoint-canary-weight', 'Service ServiceEntry Namespace', 'Alpha'),
  annotation('istio.io/workloadController', 'WorkloadEntry', 'Alpha'),
  annotation('kubernetes.io/ingress.class', 'Ingress', 'Stable'),
  annotation('networking.istio.io/exportTo', 'Service', 'Alpha'),
  annotation('networking.istio.io/service-type', 'Gateway', 'Alpha'),
  annotation('networking.istio.io/traffic-distribution', 'Namespace Service ServiceEntry', 'Alpha'),
  annotation('prometheus.istio.io/merge-metrics', 'Pod', 'Alpha'),
  annotation('proxy.istio.io/config', 'Pod', 'Beta'),
  annotation('proxy.istio.io/overrides', 'Pod', 'Alpha'),
  annotation('readiness.status.sidecar.istio.io/applicationPorts', 'Pod', 'Alpha'),
  annotation('readiness.status.sidecar.istio.io/failureThreshold', 'Pod', 'Alpha'),
  annotation('readiness.status.sidecar.istio.io/initialDelaySeconds', 'Pod', 'Alpha'),
  annotation('readiness.status.sidecar.istio.io/periodSeconds', 'Pod', 'Alpha'),
  annotation('sidecar.istio.io/agentLogLevel', 'Pod', 'Alpha'),
  annotation('sidecar.istio.io/bootstrapOverride', 'Pod', 'Alpha'),
  annotation('sidecar.istio.io/componentLogLevel', 'Pod', 'Alpha'),
  annotation('sidecar.istio.io/discoveryAddress', 'Pod', 'Alpha', true),
  annotation('sidecar.istio.io/extraStatTags', 'Pod', 'Alpha', true),
  annotation('sidecar.istio.io/inject', 'Pod', 'Beta', true),
  annotation('sidecar.istio.io/interceptionMode', 'Pod', 'Alpha'),
  annotation('sidecar.istio.io/logLevel', 'Pod', 'Alpha'),
  annotation('sidecar.istio.io/nativeSidecar', 'Pod', 'Alpha'),
  annotation('sidecar.istio.io/proxyCPU', 'Pod', 'Alpha'),
  annotation('sidecar.istio.io/proxyCPULimit', 'Pod', 'Alpha'),
  annotation('sidecar.istio.io/proxyImage', 'Pod', 'Alpha'),
  annotation('sidecar.istio.io/proxyImageType', 'Pod', 'Alpha'),
  annotation('sidecar.istio.io/proxyMemory', 'Pod', 'Alpha'),
  annotation('sidecar.istio.io/proxyMemoryLimit', 'Pod', 'Alpha'),
  annotation('sidecar.istio.io/rewriteAppHTTPProbers', 'Pod', 'Alpha'),
  annotation('sidecar.istio.io/statsCompression', 'Pod', 'Alpha', true),
  annotation('sidecar.istio.io/statsEvictionInterval', 'Pod', 'Alpha'),
  annotation('sidecar.istio.io/statsFlushInterval', 'Pod', 'Alpha'),
  annotation('sidecar.istio.io/statsHistogramBins', 'Pod', 'Alpha'),
  annotation('sidecar.istio.io/statsHistogramBuckets', 'Pod', 'Alpha'),
  annotation('sidecar.istio.io/statsInclusionPrefixes', 'Pod', 'Alpha', true),
  annotation('sidecar.istio.io/statsInclusionRegexps', 'Pod', 'Alpha', true),
  annotation('sidecar.istio.io/statsInclusionSuffixes', 'Pod', 'Alpha', true),
  annotation('sidecar.istio.io/status', 'Pod', 'Alpha'),
  annotation('sidecar.istio.io/userVolume', 'Pod', 'Alpha'),
  annotation('sidecar.istio.io/userVolumeMount', 'Pod', 'Alpha'),
  annotation('status.sidecar.istio.io/port', 'Pod', 'Alpha'),
  annotation('topology.istio.io/controlPlaneClusters', 'Namespace', 'Alpha'),
  annotation('traffic.istio.io/nodeSelector', 'Service', 'Stable'),
  annotation('traffic.sidecar.istio.io/excludeInboundPorts', 'Pod', 'Alpha'),
  annotation('traffic.sidecar.istio.io/excludeInterfaces', 'Pod', 'Alpha'),
  annotation('traffic.sidecar.istio.io/excludeOutboundIPRanges', 'Pod', 'Alpha'),
  annotation('traffic.sidecar.istio.io/excludeOutboundPorts', 'Pod', 'Alpha'),
  annotation('traffic.sidecar.istio.io/includeInboundPorts', 'Pod', 'Alpha'),
  annotation('traffic.sidecar.istio.io/includeOutboundIPRanges', 'Pod', 'Alpha'),
  annotation('traffic.sidecar.istio.io/includeOutboundPorts', 'Pod', 'Alpha'),
  annotation('traffic.sidecar.istio.io/kubevirtInterfaces', 'Pod', 'Alpha', true),
  // Newer than Istio's published list.
  annotation('ambient.istio.io/xfcc-include-client-identity', 'Any', 'Alpha'),
  annotation('istio.io/connect-strategy', 'Any', 'Alpha'),
  annotation('istio.io/ignore-policy-attachment', 'Any', 'Alpha'),
  annotation('prometheus.istio.io/scrape-targets', 'Pod', 'Alpha'),
])
