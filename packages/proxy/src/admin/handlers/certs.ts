import { X509Certificate } from 'node:crypto'
import { subjectAltNames } from '../../tls/subject-alt-names.ts'
import type { TlsSecret } from '../../tls/tls-config.ts'
import { type AdminHandler, jsonResponse } from '../handler.ts'

/** Public parts of the certificates and roots in use. Envoy prints one entry for each TLS context, we for each secret. */
export const certs: AdminHandler = {
  path: '/certs',
  method: 'GET',
  help: 'print certs on machine',
  handle(_request, context) {
    const certificates = context.secrets
      .names()
      .map((name) => context.secrets.get(name))
      .filter((secret) => secret !== undefined)
      .map((secret) => certificateJson(secret, context.clock.now()))
    return jsonResponse({ certificates })
  },
}

function certificateJson(secret: TlsSecret, nowMs: number): unknown {
  const pem = secret.kind === 'certificate' ? secret.certificateChain : secret.trustedCa
  const details = (pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []).map(
    (block) => detailsJson(new X509Certificate(block), secret.name, nowMs),
  )
  // Of a chain Envoy shows the leaf, of roots all.
  if (secret.kind === 'certificate') return { ca_cert: [], cert_chain: details.slice(0, 1) }
  return { ca_cert: details, cert_chain: [] }
}

function detailsJson(certificate: X509Certificate, name: string, nowMs: number): unknown {
  const { uris, dns } = subjectAltNames(certificate.raw)
  const from = certificate.validFromDate.getTime()
  const to = certificate.validToDate.getTime()
  return {
    path: `<inline: ${name}>`,
    serial_number: certificate.serialNumber.toLowerCase(),
    subject_alt_names: [...dns.map((value) => ({ dns: value })), ...uris.map((value) => ({ uri: value }))],
    days_until_expiration: String(Math.max(0, Math.floor((to - nowMs) / 86_400_000))),
    valid_from: timestamp(from),
    expiration_time: timestamp(to),
  }
}

function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z')
}
