import { parseDocuments } from '../../../yaml/parse.ts'
import type { Analyzer } from '../../analyzer.ts'
import type { AnalysisContext } from '../../context.ts'
import { append, SelectorIndex } from '../../index/label-index.ts'
import { INJECTION_LABEL, proxyImage, REVISION_LABEL } from '../../index/mesh-membership.ts'
import { definedStrings } from '../../index/service-index.ts'
import { textAt } from '../../loose.ts'
import type { Resource, SpecOf } from '../../resource.ts'
import { injectorConfigs } from './injector-config.ts'

type Pod = Resource<SpecOf<'/Pod'>>

/** Annotation with which a pod chooses its own image. */
const OWN_IMAGE = 'sidecar.istio.io/proxyImage'

/**
 * Sidecars should have the image that the injector gives to new pods.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0158/
 */
export const proxyImages: Analyzer = {
  name: 'injection.ImageAnalyzer',
  description: 'Checks the image of auto-injection configured with the running proxies on pods',
  codes: ['IST0158'],
  analyze(context) {
    const injectors = injectorConfigs(context)
    if (injectors.size === 0) return
    const types = new ImageTypes(context)
    const outdated = new Map<string, string[]>()
    for (const pod of context.all('/Pod')) {
      const image = proxyImage(pod)
      if (image === undefined || (pod.annotations[OWN_IMAGE] ?? '') !== '') continue
      const wanted = injectors.get(revisionOf(pod, context) ?? '-')?.image
      if (wanted === undefined || imagesOf(wanted, types.of(pod)).includes(image)) continue
      append(outdated, pod.namespace, pod.name)
    }
    for (const [name, pods] of outdated) {
      const namespace = context.namespace(name)
      if (namespace !== undefined) context.report(namespace, 'IST0158', [pods])
    }
  },
}

/** Revision whose injector takes care of a pod; undefined when none does. */
function revisionOf({ namespace }: Pod, context: AnalysisContext): string | undefined {
  const labels = context.namespace(namespace)?.labels ?? {}
  const revision = labels[REVISION_LABEL]
  if (revision !== undefined) return revision === 'default' ? '' : revision
  return labels[INJECTION_LABEL] === 'enabled' ? '' : undefined
}

/** Names of an image, with the type that is asked for and without. */
function imagesOf(image: string, type: string | undefined): string[] {
  if (type === undefined || type === 'default') return [image]
  return [image, `${image}-${type}`]
}

/** Types of the image of the sidecar: by annotation, ProxyConfig and mesh configuration, in this order. */
class ImageTypes {
  readonly #context: AnalysisContext
  readonly #byWorkload = new SelectorIndex<string>()
  readonly #byNamespace = new Map<string, string>()

  constructor(context: AnalysisContext) {
    this.#context = context
    for (const { spec, namespace } of context.all('networking.istio.io/ProxyConfig')) {
      const type = spec.image?.imageType
      if (type === undefined) continue
      // In the root namespace a selector does not restrict the ProxyConfig.
      const isForWorkloads = spec.selector !== undefined && namespace !== context.rootNamespace
      if (isForWorkloads) this.#byWorkload.add(type, definedStrings(spec.selector?.matchLabels), namespace)
      else this.#byNamespace.set(namespace, type)
    }
  }

  of({ annotations, labels, namespace }: Pod): string | undefined {
    const own = annotations['proxy.istio.io/config']
    const annotated =
      own === undefined ? undefined : textAt(parseDocuments(own)[0]?.value, 'image', 'imageType')
    return (
      annotated ??
      this.#byWorkload.matching(labels, namespace).at(-1) ??
      this.#byNamespace.get(namespace) ??
      this.#byNamespace.get(this.#context.rootNamespace) ??
      this.#context.meshConfig.imageType
    )
  }
}
