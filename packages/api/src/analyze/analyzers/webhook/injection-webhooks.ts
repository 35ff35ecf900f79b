import type { Analyzer } from '../../analyzer.ts'
import type { AnalysisContext } from '../../context.ts'
import { selects, valuesFor } from '../../index/label-selector.ts'
import { INJECT, INJECTION_LABEL, REVISION_LABEL } from '../../index/mesh-membership.ts'
import { listAt, textAt, valueAt } from '../../loose.ts'
import type { FieldPath, Resource, StringMap } from '../../resource.ts'

/** A webhook of a configuration. */
export interface Webhook {
  readonly resource: Resource
  readonly name: string
  readonly value: unknown
  readonly path: FieldPath
}

/** Webhooks of configurations of one kind. */
export function webhooksOf(
  context: AnalysisContext,
  kind: 'MutatingWebhookConfiguration' | 'ValidatingWebhookConfiguration',
): Webhook[] {
  return context.all(`admissionregistration.k8s.io/${kind}`).flatMap((resource) =>
    listAt(resource.fields, 'webhooks').map((value, i) => ({
      resource,
      name: textAt(value, 'name') ?? '',
      value,
      path: ['webhooks', i],
    })),
  )
}

/**
 * Webhooks that inject must not overlap, and the control planes that they ask must exist.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0139/
 */
export const injectionWebhooks: Analyzer = {
  name: 'webhook.Analyzer',
  description: 'Checks the validity of Istio webhooks',
  codes: ['IST0139'],
  analyze(context) {
    const webhooks = injectors(webhooksOf(context, 'MutatingWebhookConfiguration'))
    checkOverlaps(webhooks, context)
    for (const { resource, value, path } of webhooks) {
      const service = valueAt(value, 'clientConfig', 'service')
      if (service === undefined) continue
      const namespace = textAt(service, 'namespace') ?? ''
      const name = textAt(service, 'name') ?? ''
      if (context.find('/Service', namespace, name) !== undefined) continue
      const text = `Injector refers to a control plane service that does not exist: ${namespace}/${name}.`
      context.report(resource, 'IST0139', [text], [...path, 'clientConfig', 'service', 'name'])
    }
  },
}

/** Webhooks of configurations that are Istio's: by their name, or because they ask for a revision. */
function injectors(webhooks: readonly Webhook[]): Webhook[] {
  const resources = new Set(
    webhooks
      .filter((webhook) => webhook.name.endsWith('istio.io') || revisionsOf(webhook).length > 0)
      .map(({ resource }) => resource),
  )
  return webhooks.filter(({ resource }) => resources.has(resource))
}

/** Revisions that a webhook, or its configuration, is for. */
function revisionsOf({ resource, value }: Webhook): string[] {
  const own = resource.labels[REVISION_LABEL]
  const selected = ['namespaceSelector', 'objectSelector'].flatMap((field) =>
    valuesFor(valueAt(value, field), REVISION_LABEL),
  )
  return own === undefined ? selected : [own, ...selected]
}

/** Every combination of labels that injection looks at must be selected by one webhook at most. */
function checkOverlaps(webhooks: readonly Webhook[], context: AnalysisContext): void {
  const revisions = new Set(webhooks.flatMap(revisionsOf))
  const namespaces = labelSets(INJECTION_LABEL, ['enabled', 'disabled'], revisions)
  const objects = labelSets(INJECT, ['true', 'false'], revisions)
  const byNamespace = namespaces.map((labels) =>
    webhooks.filter(({ value }) => selects(valueAt(value, 'namespaceSelector'), labels)),
  )
  const reported = new Set<string>()
  for (const candidates of byNamespace) {
    if (candidates.length < 2) continue
    for (const labels of objects) {
      const found = candidates.filter(({ value }) => selects(valueAt(value, 'objectSelector'), labels))
      if (found.length < 2) continue
      for (const webhook of found) {
        const others = found.filter((other) => other !== webhook).map(nameOf)
        const text = `Webhook overlaps with others: [${others.sort().join(' ')}]. This may cause injection to occur twice.`
        const key = `${nameOf(webhook)} ${text}`
        if (!reported.has(key)) context.report(webhook.resource, 'IST0139', [text], [...webhook.path, 'name'])
        reported.add(key)
      }
    }
  }
}

function nameOf({ resource, name }: Webhook): string {
  return `${resource.name}/${name}`
}

function labelSets(label: string, values: readonly string[], revisions: ReadonlySet<string>): StringMap[] {
  const plain: StringMap[] = [{}, ...values.map((value) => ({ [label]: value }))]
  const revised = [...revisions].flatMap((revision) =>
    plain.map((labels) => ({ ...labels, [REVISION_LABEL]: revision })),
  )
  return [...plain, ...revised]
}
