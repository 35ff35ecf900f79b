/** Envoy's default: what BoringSSL verifies, in its order of preference. */
const DEFAULT_ALGORITHMS: readonly string[] = [
  'ecdsa_secp256r1_sha256',
  'rsa_pss_rsae_sha256',
  'rsa_pkcs1_sha256',
  'ecdsa_secp384r1_sha384',
  'rsa_pss_rsae_sha384',
  'rsa_pkcs1_sha384',
  'rsa_pss_rsae_sha512',
  'rsa_pkcs1_sha512',
  'rsa_pkcs1_sha1',
]

/** By code point, the others that OpenSSL has as well. */
const KNOWN: ReadonlySet<string> = new Set([...DEFAULT_ALGORITHMS, 'ecdsa_secp521r1_sha512', 'ed25519'])

/** Whether a name of the TLS registry is one that both Envoy and we know. */
export function isSignatureAlgorithm(name: string): boolean {
  return KNOWN.has(name)
}

/**
 * Signature algorithms as OpenSSL takes them (`sigalgs`).
 *
 * @param algorithms - best first; empty means Envoy's default
 */
export function openSslSignatureAlgorithms(algorithms: readonly string[]): string {
  return (algorithms.length === 0 ? DEFAULT_ALGORITHMS : algorithms).join(':')
}
