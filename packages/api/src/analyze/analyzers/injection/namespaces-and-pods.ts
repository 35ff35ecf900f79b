import type { Analyzer } from '../../analyzer.ts'
import type { AnalysisContext } from '../../context.ts'
import {
  DATAPLANE_MODE,
  INJECT,
  INJECTION_LABEL,
  proxyImage,
  REVISION_LABEL,
} from '../../index/mesh-membership.ts'
import type { Resource } from '../../resource.ts'
import { type InjectorConfig, injectorConfigs } from './injector-config.ts'

/** Namespace of the control plane, whose pods are not injected. */
const ISTIO_NAMESPACE = 'istio-system'

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
    const injectors = injectorConfigs(context)
    const injected = new Set<string>()
    for (const namespace of context.all('/Namespace')) {
      if (checkNamespace(namespace, injectors, context)) injected.add(namespace.name)
    }
    for (const pod of context.all('/Pod')) {
      if (!injected.has(pod.namespace) || pod.spec.hostNetwork === true) continue
      const said = pod.labels[INJECT] ?? pod.annotations[INJECT]
      if (said?.toLowerCase() === 'false' || (proxyImage(pod) ?? '') !== '') continue
      context.report(pod, 'IST0103', [pod.fullName])
    }
  },
}

/** Whether pods of a namespace must have a sidecar because it has the label for it. A revision is not followed. */
function checkNamespace(
  namespace: Resource,
  injectors: ReadonlyMap<string, InjectorConfig>,
  context: AnalysisContext,
): boolean {
  const { name, labels } = namespace
  if (name === ISTIO_NAMESPACE) return false
  const injectionLabel = labels[INJECTION_LABEL]
  checkLabels(namespace, context)
  if (labels[DATAPLANE_MODE] === 'ambient') return false
  if ((injectionLabel ?? '') === '' && labels[REVISION_LABEL] === undefined) {
    if (injectors.get('')?.byDefault === true) context.report(namespace, 'IST0148', [])
    else context.report(namespace, 'IST0102', [name, name])
    return false
  }
  return injectionLabel === 'enabled'
}

/** Whoever writes anything but `enabled` does not want injection, whatever else is there. */
function checkLabels(namespace: Resource, context: AnalysisContext): void {
  const { labels } = namespace
  const injectionLabel = labels[INJECTION_LABEL]
  const isOff = injectionLabel !== undefined && injectionLabel !== 'enabled'
  const others = isOff ? [] : [REVISION_LABEL, DATAPLANE_MODE]
  const present = [INJECTION_LABEL, ...others].filter((label) => labels[label] !== undefined)
  if (present.length < 2) return
  const shown = present.map((label) => `${label}=${labels[label]}`)
  context.report(namespace, 'IST0123', [shown], ['metadata', 'labels'])
}
