import type {
  CertificateValidationContext,
  CommonTlsContext,
  DownstreamTlsContext,
  SdsSecretConfig,
  StringMatcher,
  TlsParameters,
  UpstreamTlsContext,
} from '@batten/xds'
import { hasCipher, unknownCipher } from '../tls/cipher-suites.ts'
import { keyExchangeGroup, openSslGroups } from '../tls/key-exchange-groups.ts'
import type { SanMatcher } from '../tls/san-match.ts'
import { isSignatureAlgorithm } from '../tls/signature-algorithms.ts'
import { SYSTEM_ROOTS_SECRET } from '../tls/system-roots.ts'
import type { CertificatePins, TlsClientConfig, TlsCommonConfig, TlsServerConfig } from '../tls/tls-config.ts'
import {
  type CompiledConfigSource,
  compileConfigSource,
  type ResourceSource,
} from './compile-config-source.ts'
import { compileRevoked, compileTlsCertificate, compileTrustedCa } from './compile-secret.ts'
import { compileStringMatcher } from './compile-string-matcher.ts'
import type { MessageReader } from './message-reader.ts'
import type { ResourceReferences } from './resource-references.ts'

/**
 * Protocols that are never offered in a handshake, so that no peer chooses what this proxy does not speak.
 *
 * Differs from Envoy: a context that lists them is accepted without them. ALPN is a negotiation; the peer takes the
 * next one both know.
 */
const NOT_OFFERED: Readonly<Record<string, string>> = {
  h2: 'HTTP/2 is not spoken on the request path yet',
  'istio-peer-exchange': 'peers that agree on it send metadata before the first byte of the application',
}

/**
 * `DownstreamTlsContext` -> the server side of a filter chain.
 *
 * Differs from Envoy: `require_client_certificate` without a validation context asks for a certificate and refuses
 * clients that have none. Envoy asks for none then, and takes everybody.
 */
export function compileDownstreamTls(
  context: MessageReader<DownstreamTlsContext>,
  references: ResourceReferences,
): TlsServerConfig {
  const requireClientCertificate = context.flag('requireClientCertificate')
  const common = compileCommon(context.nested('commonTlsContext', 'CommonTlsContext'), 'TLSv1.3', references)
  context.choice('ocspStaplePolicy', ['LENIENT_STAPLING'], 'LENIENT_STAPLING')
  context.done()
  if (common.certificate === undefined)
    throw context.path('commonTlsContext').invalid('a server needs a certificate')
  return Object.freeze({ ...common, requireClientCertificate })
}

/** `UpstreamTlsContext` -> the client side of a cluster. */
export function compileUpstreamTls(
  context: MessageReader<UpstreamTlsContext>,
  references: ResourceReferences,
): TlsClientConfig {
  const sni = context.text('sni')
  const common = compileCommon(context.nested('commonTlsContext', 'CommonTlsContext'), 'TLSv1.2', references)
  context.done()
  return Object.freeze({ ...common, sni })
}

function compileCommon(
  common: MessageReader<CommonTlsContext> | undefined,
  automaticMax: Version,
  references: ResourceReferences,
): TlsCommonConfig {
  if (common === undefined)
    return {
      ...compileParameters(undefined, automaticMax),
      certificate: undefined,
      validation: undefined,
      alpn: [],
      subjectAltNames: [],
    }
  const alpn = common.list('alpnProtocols').filter((protocol) => !(protocol in NOT_OFFERED))
  const result: TlsCommonConfig = {
    ...compileParameters(common.nested('tlsParams', 'TlsParameters'), automaticMax),
    certificate: compileCertificate(common, references),
    ...compileValidation(common, references),
    alpn: Object.freeze(alpn),
  }
  common.done()
  return result
}

function compileCertificate(
  common: MessageReader<CommonTlsContext>,
  references: ResourceReferences,
): string | undefined {
  const inline = common.each('tlsCertificates', 'TlsCertificate')
  const dynamic = common.each('tlsCertificateSdsSecretConfigs', 'SdsSecretConfig')
  const second = inline[1] ?? dynamic[1] ?? (inline.length > 0 ? dynamic[0] : undefined)
  if (second !== undefined) throw second.at.unsupported('only one certificate is supported yet')
  if (inline[0] !== undefined) {
    const { certificateChain, privateKey } = compileTlsCertificate(inline[0])
    return references.addInlineCertificate(certificateChain, privateKey)
  }
  return dynamic[0] === undefined ? undefined : compileSdsSecretConfig(dynamic[0], references)
}

