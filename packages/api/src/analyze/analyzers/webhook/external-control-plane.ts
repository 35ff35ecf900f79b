import type { Analyzer } from '../../analyzer.ts'
import type { AnalysisContext } from '../../context.ts'
import { listAt, textAt, valueAt } from '../../loose.ts'
import { type Webhook, webhooksOf } from './injection-webhooks.ts'

/**
 * Webhooks of an external control plane need the address of its gateway, preferably a name.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0163/
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0164/
 */
export const externalControlPlane: Analyzer = {
  name: 'externalcontrolplane.ExternalControlPlaneAnalyzer',
  description: 'Checks that the remote IstioOperator resources reference an external control plane',
  codes: ['IST0163', 'IST0164'],
  analyze(context) {
    for (const kind of ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'] as const) {
      // All webhooks of a configuration ask the same control plane: what is wrong with it is told once.
      const told = new Set<string>()
      for (const webhook of webhooksOf(context, kind)) {
        if (!isIstios(webhook)) continue
        const url = textAt(webhook.value, 'clientConfig', 'url') ?? ''
        const key = `${webhook.resource.name} ${url}`
        if (!told.has(key)) check(webhook, url, context)
        told.add(key)
      }
    }
  },
}

/** Whether a webhook is one of Istio's, and asks no service of the cluster. */
function isIstios({ resource, value }: Webhook): boolean {
  const isIstio = listAt(resource.fields, 'webhooks').some((one) => textAt(one, 'name')?.endsWith('istio.io'))
  return isIstio && valueAt(value, 'clientConfig', 'service') === undefined
}

function check({ resource, name, path }: Webhook, url: string, context: AnalysisContext): void {
  const at = [...path, 'clientConfig', 'url']
  const host = url.trim() === '' ? undefined : hostOf(url)
  if (url.trim() === '') context.report(resource, 'IST0163', [url, name, 'is blank'], at)
  else if (host === undefined)
    context.report(resource, 'IST0163', [url, name, 'was provided in an invalid format'], at)
  else if (/^(\d+\.){3}\d+$|:/.test(host)) context.report(resource, 'IST0164', [url, name], at)
}

/** Host of a URL; the form is checked, the name is not looked up. */
function hostOf(url: string): string | undefined {
  const match = /^https:\/\/(?:\[([0-9A-Fa-f:.]+)\]|([^\s/:?#[\]]+))(?::\d+)?(?:[/?#]\S*)?$/.exec(url)
  return match?.[1] ?? match?.[2]
}
