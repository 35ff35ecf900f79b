import type { Analyzer } from '../../analyzer.ts'
import { annotationTypes } from '../../index/annotation-types.ts'
import { annotatedResources, isWrittenByIstio } from './istio-annotations.ts'

/**
 * Annotations that may change with any release. Optional, as in istioctl: many installations live with them.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0136/
 */
export const alphaAnnotations: Analyzer = {
  name: 'annotations.AlphaAnalyzer',
  aliases: ['maturity.AlphaAnalyzer'],
  description: 'Checks for alpha Istio annotations in Kubernetes resources',
  codes: ['IST0136'],
  isOptional: true,
  analyze(context) {
    for (const resource of annotatedResources(context)) {
      for (const name of Object.keys(resource.annotations)) {
        if (annotationTypes.get(name)?.stage !== 'Alpha' || isWrittenByIstio(name, resource)) continue
        context.report(resource, 'IST0136', [name], ['metadata', 'annotations', name], { atKey: true })
      }
    }
  },
}
