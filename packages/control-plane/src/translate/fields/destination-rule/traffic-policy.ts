import type { DestinationRuleSpec, PortTrafficPolicy, TrafficPolicy } from '@batten/api'

/** What counts for one port of one subset. */
export type EffectivePolicy = Omit<TrafficPolicy, 'portLevelSettings'>

const NO_POLICY: EffectivePolicy = Object.freeze({})

/**
 * The traffic policy of a port and subset. The settings of a port replace all of the policy's (load balancer,
 * connection pool, outlier detection, TLS: what they leave out is unset, not inherited); each setting of a subset
 * replaces that of the rule.
 *
 * @translates DestinationRule spec.trafficPolicy.portLevelSettings -> Cluster (of that port)
 * @translates DestinationRule spec.subsets[].trafficPolicy -> Cluster (of that subset)
 * @see https://istio.io/latest/docs/reference/config/networking/destination-rule/#TrafficPolicy-PortTrafficPolicy
 */
export function effectivePolicy(
  rule: DestinationRuleSpec | undefined,
  subsetName: string,
  port: number,
): EffectivePolicy {
  if (rule === undefined) return NO_POLICY
  const base = ofPort(rule.trafficPolicy, port)
  const subset = rule.subsets?.find(({ name }) => name === subsetName)
  if (subset?.trafficPolicy === undefined) return base
  const { portLevelSettings, ...own } = subset.trafficPolicy
  const merged = { ...base, ...withoutUndefined(own) }
  const portSettings = settingsOf(portLevelSettings, port)
  return portSettings === undefined ? merged : replacePortSettings(merged, portSettings)
}

function ofPort(policy: TrafficPolicy | undefined, port: number): EffectivePolicy {
  if (policy === undefined) return NO_POLICY
  const { portLevelSettings, ...base } = policy
  const portSettings = settingsOf(portLevelSettings, port)
  return portSettings === undefined ? base : replacePortSettings(base, portSettings)
}

function replacePortSettings(policy: EffectivePolicy, settings: PortTrafficPolicy): EffectivePolicy {
  const { loadBalancer, connectionPool, outlierDetection, tls } = settings
  return { ...policy, loadBalancer, connectionPool, outlierDetection, tls }
}

function settingsOf(
  settings: readonly PortTrafficPolicy[] | undefined,
  port: number,
): PortTrafficPolicy | undefined {
  return settings?.find((entry) => entry.port?.number === port)
}

function withoutUndefined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as Partial<T>
}

/** Where a setting of {@link effectivePolicy} stands in the rule. */
export function policyPath(
  rule: DestinationRuleSpec,
  subsetName: string,
  port: number,
  field: (keyof PortTrafficPolicy & keyof TrafficPolicy) | 'retryBudget',
): string {
  const places: (readonly [string, TrafficPolicy | undefined])[] = [
    ['spec.trafficPolicy', rule.trafficPolicy],
  ]
  const index = (rule.subsets ?? []).findIndex(({ name }) => name === subsetName)
  if (index >= 0)
    places.unshift([`spec.subsets[${index}].trafficPolicy`, rule.subsets?.[index]?.trafficPolicy])
  for (const [path, policy] of places) {
    const at = (policy?.portLevelSettings ?? []).findIndex((entry) => entry.port?.number === port)
    const settings = policy?.portLevelSettings?.[at]
    if (field !== 'retryBudget' && settings?.[field] !== undefined)
      return `${path}.portLevelSettings[${at}].${field}`
    if (policy?.[field] !== undefined) return `${path}.${field}`
  }
  return 'spec.trafficPolicy'
}
