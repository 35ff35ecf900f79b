import type { DestinationRule, DestinationRuleSpec } from '@batten/api'
import { compareSpecificity, coversHost, isExportedTo, resolveHost } from './host.ts'
import { defineQuery } from './incremental.ts'
import type { MeshConfig } from './mesh-config.ts'
import { DEFAULT_NAMESPACE, objectKey } from './object-key.ts'
import { compareAge } from './service.ts'
import type { MeshSnapshot } from './snapshot.ts'
import { selects } from './workload.ts'

/** A DestinationRule with its host resolved. Several for one host and selector in a namespace are one. */
export interface MeshDestinationRule {
  /** Key of the (oldest) object. */
  readonly key: string
  readonly name: string
  readonly namespace: string
  readonly creationTimestamp: string
  /** Full name or wildcard. */
  readonly host: string
  readonly exportTo: readonly string[]
  /** Labels of the clients it is for; undefined is all of them. */
  readonly workloadSelector: Readonly<Record<string, string>> | undefined
  readonly spec: DestinationRuleSpec
}

/** The rules of one namespace, most specific host first, those with a selector before those without. */
export type DestinationRuleIndex = readonly MeshDestinationRule[]

/**
 * Resolves the host of a DestinationRule.
 *
 * @translates DestinationRule spec.host -> Cluster.name (which clusters it is for)
 * @translates DestinationRule spec.subsets[].name -> Cluster.name
 * @translates DestinationRule spec.exportTo -> which nodes it is for
 * @translates DestinationRule spec.workloadSelector -> which nodes it is for
 */
export function destinationRuleOf(object: DestinationRule, mesh: MeshConfig): MeshDestinationRule {
  const namespace = object.metadata?.namespace ?? DEFAULT_NAMESPACE
  const spec = object.spec ?? { host: '' }
  return {
    key: objectKey(object),
    name: object.metadata?.name ?? '',
    namespace,
    creationTimestamp: object.metadata?.creationTimestamp ?? '',
    host: resolveHost(spec.host, namespace, mesh.domainSuffix),
    exportTo: spec.exportTo ?? mesh.defaultDestinationRuleExportTo,
    workloadSelector: spec.workloadSelector?.matchLabels,
    spec,
  }
}

/**
 * Sorts the rules of a namespace and merges those with the same host and without a selector: all their subsets, and
 * the traffic policy of the oldest that has one.
 */
export function indexDestinationRules(rules: readonly MeshDestinationRule[]): DestinationRuleIndex {
  const merged = new Map<string, MeshDestinationRule>()
  const out: MeshDestinationRule[] = []
  for (const rule of [...rules].sort(compareAge)) {
    if (rule.workloadSelector !== undefined) {
      out.push(rule)
      continue
    }
    const first = merged.get(rule.host)
    merged.set(rule.host, first === undefined ? rule : mergeRules(first, rule))
  }
  out.push(...merged.values())
  return out.sort(
    (a, b) =>
      compareSpecificity(a.host, b.host) ||
      Number(a.workloadSelector === undefined) - Number(b.workloadSelector === undefined) ||
      compareAge(a, b),
  )
}

function mergeRules(first: MeshDestinationRule, second: MeshDestinationRule): MeshDestinationRule {
  const subsets = [...(first.spec.subsets ?? [])]
  for (const subset of second.spec.subsets ?? [])
    if (!subsets.some(({ name }) => name === subset.name)) subsets.push(subset)
  return {
    ...first,
    spec: { ...first.spec, subsets, trafficPolicy: first.spec.trafficPolicy ?? second.spec.trafficPolicy },
  }
}

/**
 * The rule that a client of a namespace uses for a service; looked up in the client's namespace, the service's, then
 * the root namespace. The last two must export it to the client. Clients in the root namespace, where gateways live,
 * look there last, since its rules are the defaults of the mesh; but what it keeps to itself (`exportTo: ["."]`) is
 * meant for them alone and comes first.
 */
export const destinationRuleFor = defineQuery<MeshSnapshot, MeshDestinationRule | undefined>(
  'destination-rule',
  (read, clientNamespace, clientLabels, serviceNamespace, hostname) => {
    const labels = JSON.parse(clientLabels!) as Record<string, string>
    const root = read.field('mesh').rootNamespace
    const find = (namespace: string, isMeant: (rule: MeshDestinationRule) => boolean = () => true) =>
      (read.entry('destinationRules', namespace) ?? []).find(
        (rule) =>
          coversHost(rule.host, hostname!) &&
          (rule.workloadSelector === undefined || selects(rule.workloadSelector, labels)) &&
          (namespace === clientNamespace || isExportedTo(rule.exportTo, namespace, clientNamespace!)) &&
          isMeant(rule),
      )
    const own = find(clientNamespace!, clientNamespace === root ? isPrivate : undefined)
    if (own !== undefined) return own
    return (serviceNamespace === clientNamespace ? undefined : find(serviceNamespace!)) ?? find(root)
  },
)

function isPrivate({ exportTo }: MeshDestinationRule): boolean {
  return exportTo.length === 1 && exportTo[0] === '.'
}

/** A rule by namespace and key: what {@link destinationRuleFor} found, for those that need no more to know. */
export const destinationRuleByKey = defineQuery<MeshSnapshot, MeshDestinationRule | undefined>(
  'destination-rule-by-key',
  (read, namespace, key) =>
    key === '' ? undefined : read.entry('destinationRules', namespace!)?.find((rule) => rule.key === key),
)
