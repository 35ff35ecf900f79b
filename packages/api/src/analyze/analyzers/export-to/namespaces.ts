import type { Analyzer } from '../../analyzer.ts'

const TYPES = [
  'networking.istio.io/VirtualService',
  'networking.istio.io/DestinationRule',
  'networking.istio.io/ServiceEntry',
] as const

/**
 * Namespaces that `exportTo` names must exist. Nothing is said when no namespace is among what is analyzed, or when
 * objects of the namespace are.
 */
export const exportToNamespaces: Analyzer = {
  name: 'exportto.NamespaceAnalyzer',
  description: 'Checks that the namespaces of exportTo exist',
  codes: ['BAT0001'],
  analyze(context) {
    const known = new Set(context.all('/Namespace').map(({ name }) => name))
    if (known.size === 0) return
    for (const namespace of context.usedNamespaces) known.add(namespace)
    for (const type of TYPES) {
      for (const resource of context.all(type)) {
        for (const [i, namespace] of (resource.spec.exportTo ?? []).entries()) {
          if (['*', '.', '~'].includes(namespace) || known.has(namespace)) continue
          context.report(resource, 'BAT0001', [namespace], ['spec', 'exportTo', i])
        }
      }
    }
  },
}
