import type { AnalysisContext } from '../context.ts'
import type { Resource, StringMap } from '../resource.ts'
import { append, SelectorIndex } from './label-index.ts'
import type { Workload } from './workload-index.ts'

/** A policy with the labels that it selects. */
export interface SelectingPolicy<T extends Resource = Resource> {
  readonly resource: T
  readonly selector: StringMap
}

/** A workload that several policies select. */
export interface SelectorConflict<T extends Resource> {
  readonly workload: Workload
  readonly policies: readonly T[]
}

/** Workloads of a namespace that more than one policy of the same namespace selects. */
export function selectorConflicts<T extends Resource>(
  policies: readonly SelectingPolicy<T>[],
  context: AnalysisContext,
): SelectorConflict<T>[] {
  const index = new SelectorIndex<T>()
  for (const { resource, selector } of policies) index.add(resource, selector, resource.namespace)
  return context.workloads.all.flatMap((workload) => {
    const found = index.matching(workload.labels, workload.namespace)
    return found.length > 1 ? [{ workload, policies: found }] : []
  })
}

/** Policies by namespace, for namespaces that have more than one. */
export function crowdedNamespaces<T extends Resource>(policies: readonly T[]): Map<string, T[]> {
  const byNamespace = new Map<string, T[]>()
  for (const policy of policies) append(byNamespace, policy.namespace, policy)
  for (const [namespace, list] of byNamespace) if (list.length < 2) byNamespace.delete(namespace)
  return byNamespace
}
