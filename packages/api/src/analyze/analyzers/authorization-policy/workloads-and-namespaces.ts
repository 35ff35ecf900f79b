import type { Analyzer } from '../../analyzer.ts'
import type { AnalysisContext } from '../../context.ts'
import { selectorText } from '../../index/label-index.ts'
import { hasSidecar, isAmbient } from '../../index/mesh-membership.ts'
import { definedStrings } from '../../index/service-index.ts'
import type { Resource, SpecOf } from '../../resource.ts'

/** An AuthorizationPolicy as analyzers see it. */
export type PolicyResource = Resource<SpecOf<'security.istio.io/AuthorizationPolicy'>>

/**
 * A policy must have workloads of the mesh to apply to, and name namespaces that exist.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0127/
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0101/
 */
export const policyWorkloads: Analyzer = {
  name: 'auth.AuthorizationPoliciesAnalyzer',
  aliases: ['authz.AuthorizationPoliciesAnalyzer'],
  description: 'Checks the validity of authorization policies',
  codes: ['IST0101', 'IST0127'],
  analyze(context) {
    const namespaces = new NamespaceNames(context)
    const protectedNamespaces = new Set(
      context.workloads.all.filter((one) => isInMesh(one, context)).map(({ namespace }) => namespace),
    )
    for (const policy of context.all('security.istio.io/AuthorizationPolicy')) {
      checkWorkloads(policy, protectedNamespaces, context)
      checkNamespaces(policy, namespaces, context)
    }
  },
}

function isInMesh(workload: Parameters<typeof hasSidecar>[0], context: AnalysisContext): boolean {
  return hasSidecar(workload, context) || isAmbient(workload, context)
}

function checkWorkloads(
  policy: PolicyResource,
  protectedNamespaces: ReadonlySet<string>,
  context: AnalysisContext,
): void {
  const { spec, namespace } = policy
  // Differs from Istio: a policy that is attached to something does not look for pods.
  if (spec.targetRef !== undefined || (spec.targetRefs ?? []).length > 0) return
  if (spec.selector === undefined) {
    if (namespace !== context.rootNamespace && !protectedNamespaces.has(namespace))
      context.report(policy, 'IST0127', [''])
    return
  }
  const selector = definedStrings(spec.selector.matchLabels)
  const found = context.selectedWorkloads(selector, namespace)
  if (found.some((workload) => isInMesh(workload, context))) return
  context.report(policy, 'IST0127', [selectorText(selector)], ['spec', 'selector', 'matchLabels'])
}

function checkNamespaces(policy: PolicyResource, known: NamespaceNames, context: AnalysisContext): void {
  for (const [i, { from = [] }] of (policy.spec.rules ?? []).entries()) {
    for (const [n, { source = {} }] of from.entries()) {
      for (const field of ['namespaces', 'notNamespaces'] as const) {
        for (const [k, pattern] of (source[field] ?? []).entries()) {
          if (known.matches(pattern)) continue
          const path = ['spec', 'rules', i, 'from', n, 'source', field, k]
          context.report(policy, 'IST0101', ['namespace', pattern], path, {
            eachPlace: field === 'namespaces',
          })
        }
      }
    }
  }
}

/** Names of namespaces, and whether any is meant by a pattern; the answer for a pattern is looked for once. */
class NamespaceNames {
  readonly #names: readonly string[]
  readonly #known: ReadonlySet<string>
  readonly #answers = new Map<string, boolean>()

  constructor(context: AnalysisContext) {
    this.#names = context.all('/Namespace').map(({ name }) => name)
    this.#known = new Set(this.#names.map((name) => name.toLowerCase()))
  }

  matches(pattern: string): boolean {
    if (pattern === '*') return this.#names.length > 0
    if (!pattern.startsWith('*') && !pattern.endsWith('*')) return this.#known.has(pattern.toLowerCase())
    const answer = this.#answers.get(pattern) ?? this.#names.some((name) => isMeant(name, pattern))
    this.#answers.set(pattern, answer)
    return answer
  }
}

function isMeant(name: string, pattern: string): boolean {
  return pattern.startsWith('*') ? name.endsWith(pattern.slice(1)) : name.startsWith(pattern.slice(0, -1))
}
