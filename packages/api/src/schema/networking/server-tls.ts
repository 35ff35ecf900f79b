import { choice, field, flag, list, message, text, texts } from '../node.ts'

/** TLS mode of a server. */
export const ServerTLSMode = choice('ServerTLSMode', 'How a server treats TLS.', {
  PASSTHROUGH: 'Connections are routed by their SNI and passed on unopened.',
  SIMPLE: 'TLS is terminated here.',
  MUTUAL: 'TLS is terminated here and callers must show a certificate.',
  AUTO_PASSTHROUGH:
    'As PASSTHROUGH, without a VirtualService: the SNI names service, subset and port. Between networks.',
  ISTIO_MUTUAL: 'As MUTUAL, with certificates of the mesh.',
  OPTIONAL_MUTUAL: 'As MUTUAL, but callers may come without a certificate.',
})

/** Versions of TLS. */
export const TLSProtocol = choice('TLSProtocol', 'A version of TLS.', {
  TLS_AUTO: 'Chosen by the proxy.',
  TLSV1_0: 'TLS 1.0.',
  TLSV1_1: 'TLS 1.1.',
  TLSV1_2: 'TLS 1.2.',
  TLSV1_3: 'TLS 1.3.',
})

/** A certificate in files. */
export const TLSCertificate = message(
  'TLSCertificate',
  'A server certificate in files of the proxy.',
  {
    serverCertificate: text('File with the certificate.'),
    privateKey: text('File with its key.'),
    caCertificates: text('File with authorities of client certificates.'),
  },
  { anchor: 'ServerTLSSettings-TLSCertificate' },
)

/** TLS of a server. */
export const ServerTLSSettings = message(
  'ServerTLSSettings',
  'TLS of a gateway server or of a sidecar ingress listener.',
  {
    httpsRedirect: flag('Whether plain HTTP is answered with a redirect (301) to HTTPS.', {
      defaults: 'false',
    }),
    mode: field(ServerTLSMode, 'How TLS is treated.', { defaults: 'PASSTHROUGH' }),
    serverCertificate: text(
      'File with the server certificate. For SIMPLE and MUTUAL without `credentialName`.',
    ),
    privateKey: text('File with the key of the server certificate.'),
    caCertificates: text('File with authorities of client certificates. For MUTUAL.'),
    caCrl: text('File with revoked client certificates.'),
    credentialName: text('Secret with certificate, key and authorities, in the namespace of the proxy.', {
      example: 'bookinfo-cert',
    }),
    credentialNames: texts('As `credentialName`, up to two: one RSA and one ECDSA certificate.', {
      minItems: 1,
      maxItems: 2,
      since: '1.27',
    }),
    caCertCredentialName: text('Secret or ConfigMap with authorities of client certificates.', {
      since: '1.28',
    }),
    tlsCertificates: list(TLSCertificate, 'Up to two certificates in files: one RSA and one ECDSA.', {
      minItems: 1,
      maxItems: 2,
      since: '1.27',
    }),
    subjectAltNames: texts('Names of which a client certificate must have one.'),
    verifyCertificateSpki: texts('Base64 SHA-256 hashes of public keys that client certificates may have.'),
    verifyCertificateHash: texts('Hexadecimal SHA-256 hashes that client certificates may have.'),
    minProtocolVersion: field(TLSProtocol, 'Oldest version of TLS.', { defaults: 'TLSV1_2' }),
    maxProtocolVersion: field(TLSProtocol, 'Newest version of TLS.', { defaults: 'TLSV1_3' }),
    cipherSuites: texts('Cipher suites for TLS 1.2 and before.', { defaults: 'those of the proxy' }),
    ecdhCurves: texts('Curves for the key exchange.', { since: '1.31' }),
    insecureSkipVerify: flag('Whether client certificates are not checked at all.', {
      nullable: true,
      defaults: 'false',
    }),
  },
  {
    rules: [
      {
        rule: '(has(self.tlsCertificates) ? 1 : 0) + (has(self.credentialNames) ? 1 : 0) <= 1',
        message: 'only one of credentialNames or tlsCertificates can be set',
      },
      {
        rule: '(has(self.credentialName) ? 1 : 0) + (has(self.credentialNames) ? 1 : 0) <= 1',
        message: 'only one of credentialName or credentialNames can be set',
      },
      {
        // The message speaks of credentialName, the rule looks at credentialNames: Istio's CRD has it so.
        rule: '(has(self.credentialNames) ? 1 : 0) + (has(self.tlsCertificates) ? 1 : 0) <= 1',
        message: 'only one of credentialName or tlsCertificates can be set',
      },
    ],
    example: 'mode: SIMPLE\ncredentialName: bookinfo-cert',
  },
)
