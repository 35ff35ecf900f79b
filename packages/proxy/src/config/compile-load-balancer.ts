import type { Any, Cluster, LeastRequest } from '@batten/xds'
import type { ClusterConfig, LoadBalancerKind } from '../upstream/cluster-config.ts'
import type { FieldPath } from './field-path.ts'
import { MessageReader } from './message-reader.ts'
import { unpackExtension } from './unpack.ts'

type CompiledLoadBalancer = Pick<ClusterConfig, 'loadBalancer' | 'choiceCount' | 'healthyPanicPercent'>

const POLICIES: Readonly<Record<string, LoadBalancerKind>> = {
  ROUND_ROBIN: 'round-robin',
  LEAST_REQUEST: 'least-request',
  RANDOM: 'random',
  CLUSTER_PROVIDED: 'cluster-provided',
}

const EXTENSIONS: Readonly<Record<string, LoadBalancerKind>> = {
  'envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin': 'round-robin',
  'envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest': 'least-request',
  'envoy.extensions.load_balancing_policies.random.v3.Random': 'random',
  'envoy.extensions.load_balancing_policies.cluster_provided.v3.ClusterProvided': 'cluster-provided',
}

/** `lb_policy` or `load_balancing_policy`, with `common_lb_config`. */
export function compileLoadBalancer(cluster: MessageReader<Cluster>): CompiledLoadBalancer {
  const policy = cluster.take('lbPolicy') ?? 'ROUND_ROBIN'
  const leastRequest = cluster.nested('leastRequestLbConfig', 'LeastRequestLbConfig')
  const choiceCount = leastRequest?.number('choiceCount') ?? 2
  leastRequest?.done()
  cluster.nested('roundRobinLbConfig', 'RoundRobinLbConfig')?.done()
  cluster.nested('originalDstLbConfig', 'OriginalDstLbConfig')?.done()
  const healthyPanicPercent = compilePanicPercent(cluster)

  const extension = cluster.nested('loadBalancingPolicy', 'LoadBalancingPolicy')
  if (extension !== undefined) {
    const candidates = extension.each('policies', 'LoadBalancingPolicy.Policy').map((candidate) => {
      const config = candidate.nested('typedExtensionConfig', 'TypedExtensionConfig')
      const typedConfig = config?.take('typedConfig')
      config?.skip('name')
      config?.done()
      candidate.done()
      return { typedConfig, at: candidate.at.field('typedExtensionConfig').field('typedConfig') }
    })
    extension.done()
    return { ...compileExtension(candidates, extension.at), healthyPanicPercent }
  }

  const loadBalancer = POLICIES[policy]
  if (loadBalancer === undefined) throw cluster.path('lbPolicy').unsupported(`${policy} is not supported yet`)
  return { loadBalancer, choiceCount: checkChoices(choiceCount, cluster.at), healthyPanicPercent }
}

/** The first policy that this proxy knows counts, as in Envoy. */
function compileExtension(
  candidates: readonly { typedConfig: Any | undefined; at: FieldPath }[],
  at: FieldPath,
): Pick<CompiledLoadBalancer, 'loadBalancer' | 'choiceCount'> {
  for (const candidate of candidates) {
    const typeUrl = candidate.typedConfig?.typeUrl ?? ''
    const loadBalancer = EXTENSIONS[typeUrl.slice(typeUrl.lastIndexOf('/') + 1)]
    if (loadBalancer === undefined) continue
    const { message } = unpackExtension(candidate.typedConfig, candidate.at)
    const reader = new MessageReader(message as LeastRequest, 'LoadBalancingPolicy.Config', candidate.at)
    const choiceCount = loadBalancer === 'least-request' ? (reader.number('choiceCount') ?? 2) : 2
    reader.done()
    return { loadBalancer, choiceCount: checkChoices(choiceCount, candidate.at) }
  }
  const names = candidates.map((candidate) => candidate.typedConfig?.typeUrl ?? 'none')
  throw at.unsupported(`none of these policies is supported yet: ${names.join(', ')}`)
}

function checkChoices(choiceCount: number, at: FieldPath): number {
  if (choiceCount < 2)
    throw at.field('leastRequestLbConfig').field('choiceCount').invalid('must be at least 2')
  return choiceCount
}

function compilePanicPercent(cluster: MessageReader<Cluster>): number {
  const common = cluster.nested('commonLbConfig', 'CommonLbConfig')
  if (common === undefined) return 50
  const threshold = common.nested('healthyPanicThreshold', 'Percent')
  const percent = threshold === undefined ? 50 : (threshold.number('value') ?? 0)
  threshold?.done()
  common.done()
  return percent
}
