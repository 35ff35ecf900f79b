import type { Analyzer } from '../../analyzer.ts'
import type { AnalysisContext } from '../../context.ts'
import {
  DATAPLANE_MODE,
  INJECT,
  INJECTION_LABEL,
  isSystemNamespace,
  PROXY_CONTAINER,
  REVISION_LABEL,
} from '../../index/mesh-membership.ts'
import type { Resource } from '../../resource.ts'
import { injectorConfigs } from './injector-config.ts'

/**
 * Namespaces should say whether they are in the mesh, and pods of those that are should have a sidecar.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0102/
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0103/
 */
export const injection: Analyzer = {
  name: 'injection.Analyzer',
  description: 'Checks conditions related to Istio sidecar injection',
  codes: ['IST0102', 'IST0103', 'IST0123', 'IST0148'],
  analyze(context) {
    const byDefault = injectorConfigs(context).get('')?.byDefault ?? false
    const injected = new Set<string>()
    for (const namespace of context.all('/Namespace')) {
      if (checkNamespace(namespace, byDefault, context)) injected.add(namespace.name)
    }
    for (const pod of context.all('/Pod')) {
      if (!injected.has(pod.namespace) || pod.spec.hostNetwork === true) continue
      const said = pod.labels[INJECT] ?? pod.annotations[INJECT]
      if (said?.toLowerCase() === 'false') continue
      const { containers = [], initContainers = [] } = pod.spec
      if ([...containers, ...initContainers].some(({ name }) => name === PROXY_CONTAINER)) continue
      context.report(pod, 'IST0103', [pod.name])
    }
  },
}

/** Whether pods of a namespace get a sidecar because its labels say so. */
function checkNamespace(namespace: Resource, byDefault: boolean, context: AnalysisContext): boolean {
  const { name, labels } = namespace
  if (isSystemNamespace(name) || name === context.rootNamespace || name === 'istio-system') return false
  const injectionLabel = labels[INJECTION_LABEL]
  // Whoever writes anything but `enabled` does not want injection, whatever else is there.
  if (injectionLabel !== undefined && injectionLabel !== 'enabled') return false
  const present = [INJECTION_LABEL, REVISION_LABEL].filter((label) => labels[label] !== undefined)
  if (labels[DATAPLANE_MODE] === 'ambient') present.push(DATAPLANE_MODE)
  if (present.length === 0) {
    if (byDefault) context.report(namespace, 'IST0148', [])
    else if (labels[DATAPLANE_MODE] === undefined) context.report(namespace, 'IST0102', [name, name])
    return false
  }
  if (present.length > 1) {
    context.report(namespace, 'IST0123', [present], ['metadata', 'labels'])
    return false
  }
  return present[0] !== DATAPLANE_MODE
}
