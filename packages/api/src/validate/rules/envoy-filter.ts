import { compileRegex } from '@batten/core/regex'
import type {
  EnvoyConfigObjectPatch,
  EnvoyFilterFilterMatch,
  EnvoyFilterSpec,
} from '../../gen/types/networking/envoy-filter.ts'
import { checkTarget, checkWorkloadSelector } from './labels.ts'
import type { KindRules, Path, RuleReport } from './report.ts'

/** Rules of EnvoyFilter. The value of a patch is checked only as far as it can be without Envoy's messages. */
export const envoyFilterRules: KindRules<EnvoyFilterSpec> = (spec, _object, report) => {
  report.warning(
    ['spec'],
    'RULE_ENVOY_FILTER',
    'EnvoyFilter exposes internal implementation details that may change at any time. Prefer other APIs if possible, and exercise extreme caution, especially around upgrades.',
  )
  checkWorkloadSelector(spec.workloadSelector, ['spec', 'workloadSelector'], 'Envoy filter', report)
  for (const [i, reference] of (spec.targetRefs ?? []).entries())
    checkTarget(reference, ['spec', 'targetRefs', i], report)
  for (const [i, patch] of (spec.configPatches ?? []).entries())
    checkPatch(patch, ['spec', 'configPatches', i], report)
}

const LISTENER_PARTS = ['LISTENER', 'FILTER_CHAIN', 'NETWORK_FILTER', 'HTTP_FILTER']
const ROUTE_PARTS = ['ROUTE_CONFIGURATION', 'VIRTUAL_HOST', 'HTTP_ROUTE']
const CONNECTION_MANAGER = 'envoy.filters.network.http_connection_manager'

/** Names that filters had before they were all called `envoy.filters...`. */
const OLD_NAMES: Readonly<Record<string, string>> = {
  'envoy.buffer': 'envoy.filters.http.buffer',
  'envoy.cors': 'envoy.filters.http.cors',
  'envoy.csrf': 'envoy.filters.http.csrf',
  'envoy.ext_authz': 'envoy.filters.http.ext_authz',
  'envoy.fault': 'envoy.filters.http.fault',
  'envoy.grpc_http1_bridge': 'envoy.filters.http.grpc_http1_bridge',
  'envoy.grpc_json_transcoder': 'envoy.filters.http.grpc_json_transcoder',
  'envoy.grpc_web': 'envoy.filters.http.grpc_web',
  'envoy.gzip': 'envoy.filters.http.gzip',
  'envoy.health_check': 'envoy.filters.http.health_check',
  'envoy.http_connection_manager': CONNECTION_MANAGER,
  'envoy.ip_tagging': 'envoy.filters.http.ip_tagging',
  'envoy.lua': 'envoy.filters.http.lua',
  'envoy.rate_limit': 'envoy.filters.http.ratelimit',
  'envoy.router': 'envoy.filters.http.router',
  'envoy.squash': 'envoy.filters.http.squash',
  'envoy.client_ssl_auth': 'envoy.filters.network.client_ssl_auth',
  'envoy.echo': 'envoy.filters.network.echo',
  'envoy.mongo_proxy': 'envoy.filters.network.mongo_proxy',
  'envoy.ratelimit': 'envoy.filters.network.ratelimit',
  'envoy.redis_proxy': 'envoy.filters.network.redis_proxy',
  'envoy.tcp_proxy': 'envoy.filters.network.tcp_proxy',
}

interface Problem {
  readonly path: Path
  readonly message: string
}

/** The first thing that is wrong with a patch ends its check, as in the webhook. */
function checkPatch(configPatch: EnvoyConfigObjectPatch, path: Path, report: RuleReport): void {
  const problem = patchProblem(configPatch, path) ?? matchProblem(configPatch, [...path, 'match'])
  if (problem !== undefined) {
    report.error(problem.path, 'RULE_ENVOY_FILTER', `Envoy filter: ${problem.message}`)
    return
  }
  warnMatch(configPatch, [...path, 'match', 'listener', 'filterChain', 'filter'], report)
  checkValue(configPatch.patch?.value, [...path, 'patch', 'value'], report)
}

function patchProblem(
  { applyTo = 'INVALID', match, patch }: EnvoyConfigObjectPatch,
  path: Path,
): Problem | undefined {
  if (applyTo === 'INVALID') return { path: [...path, 'applyTo'], message: 'missing applyTo' }
  if (patch === undefined) return { path: [...path, 'patch'], message: 'missing patch' }
  const { operation = 'INVALID', value } = patch
  if (operation === 'INVALID')
    return { path: [...path, 'patch', 'operation'], message: 'missing patch operation' }
  if (operation !== 'REMOVE' && value === undefined) {
    return { path: [...path, 'patch', 'value'], message: 'missing patch value for non-remove operation' }
  }
  const version = match?.proxy?.proxyVersion ?? ''
  if (version === '') return undefined
  try {
    compileRegex(version)
    return undefined
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    return {
      path: [...path, 'match', 'proxy', 'proxyVersion'],
      message: `invalid regex for proxy version, [${reason}]`,
    }
  }
}

