import type { KubernetesObject } from '../../k8s.ts'
import type { RawFinding } from '../findings.ts'
import { checkAnnotations } from './annotations.ts'
import { authorizationPolicyRules } from './authorization-policy.ts'
import { destinationRuleRules } from './destination-rule.ts'
import { envoyFilterRules } from './envoy-filter.ts'
import { gatewayRules } from './gateway.ts'
import { peerAuthenticationRules } from './peer-authentication.ts'
import { proxyConfigRules } from './proxy-config.ts'
import { type KindRules, type RuledObject, RuleReport } from './report.ts'
import { requestAuthenticationRules } from './request-authentication.ts'
import { serviceEntryRules } from './service-entry.ts'
import { sidecarRules } from './sidecar.ts'
import { telemetryRules } from './telemetry.ts'
import { virtualServiceRules } from './virtual-service.ts'
import { trafficExtensionRules, wasmPluginRules } from './wasm.ts'
import { workloadEntryRules } from './workload-entry.ts'
import { workloadGroupRules } from './workload-group.ts'

/** The rules of each kind, by `group/kind`: one file a kind and one line here. */
const rules = new Map<string, (spec: object, object: RuledObject, report: RuleReport) => void>([
  entry('networking.istio.io/VirtualService', virtualServiceRules),
  entry('networking.istio.io/DestinationRule', destinationRuleRules),
  entry('networking.istio.io/Gateway', gatewayRules),
  entry('networking.istio.io/ServiceEntry', serviceEntryRules),
  entry('networking.istio.io/Sidecar', sidecarRules),
  entry('networking.istio.io/WorkloadEntry', workloadEntryRules),
  entry('networking.istio.io/WorkloadGroup', workloadGroupRules),
  entry('networking.istio.io/EnvoyFilter', envoyFilterRules),
  entry('networking.istio.io/ProxyConfig', proxyConfigRules),
  entry('security.istio.io/AuthorizationPolicy', authorizationPolicyRules),
  entry('security.istio.io/PeerAuthentication', peerAuthenticationRules),
  entry('security.istio.io/RequestAuthentication', requestAuthenticationRules),
  entry('telemetry.istio.io/Telemetry', telemetryRules),
  entry('extensions.istio.io/WasmPlugin', wasmPluginRules),
  entry('extensions.istio.io/TrafficExtension', trafficExtensionRules),
])

/** The schema was checked before, so that a spec has the shape its rules expect. */
function entry<T extends object>(
  kind: string,
  check: KindRules<T>,
): [string, (spec: object, object: RuledObject, report: RuleReport) => void] {
  return [kind, (spec, object, report) => check(spec as T, object, report)]
}

/** What Istio's webhook says about an object whose schema is in order. `kind` is `group/kind`. */
export function ruleFindings(object: KubernetesObject, kind: string): RawFinding[] {
  const check = rules.get(kind)
  if (check === undefined) return []
  const report = new RuleReport()
  const { name = '', namespace, labels = {}, annotations = {} } = object.metadata
  const ruled: RuledObject = {
    name,
    namespace: namespace === undefined || namespace === '' ? 'default' : namespace,
    labels,
    annotations,
  }
  if (checkAnnotations(object, ruled, report)) check(withoutNulls(object.spec ?? {}) as object, ruled, report)
  return report.findings
}

/** Null means the same as nothing in the messages of Istio. The object itself comes back when it has none. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(withoutNulls)
    return items.every((item, i) => item === value[i]) ? value : items
  }
  if (typeof value !== 'object' || value === null) return value
  let copy: Record<string, unknown> | undefined
  for (const [key, field] of Object.entries(value)) {
    const clean = withoutNulls(field)
    if (field !== null && clean === field) continue
    copy ??= { ...value }
    if (field === null) delete copy[key]
    else copy[key] = clean
  }
  return copy ?? value
}
