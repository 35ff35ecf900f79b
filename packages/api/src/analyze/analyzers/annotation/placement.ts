import type { Analyzer } from '../../analyzer.ts'
import type { AnalysisContext } from '../../context.ts'
import { annotationTypes } from '../../index/annotation-types.ts'
import { annotationProblem } from '../../index/annotation-values.ts'
import { INJECT } from '../../index/mesh-membership.ts'
import type { Resource } from '../../resource.ts'
import { annotatedResources, isIstioAnnotation } from './istio-annotations.ts'

/** What replaced a deprecated annotation. */
const SUCCESSORS: Readonly<Record<string, string>> = {
  'sidecar.istio.io/inject': ' in favor of the "sidecar.istio.io/inject" label',
}

/**
 * Annotations must exist, stand at the right kind of object and have values that make sense.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0107/
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0108/
 */
export const annotationPlacement: Analyzer = {
  name: 'annotations.K8sAnalyzer',
  description: 'Checks for misplaced and invalid Istio annotations in Kubernetes resources',
  codes: ['IST0107', 'IST0108', 'IST0125', 'IST0135'],
  analyze(context) {
    for (const resource of annotatedResources(context)) {
      for (const [name, value] of Object.entries(resource.annotations)) {
        if (isIstioAnnotation(name)) check(resource, name, value, context)
      }
    }
  },
}

function check(resource: Resource, name: string, value: string, context: AnalysisContext): void {
  const path = ['metadata', 'annotations', name]
  const type = annotationTypes.get(name)
  if (type === undefined) {
    context.report(resource, 'IST0108', [name], path, { atKey: true })
    return
  }
  // Who sets the label as well has moved on and keeps the annotation for older releases.
  const hasSuccessor = name === INJECT && resource.labels[INJECT] !== undefined
  if (type.isDeprecated && !hasSuccessor) {
    context.report(resource, 'IST0135', [name, SUCCESSORS[name] ?? ''], path, { atKey: true })
  }
  if (type.kinds.includes('Any')) return
  if (!type.kinds.includes(resource.kind)) {
    context.report(resource, 'IST0107', [name, type.kinds.join(', ')], path, { atKey: true })
    return
  }
  const problem = annotationProblem(name, value)
  if (problem !== undefined) context.report(resource, 'IST0125', [name, problem], path)
}
