import type { ClientTLSSettings, LoadBalancerSettings } from '@batten/api'
import type { MeshDestinationRule } from '../model/destination-rule.ts'
import type { Reader } from '../model/incremental.ts'
import type { NodeCapabilities } from '../model/node.ts'
import type { MeshSnapshot } from '../model/snapshot.ts'
import {
  type EffectivePolicy,
  effectivePolicy,
  policyPath,
} from './fields/destination-rule/traffic-policy.ts'

/**
 * What not every proxy can do. Batten's says which of these it can in `client_features` (`batten.mirror`); one that
 * does not gets configuration without it, and the user is told, because it would refuse the whole resource otherwise.
 */
export type ProxyFeature =
  | 'consistent-hash'
  | 'http2'
  | 'mirror'
  | 'outlier-detection'
  | 'retry-budget'
  | 'retry-priority'
  | 'slow-start'
  | 'system-roots'
  | 'tcp-keepalive'

/** What happens to traffic without a feature. */
const WITHOUT: Readonly<Record<ProxyFeature, string>> = {
  'consistent-hash': 'load is balanced by least requests',
  http2: 'it speaks HTTP/1.1',
  mirror: 'requests are not mirrored',
  'outlier-detection': 'no host is ejected',
  'retry-budget': 'retries are limited by connectionPool.http.maxRetries only',
  'retry-priority': 'retries choose among the hosts of all localities alike',
  'slow-start': 'new hosts get their full share at once',
  'system-roots': 'set caCertificates or credentialName; until then the settings of before stay',
  'tcp-keepalive': 'the settings of the operating system hold',
}

/** Whether a node can do it. */
export function hasFeature({ userAgent, features }: NodeCapabilities, feature: ProxyFeature): boolean {
  return userAgent !== 'batten' || (features ?? []).includes(feature)
}

/** {@link hasFeature}; when it is not, says so about a field of an object. */
export function reportsFeature(
  read: Reader<MeshSnapshot>,
  capabilities: NodeCapabilities,
  feature: ProxyFeature,
  object: string,
  path: string,
): boolean {
  if (hasFeature(capabilities, feature)) return true
  read.report({
    code: 'CP_UNSUPPORTED_FIELD',
    severity: 'warning',
    subject: object,
    message: `${path} is not supported by Batten's proxy yet: ${WITHOUT[feature]}`,
    object,
    path,
  })
  return false
}

/** Whether servers are verified by the authorities of the machine, which the proxy's agent has to hand out. */
function trustsSystemRoots({
  mode,
  caCertificates,
  credentialName,
  insecureSkipVerify,
}: ClientTLSSettings): boolean {
  return (
    (mode === 'SIMPLE' || mode === 'MUTUAL') &&
    !caCertificates &&
    !credentialName &&
    insecureSkipVerify !== true
  )
}

/** The policy of a port and subset without what the node cannot do. */
export function supportedPolicy(
  read: Reader<MeshSnapshot>,
  capabilities: NodeCapabilities,
  rule: MeshDestinationRule | undefined,
  subset: string,
  port: number,
): EffectivePolicy {
  const policy = effectivePolicy(rule?.spec, subset, port)
  if (rule === undefined || capabilities.userAgent !== 'batten') return policy
  const can = (feature: ProxyFeature, field: Parameters<typeof policyPath>[3], rest = '') =>
    reportsFeature(read, capabilities, feature, rule.key, policyPath(rule.spec, subset, port, field) + rest)
  const { outlierDetection, retryBudget, loadBalancer, connectionPool, ...kept } = policy
  const out: { -readonly [K in keyof EffectivePolicy]: EffectivePolicy[K] } = kept
  if (outlierDetection !== undefined && can('outlier-detection', 'outlierDetection'))
    out.outlierDetection = outlierDetection
  if (retryBudget !== undefined && can('retry-budget', 'retryBudget')) out.retryBudget = retryBudget
  if (connectionPool !== undefined) {
    const { tcpKeepalive, ...tcp } = connectionPool.tcp ?? {}
    out.connectionPool = connectionPool
    if (tcpKeepalive !== undefined && !can('tcp-keepalive', 'connectionPool', '.tcp.tcpKeepalive'))
      out.connectionPool = { ...connectionPool, tcp }
    if (connectionPool.http?.h2UpgradePolicy === 'UPGRADE')
      can('http2', 'connectionPool', '.http.h2UpgradePolicy')
  }
  if (policy.tls !== undefined && trustsSystemRoots(policy.tls)) can('system-roots', 'tls', '.mode')
  if (loadBalancer !== undefined) {
    const hasSlowStart =
      (loadBalancer.warmup === undefined || can('slow-start', 'loadBalancer', '.warmup')) &&
      (loadBalancer.warmupDurationSecs === undefined ||
        can('slow-start', 'loadBalancer', '.warmupDurationSecs'))
    const canHash =
      loadBalancer.consistentHash === undefined || can('consistent-hash', 'loadBalancer', '.consistentHash')
    const balancing: LoadBalancerSettings = canHash ? loadBalancer : { simple: 'UNSPECIFIED' }
    out.loadBalancer = hasSlowStart
      ? balancing
      : { ...balancing, warmup: undefined, warmupDurationSecs: undefined }
  }
  return out
}
