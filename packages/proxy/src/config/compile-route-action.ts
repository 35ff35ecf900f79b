import type {
  RouteAction as RouteActionMessage,
  WeightedCluster as WeightedClusterMessage,
} from '@batten/xds'
import type { RouteAction, WeightedCluster } from '../http/route/route-config.ts'
import { compileHeaderMutations } from './compile-header-mutations.ts'
import { compileRetryPolicy } from './compile-retry-policy.ts'
import { compileRegexRewrite } from './compile-string-matcher.ts'
import { checkHeaderText, meaningOf } from './header-text.ts'
import type { MessageReader } from './message-reader.ts'
import type { RouteContext } from './route-context.ts'

/** Envoy's timeout of a route that says nothing. */
const DEFAULT_TIMEOUT_MS = 15_000

/** The weights of a route add up to a `uint32`. */
const MAX_TOTAL_WEIGHT = 0xffff_ffff

const NOT_FOUND_STATUS: Readonly<Record<string, number>> = {
  SERVICE_UNAVAILABLE: 503,
  NOT_FOUND: 404,
  INTERNAL_SERVER_ERROR: 500,
}

/** `RouteAction` -> {@link RouteAction}. */
export function compileRouteAction(
  action: MessageReader<RouteActionMessage>,
  context: RouteContext,
): RouteAction {
  const retryPolicy = action.nested('retryPolicy', 'RetryPolicy')
  const maxStream = action.nested('maxStreamDuration', 'RouteAction.MaxStreamDuration')
  const maxStreamDurationMs = maxStream?.durationMs('maxStreamDuration')
  const grpcTimeoutHeaderMaxMs = maxStream?.durationMs('grpcTimeoutHeaderMax')
  const grpcTimeoutHeaderOffsetMs = maxStream?.durationMs('grpcTimeoutHeaderOffset')
  maxStream?.done()
  // As Envoy: a route that bounds its streams has no other timeouts.
  const timeoutMs = action.durationMs('timeout')
  const maxGrpcTimeoutMs = action.durationMs('maxGrpcTimeout')
  const grpcTimeoutOffsetMs = action.durationMs('grpcTimeoutOffset')
  if (action.has('priority') && action.message.priority !== 'DEFAULT')
    throw action.path('priority').unsupported('priority HIGH is not supported yet')
  const result: RouteAction = {
    kind: 'route',
    cluster: compileClusterChoice(action, context),
    clusterNotFoundStatus: meaningOf(
      NOT_FOUND_STATUS,
      action.take('clusterNotFoundResponseCode') ?? 'SERVICE_UNAVAILABLE',
      action.path('clusterNotFoundResponseCode'),
    ),
    prefixRewrite: action.take('prefixRewrite'),
    regexRewrite: compileRegexRewrite(action.nested('regexRewrite', 'RegexMatchAndSubstitute')),
    hostRewrite: compileHostRewrite(action),
    appendsForwardedHost: action.flag('appendXForwardedHost'),
    timeoutMs: maxStream === undefined ? (timeoutMs ?? DEFAULT_TIMEOUT_MS) : 0,
    maxGrpcTimeoutMs: maxStream === undefined ? maxGrpcTimeoutMs : undefined,
    grpcTimeoutOffsetMs,
    idleTimeoutMs: action.durationMs('idleTimeout'),
    maxStreamDurationMs,
    grpcTimeoutHeaderMaxMs,
    grpcTimeoutHeaderOffsetMs,
    retryPolicy: retryPolicy === undefined ? undefined : compileRetryPolicy(retryPolicy),
    upgrades: compileUpgrades(action),
    metadataMatch: undefined,
  }
  checkHeaderText(result.prefixRewrite, action.path('prefixRewrite'))
  if (result.prefixRewrite !== undefined && result.regexRewrite !== undefined)
    throw action.path('regexRewrite').invalid('must not stand beside prefix_rewrite')
  action.done()
  return Object.freeze(result)
}

