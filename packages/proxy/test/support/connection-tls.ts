import type { ConnectionTls } from '../../src/network/connection.ts'

/** Mutual TLS as sidecars speak it: reviews called ratings. */
export function connectionTls(overrides: Partial<ConnectionTls> = {}): ConnectionTls {
  return {
    version: 'TLSv1.3',
    alpn: 'istio',
    cipher: 'TLS_AES_128_GCM_SHA256',
    serverName: '',
    mutual: true,
    resumed: false,
    peerUriSans: ['spiffe://cluster.local/ns/default/sa/reviews'],
    peerDnsSans: ['x'],
    peerSubject: 'CN=\\"a\\"',
    peerIssuer: 'O=cluster.local',
    peerSerial: '0a',
    peerCertificateSha256: 'abcd',
    peerCertificatePem: 'PEM PEM',
    peerChainPem: 'PEM PEM',
    peerValidFromMs: Date.UTC(2026, 0, 1),
    peerValidToMs: Number.NaN,
    localUriSans: ['spiffe://cluster.local/ns/default/sa/ratings'],
    localDnsSans: [],
    localSubject: '',
    ...overrides,
  }
}