function compileValidation(
  common: MessageReader<CommonTlsContext>,
  references: ResourceReferences,
): Pick<TlsCommonConfig, 'validation' | 'subjectAltNames' | 'pins' | 'revoked'> {
  const plain = common.nested('validationContext', 'CertificateValidationContext')
  const dynamic = common.nested('validationContextSdsSecretConfig', 'SdsSecretConfig')
  const combined = common.nested('combinedValidationContext', 'CombinedCertificateValidationContext')
  if (combined === undefined && plain === undefined && dynamic === undefined)
    return { validation: undefined, subjectAltNames: [] }

  const context = plain ?? combined?.nested('defaultValidationContext', 'CertificateValidationContext')
  const secret = dynamic ?? combined?.nested('validationContextSdsSecretConfig', 'SdsSecretConfig')
  combined?.done()
  const subjectAltNames = context === undefined ? [] : compileSubjectAltNames(context)
  const pins = context === undefined ? undefined : compilePins(context)
  const revoked = context === undefined ? undefined : compileRevoked(context)
  const inlineCa = context === undefined ? undefined : compileTrustedCa(context)
  if (context !== undefined) {
    context.choice('trustChainVerification', ['VERIFY_TRUST_CHAIN'], 'VERIFY_TRUST_CHAIN')
    context.done()
  }
  const peers = {
    subjectAltNames,
    ...(pins === undefined ? {} : { pins }),
    ...(revoked === undefined ? {} : { revoked }),
  }
  // A dynamic context wins over the default one, as protobuf merging does in Envoy.
  if (secret !== undefined) return { validation: compileSdsSecretConfig(secret, references), ...peers }
  if (inlineCa !== undefined) return { validation: references.addInlineTrustedCa(inlineCa), ...peers }
  if (subjectAltNames.length > 0)
    throw context!.at.invalid('checking names of peers without trusted_ca is insecure', 'add trusted_ca')
  if (revoked !== undefined) throw context!.path('crl').invalid('a revocation list needs trusted_ca')
  return { validation: undefined, ...peers }
}

function compilePins(context: MessageReader<CertificateValidationContext>): CertificatePins | undefined {
  const at = context.path('verifyCertificateHash')
  // Upper case and colons, as `openssl x509 -fingerprint` prints them, are fine.
  const certificates = context.list('verifyCertificateHash').map((text) => {
    const hash = text.replaceAll(':', '').toLowerCase()
    if (!/^[0-9a-f]{64}$/.test(hash)) throw at.invalid(`${JSON.stringify(text)} is no SHA-256 in hexadecimal`)
    return hash
  })
  const atKeys = context.path('verifyCertificateSpki')
  const publicKeys = context.list('verifyCertificateSpki').map((text) => {
    if (!/^[A-Za-z0-9+/]{43}=$/.test(text))
      throw atKeys.invalid(`${JSON.stringify(text)} is no SHA-256 in base64`)
    return text
  })
  if (certificates.length === 0 && publicKeys.length === 0) return undefined
  return Object.freeze({ certificates: Object.freeze(certificates), publicKeys: Object.freeze(publicKeys) })
}

const SAN_TYPES = { URI: 'uri', DNS: 'dns', EMAIL: 'email', IP_ADDRESS: 'ip' } as const

function compileSubjectAltNames(context: MessageReader<CertificateValidationContext>): readonly SanMatcher[] {
  const typed = context.each('matchTypedSubjectAltNames', 'SubjectAltNameMatcher').map((entry) => {
    const type = entry.take('sanType')
    if (type === undefined) throw entry.path('sanType').invalid('a type is required')
    if (!(type in SAN_TYPES)) throw entry.path('sanType').unsupported(`${type} is not supported yet`)
    const matcher = entry.nested('matcher', 'StringMatcher')
    if (matcher === undefined) throw entry.path('matcher').invalid('a matcher is required')
    entry.done()
    return compileSanMatcher(SAN_TYPES[type as keyof typeof SAN_TYPES], matcher)
  })
  const untyped = context
    .each('matchSubjectAltNames', 'StringMatcher')
    .map((matcher) => compileSanMatcher('any', matcher))
  return Object.freeze([...typed, ...untyped])
}

function compileSanMatcher(type: SanMatcher['type'], matcher: MessageReader<StringMatcher>): SanMatcher {
  const { exact } = matcher.message
  const compiled = compileStringMatcher(matcher)
  return Object.freeze({ type, matcher: compiled, ...(exact === undefined ? {} : { exact }) })
}

function compileSdsSecretConfig(
  config: MessageReader<SdsSecretConfig>,
  references: ResourceReferences,
): string {
  const name = config.requiredText('name')
  const sdsConfig = config.nested('sdsConfig', 'ConfigSource')
  config.done()
  const named: CompiledConfigSource =
    sdsConfig === undefined
      ? { source: { kind: 'static' }, initialFetchTimeoutMs: 0 }
      : compileConfigSource(sdsConfig)
  // Istio names the agent beside every proxy here, which reads a file. So can we.
  const from: CompiledConfigSource =
    name === SYSTEM_ROOTS_SECRET && named.source.kind === 'grpc'
      ? { ...named, source: { kind: 'machine' } }
      : named
  const other = references.secrets.get(name)
  if (other !== undefined && !sameSource(other.source, from.source))
    throw config.path('sdsConfig').unsupported(`secret ${JSON.stringify(name)} comes from two sources`)
  references.secrets.set(name, { name, ...from })
  return name
}

