import type { KubernetesObject } from '@batten/api'

/** Namespace of namespaced objects that do not name one. */
export const DEFAULT_NAMESPACE = 'default'

/** Kinds without a namespace that the control plane reads. */
const CLUSTER_SCOPED: ReadonlySet<string> = new Set(['core/Namespace', 'core/Node'])

/** API group of an `apiVersion`: `networking.istio.io` of `networking.istio.io/v1`, `core` of `v1`. */
export function groupOf(apiVersion: string | undefined): string {
  const slash = (apiVersion ?? '').indexOf('/')
  return slash === -1 ? 'core' : apiVersion!.slice(0, slash)
}

/** `group/Kind` of an object, whatever its version: `networking.istio.io/VirtualService`, `core/Service`. */
export function kindKey(object: KubernetesObject): string {
  return `${groupOf(object.apiVersion)}/${object.kind}`
}

/** Namespace an object lives in; empty for kinds that have none. */
export function namespaceOf(object: KubernetesObject): string {
  if (CLUSTER_SCOPED.has(kindKey(object))) return ''
  return object.metadata?.namespace ?? DEFAULT_NAMESPACE
}

/**
 * Identity of an object in the control plane: `group/Kind/namespace/name`. The version is left out, since all versions
 * of a kind are the same object.
 *
 * @example
 * objectKey(reviewsService) // 'core/Service/default/reviews'
 */
export function objectKey(object: KubernetesObject): string {
  return `${kindKey(object)}/${namespaceOf(object)}/${object.metadata?.name ?? ''}`
}

/** How people name an object: `VirtualService default/reviews`. */
export function objectTitle(object: KubernetesObject): string {
  const namespace = namespaceOf(object)
  const name = object.metadata?.name ?? '(no name)'
  return `${object.kind} ${namespace === '' ? name : `${namespace}/${name}`}`
}
