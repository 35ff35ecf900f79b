import type { Analyzer } from '../../analyzer.ts'
import { append, SelectorIndex } from '../../index/label-index.ts'
import { definedStrings } from '../../index/service-index.ts'
import type { GatewayResource } from './ports.ts'

/** Gateways that one is told about by themselves. Hundreds may share a certificate for a wildcard. */
const TOLD_EACH = 20

/** Gateways after those that share a message. */
const TOLD_TOGETHER = 3

/**
 * Gateways with the same certificate: browsers use one HTTP/2 connection for the hosts of both and get 404 for the
 * hosts of the other.
 *
 * @see https://istio.io/latest/docs/reference/config/analysis/ist0138/
 */
export const duplicateCertificates: Analyzer = {
  name: 'gateway.CertificateAnalyzer',
  description: 'Checks a gateway certificate',
  codes: ['IST0138'],
  analyze(context) {
    const byCertificate = new Map<string, GatewayResource[]>()
    const gateways = context.all('networking.istio.io/Gateway')
    for (const gateway of gateways)
      for (const key of certificatesOf(gateway)) append(byCertificate, key, gateway)
    const shared = new Map<GatewayResource, Set<GatewayResource>>()
    for (const group of byCertificate.values()) {
      // A gateway shares its pods with those whose selector asks for all that its own asks for.
      const index = new SelectorIndex<GatewayResource>()
      for (const gateway of group) index.add(gateway, definedStrings(gateway.spec.selector), '')
      for (const other of group) {
        for (const gateway of index.matching(definedStrings(other.spec.selector), '')) {
          if (gateway === other) continue
          const others = shared.get(gateway) ?? new Set()
          if (others.size <= TOLD_EACH + TOLD_TOGETHER) shared.set(gateway, others.add(other))
        }
      }
    }
    for (const [gateway, others] of shared) {
      const path = certificatePath(gateway)
      const names = [...others].map(({ fullName }) => fullName)
      for (const name of names.slice(0, TOLD_EACH)) {
        context.report(gateway, 'IST0138', [[gateway.fullName, name]], path)
      }
      const more = names.slice(TOLD_EACH)
      if (more.length > 0) {
        const shown = [...more.slice(0, TOLD_TOGETHER), ...(more.length > TOLD_TOGETHER ? ['and more'] : [])]
        context.report(gateway, 'IST0138', [[gateway.fullName, ...shown]], path)
      }
    }
  },
}

/** What identifies the certificates of a Gateway: names of secrets, or files with their keys. */
function certificatesOf({ spec }: GatewayResource): Set<string> {
  const out = new Set<string>()
  for (const { tls } of spec.servers ?? []) {
    const names = [tls?.credentialName ?? '', ...(tls?.credentialNames ?? [])].filter((name) => name !== '')
    for (const name of names) out.add(`secret ${name}`)
    const { serverCertificate = '', privateKey = '' } = tls ?? {}
    if (names.length === 0 && serverCertificate !== '') out.add(`file ${serverCertificate} ${privateKey}`)
  }
  return out
}

function certificatePath({ spec }: GatewayResource): (string | number)[] {
  const servers = spec.servers ?? []
  const index = servers.findIndex(({ tls }) => tls !== undefined)
  const { tls } = servers[index] ?? {}
  const field = tls?.credentialName === undefined ? 'serverCertificate' : 'credentialName'
  return ['spec', 'servers', index, 'tls', tls?.credentialNames === undefined ? field : 'credentialNames']
}
