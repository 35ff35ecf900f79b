import type { ServerTLSSettings } from '@batten/api'
import {
  ALPN,
  type CommonTlsContext,
  packAny,
  type TlsParameters,
  TRANSPORT_SOCKETS,
  type TransportSocket,
} from '@batten/xds'
import type { NodeCapabilities } from '../../../model/node.ts'
import { gatewaySecret, meshServerTls } from '../../tls-context.ts'

/** What the TLS of a server depends on besides the field. */
export interface ServerTlsContext {
  readonly capabilities: NodeCapabilities
  readonly trustDomains: readonly string[]
  readonly kind: 'http' | 'tcp'
}

const VERSIONS: Readonly<Record<string, NonNullable<TlsParameters['tlsMinimumProtocolVersion']>>> = {
  TLSV1_0: 'TLSv1_0',
  TLSV1_1: 'TLSv1_1',
  TLSV1_2: 'TLSv1_2',
  TLSV1_3: 'TLSv1_3',
}

/**
 * `tls` of a server that ends TLS -> transport socket. Certificates come from the Secret `credentialName` (the
 * client's authority from the same one or `<name>-cacert`), or from files of the proxy.
 *
 * @translates Gateway spec.servers[].tls.mode -> FilterChain.transport_socket
 * @translates Gateway spec.servers[].tls.credentialName -> SdsSecretConfig.name
 * @translates Gateway spec.servers[].tls.serverCertificate -> CommonTlsContext.tls_certificates
 * @translates Gateway spec.servers[].tls.privateKey -> CommonTlsContext.tls_certificates
 * @translates Gateway spec.servers[].tls.caCertificates -> CertificateValidationContext.trusted_ca
 * @translates Gateway spec.servers[].tls.subjectAltNames -> CertificateValidationContext.match_typed_subject_alt_names
 * @translates Gateway spec.servers[].tls.verifyCertificateSpki -> CertificateValidationContext.verify_certificate_spki
 * @translates Gateway spec.servers[].tls.verifyCertificateHash -> CertificateValidationContext.verify_certificate_hash
 * @translates Gateway spec.servers[].tls.minProtocolVersion -> TlsParameters.tls_minimum_protocol_version
 * @translates Gateway spec.servers[].tls.maxProtocolVersion -> TlsParameters.tls_maximum_protocol_version
 * @translates Gateway spec.servers[].tls.cipherSuites -> TlsParameters.cipher_suites
 * @translates Gateway spec.servers[].tls.ecdhCurves -> TlsParameters.ecdh_curves
 * @see https://istio.io/latest/docs/reference/config/networking/gateway/#ServerTLSSettings
 */
export function serverTlsToTransportSocket(
  tls: ServerTLSSettings,
  context: ServerTlsContext,
): TransportSocket {
  if (tls.mode === 'ISTIO_MUTUAL') return meshServerTls(context)
  const { capabilities } = context
  const asksForClient = tls.mode === 'MUTUAL' || tls.mode === 'OPTIONAL_MUTUAL'
  const common: CommonTlsContext = {
    tlsParams: parametersOf(tls),
    ...serverCertificate(tls),
    ...(asksForClient ? clientValidation(tls) : {}),
    alpnProtocols: capabilities.http2 ? [ALPN.h2, ALPN.http11] : [ALPN.http11],
  }
  return {
    name: TRANSPORT_SOCKETS.tls,
    typedConfig: packAny('envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext', {
      commonTlsContext: common,
      requireClientCertificate: { value: tls.mode === 'MUTUAL' },
    }),
  }
}

/** Names of the secrets that a server's TLS needs, as SDS names without the scheme. */
export function credentialNamesOf(tls: ServerTLSSettings | undefined): string[] {
  const name = tls?.credentialName
  if (tls === undefined || name === undefined || name === '' || tls.mode === 'ISTIO_MUTUAL') return []
  return tls.mode === 'MUTUAL' || tls.mode === 'OPTIONAL_MUTUAL' ? [name, `${name}-cacert`] : [name]
}

function serverCertificate(tls: ServerTLSSettings): CommonTlsContext {
  if (tls.credentialName !== undefined && tls.credentialName !== '')
    return { tlsCertificateSdsSecretConfigs: [gatewaySecret(tls.credentialName)] }
  return {
    tlsCertificates: [
      {
        certificateChain: { filename: tls.serverCertificate ?? '' },
        privateKey: { filename: tls.privateKey ?? '' },
      },
    ],
  }
}

function clientValidation(tls: ServerTLSSettings): CommonTlsContext {
  const rules = {
    ...(tls.subjectAltNames === undefined
      ? {}
      : {
          matchTypedSubjectAltNames: tls.subjectAltNames.map((exact) => ({
            sanType: exact.startsWith('spiffe://') ? ('URI' as const) : ('DNS' as const),
            matcher: { exact },
          })),
        }),
    ...(tls.verifyCertificateSpki === undefined ? {} : { verifyCertificateSpki: tls.verifyCertificateSpki }),
    ...(tls.verifyCertificateHash === undefined ? {} : { verifyCertificateHash: tls.verifyCertificateHash }),
  }
  if (tls.credentialName !== undefined && tls.credentialName !== '')
    return {
      combinedValidationContext: {
        defaultValidationContext: rules,
        validationContextSdsSecretConfig: gatewaySecret(`${tls.credentialName}-cacert`),
      },
    }
  return { validationContext: { ...rules, trustedCa: { filename: tls.caCertificates ?? '' } } }
}

function parametersOf(tls: ServerTLSSettings): TlsParameters {
  const parameters: TlsParameters = {
    tlsMinimumProtocolVersion: VERSIONS[tls.minProtocolVersion ?? ''] ?? 'TLSv1_2',
  }
  const maximum = VERSIONS[tls.maxProtocolVersion ?? '']
  if (maximum !== undefined) parameters.tlsMaximumProtocolVersion = maximum
  if ((tls.cipherSuites ?? []).length > 0) parameters.cipherSuites = tls.cipherSuites
  if ((tls.ecdhCurves ?? []).length > 0) parameters.ecdhCurves = tls.ecdhCurves
  return parameters
}
