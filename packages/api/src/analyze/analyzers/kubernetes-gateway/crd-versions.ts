import type { Analyzer } from '../../analyzer.ts'
import type { AnalysisContext } from '../../context.ts'
import { listAt, textAt, valueAt } from '../../loose.ts'
import type { Resource } from '../../resource.ts'

const GROUP = '.gateway.networking.k8s.io'

/** Annotation of the CRDs with the release of the Gateway API that they come from. */
const BUNDLE_VERSION = 'gateway.networking.k8s.io/bundle-version'

/** Releases of the Gateway API below which Istio does not read a kind. */
const MINIMUM_BUNDLES: Readonly<Record<string, string>> = {
  'backendtlspolicies.gateway.networking.k8s.io': '1.4.0',
  'grpcroutes.gateway.networking.k8s.io': '1.1.0',
  'tlsroutes.gateway.networking.k8s.io': '1.5.0',
}

/** Kinds that Istio reads in `v1beta1`, and will read in `v1` only. */
const SERVED_NOW = ['gateways', 'gatewayclasses', 'httproutes', 'referencegrants']
const SERVED_LATER = ['gateways', 'gatewayclasses', 'httproutes', 'grpcroutes']

/**
 * CRDs of the Gateway API must be new enough for Istio to read their objects.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0176/
 */
export const crdVersions: Analyzer = {
  name: 'k8sgateway.CRDVersionAnalyzer',
  description: 'Checks Gateway API CRDs are at the minimum version required by this Istio version',
  codes: ['IST0176'],
  analyze(context) {
    for (const crd of gatewayCrds(context)) checkBundle(crd, context)
  },
}

/**
 * The versions of the Gateway API that CRDs serve must be those that Istio reads: what `istioctl x precheck` says
 * about a cluster.
 */
export const crdServedVersions: Analyzer = {
  name: 'precheck.GatewayAPIVersionAnalyzer',
  description: 'Checks Gateway API CRDs serve the versions that Istio reads, now and in the next releases',
  codes: ['IST0156', 'IST0172'],
  analyze(context) {
    for (const crd of gatewayCrds(context)) checkServed(crd, context)
  },
}

function gatewayCrds(context: AnalysisContext): Resource[] {
  const crds = context.all('apiextensions.k8s.io/CustomResourceDefinition') as readonly Resource[]
  return crds.filter(({ name }) => name.endsWith(GROUP))
}

function checkBundle(crd: Resource, context: AnalysisContext): void {
  const minimum = MINIMUM_BUNDLES[crd.name]
  const installed = crd.annotations[BUNDLE_VERSION]?.replace(/^v/, '')
  if (minimum === undefined || installed === undefined || !isBelow(installed, minimum)) return
  context.report(crd, 'IST0176', [crd.name, installed, minimum], ['metadata', 'annotations', BUNDLE_VERSION])
}

function checkServed(crd: Resource, context: AnalysisContext): void {
  const plural = crd.name.slice(0, -GROUP.length)
  const served = listAt(crd.fields, 'spec', 'versions')
    .filter((version) => valueAt(version, 'served') !== false)
    .map((version) => textAt(version, 'name') ?? '')
  if (served.length === 0) return
  const shown = served.join(', ')
  if (SERVED_NOW.includes(plural) && !served.includes('v1beta1') && !served.includes('v1')) {
    context.report(crd, 'IST0156', [shown, 'v1beta1'], ['spec', 'versions'])
  } else if (SERVED_LATER.includes(plural) && !served.includes('v1')) {
    context.report(crd, 'IST0172', [shown, 'v1'], ['spec', 'versions'])
  }
}

/** Whether a version comes before another; a preview counts as the release that it leads to. */
function isBelow(version: string, minimum: string): boolean {
  const own = /^(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:[-+].*)?$/
    .exec(version)
    ?.slice(1)
    .map((part) => Number(part ?? 0))
  for (const [i, part] of minimum.split('.').map(Number).entries()) {
    const number = own?.[i] ?? part
    if (number !== part) return number < part
  }
  return false
}
