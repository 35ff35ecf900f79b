import { getCACertificates } from 'node:tls'
import type { TlsSecret } from './tls-config.ts'

/** What Istio calls the authorities that the machine trusts, where it asks for them by SDS. */
export const SYSTEM_ROOTS_SECRET = 'file-root:system'

/** Authorities in PEM form, of the machine or of Node. */
export type ReadAuthorities = (of: 'system' | 'bundled') => readonly string[]

/**
 * The authorities that the machine trusts (`SSL_CERT_FILE` and `SSL_CERT_DIR`, else where its TLS library looks), as a
 * secret. Read once, which takes some tens of milliseconds: what changes on the machine is seen after a restart.
 *
 * Differs from Istio: a machine that trusts nobody (an image without `ca-certificates`) is taken to trust the
 * authorities that Node brings along, those of Mozilla. Istio's agent delivers nothing there, and the cluster never
 * comes up. Nor are the files watched.
 */
export function systemRoots(read: ReadAuthorities = getCACertificates): TlsSecret {
  const ofMachine = read('system')
  const authorities = new Set(ofMachine.length > 0 ? ofMachine : read('bundled'))
  const trustedCa = [...authorities].map((pem) => (pem.endsWith('\n') ? pem : `${pem}\n`)).join('')
  return Object.freeze({ kind: 'validation', name: SYSTEM_ROOTS_SECRET, trustedCa })
}
