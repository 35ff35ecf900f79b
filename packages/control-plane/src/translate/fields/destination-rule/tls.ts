import type { ClientTLSSettings } from '@batten/api'
import {
  ALPN,
  type CommonTlsContext,
  packAny,
  TRANSPORT_SOCKETS,
  type TransportSocket,
  type UpstreamTlsContext,
} from '@batten/xds'
import { CLIENT_TLS, gatewaySecret, meshClientTls, workloadSecret } from '../../tls-context.ts'
import type { UpstreamHttp } from './http-protocol.ts'

/** What the TLS of a cluster depends on besides the field. */
export interface ClientTlsContext {
  readonly upstream: UpstreamHttp
  /** Server name for mutual TLS of the mesh: `outbound_.80_.v1_.reviews...`. */
  readonly meshSni: string
  /** SPIFFE IDs of the service's workloads. */
  readonly identities: readonly string[]
  /** `subjectAltNames` of the ServiceEntry. */
  readonly serviceSans: readonly string[]
  /** Host of the service, the server name unless the rule has one. */
  readonly hostname: string
}

/** SDS name of the machine's own trusted authorities. */
const SYSTEM_ROOTS = 'file-root:system'

/**
 * `tls` -> transport socket of a cluster; undefined is plain text.
 *
 * Differs from Istio: SIMPLE and MUTUAL without `sni` send the service's host name as server name and verify that the
 * certificate has it, where Istio takes the authority of the request; `*.` hosts have neither.
 *
 * @translates DestinationRule spec.trafficPolicy.tls.mode -> Cluster.transport_socket
 * @translates DestinationRule spec.trafficPolicy.tls.sni -> UpstreamTlsContext.sni
 * @translates DestinationRule spec.trafficPolicy.tls.subjectAltNames -> CertificateValidationContext.match_typed_subject_alt_names
 * @translates DestinationRule spec.trafficPolicy.tls.clientCertificate -> CommonTlsContext.tls_certificates
 * @translates DestinationRule spec.trafficPolicy.tls.privateKey -> CommonTlsContext.tls_certificates
 * @translates DestinationRule spec.trafficPolicy.tls.caCertificates -> CertificateValidationContext.trusted_ca
 * @translates DestinationRule spec.trafficPolicy.tls.caCrl -> CertificateValidationContext.crl
 * @translates DestinationRule spec.trafficPolicy.tls.credentialName -> SdsSecretConfig.name
 * @translates DestinationRule spec.trafficPolicy.tls.insecureSkipVerify -> no validation context
 * @see https://istio.io/latest/docs/reference/config/networking/destination-rule/#ClientTLSSettings
 */
export function tlsToTransportSocket(
  tls: ClientTLSSettings,
  context: ClientTlsContext,
): TransportSocket | undefined {
  const sans = tls.subjectAltNames ?? []
  switch (tls.mode ?? 'DISABLE') {
    case 'DISABLE':
      return undefined
    case 'ISTIO_MUTUAL':
      return meshClientTls({
        upstream: context.upstream,
        sni: tls.sni === undefined || tls.sni === '' ? context.meshSni : tls.sni,
        identities: sans.length > 0 ? sans : context.identities,
      })
    default:
      return originateTls(tls, sans.length > 0 ? sans : context.serviceSans, context)
  }
}

/** TLS to servers outside of the mesh. */
function originateTls(
  tls: ClientTLSSettings,
  sans: readonly string[],
  { upstream, hostname }: ClientTlsContext,
): TransportSocket {
  const common: CommonTlsContext = { tlsParams: CLIENT_TLS }
  if (tls.mode === 'MUTUAL') Object.assign(common, clientCertificate(tls))
  const names = sans.length > 0 ? sans : ownName(tls, upstream, hostname)
  if (tls.insecureSkipVerify !== true) Object.assign(common, serverValidation(tls, names))
  const alpn = alpnOf(upstream)
  if (alpn.length > 0) common.alpnProtocols = alpn
  const sni = tls.sni || (hostname.startsWith('*') ? undefined : hostname)
  const message: UpstreamTlsContext = { commonTlsContext: common }
  if (sni !== undefined && sni !== '') message.sni = sni
  return {
    name: TRANSPORT_SOCKETS.tls,
    typedConfig: packAny('envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext', message),
  }
}

/**
 * The name that the certificate of a server of HTTP must have when nobody names any: its host. Otherwise anyone with a
 * certificate of a trusted authority could answer for it. A rule with `sni` decides for itself, as in Istio.
 */
function ownName(tls: ClientTLSSettings, upstream: UpstreamHttp, hostname: string): string[] {
  return tls.sni || upstream === 'none' || hostname.startsWith('*') ? [] : [hostname]
}

function clientCertificate(tls: ClientTLSSettings): CommonTlsContext {
  if (tls.credentialName !== undefined && tls.credentialName !== '')
    return { tlsCertificateSdsSecretConfigs: [gatewaySecret(tls.credentialName)] }
  return {
    tlsCertificates: [
      {
        certificateChain: { filename: tls.clientCertificate ?? '' },
        privateKey: { filename: tls.privateKey ?? '' },
      },
    ],
  }
}

function serverValidation(tls: ClientTLSSettings, sans: readonly string[]): CommonTlsContext {
  const matchTypedSubjectAltNames = sans.map((exact) => ({
    sanType: exact.startsWith('spiffe://') ? ('URI' as const) : ('DNS' as const),
    matcher: { exact },
  }))
  const defaultValidationContext = matchTypedSubjectAltNames.length === 0 ? {} : { matchTypedSubjectAltNames }
  if (tls.credentialName !== undefined && tls.credentialName !== '')
    return {
      combinedValidationContext: {
        defaultValidationContext,
        validationContextSdsSecretConfig: gatewaySecret(`${tls.credentialName}-cacert`),
      },
    }
  if (tls.caCertificates !== undefined && tls.caCertificates !== '')
    return {
      validationContext: {
        ...defaultValidationContext,
        trustedCa: { filename: tls.caCertificates },
        ...(tls.caCrl === undefined || tls.caCrl === '' ? {} : { crl: { filename: tls.caCrl } }),
      },
    }
  return {
    combinedValidationContext: {
      defaultValidationContext,
      validationContextSdsSecretConfig: workloadSecret(SYSTEM_ROOTS),
    },
  }
}

function alpnOf(upstream: UpstreamHttp): string[] {
  if (upstream === 'http2') return [ALPN.h2]
  if (upstream === 'http1') return [ALPN.http11]
  if (upstream === 'downstream') return [ALPN.h2, ALPN.http11]
  return []
}
