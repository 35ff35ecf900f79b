import type { AnalysisContext } from '../context.ts'
import type { StringMap } from '../resource.ts'
import type { Workload } from './workload-index.ts'

/** Name of the container of the sidecar. */
export const PROXY_CONTAINER = 'istio-proxy'

export const INJECTION_LABEL = 'istio-injection'
export const REVISION_LABEL = 'istio.io/rev'
export const INJECT = 'sidecar.istio.io/inject'
export const DATAPLANE_MODE = 'istio.io/dataplane-mode'

/** Namespaces of Kubernetes itself. */
const SYSTEM_NAMESPACES = new Set(['kube-system', 'kube-public', 'kube-node-lease', 'local-path-storage'])

/** Whether a namespace belongs to Kubernetes and not to its users. */
export function isSystemNamespace(namespace: string): boolean {
  return SYSTEM_NAMESPACES.has(namespace)
}

/** Whether labels are those of a part of Istio. */
export function isControlPlane(labels: StringMap): boolean {
  return labels['istio'] !== undefined || labels['release'] === 'istio'
}

/** Image of the sidecar of a pod, if there is one. */
export function proxyImage(workload: Pick<Workload, 'spec'>): string | undefined {
  const { containers = [], initContainers = [] } = workload.spec
  const proxy = [...containers, ...initContainers].find(({ name }) => name === PROXY_CONTAINER)
  return proxy === undefined ? undefined : (proxy.image ?? '')
}

/** What a pod says about its own injection; undefined when it leaves that to the namespace. */
export function injectionOf({ labels, annotations }: Workload): boolean | undefined {
  const said = labels[INJECT] ?? annotations[INJECT]
  return said === undefined ? undefined : said.toLowerCase() === 'true'
}

/** Whether a workload has a sidecar, or gets one. */
export function hasSidecar(workload: Workload, context: AnalysisContext): boolean {
  if (proxyImage(workload) !== undefined) return true
  const own = injectionOf(workload)
  if (own !== undefined) return own
  const labels = context.namespace(workload.namespace)?.labels ?? {}
  const injection = labels[INJECTION_LABEL]
  if (injection !== undefined) return injection === 'enabled'
  return labels[REVISION_LABEL] !== undefined
}

/** Whether the traffic of a workload goes through ztunnel. */
export function isAmbient(workload: Workload, context: AnalysisContext): boolean {
  if (workload.annotations['ambient.istio.io/redirection'] === 'enabled') return true
  const own = workload.labels[DATAPLANE_MODE]
  if (own !== undefined) return own === 'ambient'
  return isAmbientNamespace(context, workload.namespace) && proxyImage(workload) === undefined
}

/** Whether a namespace is in ambient mode. */
export function isAmbientNamespace(context: AnalysisContext, namespace: string): boolean {
  return context.namespace(namespace)?.labels[DATAPLANE_MODE] === 'ambient'
}
