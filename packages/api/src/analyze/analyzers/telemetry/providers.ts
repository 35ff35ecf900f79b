import type { Analyzer } from '../../analyzer.ts'

/**
 * Access logging without providers has no effect when the mesh has no default ones.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0157/
 */
export const telemetryProviders: Analyzer = {
  name: 'telemetry.ProviderAnalyzer',
  aliases: ['telemetry.ProdiverAnalyzer'],
  description: 'Validates that providers in telemetry resource is valid',
  codes: ['IST0157'],
  analyze(context) {
    if (context.meshConfig.defaultProviders('accessLogging').length > 0) return
    for (const telemetry of context.all('telemetry.istio.io/Telemetry')) {
      const logging = telemetry.spec.accessLogging ?? []
      const index = logging.findIndex(
        ({ providers = [], disabled }) => providers.length === 0 && disabled !== true,
      )
      if (index < 0) continue
      const path = ['spec', 'accessLogging', index]
      context.report(telemetry, 'IST0157', [telemetry.name, telemetry.namespace], path)
    }
  },
}
