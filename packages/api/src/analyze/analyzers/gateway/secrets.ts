import type { Analyzer } from '../../analyzer.ts'
import type { AnalysisContext } from '../../context.ts'
import { certificateProblem, decodeBase64 } from '../../index/certificate.ts'
import { textAt } from '../../loose.ts'
import type { FieldPath, Resource } from '../../resource.ts'
import { type GatewayResource, gatewayWorkloads, reportMissingWorkload } from './ports.ts'

/** Credentials that are no secret in the namespace of the gateway. */
const OTHER_SOURCES = /^(builtin|configmap|file|invalid|sds|spiffe):\/\//

/**
 * Secrets that a Gateway names must be in the namespace of its pods, and be usable.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0101/
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0161/
 */
export const gatewaySecrets: Analyzer = {
  name: 'gateway.SecretAnalyzer',
  description: "Checks a gateway's referenced secrets for correctness",
  codes: ['IST0101', 'IST0161'],
  analyze(context) {
    for (const gateway of context.all('networking.istio.io/Gateway')) check(gateway, context)
  },
}

function check(gateway: GatewayResource, context: AnalysisContext): void {
  const namespaces = [...new Set(gatewayWorkloads(gateway, context).map(({ namespace }) => namespace))]
  if (namespaces.length === 0) {
    reportMissingWorkload(gateway, context)
    return
  }
  for (const [i, { tls }] of (gateway.spec.servers ?? []).entries()) {
    const path: FieldPath = ['spec', 'servers', i, 'tls']
    const { credentialName = '', credentialNames = [] } = tls ?? {}
    checkCredential(gateway, credentialName, [...path, 'credentialName'], namespaces, context)
    for (const [n, name] of credentialNames.entries()) {
      checkCredential(gateway, name, [...path, 'credentialNames', n], namespaces, context)
    }
  }
}

function checkCredential(
  gateway: GatewayResource,
  name: string,
  path: FieldPath,
  namespaces: readonly string[],
  context: AnalysisContext,
): void {
  if (name === '' || OTHER_SOURCES.test(name)) return
  const secrets = findSecrets(name, namespaces, context)
  if (secrets.length === 0) {
    context.report(gateway, 'IST0101', ['credentialName', name], path, { eachPlace: true })
    return
  }
  const problem = secrets.map((secret) => secretProblem(secret, context.now)).find((one) => one !== undefined)
  if (problem === undefined) return
  context.report(gateway, 'IST0161', [gateway.name, namespaces[0]!], path, {
    eachPlace: true,
    hint: `In secret ${secrets[0]!.fullName}, ${problem}.`,
  })
}

/** `name`, `namespace/name`, or one of these with `kubernetes://` or `kubernetes-gateway://` before it. */
export function findSecrets(
  text: string,
  namespaces: readonly string[],
  context: AnalysisContext,
): readonly Resource[] {
  const name = text.replace(/^kubernetes(-gateway)?:\/\//, '')
  const slash = name.indexOf('/')
  const places = slash < 0 ? namespaces : [name.slice(0, slash)]
  return places.flatMap((namespace) => context.find('/Secret', namespace, name.slice(slash + 1)) ?? [])
}

function secretProblem(secret: Resource, now: number): string | undefined {
  const [certificate, key] = credentialOf(secret)
  if (certificate === '') return 'there is no tls.crt (or cert)'
  if (key === '') return 'there is no tls.key (or key)'
  return certificateProblem(certificate, now)
}

/** Certificate and key of a secret; empty when there is none. */
export function credentialOf(secret: Resource): [certificate: string, key: string] {
  const entries = (certificateName: string, keyName: string): [string, string] => [
    secretText(secret, certificateName) ?? '',
    secretText(secret, keyName) ?? '',
  ]
  const generic = entries('cert', 'key')
  return generic.includes('') ? entries('tls.crt', 'tls.key') : generic
}

/** An entry of a Secret as text. */
export function secretText({ fields }: Resource, key: string): string | undefined {
  const plain = textAt(fields, 'stringData', key)
  if (plain !== undefined) return plain
  const encoded = textAt(fields, 'data', key)
  if (encoded === undefined) return undefined
  const bytes = decodeBase64(encoded)
  return bytes === undefined ? '' : new TextDecoder().decode(bytes)
}
