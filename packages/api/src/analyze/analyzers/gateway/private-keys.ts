import type { Analyzer } from '../../analyzer.ts'
import type { AnalysisContext } from '../../context.ts'
import { keyProblem } from '../../index/certificate.ts'
import type { FieldPath } from '../../resource.ts'
import { type GatewayResource, gatewayWorkloads } from './ports.ts'
import { credentialOf, findSecrets } from './secrets.ts'

/** Secrets of gateways must have the key of their certificate. */
export const privateKeys: Analyzer = {
  name: 'gateway.PrivateKeyAnalyzer',
  description: 'Checks that the private keys of gateways belong to their certificates',
  codes: ['BAT0302'],
  analyze(context) {
    for (const gateway of context.all('networking.istio.io/Gateway')) {
      const namespaces = [...new Set(gatewayWorkloads(gateway, context).map(({ namespace }) => namespace))]
      for (const [i, { tls }] of (gateway.spec.servers ?? []).entries()) {
        const path: FieldPath = ['spec', 'servers', i, 'tls']
        const { credentialName = '', credentialNames = [] } = tls ?? {}
        check(gateway, credentialName, [...path, 'credentialName'], namespaces, context)
        for (const [n, name] of credentialNames.entries())
          check(gateway, name, [...path, 'credentialNames', n], namespaces, context)
      }
    }
  },
}

function check(
  gateway: GatewayResource,
  name: string,
  path: FieldPath,
  namespaces: readonly string[],
  context: AnalysisContext,
): void {
  if (name === '') return
  for (const secret of findSecrets(name, namespaces, context)) {
    const [certificate, key] = credentialOf(secret)
    // What is missing is told elsewhere.
    const problem = certificate === '' || key === '' ? undefined : keyProblem(certificate, key)
    if (problem !== undefined) context.report(gateway, 'BAT0302', [secret.fullName, problem], path)
  }
}