function sameSource(a: ResourceSource, b: ResourceSource): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

type Version = TlsCommonConfig['minVersion']
type Parameters = Pick<
  TlsCommonConfig,
  'minVersion' | 'maxVersion' | 'ciphers' | 'groups' | 'signatureAlgorithms'
>

/**
 * @param automaticMax - what `TLS_AUTO` ends at: TLS 1.3 for servers, 1.2 for clients, as in Envoy
 *
 * Differs from Envoy: a client whose minimum is TLS 1.3 and whose maximum is not set speaks TLS 1.3. Envoy's cannot
 * connect to anybody then.
 */
function compileParameters(
  parameters: MessageReader<TlsParameters> | undefined,
  automaticMax: Version,
): Parameters {
  if (parameters === undefined)
    return {
      minVersion: 'TLSv1.2',
      maxVersion: automaticMax,
      ciphers: '',
      groups: [],
      signatureAlgorithms: [],
    }
  const minVersion = version(parameters, 'tlsMinimumProtocolVersion', 'TLSv1.2')
  const maxVersion = version(
    parameters,
    'tlsMaximumProtocolVersion',
    minVersion > automaticMax ? minVersion : automaticMax,
  )
  if (minVersion > maxVersion)
    throw parameters.path('tlsMinimumProtocolVersion').invalid('is above tls_maximum_protocol_version')
  const ciphers = compileCiphers(parameters)
  const groups = compileGroups(parameters)
  const signatureAlgorithms = compileSignatureAlgorithms(parameters)
  parameters.done()
  return { minVersion, maxVersion, ciphers, groups, signatureAlgorithms }
}

function compileCiphers(parameters: MessageReader<TlsParameters>): string {
  const at = parameters.path('cipherSuites')
  // BoringSSL's groups of equal preference, `[A|B]`, have no counterpart in OpenSSL: the order decides.
  const ciphers = parameters.list('cipherSuites').join(':').replace(/[[\]]/g, '').replaceAll('|', ':')
  if (ciphers === '') return ''
  const unknown = unknownCipher(ciphers)
  if (unknown !== undefined) throw at.invalid(`no cipher suite is called ${JSON.stringify(unknown)}`)
  if (!hasCipher(ciphers)) throw at.unsupported(`OpenSSL has none of ${ciphers}`)
  return ciphers
}

function compileGroups(parameters: MessageReader<TlsParameters>): readonly string[] {
  const at = parameters.path('ecdhCurves')
  const groups = colonSeparated(parameters.list('ecdhCurves')).map((name) => {
    const group = keyExchangeGroup(name)
    if (group === undefined) throw at.invalid(`no curve is called ${JSON.stringify(name)}`)
    return group
  })
  const twice = firstRepeated(groups)
  if (twice !== undefined) throw at.invalid(`${twice} is named twice`)
  if (groups.length > 0 && openSslGroups(groups) === undefined)
    throw at.unsupported(
      `${groups.join(', ')} needs OpenSSL 3.5, and this Node has ${process.versions.openssl}`,
      'add a classical curve such as X25519, or use a newer Node',
    )
  return Object.freeze(groups)
}

function compileSignatureAlgorithms(parameters: MessageReader<TlsParameters>): readonly string[] {
  const at = parameters.path('signatureAlgorithms')
  const algorithms = colonSeparated(parameters.list('signatureAlgorithms'))
  for (const name of algorithms)
    if (!isSignatureAlgorithm(name))
      throw at.unsupported(`${JSON.stringify(name)} is no signature algorithm that is known here`)
  const twice = firstRepeated(algorithms)
  if (twice !== undefined) throw at.invalid(`${twice} is named twice`)
  return Object.freeze(algorithms)
}

/** Envoy joins the names with colons for BoringSSL, so one text may hold several. */
function colonSeparated(names: readonly string[]): string[] {
  const joined = names.join(':')
  return joined === '' ? [] : joined.split(':')
}

function firstRepeated(names: readonly string[]): string | undefined {
  return names.find((name, i) => names.indexOf(name) !== i)
}

function version(
  parameters: MessageReader<TlsParameters>,
  key: 'tlsMinimumProtocolVersion' | 'tlsMaximumProtocolVersion',
  automatic: Version,
): Version {
  const value = parameters.choice(key, ['TLS_AUTO', 'TLSv1_2', 'TLSv1_3'], 'TLS_AUTO')
  if (value === 'TLS_AUTO') return automatic
  return value === 'TLSv1_2' ? 'TLSv1.2' : 'TLSv1.3'
}
