import type { Analyzer } from '../../analyzer.ts'
import type { AnalysisContext } from '../../context.ts'
import { hasLabels } from '../../index/label-index.ts'
import { definedStrings, type HostEntry } from '../../index/service-index.ts'
import type { Workload } from '../../index/workload-index.ts'
import type { Resource, SpecOf, StringMap } from '../../resource.ts'
import { namespacesOf } from '../virtual-service/destinations.ts'

type Rule = Resource<SpecOf<'networking.istio.io/DestinationRule'>>

const HOST_NAME = 'kubernetes.io/hostname'

/** Labels that endpoints get from the node of their pod. */
const NODE_LABELS = new Set([
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
  'topology.istio.io/subzone',
  HOST_NAME,
])

/** Labels that endpoints get from the cluster that they are in. */
const CLUSTER_LABELS = new Set(['topology.istio.io/cluster', 'topology.istio.io/network'])

/**
 * The host of a DestinationRule must be known, and its subsets must select something.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0173/
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0174/
 */
export const hostsAndSubsets: Analyzer = {
  name: 'destinationrule.SubsetSelectPodAnalyzer',
  aliases: ['destinationrule.PodNotSelectedAnalyzer'],
  description: 'Checks if destination rule subsets select any pods, and if their hosts are known',
  codes: ['IST0173', 'IST0174'],
  analyze(context) {
    for (const rule of context.all('networking.istio.io/DestinationRule')) check(rule, context)
  },
}

function check(rule: Rule, context: AnalysisContext): void {
  const { spec } = rule
  const entries = entriesOf(rule, context)
  if (entries.length === 0) {
    context.report(rule, 'IST0174', [spec.host ?? ''], ['spec', 'host'])
    return
  }
  // Of subsets with the same name the last one counts.
  const subsets = new Map((spec.subsets ?? []).map((subset, i) => [subset.name ?? '', { subset, i }]))
  for (const [name, { subset, i }] of subsets) {
    const wanted = definedStrings(subset.labels)
    if (entries.some((one) => selectsSomething(one, wanted, context))) continue
    context.report(rule, 'IST0173', [name], ['spec', 'subsets', i, 'labels'])
  }
}

/**
 * The hosts that a rule is for.
 *
 * Differs from Istio: the wildcard of a DestinationRule stands for the services that it covers, and not only for a
 * ServiceEntry with the same or a wider wildcard.
 */
function entriesOf(rule: Rule, context: AnalysisContext): HostEntry[] {
  const host = context.fullHost(rule.spec.host ?? '', rule.namespace)
  const namespaces = namespacesOf(rule, context.meshConfig.exportTo('DestinationRule'))
  const found = context.services.find(host, namespaces)
  if (found !== undefined) return [found]
  if (!host.startsWith('*')) return []
  return context.services
    .overlapping(host)
    .filter(
      ({ visibility }) =>
        visibility.namespaces === undefined || namespaces.some((one) => visibility.includes(one)),
    )
}

/**
 * Differs from Istio: a subset may select endpoints of a ServiceEntry, and those that are in no file are given the
 * benefit of the doubt.
 */
function selectsSomething(entry: HostEntry, wanted: StringMap, context: AnalysisContext): boolean {
  if (entry.isServiceEntry) return selectsEndpoint(entry, wanted, context)
  // The endpoints of a Service without a selector are not known from here.
  if (entry.selector === undefined) return true
  return selectsPod(entry.selector, entry.namespace, wanted, context)
}

function selectsPod(
  selector: StringMap,
  namespace: string,
  wanted: StringMap,
  context: AnalysisContext,
): boolean {
  const own: Record<string, string> = { ...selector }
  const ofNode: Record<string, string> = {}
  for (const [key, value] of Object.entries(wanted)) {
    if (NODE_LABELS.has(key)) ofNode[key] = value
    else if (!CLUSTER_LABELS.has(key)) own[key] = value
  }
  const pods = context.workloads.select(own, namespace)
  if (Object.keys(ofNode).length === 0) return pods.length > 0
  return pods.some((pod) => isOnNode(pod, ofNode, context))
}

/** Whether a pod runs where labels of a node are. Where a template's pods will run is not known. */
function isOnNode(pod: Workload, labels: StringMap, context: AnalysisContext): boolean {
  if (pod.isTemplate) return true
  const nodeName = pod.spec.nodeName ?? ''
  const node = context.find('/Node', '', nodeName)
  return Object.entries(labels).every(([key, value]) => {
    const ofNode = key === HOST_NAME && node !== undefined ? nodeName : node?.labels[key]
    // What a node has without a value is not passed on.
    return (ofNode || pod.labels[key]) === value
  })
}

function selectsEndpoint(
  { resource, namespace, selector }: HostEntry,
  wanted: StringMap,
  context: AnalysisContext,
) {
  const { spec } = resource as Resource<SpecOf<'networking.istio.io/ServiceEntry'>>
  if (selector !== undefined) {
    const isEntry = context
      .all('networking.istio.io/WorkloadEntry')
      .filter((entry) => entry.namespace === namespace)
      .some((entry) => {
        const labels = { ...entry.labels, ...definedStrings(entry.spec.labels) }
        return hasLabels(labels, selector) && hasLabels(labels, wanted)
      })
    return isEntry || selectsPod(selector, namespace, wanted, context)
  }
  const { endpoints = [] } = spec
  // Without endpoints the host itself is looked up, and has no labels to select.
  if (endpoints.length === 0) return true
  return endpoints.some(({ labels, locality }) => {
    const known = Object.entries(wanted).filter(([key]) => !(NODE_LABELS.has(key) && locality !== undefined))
    return hasLabels(definedStrings(labels), Object.fromEntries(known))
  })
}
