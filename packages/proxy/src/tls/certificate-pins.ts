import { createHash, type X509Certificate } from 'node:crypto'
import type { CertificatePins } from './tls-config.ts'

/** Whether a certificate, or its public key, is one of those that are named. */
export function isPinned(pins: CertificatePins, certificate: X509Certificate): boolean {
  const { fingerprint256, publicKey } = certificate
  if (pins.certificates.includes(fingerprint256.replaceAll(':', '').toLowerCase())) return true
  if (pins.publicKeys.length === 0) return false
  const key = publicKey.export({ type: 'spki', format: 'der' })
  return pins.publicKeys.includes(createHash('sha256').update(key).digest('base64'))
}
