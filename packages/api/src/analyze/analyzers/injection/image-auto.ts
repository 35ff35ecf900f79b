import type { PodSpec } from '../../../gen/types/kubernetes/pod.ts'
import type { Analyzer } from '../../analyzer.ts'
import { selects } from '../../index/label-selector.ts'
import { PROXY_CONTAINER } from '../../index/mesh-membership.ts'
import { templateWorkload } from '../../index/workload-index.ts'
import { type Loose, valueAt } from '../../loose.ts'
import { webhooksOf } from '../webhook/injection-webhooks.ts'

/**
 * `image: auto` stands for what injection fills in: it must get the chance to.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0146/
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0147/
 */
export const imageAuto: Analyzer = {
  name: 'injection.ImageAutoAnalyzer',
  description: 'Makes sure that Pods and Deployments with `image: auto` are going to be injected',
  codes: ['IST0146', 'IST0147'],
  analyze(context) {
    const webhooks = webhooksOf(context, 'MutatingWebhookConfiguration').filter(({ name }) =>
      name.endsWith('istio.io'),
    )
    for (const pod of context.all('/Pod')) {
      // A pod that still has it was not injected, whatever the webhooks select now.
      const index = autoContainer(pod.spec)
      if (index >= 0)
        context.report(pod, 'IST0147', ['Pod', pod.name], ['spec', 'containers', index, 'image'])
    }
    for (const deployment of context.all('apps/Deployment')) {
      const { spec, labels, namespace } = templateWorkload(deployment)
      const index = autoContainer(spec)
      if (index < 0) continue
      const namespaceLabels = context.namespace(namespace)?.labels ?? {}
      const isInjected = webhooks.some(
        ({ value }) =>
          selects(valueAt(value, 'namespaceSelector'), namespaceLabels) &&
          selects(valueAt(value, 'objectSelector'), labels),
      )
      if (isInjected) continue
      const path = ['spec', 'template', 'spec', 'containers', index, 'image']
      context.report(deployment, 'IST0146', ['Deployment', deployment.name], path)
    }
  },
}

function autoContainer({ containers = [] }: Loose<PodSpec>): number {
  return containers.findIndex(({ name, image }) => name === PROXY_CONTAINER && image === 'auto')
}
