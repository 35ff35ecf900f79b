import type { ClientTLSSettings } from '../../../gen/types/networking/traffic-policy.ts'
import type { Analyzer } from '../../analyzer.ts'
import type { Loose } from '../../loose.ts'

/**
 * TLS without CA certificates does not verify who answers.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0128/
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0129/
 */
export const caCertificates: Analyzer = {
  name: 'destinationrule.CaCertificateAnalyzer',
  description: 'Checks if caCertificates is set when TLS mode is SIMPLE/MUTUAL',
  codes: ['IST0128', 'IST0129'],
  analyze(context) {
    for (const rule of context.all('networking.istio.io/DestinationRule')) {
      const { spec, fullName, namespace } = rule
      const { trafficPolicy, host = '' } = spec
      const hasSelector = spec.workloadSelector !== undefined
      const mode = unverifiedMode(trafficPolicy?.tls, hasSelector)
      if (mode !== undefined) {
        context.report(
          rule,
          'IST0128',
          [fullName, namespace, mode, host],
          ['spec', 'trafficPolicy', 'tls', 'mode'],
        )
      }
      for (const [i, settings] of (trafficPolicy?.portLevelSettings ?? []).entries()) {
        const portMode = unverifiedMode(settings.tls, hasSelector)
        if (portMode === undefined) continue
        context.report(
          rule,
          'IST0129',
          [fullName, namespace, portMode, host, `number:${settings.port?.number ?? 0}`],
          ['spec', 'trafficPolicy', 'portLevelSettings', i, 'tls', 'mode'],
        )
      }
    }
  },
}

/** Sidecars take a credential by name only from rules that select them. */
function unverifiedMode(tls: Loose<ClientTLSSettings> | undefined, hasSelector: boolean): string | undefined {
  if (tls?.mode !== 'SIMPLE' && tls?.mode !== 'MUTUAL') return undefined
  if ((tls.caCertificates ?? '') !== '') return undefined
  return (tls.credentialName ?? '') !== '' && hasSelector ? undefined : tls.mode
}