function compileClusterChoice(
  action: MessageReader<RouteActionMessage>,
  context: RouteContext,
): RouteAction['cluster'] {
  const name = action.text('cluster')
  const header = action.text('clusterHeader')
  const weighted = action.nested('weightedClusters', 'WeightedCluster')
  if (name !== '') {
    context.clusters.add(name)
    return Object.freeze({ kind: 'name', name })
  }
  if (header !== '') {
    checkHeaderText(header, action.path('clusterHeader'))
    return Object.freeze({ kind: 'header', header: header.toLowerCase() })
  }
  if (weighted === undefined)
    throw action.at.invalid('one of cluster, cluster_header, weighted_clusters is required')
  const entries = compileWeightedClusters(weighted, context)
  const totalWeight = entries.reduce((sum, entry) => sum + entry.weight, 0)
  if (totalWeight === 0) throw weighted.at.invalid('the sum of the weights must be greater than 0')
  if (totalWeight > MAX_TOTAL_WEIGHT)
    throw weighted.at.invalid(`the sum of the weights must not be greater than ${MAX_TOTAL_WEIGHT}`)
  // As Envoy: the sum is what counts, whatever is declared.
  weighted.skip('totalWeight')
  weighted.done()
  return Object.freeze({ kind: 'weighted', entries: Object.freeze(entries), totalWeight })
}

function compileWeightedClusters(
  weighted: MessageReader<WeightedClusterMessage>,
  context: RouteContext,
): WeightedCluster[] {
  const entries = weighted.each('clusters', 'WeightedCluster.ClusterWeight')
  if (entries.length === 0) throw weighted.path('clusters').invalid('at least one cluster is required')
  return entries.map((entry) => {
    const { name, header } = compileWeightedName(entry, context)
    const compiled: WeightedCluster = {
      name,
      header,
      weight: entry.number('weight') ?? 0,
      mutations: compileHeaderMutations(entry, context.values),
      hostRewrite: entry.take('hostRewriteLiteral'),
      filterConfigs: context.filterConfigs(
        entry.take('typedPerFilterConfig'),
        entry.path('typedPerFilterConfig'),
      ),
    }
    checkHeaderText(compiled.hostRewrite, entry.path('hostRewriteLiteral'))
    entry.done()
    return Object.freeze(compiled)
  })
}

function compileWeightedName(
  entry: MessageReader<NonNullable<WeightedClusterMessage['clusters']>[number]>,
  context: RouteContext,
): Pick<WeightedCluster, 'name' | 'header'> {
  const name = entry.text('name')
  const header = entry.text('clusterHeader').toLowerCase()
  if ((name === '') === (header === ''))
    throw entry.at.invalid('either name or cluster_header is required, not both')
  checkHeaderText(header, entry.path('clusterHeader'))
  if (header !== '') return { name, header }
  context.clusters.add(name)
  return { name, header: undefined }
}

function compileHostRewrite(action: MessageReader<RouteActionMessage>): RouteAction['hostRewrite'] {
  const value = action.text('hostRewriteLiteral')
  const header = action.text('hostRewriteHeader')
  const automatic = action.flag('autoHostRewrite')
  const pathRegex = compileRegexRewrite(action.nested('hostRewritePathRegex', 'RegexMatchAndSubstitute'))
  checkHeaderText(value, action.path('hostRewriteLiteral'))
  checkHeaderText(header, action.path('hostRewriteHeader'))
  if (value !== '') return Object.freeze({ kind: 'literal', value })
  if (header !== '') return Object.freeze({ kind: 'header', header: header.toLowerCase() })
  if (pathRegex !== undefined) return Object.freeze({ kind: 'path-regex', ...pathRegex })
  return automatic ? Object.freeze({ kind: 'auto' }) : undefined
}

function compileUpgrades(action: MessageReader<RouteActionMessage>): ReadonlySet<string> {
  const upgrades = new Set<string>()
  for (const upgrade of action.each('upgradeConfigs', 'RouteAction.UpgradeConfig')) {
    const type = upgrade.requiredText('upgradeType').toLowerCase()
    const enabled = upgrade.flag('enabled', true)
    upgrade.done()
    if (enabled) upgrades.add(type)
  }
  return upgrades
}
