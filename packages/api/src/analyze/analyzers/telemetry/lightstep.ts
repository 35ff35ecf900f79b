import { isFields } from '../../../validate/check.ts'
import type { Analyzer } from '../../analyzer.ts'
import { valueAt } from '../../loose.ts'

/**
 * Lightstep's own tracing provider is on its way out.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0002/
 */
export const lightstepProviders: Analyzer = {
  name: 'telemetry.LightstepAnalyzer',
  description: 'Validates that lightstep provider is still used',
  codes: ['IST0002'],
  analyze(context) {
    const names = new Set(
      context.meshConfig.extensionProviders
        .filter(({ value }) => isFields(valueAt(value, 'lightstep')))
        .map(({ name }) => name),
    )
    if (names.size === 0) return
    for (const telemetry of context.all('telemetry.istio.io/Telemetry')) {
      for (const [i, { providers = [] }] of (telemetry.spec.tracing ?? []).entries()) {
        for (const [n, { name = '' }] of providers.entries()) {
          if (!names.has(name)) continue
          const text = `The Lightstep provider ${name} is deprecated, please migrate to OpenTelemetry provider.`
          context.report(telemetry, 'IST0002', [text], ['spec', 'tracing', i, 'providers', n, 'name'])
        }
      }
    }
  },
}
