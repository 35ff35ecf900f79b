import type { AnalysisContext } from '../../context.ts'
import { listAt, textAt } from '../../loose.ts'
import type { Resource } from '../../resource.ts'

/** Kinds whose annotations are looked at. */
export const ANNOTATED_TYPES = ['/Namespace', '/Service', '/Pod', 'apps/Deployment'] as const

/** Objects whose annotations are looked at. */
export function annotatedResources(context: AnalysisContext): Resource[] {
  return ANNOTATED_TYPES.flatMap((type) => [...context.all(type)] as Resource[])
}

/** Whether an annotation is one of Istio's, known or not. */
export function isIstioAnnotation(name: string): boolean {
  if (name === 'kubernetes.io/ingress.class') return true
  const slash = name.indexOf('/')
  return (slash < 0 ? name : name.slice(0, slash)).endsWith('istio.io')
}

/** Annotations that nobody but injection and controllers writes. */
const WRITTEN_BY_ISTIO = new Set([
  'gateway.istio.io/controller-version',
  'istio.io/rev',
  'sidecar.istio.io/status',
])

/** Annotations that injection writes when the CNI plugin sets up the interception. */
const WRITTEN_FOR_CNI = new Set([
  'sidecar.istio.io/interceptionMode',
  'traffic.sidecar.istio.io/excludeInboundPorts',
  'traffic.sidecar.istio.io/includeInboundPorts',
  'traffic.sidecar.istio.io/includeOutboundIPRanges',
])

/** Whether nobody but Istio wrote an annotation. */
export function isWrittenByIstio(name: string, resource: Resource): boolean {
  return WRITTEN_BY_ISTIO.has(name) || (WRITTEN_FOR_CNI.has(name) && isForCni(resource))
}

/** Without the CNI plugin, a container of each pod sets up the interception. */
function isForCni({ fields, type }: Resource): boolean {
  if (type !== '/Pod') return false
  return !listAt(fields, 'spec', 'initContainers').some((one) => textAt(one, 'name') === 'istio-init')
}