function matchProblem(
  { applyTo = 'INVALID', match }: EnvoyConfigObjectPatch,
  path: Path,
): Problem | undefined {
  if (match === undefined) return undefined
  const { listener, routeConfiguration, cluster, waypoint } = match
  if (waypoint !== undefined) {
    if (['HTTP_FILTER', 'NETWORK_FILTER', 'HTTP_ROUTE'].includes(applyTo)) return undefined
    return { path: [...path, 'waypoint'], message: `waypoint match can not be used with applyTo ${applyTo}` }
  }
  if ([listener, routeConfiguration, cluster].every((one) => one === undefined)) return undefined
  if (ROUTE_PARTS.includes(applyTo) && routeConfiguration === undefined) {
    return { path, message: 'applyTo for http route class objects cannot have non route configuration match' }
  }
  if (applyTo === 'CLUSTER' && cluster === undefined) {
    return { path, message: 'applyTo for cluster class objects cannot have non cluster match' }
  }
  if (!LISTENER_PARTS.includes(applyTo)) return undefined
  if (listener === undefined) {
    return { path, message: 'applyTo for listener class objects cannot have non listener match' }
  }
  const filter = listener.filterChain?.filter
  return filter === undefined
    ? undefined
    : filterProblem(filter, applyTo, [...path, 'listener', 'filterChain', 'filter'])
}

function filterProblem(
  { name = '', subFilter }: EnvoyFilterFilterMatch,
  applyTo: string,
  path: Path,
): Problem | undefined {
  if (name === '') return { path: [...path, 'name'], message: 'filter match has no name to match on' }
  if (subFilter === undefined) return undefined
  if (applyTo !== 'HTTP_FILTER') {
    return {
      path: [...path, 'subFilter'],
      message: 'subfilter match can be used with applyTo HTTP_FILTER only',
    }
  }
  if (name !== CONNECTION_MANAGER && name !== 'envoy.http_connection_manager') {
    return {
      path: [...path, 'name'],
      message: `subfilter match requires filter match with ${CONNECTION_MANAGER}`,
    }
  }
  if ((subFilter.name ?? '') !== '') return undefined
  return { path: [...path, 'subFilter', 'name'], message: 'subfilter match has no name to match on' }
}

function warnMatch(
  { applyTo = 'INVALID', match }: EnvoyConfigObjectPatch,
  path: Path,
  report: RuleReport,
): void {
  const filter = LISTENER_PARTS.includes(applyTo) ? match?.listener?.filterChain?.filter : undefined
  if (filter === undefined) return
  if (applyTo === 'LISTENER' || applyTo === 'FILTER_CHAIN') {
    report.warning(
      path,
      'RULE_ENVOY_FILTER',
      `Envoy filter: filter match has no effect when used with ${applyTo}`,
    )
  }
  warnOldName(filter.name ?? '', [...path, 'name'], report)
  warnOldName(filter.subFilter?.name ?? '', [...path, 'subFilter', 'name'], report)
}

function warnOldName(name: string, path: Path, report: RuleReport): void {
  if (!Object.hasOwn(OLD_NAMES, name)) return
  report.warning(
    path,
    'RULE_DEPRECATED',
    `using deprecated filter name ${JSON.stringify(name)}; use ${JSON.stringify(OLD_NAMES[name])} instead`,
  )
}

/** Packages whose messages the control plane can read. */
const PACKAGES = [
  'envoy',
  'udpa',
  'xds',
  'google',
  'istio',
  'io',
  'stats',
  'cel',
  'opentelemetry',
  'validate',
]

/** Fields of Envoy that hold a message which names its type. */
const TYPED = ['typed_config', 'typedConfig']

/** Fields of Envoy that hold such messages by name. */
const TYPED_MAPS = [
  'typed_per_filter_config',
  'typedPerFilterConfig',
  'typed_extension_protocol_options',
  'typedExtensionProtocolOptions',
  'typed_filter_metadata',
  'typedFilterMetadata',
]

/** Fields of Envoy that hold anything. */
const FREE = ['filter_metadata', 'filterMetadata']

/** Types of Envoy's second API are gone; a typed configuration must name its type. */
function checkValue(value: unknown, path: Path, report: RuleReport): void {
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) checkValue(item, [...path, i], report)
    return
  }
  if (typeof value !== 'object' || value === null) return
  const isStruct = String((value as { '@type'?: unknown })['@type']).endsWith('.TypedStruct')
  for (const [key, field] of Object.entries(value)) {
    const at = [...path, key]
    // What is free there has no types.
    if (FREE.includes(key) || (isStruct && key === 'value')) continue
    if (key === '@type' && typeof field === 'string') {
      report.check(at, 'RULE_ENVOY_FILTER', typeProblem(field))
      continue
    }
    if (TYPED.includes(key)) checkTyped(field, at, report)
    else if (TYPED_MAPS.includes(key) && typeof field === 'object' && field !== null) {
      for (const [name, one] of Object.entries(field)) checkTyped(one, [...at, name], report)
    }
    checkValue(field, at, report)
  }
}

function checkTyped(value: unknown, path: Path, report: RuleReport): void {
  if (isObjectWithoutType(value)) report.error(path, 'RULE_ENVOY_FILTER', 'Any JSON does not have "@type"')
}

/** What follows the last slash is the name of a message. */
function typeProblem(type: string): string | undefined {
  const name = type.slice(type.lastIndexOf('/') + 1)
  const unresolved = `could not resolve Any message type ${type}`
  if (/^envoy\..*\.v2\./.test(name))
    return `referenced type unknown (hint: try using the v3 XDS API): ${unresolved}`
  const [root, ...rest] = name.split('.')
  return rest.length > 0 && PACKAGES.includes(root!) ? undefined : `referenced type unknown: ${unresolved}`
}

function isObjectWithoutType(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.keys(value).length > 0 &&
    !('@type' in value)
  )
}
