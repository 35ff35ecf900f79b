import type { PodSpec } from '../../../gen/types/kubernetes/pod.ts'
import type { Analyzer } from '../../analyzer.ts'
import type { AnalysisContext } from '../../context.ts'
import { isControlPlane, PROXY_CONTAINER } from '../../index/mesh-membership.ts'
import { templateWorkload } from '../../index/workload-index.ts'
import type { Loose } from '../../loose.ts'
import type { FieldPath, Resource } from '../../resource.ts'

/** User of the sidecar: what it sends is not sent through the sidecar again. */
const PROXY_UID = 1337

/** Container of the operator that installed older releases. */
const OPERATOR_CONTAINER = 'istio-operator'

/**
 * An application that runs as the user of the sidecar bypasses it.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0144/
 */
export const applicationUid: Analyzer = {
  name: 'applicationUID.Analyzer',
  aliases: ['deployment.ApplicationUIDAnalyzer'],
  description: 'Checks invalid application UID',
  codes: ['IST0144'],
  analyze(context) {
    for (const pod of context.all('/Pod')) check(pod, pod.spec, ['spec'], context)
    for (const deployment of context.all('apps/Deployment')) {
      check(deployment, templateWorkload(deployment).spec, ['spec', 'template', 'spec'], context)
    }
  },
}

function check(resource: Resource, spec: Loose<PodSpec>, path: FieldPath, context: AnalysisContext): void {
  if (isControlPlane(resource.labels)) return
  if (spec.securityContext?.runAsUser === PROXY_UID) {
    context.report(resource, 'IST0144', [], [...path, 'securityContext', 'runAsUser'])
  }
  for (const [i, { name, securityContext }] of (spec.containers ?? []).entries()) {
    if (name === PROXY_CONTAINER || name === OPERATOR_CONTAINER || securityContext?.runAsUser !== PROXY_UID)
      continue
    context.report(resource, 'IST0144', [], [...path, 'containers', i, 'securityContext', 'runAsUser'])
  }
}
