import type { Analyzer } from '../../analyzer.ts'
import { Visibility } from '../../index/export-to.ts'
import { append } from '../../index/label-index.ts'
import type { FieldPath, Resource, SpecOf } from '../../resource.ts'

interface Claim {
  readonly rule: Resource<SpecOf<'networking.istio.io/DestinationRule'>>
  readonly host: string
  /** Name of the subset, undefined for the traffic policy of the host. */
  readonly subset: string | undefined
  readonly visibility: Visibility
  readonly path: FieldPath
}

/** DestinationRules of one host are merged: what several of them define is taken from the oldest. */
export const ruleMerges: Analyzer = {
  name: 'destinationrule.MergeAnalyzer',
  description: 'Checks that no two destination rules of a host define the same, and that subsets have labels',
  codes: ['BAT0201', 'BAT0202', 'BAT0203'],
  analyze(context) {
    const claims = new Map<string, Claim[]>()
    const defaults = context.meshConfig.exportTo('DestinationRule')
    for (const rule of context.all('networking.istio.io/DestinationRule')) {
      const { spec, namespace } = rule
      const host = context.fullHost(spec.host ?? '', namespace)
      const visibility = Visibility.of(spec.exportTo, namespace, defaults)
      const claim = (subset: string | undefined, path: FieldPath): void => {
        // Rules for some workloads of a namespace stand beside those for all.
        if (spec.workloadSelector !== undefined) return
        append(claims, JSON.stringify([host, subset ?? null]), { rule, host, subset, visibility, path })
      }
      if (spec.trafficPolicy !== undefined) claim(undefined, ['spec', 'trafficPolicy'])
      for (const [i, { name = '', labels }] of (spec.subsets ?? []).entries()) {
        claim(name, ['spec', 'subsets', i, 'name'])
        if (Object.keys(labels ?? {}).length > 0) continue
        context.report(rule, 'BAT0203', [name], ['spec', 'subsets', i])
      }
    }
    for (const group of claims.values()) {
      if (group.length < 2) continue
      for (const { rule, host, subset, visibility, path } of group) {
        const rivals = group.filter((other) => other.rule !== rule && other.visibility.overlaps(visibility))
        if (rivals.length === 0) continue
        const names = [rule, ...rivals.map((other) => other.rule)].map(({ fullName }) => fullName).sort()
        if (subset === undefined) context.report(rule, 'BAT0202', [names.join(', '), host], path)
        else context.report(rule, 'BAT0201', [names.join(', '), subset, host], path)
      }
    }
  },
}
