import { parseAddress } from '../../../net/address.ts'
import type { Analyzer } from '../../analyzer.ts'
import type { AnalysisContext } from '../../context.ts'
import { textAt, valueAt } from '../../loose.ts'
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
      for (const webhook of webhooksOf(context, kind))
        if (isIstios(webhook.resource.name, kind)) check(webhook, context)
    }
  },
}

/** Names that an installation gives to the configurations of its webhooks. */
function isIstios(name: string, kind: string): boolean {
  if (kind === 'MutatingWebhookConfiguration') return name.startsWith('istio-sidecar-injector')
  return name === 'istiod-default-validator' || name.startsWith('istio-validator')
}

/** Differs from Istio: names are not looked up, so that nothing is said about those that do not resolve. */
function check({ resource, name, value, path }: Webhook, context: AnalysisContext): void {
  const url = textAt(value, 'clientConfig', 'url')
  const at = [...path, 'clientConfig', 'url']
  if (url === undefined) {
    if (valueAt(value, 'clientConfig', 'service') === undefined)
      context.report(resource, 'IST0163', ['', name, 'is blank'], at)
    return
  }
  const host = hostOf(url)
  if (host === undefined) {
    context.report(resource, 'IST0163', [url, name, 'was provided in an invalid format'], at)
  } else if (parseAddress(host) !== undefined) context.report(resource, 'IST0164', [url, name], at)
}

/** Host of a URL; the form is checked, the name is not looked up. */
function hostOf(url: string): string | undefined {
  const match =
    /^[A-Za-z][A-Za-z\d+.-]*:\/\/(?:[^\s/?#@]*@)?(?:\[([0-9A-Fa-f:.]+)\]|([^\s/:?#[\]]+))(?::\d*)?(?:[/?#]\S*)?$/.exec(
      url,
    )
  return match?.[1] ?? match?.[2]
}
