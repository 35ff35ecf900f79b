import type { Destination } from '../../../gen/types/networking/destination.ts'
import type { Analyzer } from '../../analyzer.ts'
import type { Loose } from '../../loose.ts'

/** Weights that mean nothing, and routes that split traffic between a destination and itself. */
export const routeWeights: Analyzer = {
  name: 'virtualservice.WeightAnalyzer',
  description: 'Checks that the destinations of a route differ and that their weights have a meaning',
  codes: ['BAT0101', 'BAT0102'],
  analyze(context) {
    for (const virtualService of context.all('networking.istio.io/VirtualService')) {
      const { spec, namespace } = virtualService
      for (const list of ['http', 'tls', 'tcp'] as const) {
        for (const [i, { route = [] }] of (spec[list] ?? []).entries()) {
          const path = ['spec', list, i, 'route']
          const [only] = route
          const weight = only?.weight ?? 0
          if (route.length === 1 && weight !== 0 && weight !== 100) {
            context.report(virtualService, 'BAT0101', [weight], [...path, 0, 'weight'])
          }
          const seen = new Set<string>()
          for (const [n, { destination = {} }] of route.entries()) {
            const host = context.fullHost(destination.host ?? '', namespace)
            const key = JSON.stringify([host, destination.subset ?? '', destination.port?.number ?? 0])
            if (seen.has(key)) context.report(virtualService, 'BAT0102', [shown(destination)], [...path, n])
            seen.add(key)
          }
        }
      }
    }
  },
}

function shown({ host = '', subset = '', port }: Loose<Destination>): string {
  const number = port?.number === undefined ? '' : `:${port.number}`
  return `${host}${number}${subset === '' ? '' : ` (subset ${subset})`}`
}
