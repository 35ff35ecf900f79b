import type { Analyzer } from '../../analyzer.ts'

/** Service accounts of WorkloadGroups must exist. Nothing is said about namespaces without any. */
export const groupServiceAccounts: Analyzer = {
  name: 'workloadgroup.ServiceAccountAnalyzer',
  description: 'Checks that the service accounts of workload groups exist',
  codes: ['BAT0901'],
  analyze(context) {
    const namespaces = new Set(context.all('/ServiceAccount').map(({ namespace }) => namespace))
    for (const group of context.all('networking.istio.io/WorkloadGroup')) {
      const name = group.spec.template?.serviceAccount ?? ''
      if (name === '' || name === 'default' || !namespaces.has(group.namespace)) continue
      if (context.find('/ServiceAccount', group.namespace, name) !== undefined) continue
      context.report(group, 'BAT0901', [name], ['spec', 'template', 'serviceAccount'])
    }
  },
}
