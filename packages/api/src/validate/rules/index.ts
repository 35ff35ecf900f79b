import type { KubernetesObject } from '../../k8s.ts'
import { type Fields, isFields } from '../check.ts'
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
import { withoutNulls } from './without-nulls.ts'
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
  const { name, namespace, labels, annotations } = object.metadata as unknown as Fields
  const ruled: RuledObject = {
    name: typeof name === 'string' ? name : '',
    namespace: typeof namespace === 'string' && namespace !== '' ? namespace : 'default',
    labels: texts(labels),
    annotations: texts(annotations),
  }
  if (checkAnnotations(object, ruled, report)) check(withoutNulls(object.spec ?? {}) as object, ruled, report)
  return report.findings
}

/** A map of strings; Go reads null in one as an empty string. */
function texts(map: unknown): Readonly<Record<string, string>> {
  if (!isFields(map)) return {}
  const entries = Object.entries(map)
  if (entries.every(([, value]) => typeof value === 'string')) return map as Record<string, string>
  return Object.fromEntries(entries.map(([key, value]) => [key, typeof value === 'string' ? value : '']))
}
