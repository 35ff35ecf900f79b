import type { Analyzer } from '../../analyzer.ts'
import type { AnalysisContext } from '../../context.ts'
import type { FieldPath, Resource } from '../../resource.ts'

/** Providers that exist without being defined. */
const BUILT_IN = ['envoy', 'prometheus', 'stackdriver']

/**
 * Providers that Telemetry and AuthorizationPolicy name must be defined. Nothing is said when the mesh configuration
 * defines none, because it is then most likely not known.
 */
export const extensionProviders: Analyzer = {
  name: 'mesh.ProviderAnalyzer',
  description: 'Checks that the extension providers which are used are defined',
  codes: ['BAT1101'],
  analyze(context) {
    const defined = context.meshConfig.extensionProviders.map(({ name }) => name)
    if (defined.length === 0) return
    const known = new Set([...BUILT_IN, ...defined])
    for (const telemetry of context.all('telemetry.istio.io/Telemetry')) {
      for (const signal of ['accessLogging', 'metrics', 'tracing'] as const) {
        for (const [i, { providers = [] }] of (telemetry.spec[signal] ?? []).entries()) {
          for (const [n, { name = '' }] of providers.entries()) {
            check(telemetry, name, ['spec', signal, i, 'providers', n, 'name'], known, context)
          }
        }
      }
    }
    for (const policy of context.all('security.istio.io/AuthorizationPolicy')) {
      if (policy.spec.action !== 'CUSTOM') continue
      check(policy, policy.spec.provider?.name ?? '', ['spec', 'provider', 'name'], known, context)
    }
  },
}

function check(
  resource: Resource,
  name: string,
  path: FieldPath,
  known: ReadonlySet<string>,
  context: AnalysisContext,
): void {
  if (!known.has(name)) context.report(resource, 'BAT1101', [name], path)
}
