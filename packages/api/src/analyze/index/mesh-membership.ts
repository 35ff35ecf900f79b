import type { AnalysisContext } from '../context.ts'
import type { StringMap } from '../resource.ts'
import type { Workload } from './workload-index.ts'

/** Name of the container of the sidecar. */
export const PROXY_CONTAINER = 'istio-proxy'

export const INJECTION_LABEL = 'istio-injection'
export const REVISION_LABEL = 'istio.io/rev'
export const INJECT = 'sidecar.istio.io/inject'
export const DATAPLANE_MODE = 'istio.io/dataplane-mode'

/** Namespaces of Kubernetes itself: istioctl says nothing about what is in them. */
const SYSTEM_NAMESPACES = new Set(['kube-system', 'kube-public', 'kube-node-lease', 'local-path-storage'])

/** Whether a namespace belongs to Kubernetes and not to its users. */
export function isSystemNamespace(namespace: string): boolean {
  return SYSTEM_NAMESPACES.has(namespace)
}

/** Whether labels are those of a part of Istio. */
export function isControlPlane(labels: StringMap): boolean {
  return labels['istio'] !== undefined || labels['release'] === 'istio'
}

/** Image of the sidecar of a pod, also of a native one; empty for a container that says none. */
export function proxyImage({ spec }: Pick<Workload, 'spec'>): string | undefined {
  const { containers = [], initContainers = [] } = spec
  const proxy = [...containers, ...initContainers].find(({ name }) => name === PROXY_CONTAINER)
  return proxy === undefined ? undefined : (proxy.image ?? '')
}

/** What a pod says about its own injection; undefined when it leaves that to the namespace. */
export function injectionOf({ labels, annotations }: Workload): boolean | undefined {
  const said = labels[INJECT] ?? annotations[INJECT]
  return said === undefined ? undefined : said === 'true'
}

/**
 * Whether a workload has a sidecar, or gets one. As istioctl sees it, pods whose namespace names a revision and that have
 * no sidecar were not injected; the pods of a template still will be.
 */
export function hasSidecar(workload: Workload, context: AnalysisContext): boolean {
  if ((proxyImage(workload) ?? '') !== '') return true
  const own = injectionOf(workload)
  if (own !== undefined) return own
  const labels = context.namespace(workload.namespace)?.labels ?? {}
  if (workload.isTemplate && labels[INJECTION_LABEL] === undefined)
    return labels[REVISION_LABEL] !== undefined
  return labels[INJECTION_LABEL] === 'enabled'
}

/**
 * Whether the traffic of a workload goes through ztunnel. A pod has an annotation that says it; about pods that are
 * still to come the labels do.
 */
export function isAmbient(workload: Workload, context: AnalysisContext): boolean {
  if (workload.annotations['ambient.istio.io/redirection'] === 'enabled') return true
  if (!workload.isTemplate) return false
  const own = workload.labels[DATAPLANE_MODE]
  if (own !== undefined) return own === 'ambient'
  return isAmbientNamespace(context, workload.namespace) && proxyImage(workload) === undefined
}

/** Whether a namespace is in ambient mode, and does not ask for sidecars as well. */
export function isAmbientNamespace(context: AnalysisContext, namespace: string): boolean {
  const labels = context.namespace(namespace)?.labels ?? {}
  if (labels[INJECTION_LABEL] === 'enabled' || (labels[REVISION_LABEL] ?? '') !== '') return false
  return labels[DATAPLANE_MODE] === 'ambient'
}

/** Whether a workload has a sidecar, whatever its image, or will have one once it is created anew. */
export function belongsToMesh(workload: Workload, context: AnalysisContext): boolean {
  return proxyImage(workload) !== undefined || hasSidecar({ ...workload, isTemplate: true }, context)
}
