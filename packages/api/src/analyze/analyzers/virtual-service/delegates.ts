import type { Analyzer } from '../../analyzer.ts'

/** VirtualServices to which routes delegate must exist. */
export const delegates: Analyzer = {
  name: 'virtualservice.DelegateAnalyzer',
  description: 'Checks that the delegates of virtual services exist',
  codes: ['BAT0104'],
  analyze(context) {
    const type = 'networking.istio.io/VirtualService'
    for (const virtualService of context.all(type)) {
      for (const [i, { delegate }] of (virtualService.spec.http ?? []).entries()) {
        const { name = '', namespace = '' } = delegate ?? {}
        if (name === '') continue
        const of = namespace === '' ? virtualService.namespace : namespace
        if (context.find(type, of, name) !== undefined) continue
        context.report(virtualService, 'BAT0104', [`${of}/${name}`], ['spec', 'http', i, 'delegate', 'name'])
      }
    }
  },
}
