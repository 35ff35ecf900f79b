import type { ServerTLSSettings } from '../../gen/types/networking/server-tls.ts'
import type { Path, RuleReport } from './report.ts'

/** Cipher suites by the names that Envoy knows them under. */
const CIPHERS = new Set([
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-SHA',
  'ECDHE-RSA-AES128-SHA',
  'ECDHE-ECDSA-AES256-SHA',
  'ECDHE-RSA-AES256-SHA',
  'AES128-GCM-SHA256',
  'AES256-GCM-SHA384',
  'AES128-SHA',
  'AES256-SHA',
  'DES-CBC3-SHA',
])

/** Expressions like `[A|B]`, `+X` and `-X` are not looked into. */
function isCipher(name: string): boolean {
  return name === '' || name === 'ALL' || !/^[\p{L}\p{N}]/u.test(name) || CIPHERS.has(name)
}

/** Checks TLS of a gateway server or a sidecar ingress listener. */
export function checkServerTls(tls: ServerTLSSettings | undefined, path: Path, report: RuleReport): void {
  if (tls === undefined) return
  checkVersionAndCiphers(tls, path, report)
  const {
    mode = 'PASSTHROUGH',
    serverCertificate = '',
    privateKey = '',
    caCertificates = '',
    caCrl = '',
    credentialName = '',
  } = tls
  const { credentialNames = [], tlsCertificates = [] } = tls
  const hasCredential = credentialName !== '' || credentialNames.length > 0
  if (mode === 'ISTIO_MUTUAL') {
    const forbidden = {
      serverCertificate: [serverCertificate !== '', 'server certificate'],
      privateKey: [privateKey !== '', 'private key'],
      caCertificates: [caCertificates !== '', 'CA bundle'],
      credentialName: [credentialName !== '', 'credentialName'],
      credentialNames: [credentialNames.length > 0, 'credentialNames'],
      tlsCertificates: [tlsCertificates.length > 0, 'tlsCertificates'],
    } as const
    for (const [field, [isSet, what]] of Object.entries(forbidden)) {
      if (isSet) report.error([...path, field], 'RULE_TLS', `ISTIO_MUTUAL TLS cannot have associated ${what}`)
    }
    return
  }
  const isPassThrough = mode === 'PASSTHROUGH' || mode === 'AUTO_PASSTHROUGH'
  if (isPassThrough) {
    const files = [caCrl, serverCertificate, privateKey, caCertificates]
    if (files.some((file) => file !== '') || hasCredential || tlsCertificates.length > 0)
      report.warning(path, 'RULE_TLS', `${mode} mode does not use certificates, they will be ignored`)
  }
  const sources = [
    serverCertificate !== '' && privateKey !== '',
    credentialName !== '',
    credentialNames.length > 0,
    tlsCertificates.length > 0,
  ]
  if (sources.filter(Boolean).length > 1) {
    report.error(
      path,
      'RULE_TLS',
      'only one of credential_name, credential_names, server_certificate/private_key, tls_certificates should be specified',
    )
  }
  if (!isPassThrough) {
    if (hasCredential) return
    checkCertificates(tls, mode === 'SIMPLE' ? 'SIMPLE' : 'MUTUAL', path, report)
  }
  if (caCrl !== '') {
    if (credentialName !== '') {
      report.error(
        [...path, 'caCrl'],
        'RULE_TLS',
        'CRL is not supported with credentialName. CRL has to be specified in the credential',
      )
    }
    if (mode === 'SIMPLE')
      report.error([...path, 'caCrl'], 'RULE_TLS', 'CRL is not supported with SIMPLE TLS')
  }
}

function checkCertificates(
  tls: ServerTLSSettings,
  what: 'SIMPLE' | 'MUTUAL',
  path: Path,
  report: RuleReport,
): void {
  if (what === 'MUTUAL' && (tls.caCertificates ?? '') === '')
    report.error([...path, 'caCertificates'], 'RULE_TLS', 'MUTUAL TLS requires a client CA bundle')
  const { tlsCertificates = [] } = tls
  const pairs =
    tlsCertificates.length === 0
      ? [{ pair: tls, at: path }]
      : tlsCertificates.map((pair, i) => ({ pair, at: [...path, 'tlsCertificates', i] }))
  for (const { pair, at } of pairs) {
    if ((pair.serverCertificate ?? '') === '')
      report.error([...at, 'serverCertificate'], 'RULE_TLS', `${what} TLS requires a server certificate`)
    if ((pair.privateKey ?? '') === '')
      report.error([...at, 'privateKey'], 'RULE_TLS', `${what} TLS requires a private key`)
  }
}

function checkVersionAndCiphers(tls: ServerTLSSettings, path: Path, report: RuleReport): void {
  const ciphers = tls.cipherSuites ?? []
  if (
    (tls.minProtocolVersion === 'TLSV1_0' || tls.minProtocolVersion === 'TLSV1_1') &&
    ciphers.length === 0
  ) {
    report.warning(
      [...path, 'minProtocolVersion'],
      'RULE_TLS',
      'TLS version below TLSV1_2 require setting compatible ciphers as by default they no longer include compatible ciphers.',
    )
  }
  const invalid = ciphers.filter((cipher) => !isCipher(cipher))
  const duplicate = ciphers.filter((cipher, i) => isCipher(cipher) && ciphers.indexOf(cipher) < i)
  for (const [what, names] of [
    ['invalid', invalid],
    ['duplicate', duplicate],
  ] as const) {
    if (names.length > 0) {
      const list = [...new Set(names)].sort().join(' ')
      report.warning([...path, 'cipherSuites'], 'RULE_TLS', `ignoring ${what} cipher suites: [${list}]`)
    }
  }
}
