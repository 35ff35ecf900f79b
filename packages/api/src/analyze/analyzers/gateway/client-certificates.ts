import type { Analyzer } from '../../analyzer.ts'
import { gatewayWorkloads } from './ports.ts'
import { findSecrets, secretText } from './secrets.ts'

/** Servers that verify clients need certificates to verify them with. */
export const clientCertificates: Analyzer = {
  name: 'gateway.ClientCertificateAnalyzer',
  description: 'Checks that gateways which verify clients have CA certificates',
  codes: ['BAT0301'],
  analyze(context) {
    for (const gateway of context.all('networking.istio.io/Gateway')) {
      const namespaces = [...new Set(gatewayWorkloads(gateway, context).map(({ namespace }) => namespace))]
      for (const [i, { tls }] of (gateway.spec.servers ?? []).entries()) {
        const { credentialName = '', mode, caCertCredentialName = '' } = tls ?? {}
        if (mode !== 'MUTUAL' && mode !== 'OPTIONAL_MUTUAL') continue
        const secrets = findSecrets(credentialName, namespaces, context)
        // A secret that does not exist is told elsewhere.
        if (credentialName === '' || caCertCredentialName !== '' || secrets.length === 0) continue
        const isThere =
          secrets.some((one) => (secretText(one, 'ca.crt') ?? secretText(one, 'cacert')) !== undefined) ||
          findSecrets(`${credentialName}-cacert`, namespaces, context).length > 0
        if (isThere) continue
        context.report(gateway, 'BAT0301', [credentialName], ['spec', 'servers', i, 'tls', 'credentialName'])
      }
    }
  },
}
