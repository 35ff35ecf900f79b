import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { Secret } from '@batten/api'
import { DEFAULT_NAMESPACE } from './object-key.ts'

/** Certificates that a Secret holds, PEM. */
export interface MeshTlsSecret {
  /** `namespace/name` */
  readonly key: string
  readonly certificate: string | undefined
  readonly privateKey: string | undefined
  readonly ca: string | undefined
  /** Why no server can use certificate and key; undefined when it can, and when there is no certificate. */
  readonly problem: string | undefined
}

/** Keys under which each part is looked for: `kubernetes.io/tls`, then Istio's generic secrets. */
const CERTIFICATE_KEYS = ['tls.crt', 'cert']
const PRIVATE_KEY_KEYS = ['tls.key', 'key']
const CA_KEYS = ['ca.crt', 'cacert']

/** Reads the certificates of a Secret; undefined when it has none. */
export function tlsSecretOf(object: Secret): MeshTlsSecret | undefined {
  const part = (names: readonly string[]) => {
    for (const name of names) {
      const text = object.stringData?.[name]
      if (text !== undefined) return text
      const encoded = object.data?.[name]
      if (encoded !== undefined) return Buffer.from(encoded, 'base64').toString('utf8')
    }
    return undefined
  }
  const certificate = part(CERTIFICATE_KEYS)
  const privateKey = part(PRIVATE_KEY_KEYS)
  const ca = part(CA_KEYS)
  if (certificate === undefined && ca === undefined) return undefined
  return {
    key: `${object.metadata?.namespace ?? DEFAULT_NAMESPACE}/${object.metadata?.name ?? ''}`,
    certificate,
    privateKey,
    ca,
    problem:
      certificate === undefined || privateKey === undefined ? undefined : problemOf(certificate, privateKey),
  }
}

function problemOf(certificate: string, privateKey: string): string | undefined {
  let parsed: X509Certificate
  try {
    parsed = new X509Certificate(certificate)
  } catch {
    return 'tls.crt is no certificate in PEM'
  }
  try {
    return parsed.checkPrivateKey(createPrivateKey(privateKey))
      ? undefined
      : 'tls.key does not belong to tls.crt'
  } catch {
    return 'tls.key is no private key in PEM'
  }
}
